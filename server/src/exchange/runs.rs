//! Runs: a file is taken in, looked through, imported, and taken back as a whole.
//!
//! A batch of rows, what they wrote and that they are through is one commit, so that a run that was
//! killed goes on where it was.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use roundsman_core::error::{Refusal, codes};
use roundsman_core::id::PersonId;
use roundsman_core::time::Timestamp;
use roundsman_store::imports::{self, Run, RunRow};
use roundsman_store::{
    Commit, Error as StoreError, Result as StoreResult, SqliteConnection, Store, settings,
};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::columns::{self, Kind, Mapping};
use super::company::{Company, Defaults};
use super::plan::{self, Choice, Context, Left, Outcome, Plan};
use super::read::{self, Line, Table};
use super::sheet::{FaultCode, Sheet};
use super::twins::{Signs, Twins};
use super::write::{Hand, Write};
use crate::clock::Clock;
use crate::desk::Desk;
use crate::error::{Error, Result};

/// Rows of one commit: few enough that phones do not wait for it.
const BATCH_ROWS: usize = 50;
/// Runs that are listed.
const LISTED_MAX: u32 = 100;
/// Characters of a file's name that are kept.
const FILE_NAME_CHARS: usize = 200;
/// Rows of a file that are shown before it is imported.
const SAMPLE_ROWS: usize = 5;

/// How a file is to be read.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct Settings {
    /// Which column each field is in, counted from 0.
    pub mapping: Mapping,
    /// What holds for rows that do not say it themselves.
    pub defaults: Defaults,
    /// What was said about rows that are probably the same as a customer that is here.
    pub choices: BTreeMap<u32, Choice>,
}

/// What can be done with a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Task {
    /// Say what would happen.
    Check,
    /// Import what is not imported yet.
    Run,
    /// Take it back.
    Undo,
}

impl Task {
    /// While it goes on, and afterwards.
    fn states(self) -> (&'static str, &'static str) {
        match self {
            Self::Check => ("checking", "checked"),
            Self::Run => ("running", "done"),
            Self::Undo => ("undoing", "undone"),
        }
    }
}

/// A run as people see it.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Import {
    /// Which one.
    pub id: Uuid,
    /// What it brings in.
    pub kind: Kind,
    /// What the file was called.
    pub file_name: String,
    /// `uploaded`, `checking`, `checked`, `running`, `done`, `undoing`, `undone` or `failed`.
    pub state: String,
    /// Whether it stopped in the middle, when the server did.
    pub interrupted: bool,
    /// Why it failed.
    pub failure: Option<String>,
    /// Rows of the file.
    pub rows: u32,
    /// Rows that are through, of what goes on now.
    pub done: u32,
    /// What rows became, or would.
    pub counts: BTreeMap<String, u32>,
    /// Rows of which undoing left something, since somebody changed it.
    pub kept: u32,
    /// Who brought it in.
    #[schema(value_type = String)]
    pub by: PersonId,
    /// When the file came.
    pub created_at: Timestamp,
    /// When it was done or undone.
    pub finished_at: Option<Timestamp>,
    /// How it is read.
    pub settings: Settings,
}

/// The beginning of a file.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Preview {
    /// What the first row calls each column.
    pub header: Vec<String>,
    /// The first rows.
    pub rows: Vec<Vec<String>>,
}

/// Imports files. Cloning shares it.
#[derive(Clone)]
pub struct Imports {
    store: Store,
    desk: Desk,
    clock: Clock,
    /// What goes on in this process.
    active: Arc<Mutex<BTreeMap<Uuid, Task>>>,
}

impl Imports {
    /// Imports of this company.
    #[must_use]
    pub fn new(store: Store, desk: Desk, clock: Clock) -> Self {
        Self { store, desk, clock, active: Arc::default() }
    }

