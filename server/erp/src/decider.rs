//! The decider: carries admitted orders to the ERP, in their order, each once.
//!
//! There is one at a time. It takes a number when it starts; what an earlier one still does is
//! refused when it wants to settle.

use std::time::Duration;

use futures_util::{StreamExt as _, stream};
use roundsman_core::error::Refusal;
use roundsman_core::id::ItemKind;
use roundsman_core::money::Money;
use roundsman_core::records::{Outcome, Reason, SalesOrder, Who};
use roundsman_core::time::Timestamp;
use roundsman_store::outbox::{self, Waiting};
use roundsman_store::{Commit, Error, Result, Store, outcomes, visibility};
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio_util::sync::CancellationToken;

use crate::Now;
use crate::port::{Answer, Erp, Task};

/// Looks without being woken, for what was deferred or missed.
const POLL: Duration = Duration::from_secs(1);
/// The first pause after an answer that settles nothing; it doubles with every attempt.
const BACKOFF_MS: i64 = 250;
/// The longest one.
const BACKOFF_MS_MAX: i64 = 60_000;

/// Carries orders to an ERP.
pub struct Decider<E> {
    store: Store,
    erp: E,
    now: Now,
    fence: i64,
    /// Rows from before may have been tried by a decider that died without saying so.
    since: Timestamp,
}

/// How a round over the outbox went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Round {
    /// Nothing is due.
    Idle,
    /// This many were settled or deferred; there may be more.
    Worked(usize),
    /// The ERP wants no more for now.
    Busy,
}

