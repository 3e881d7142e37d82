//! The decider: carries admitted orders to the ERP, in their order, each once.
//!
//! There is one at a time. It takes a number when it starts; what an earlier one still does is
//! refused when it wants to settle.

use std::time::Duration;

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
        let limit = u32::try_from(self.erp.at_once().max(1)).unwrap_or(u32::MAX);
        let due = outbox::due(&self.store.read, (self.now)(), limit).await?;
        if due.is_empty() {
            return Ok(Round::Idle);
        }
        let worked = due.len();
        let (mut decided, mut asked) = (Vec::new(), Vec::new());
        for row in due {
            let Some(task) = self.task(&row).await? else { continue };
            match self.done_before(&row, &task).await {
                Ok(Some(done)) => decided.push((task, done)),
                Ok(None) => asked.push((row, task)),
                Err(error) => self.failed(&row, &task, error).await?,
            }
        }
        let (rows, tasks): (Vec<_>, Vec<_>) = asked.into_iter().unzip();
        let answers = self.erp.apply(&tasks).await;
        let mut round = Round::Worked(worked);
        for ((row, task), answer) in rows.into_iter().zip(tasks).zip(answers) {
            if matches!(answer, Ok(Answer::Busy(_))) {
                round = Round::Busy;
            }
            decided.extend(self.hear(&row, &task, answer).await?.map(|it| (task, it)));
        }
        self.settle(decided).await?;
        Ok(round)
    }

    /// What is to be done about a row; none when its order cannot be read.
    async fn task(&self, row: &Waiting) -> Result<Option<Task>> {
        match &row.order {
            Ok(order) => Ok(Some(Task { id: row.id, fence: self.fence, order: order.clone() })),
            Err(why) => {
                tracing::error!(row = row.id, why, "an order in the outbox cannot be read");
                self.defer(row, why).await?;
                Ok(None)
            }
        }
    }

    /// What may have reached the ERP before is looked up first, never just sent again.
    async fn done_before(&self, row: &Waiting, task: &Task) -> Result<Option<SalesOrder>> {
        if row.attempts == 0 && row.created_at > self.since {
            return Ok(None);
        }
        self.erp.find(task.order.content.order, task.order.version).await
    }

    /// The decision in an answer; none when the row was deferred.
    async fn hear(
        &self,
        row: &Waiting,
        task: &Task,
        answer: Result<Answer>,
    ) -> Result<Option<SalesOrder>> {
        let now = (self.now)();
        let why = match answer {
            Ok(Answer::Applied(decided) | Answer::AlreadyApplied(decided)) => {
                return Ok(Some(decided));
            }
            Ok(Answer::Rejected(refusal)) => {
                return Ok(Some(answered(task, Outcome::Declined, vec![rejection(refusal)], now)));
            }
            Ok(Answer::NeedsDecision(reasons)) => {
                return Ok(Some(answered(task, Outcome::Held, reasons, now)));
            }
            Ok(Answer::Busy(why) | Answer::Unknown(why)) => why,
            Err(error) => return self.failed(row, task, error).await.map(|()| None),
        };
        self.defer(row, &why).await.map(|()| None)
    }

    async fn failed(&self, row: &Waiting, task: &Task, error: Error) -> Result<()> {
        if matches!(error, Error::Fenced) {
            return Err(Error::Fenced);
        }
        tracing::error!(%error, order = %task.order.content.order, "an order could not be decided; trying again");
        self.defer(row, &error.to_string()).await
    }

    /// Publishes decisions and settles their rows, but for those where the ERP did both in its own
    /// transaction.
    async fn settle(&self, decided: Vec<(Task, SalesOrder)>) -> Result<()> {
        let ids: Vec<_> = decided.iter().map(|(task, _)| task.id).collect();
        let waiting = outbox::waiting_among(&self.store.read, &ids).await?;
        for (task, decided) in decided.into_iter().filter(|(task, _)| waiting.contains(&task.id)) {
            let (id, fence, now) = (task.id, task.fence, (self.now)());
            let (customer, rep) = (task.order.content.customer, task.order.content.rep);
            let settled = self.store.write.run(move |db, commit| {
                Box::pin(async move {
                    if outbox::settle(db, &[id], fence, now).await? == 1 {
                        // Looked up here, lest the customer moves meanwhile.
                        let territory = visibility::territory(&mut *db, customer).await?;
                        let told = (&decided, visibility::of_work(territory, rep));
                        outcomes::publish(db, commit, &[told], now).await?;
                    }
                    Ok(())
                })
            });
            settled.await?;
        }
        Ok(())
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