    /// Takes a file in and finds its columns. Nothing else happens yet.
    ///
    /// # Errors
    /// When it cannot be read, or is too large.
    pub async fn add(
        &self,
        by: PersonId,
        kind: Kind,
        file_name: &str,
        content: Vec<u8>,
    ) -> Result<Uuid> {
        let (table, content) = parsed(content).await?;
        let said = settings::get(&self.store.read, &mapping_name(kind)).await?;
        let said = said.and_then(|it| serde_json::from_slice(&it).ok()).unwrap_or_default();
        let mapping = columns::recognise(kind, &table.header, &said);
        let run = Run {
            id: self.clock.new_id(),
            kind: kind.name().to_owned(),
            file_name: file_name.chars().take(FILE_NAME_CHARS).collect(),
            settings: json(&Settings { mapping, ..Settings::default() })?,
            state: "uploaded".to_owned(),
            failure: None,
            row_count: u32::try_from(table.rows.len()).unwrap_or(u32::MAX),
            row_done: 0,
            by,
            created_at: self.clock.now(),
            finished_at: None,
        };
        let id = run.id;
        self.write(move |db, _| Box::pin(async move { imports::add(db, &run, &content).await }))
            .await?;
        Ok(id)
    }

    /// The latest imports.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn list(&self) -> Result<Vec<Import>> {
        let mut all = Vec::new();
        for run in imports::latest(&self.store.read, LISTED_MAX).await? {
            all.push(self.view(run).await?);
        }
        Ok(all)
    }

    /// An import.
    ///
    /// # Errors
    /// [`codes::NOT_FOUND`] without it.
    pub async fn show(&self, id: Uuid) -> Result<Import> {
        self.view(self.found(id).await?).await
    }

    /// The beginning of its file.
    ///
    /// # Errors
    /// [`codes::NOT_FOUND`] without it.
    pub async fn preview(&self, id: Uuid) -> Result<Preview> {
        let table = self.table(id).await?;
        let rows = table.rows.into_iter().take(SAMPLE_ROWS).map(|line| line.cells).collect();
        Ok(Preview { header: table.header, rows })
    }

    /// Rows with these outcomes after this number, as far as they were looked at.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn rows(
        &self,
        id: Uuid,
        outcomes: &[Outcome],
        page: (u32, u32),
    ) -> Result<Vec<RunRow>> {
        let outcomes: Vec<_> = outcomes.iter().map(|it| it.name()).collect();
        Ok(imports::rows(&self.store.read, id, &outcomes, page).await?)
    }

    /// Says how its file is to be read; what was said about columns holds for later files, too.
    ///
    /// # Errors
    /// When a field or column does not exist.
    pub async fn set(&self, id: Uuid, new: Settings) -> Result<()> {
        let run = self.found(id).await?;
        let kind = kind_of(&run)?;
        let table = self.table(id).await?;
        for (field, column) in &new.mapping {
            let known = kind.fields().iter().any(|it| it.name == field);
            if !known || *column >= table.header.len() {
                return Err(invalid("mapping").into());
            }
        }
        let said = json(&columns::said(&table.header, &new.mapping))?;
        let new = json(&new)?;
        self.write(move |db, _| {
            Box::pin(async move {
                imports::set_settings(db, id, &new).await?;
                settings::set(db, &mapping_name(kind), said.as_bytes()).await
            })
        })
        .await
    }

    /// Does something with a file, from beginning to end. `progress` hears how many rows are through.
    ///
    /// # Errors
    /// As [`Self::ready`]; when the database refuses.
    pub async fn run(&self, id: Uuid, task: Task, progress: impl Fn(u32)) -> Result<Import> {
        let ready = self.ready(id, task).await?;
        self.go(ready, progress).await
    }

    /// Begins something with a file, if it can be done; nothing else is until [`Self::go`] is through.
    ///
    /// # Errors
    /// [`codes::DECIDED_MEANWHILE`] when something goes on with it, [`codes::EMPTY`] with the name of
    /// a field for which there must be a column, [`codes::INVALID`] when it was taken back.
    pub async fn ready(&self, id: Uuid, task: Task) -> Result<Ready> {
        let active = Active::enter(&self.active, id, task)?;
        let run = self.found(id).await?;
        let begun_otherwise: &[&str] = match task {
            Task::Check => &["running", "undoing", "undone"],
            Task::Run => &["undoing", "undone"],
            Task::Undo => &["undone"],
        };
        if begun_otherwise.contains(&run.state.as_str()) {
            return Err(invalid("state").into());
        }
        let sheet = match task {
            Task::Undo => None,
            Task::Check | Task::Run => Some(self.sheet(&run).await?),
        };
        let (going_on, _) = task.states();
        self.write(move |db, _| {
            Box::pin(async move {
                imports::begin(db, id, going_on).await?;
                imports::forget_looked_at(db, id).await
            })
        })
        .await?;
        Ok(Ready { run, task, sheet, active })
    }

    /// Does what is ready.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn go(&self, ready: Ready, progress: impl Fn(u32)) -> Result<Import> {
        let Ready { run, task, sheet, active } = ready;
        let (id, (_, done)) = (run.id, task.states());
        let ended = match sheet {
            Some(sheet) => self.rows_of(&run, sheet, task == Task::Run, &progress).await,
            None => self.undo(&run, &progress).await,
        };
        let (state, failure) = match &ended {
            Ok(()) => (done, None),
            Err(error) => ("failed", Some(error.to_string())),
        };
        let now = self.clock.now();
        self.write(move |db, _| {
            Box::pin(async move { imports::finish(db, id, state, failure.as_deref(), now).await })
        })
        .await?;
        drop(active);
        ended?;
        tracing::info!(import = %id, kind = run.kind, state, "an import went through");
        self.show(id).await
    }

    /// The rows of a file that were not imported, with why; none when all were.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn refused(&self, id: Uuid, language: super::report::Language) -> Result<String> {
        let table = self.table(id).await?;
        let left = [Outcome::Refused, Outcome::Twin];
        let rows = self.rows(id, &left, (0, u32::MAX)).await?;
        super::report::refused(&table, &rows, language)
    }

    /// Plans all rows that are not through yet, and writes what they plan if they are to be imported.
    async fn rows_of(
        &self,
        run: &Run,
        sheet: Sheet,
        write: bool,
        progress: &impl Fn(u32),
    ) -> Result<()> {
        let settled = imports::settled(&self.store.read, run.id).await?;
        let settled: BTreeSet<u32> = settled.into_iter().collect();
        let read: Settings = from_json(&run.settings)?;
        let lines: Vec<Line> =
            sheet.table.rows.iter().filter(|it| !settled.contains(&it.n)).cloned().collect();
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
        for batch in lines.chunks(BATCH_ROWS) {
            done += u32::try_from(batch.len()).unwrap_or(u32::MAX);
            self.batch(&mut pass, batch, done).await?;
            progress(done);
        }
        Ok(())
    }

    /// A batch in one commit. When it is refused, each row in one of its own, so that a row that
    /// cannot be recorded keeps nobody back.
    async fn batch(&self, pass: &mut Pass, lines: &[Line], done: u32) -> Result<()> {
        let refusal = match self.commit(pass, lines, None, done).await {
            Err(Error::Refused(refusal)) => refusal,
            other => return other,
        };
        pass.state = self.state().await?;
        if let [line] = lines {
            return self.commit(pass, std::slice::from_ref(line), Some(refusal), done).await;
        }
        for line in lines {
            Box::pin(self.batch(pass, std::slice::from_ref(line), done)).await?;
        }
        Ok(())
    }

    async fn commit(
        &self,
        pass: &mut Pass,
        lines: &[Line],
        refusal: Option<Refusal>,
        done: u32,
    ) -> Result<()> {
        let (this, mut work, lines) = (self.clone(), pass.clone(), lines.to_vec());
        let written = self.store.write.run(move |db, commit| {
            Box::pin(async move {
                let mut rows = Vec::with_capacity(lines.len());
                for line in &lines {
                    rows.push(this.row(&mut work, line, refusal.as_ref(), db, commit).await?);
                }
                imports::put_rows(db, work.run, &rows).await?;
                imports::set_done(db, work.run, done).await
            })
        });
        Ok(written.await?)
    }

    async fn row(
        &self,
        pass: &mut Pass,
        line: &Line,
        refusal: Option<&Refusal>,
        db: &mut SqliteConnection,
        commit: &mut Commit,
    ) -> StoreResult<RunRow> {
        let now = self.clock.now();
        let mut state = pass.state.lock().await;
        let state = &mut *state;
        if state.company.is_none() {
            let times = (now, self.clock.today());
            let company = Company::read(db, pass.defaults.clone(), pass.by, times).await?;
            state.company = Some(company);
        }
        let Some(company) = &state.company else { return Err(StoreError::Stopped) };
        let mut row = pass.sheet.row(line);
        let plan = match refusal {
            Some(refusal) => {
                row.fault(pass.sheet.kind.key()[0], FaultCode::Refused);
                row.faults.iter_mut().for_each(|it| it.value.clone_from(&refusal.code));
                Plan::refused(row)
            }
            None => {
                let mut context = Context {
                    company,
                    twins: &mut state.twins,
                    prices: &mut state.prices,
                    choices: &pass.choices,
                    clock: &self.clock,
                };
                plan::plan(pass.sheet.kind, &mut context, db, row).await?
            }
        };
        let outcome = plan.outcome();
        let writes = if pass.write && plan.faults.is_empty() { plan.writes } else { Vec::new() };
        let hand = Hand { desk: &self.desk, by: pass.by, now };
        for write in &writes {
            write.apply(&hand, db, commit).await?;
        }
        Ok(RunRow {
            n: line.n,
            item: plan.item,
            outcome: outcome.name().to_owned(),
            applied: pass.write,
            faults: store_json(&plan.faults)?,
            twin: plan.twin.as_ref().map(store_json).transpose()?,
            writes: store_json(&writes)?,
            kept: false,
        })
    }

    /// Takes back what was written, the last first.
    async fn undo(&self, run: &Run, progress: &impl Fn(u32)) -> Result<()> {
        let (id, by) = (run.id, run.by);
        let mut done = 0;
        loop {
            let limit = u32::try_from(BATCH_ROWS).unwrap_or(u32::MAX);
            let rows = imports::to_undo(&self.store.read, id, limit).await?;
            if rows.is_empty() {
                return Ok(());
            }
            done += u32::try_from(rows.len()).unwrap_or(u32::MAX);
            let (desk, now) = (self.desk.clone(), self.clock.now());
            self.write(move |db, commit| {
                Box::pin(async move {
                    let hand = Hand { desk: &desk, by, now };
                    for row in rows {
                        let writes: Vec<Write> = read_json(&row.writes)?;
                        let mut kept = false;
                        for write in writes.iter().rev() {
                            kept |= write.revert(&hand, db, commit).await?;
                        }
                        imports::set_undone(db, id, row.n, kept).await?;
                    }
                    imports::set_done(db, id, done).await
                })
            })
            .await?;
            progress(done);
        }
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

    async fn sheet(&self, run: &Run) -> Result<Sheet> {
        let settings: Settings = from_json(&run.settings)?;
        let sheet = Sheet::new(kind_of(run)?, self.table(run.id).await?, settings.mapping);
        if let Some(field) = sheet.missing().next() {
            return Err(Refusal::new(codes::EMPTY).with("field", field).into());
        }
        Ok(sheet)
    }

    async fn table(&self, id: Uuid) -> Result<Table> {
        let content = imports::content(&self.store.read, id).await?;
        let content = content.ok_or_else(|| Refusal::new(codes::NOT_FOUND))?;
        Ok(parsed(content).await?.0)
    }

    async fn found(&self, id: Uuid) -> Result<Run> {
        let run = imports::find(&self.store.read, id).await?;
        Ok(run.ok_or_else(|| Refusal::new(codes::NOT_FOUND))?)
    }

    async fn view(&self, run: Run) -> Result<Import> {
        let mut db = self.store.read.acquire().await.map_err(Error::internal)?;
        let (counts, kept) = imports::counts(&mut db, run.id).await?;
        // What goes on is said to be through only when something else can begin.
        let task = self.active.lock().unwrap_or_else(PoisonError::into_inner).get(&run.id).copied();
        let stored_going_on = matches!(run.state.as_str(), "checking" | "running" | "undoing");
        let kind = kind_of(&run)?;
        Ok(Import {
            kind,
            interrupted: stored_going_on && task.is_none(),
            settings: from_json(&run.settings)?,
            id: run.id,
            file_name: run.file_name,
            state: task.map_or(run.state, |it| it.states().0.to_owned()),
            failure: run.failure,
            rows: run.row_count,
            done: run.row_done,
            counts,
            kept,
            by: run.by,
            created_at: run.created_at,
            finished_at: run.finished_at,
        })
    }

    async fn write<F>(&self, job: F) -> Result<()>
    where
        F: for<'c> FnOnce(
                &'c mut SqliteConnection,
                &'c mut Commit,
            )
                -> std::pin::Pin<Box<dyn Future<Output = StoreResult<()>> + Send + 'c>>
            + Send
            + 'static,
    {
        Ok(self.store.write.run(job).await?)
    }
}

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
    company: Option<Company>,
}

