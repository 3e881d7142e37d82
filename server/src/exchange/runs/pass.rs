//! One way through a file: its rows are planned, and written if they are to be.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use roundsman_core::error::Refusal;
use roundsman_core::id::PersonId;
use roundsman_core::records::Territory;
use roundsman_store::imports::{self, Run, RunRow};
use roundsman_store::{Commit, Error as StoreError, Result as StoreResult, SqliteConnection};
use uuid::Uuid;

use super::stored::{from_json, store_json};
use super::{Imports, Settings};
use crate::error::{Error, Result};
use crate::exchange::company::{Company, Defaults};
use crate::exchange::plan::{self, Choice, Context, Left, Plan};
use crate::exchange::read::Line;
use crate::exchange::sheet::Sheet;
use crate::exchange::twins::{Signs, Twins};
use crate::exchange::write::Hand;

/// Rows of one commit: few enough that phones do not wait for it.
pub(super) const BATCH_ROWS: usize = 50;

/// Rows that are about one thing.
type Group = Vec<Line>;

/// One way through a file.
#[derive(Clone)]
struct Pass {
    run: Uuid,
    by: PersonId,
    write: bool,
    sheet: Arc<Sheet>,
    choices: Arc<BTreeMap<u32, Choice>>,
    defaults: Defaults,
    state: Arc<tokio::sync::Mutex<State>>,
}

/// What earlier rows leave for later ones.
#[derive(Default)]
struct State {
    twins: Twins,
    prices: BTreeMap<Uuid, Left>,
    territories: BTreeMap<String, Territory>,
    logins: BTreeSet<String>,
    company: Option<Company>,
}

impl Imports {
    /// Plans all rows that are not through yet, and writes what they plan if they are to be imported.
    pub(super) async fn rows_of(
        &self,
        run: &Run,
        sheet: Sheet,
        write: bool,
        progress: &impl Fn(u32),
    ) -> Result<()> {
        let settled = imports::settled(&self.store.read, run.id).await?;
        let settled: BTreeSet<u32> = settled.into_iter().collect();
        let read: Settings = from_json(&run.settings)?;
        let open = sheet.table.rows.iter().filter(|it| !settled.contains(&it.n));
        let groups = sheet.groups(open);
        let mut done = u32::try_from(settled.len()).unwrap_or(u32::MAX);
        let mut pass = Pass {
            run: run.id,
            by: run.by,
            write,
            sheet: Arc::new(sheet),
            choices: Arc::new(read.choices),
            defaults: read.defaults,
            state: self.state().await?,
        };
        for batch in batches(groups) {
            done += rows_in(&batch);
            self.batch(&mut pass, &batch, done).await?;
            progress(done);
        }
        Ok(())
    }

    /// A batch in one commit. When it is refused, each group in one of its own, so that a row that
    /// cannot be recorded keeps nobody back.
    async fn batch(&self, pass: &mut Pass, groups: &[Group], done: u32) -> Result<()> {
        let refusal = match self.commit(pass, groups, None, done).await {
            Err(Error::Refused(refusal)) => refusal,
            other => return other,
        };
        pass.state = self.state().await?;
        if let [group] = groups {
            return self.commit(pass, std::slice::from_ref(group), Some(refusal), done).await;
        }
        for group in groups {
            Box::pin(self.batch(pass, std::slice::from_ref(group), done)).await?;
        }
        Ok(())
    }

    async fn commit(
        &self,
        pass: &mut Pass,
        groups: &[Group],
        refusal: Option<Refusal>,
        done: u32,
    ) -> Result<()> {
        let (this, mut work, groups) = (self.clone(), pass.clone(), groups.to_vec());
        let written = self.store.write.run(move |db, commit| {
            Box::pin(async move {
                let mut rows = Vec::new();
                for group in &groups {
                    rows.extend(this.group(&mut work, group, refusal.as_ref(), db, commit).await?);
                }
                imports::put_rows(db, work.run, &rows).await?;
                imports::set_done(db, work.run, done).await
            })
        });
        Ok(written.await?)
    }

    async fn group(
        &self,
        pass: &mut Pass,
        group: &Group,
        refusal: Option<&Refusal>,
        db: &mut SqliteConnection,
        commit: &mut Commit,
    ) -> StoreResult<Vec<RunRow>> {
        let now = self.clock.now();
        let plans = match refusal {
            Some(refusal) => refused(pass, group, refusal),
            None => self.plans(pass, group, db).await?,
        };
        let hand = Hand { desk: &self.desk, by: pass.by, now };
        let mut rows = Vec::with_capacity(group.len());
        for (line, plan) in group.iter().zip(plans) {
            let outcome = plan.outcome();
            let is_written = pass.write && plan.faults.is_empty();
            let writes = if is_written { plan.writes } else { Vec::new() };
            for write in &writes {
                write.apply(&hand, db, commit).await?;
            }
            rows.push(RunRow {
                n: line.n,
                item: plan.item,
                outcome: outcome.name().to_owned(),
                applied: pass.write,
                faults: store_json(&plan.faults)?,
                twin: plan.twin.as_ref().map(store_json).transpose()?,
                makes: store_json(&plan.makes)?,
                writes: store_json(&writes)?,
                kept: false,
            });
        }
        Ok(rows)
    }

    async fn plans(
        &self,
        pass: &mut Pass,
        group: &Group,
        db: &mut SqliteConnection,
    ) -> StoreResult<Vec<Plan>> {
        let mut state = pass.state.lock().await;
        let state = &mut *state;
        if state.company.is_none() {
            let times = (self.clock.now(), self.clock.today());
            let company = Company::read(db, pass.defaults.clone(), pass.by, times).await?;
            state.company = Some(company);
        }
        let Some(company) = &state.company else { return Err(StoreError::Stopped) };
        let mut context = Context {
            company,
            twins: &mut state.twins,
            prices: &mut state.prices,
            territories: &mut state.territories,
            logins: &mut state.logins,
            choices: &pass.choices,
            clock: &self.clock,
        };
        let mut rows = group.iter().map(|line| pass.sheet.row(line));
        let Some(first) = rows.next() else { return Ok(Vec::new()) };
        plan::plan(pass.sheet.kind, &mut context, db, (first, rows.collect())).await
    }

    async fn state(&self) -> Result<Arc<tokio::sync::Mutex<State>>> {
        let mut twins = Twins::default();
        for known in imports::customers(&self.store.read).await? {
            let signs = Signs::of(&known.customer);
            if known.customer.active {
                twins.add(known.id, known.customer.value("name"), signs);
            }
        }
        Ok(Arc::new(tokio::sync::Mutex::new(State { twins, ..State::default() })))
    }
}

/// The groups in batches, of which none is cut.
fn batches(groups: Vec<Group>) -> Vec<Vec<Group>> {
    let mut batches: Vec<Vec<Group>> = Vec::new();
    for group in groups {
        match batches.last_mut() {
            Some(last) if last.iter().map(Vec::len).sum::<usize>() < BATCH_ROWS => last.push(group),
            _ => batches.push(vec![group]),
        }
    }
    batches
}

fn rows_in(batch: &[Group]) -> u32 {
    u32::try_from(batch.iter().map(Vec::len).sum::<usize>()).unwrap_or(u32::MAX)
}

/// None of them, since they could not be recorded.
fn refused(pass: &Pass, group: &Group, refusal: &Refusal) -> Vec<Plan> {
    let refused = |line| {
        let mut row = pass.sheet.row(line);
        row.refuse(pass.sheet.kind.key()[0], refusal);
        Plan::refused(row)
    };
    group.iter().map(refused).collect()
}