impl<E: Erp> Decider<E> {
    /// Takes over deciding from whoever did it before.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn claim(store: Store, erp: E, now: Now) -> Result<Self> {
        let fence =
            store.write.run(|db, _| Box::pin(async move { outbox::claim(db).await })).await?;
        let since = now();
        Ok(Self { store, erp, now, fence, since })
    }

    /// Decides until `stop`, or until another decider takes over.
    pub async fn run(self, stop: CancellationToken) {
        let mut commits = self.store.write.committed();
        loop {
            match self.round().await {
                Ok(Round::Worked(_)) if !stop.is_cancelled() => continue,
                Ok(_) => {}
                Err(Error::Fenced | Error::Stopped) => return,
                Err(error) => tracing::error!(%error, "orders could not be decided; trying again"),
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = order_admitted(&mut commits) => {}
                () = tokio::time::sleep(POLL) => {}
            }
        }
    }

    /// Takes what is due once.
    ///
    /// # Errors
    /// [`Error::Fenced`] when another decider took over; when the database refuses.
    pub async fn round(&self) -> Result<Round> {
        let at_once = self.erp.at_once().max(1);
        let limit = u32::try_from(at_once).unwrap_or(u32::MAX);
        let due = outbox::due(&self.store.read, (self.now)(), limit).await?;
        if due.is_empty() {
            return Ok(Round::Idle);
        }
        let mut round = Round::Worked(due.len());
        let handled = stream::iter(due).map(|row| async move { self.handle(&row).await });
        let handled: Vec<_> = handled.buffered(at_once).collect().await;
        for busy in handled {
            if busy? {
                round = Round::Busy;
            }
        }
        Ok(round)
    }

    /// Settles or defers one row; true when the ERP is busy.
    async fn handle(&self, row: &Waiting) -> Result<bool> {
        let order = match &row.order {
            Ok(order) => order.clone(),
            Err(why) => {
                tracing::error!(row = row.id, why, "an order in the outbox cannot be read");
                return self.defer(row, why).await.map(|()| false);
            }
        };
        let task = Task { id: row.id, fence: self.fence, order };
        match self.ask(row, &task).await {
            Ok(Answer::Applied(decided) | Answer::AlreadyApplied(decided)) => {
                self.settle(&task, decided).await?
            }
            Ok(Answer::Rejected(refusal)) => {
                self.settle(
                    &task,
                    answered(&task, Outcome::Declined, vec![rejection(refusal)], (self.now)()),
                )
                .await?;
            }
            Ok(Answer::NeedsDecision(reasons)) => {
                self.settle(&task, answered(&task, Outcome::Held, reasons, (self.now)())).await?;
            }
            Ok(Answer::Busy(why)) => {
                self.defer(row, &why).await?;
                return Ok(true);
            }
            Ok(Answer::Unknown(why)) => self.defer(row, &why).await?,
            Err(Error::Fenced) => return Err(Error::Fenced),
            Err(error) => {
                tracing::error!(%error, order = %task.order.content.order, "an order could not be decided; trying again");
                self.defer(row, &error.to_string()).await?;
            }
        }
        Ok(false)
    }

    /// Asks the ERP. What may have reached it before is looked up first, never just sent again.
    async fn ask(&self, row: &Waiting, task: &Task) -> Result<Answer> {
        if row.attempts > 0 || row.created_at <= self.since {
            let done = self.erp.find(task.order.content.order, task.order.version).await?;
            if let Some(decided) = done {
                return Ok(Answer::AlreadyApplied(decided));
            }
        }
        self.erp.apply(task).await
    }

    /// Publishes a decision and settles its row, unless the ERP did both in its own transaction.
    async fn settle(&self, task: &Task, decided: SalesOrder) -> Result<()> {
        if !outbox::is_waiting(&self.store.read, task.id).await? {
            return Ok(());
        }
        let (id, fence, now) = (task.id, task.fence, (self.now)());
        let (customer, rep) = (task.order.content.customer, task.order.content.rep);
        self.store
            .write
            .run(move |db, commit| {
                Box::pin(async move {
                    if outbox::settle(db, id, fence, now).await? {
                        // Looked up here, lest the customer moves meanwhile.
                        let territory = visibility::territory(&mut *db, customer).await?;
                        let channels = visibility::of_work(territory, rep);
                        outcomes::publish(db, commit, &decided, &channels, now).await?;
                    }
                    Ok(())
                })
            })
            .await
    }

    async fn defer(&self, row: &Waiting, why: &str) -> Result<()> {
        let doubled =
            BACKOFF_MS.saturating_mul(1_i64.checked_shl(row.attempts.min(20)).unwrap_or(i64::MAX));
        let next_at = (self.now)().plus_millis(doubled.min(BACKOFF_MS_MAX));
        let (id, why) = (row.id, why.to_owned());
        self.store
            .write
            .run(move |db, _| Box::pin(async move { outbox::defer(db, id, &why, next_at).await }))
            .await
    }
}

/// Waits for a commit that admitted an order.
async fn order_admitted(commits: &mut Receiver<Commit>) {
    loop {
        match commits.recv().await {
            Ok(commit) if commit.items.iter().any(|item| item.kind == ItemKind::Order) => return,
            Ok(_) => {}
            Err(RecvError::Lagged(_)) => return,
            // The writer is gone; the poll finds that out.
            Err(RecvError::Closed) => std::future::pending().await,
        }
    }
}

/// An answer without figures of its own: the order as signed.
fn answered(task: &Task, outcome: Outcome, reasons: Vec<Reason>, now: Timestamp) -> SalesOrder {
    let order = &task.order.content;
    SalesOrder {
        order: order.order,
        number: String::new(),
        customer: order.customer,
        outcome,
        reasons,
        lines: Vec::new(),
        net: order.net,
        tax: Money::new(order.total.minor.saturating_sub(order.net.minor), order.total.currency),
        total: order.total,
        promised_on: None,
        decided_at: now,
        version: task.order.version,
        revision: task.order.revision(),
        cancelled: false,
        verdict: None,
        progress: None,
    }
}

fn rejection(refusal: Refusal) -> Reason {
    Reason {
        code: refusal.code,
        params: refusal.params,
        rule: "erp@1".to_owned(),
        inputs: Vec::new(),
        fixes: Vec::new(),
        who: Who::Rep,
    }
}