/// Something that can be done with a file, and nothing else meanwhile.
pub struct Ready {
    run: Run,
    task: Task,
    sheet: Option<Sheet>,
    active: Active,
}

/// Held while something goes on with a run.
struct Active {
    all: Arc<Mutex<BTreeMap<Uuid, Task>>>,
    id: Uuid,
}

impl Active {
    fn enter(all: &Arc<Mutex<BTreeMap<Uuid, Task>>>, id: Uuid, task: Task) -> Result<Self> {
        match all.lock().unwrap_or_else(PoisonError::into_inner).entry(id) {
            Entry::Occupied(_) => return Err(Refusal::new(codes::DECIDED_MEANWHILE).into()),
            Entry::Vacant(free) => free.insert(task),
        };
        Ok(Self { all: all.clone(), id })
    }
}

impl Drop for Active {
    fn drop(&mut self) {
        self.all.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.id);
    }
}

/// Reads a file beside the threads that serve everybody.
async fn parsed(content: Vec<u8>) -> Result<(Table, Vec<u8>)> {
    let parsed = tokio::task::spawn_blocking(move || (read::read(&content), content));
    let (table, content) = parsed.await.map_err(Error::internal)?;
    Ok((table?, content))
}

fn kind_of(run: &Run) -> Result<Kind> {
    Kind::named(&run.kind).ok_or_else(|| Error::internal(format!("no kind is called {}", run.kind)))
}

fn mapping_name(kind: Kind) -> String {
    format!("import_columns/{}", kind.name())
}

fn invalid(field: &str) -> Refusal {
    Refusal::new(codes::INVALID).with("field", field)
}

fn json<T: Serialize>(value: &T) -> Result<String> {
    serde_json::to_string(value).map_err(Error::internal)
}

fn from_json<T: DeserializeOwned>(text: &str) -> Result<T> {
    serde_json::from_str(text).map_err(Error::internal)
}

fn store_json<T: Serialize + ?Sized>(value: &T) -> StoreResult<String> {
    serde_json::to_string(value).map_err(|error| StoreError::Corrupt(error.to_string()))
}

fn read_json<T: DeserializeOwned>(text: &str) -> StoreResult<T> {
    serde_json::from_str(text).map_err(|error| StoreError::Corrupt(error.to_string()))
}
