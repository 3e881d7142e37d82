//! Runs: a file is taken in, looked through, imported, and taken back as a whole.
//!
//! A batch of rows, what they wrote and that they are through is one commit, so that a run that was
//! killed goes on where it was.

mod active;
mod pass;
mod stored;
mod undo;
mod view;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use roundsman_core::error::{Refusal, codes};
use roundsman_core::id::PersonId;
use roundsman_store::imports::{self, Run, RunRow};
use roundsman_store::{Commit, Result as StoreResult, SqliteConnection, Store, settings};
use uuid::Uuid;

use self::active::Active;
pub use self::active::Ready;
use self::stored::{from_json, json};
pub use self::view::{Import, Preview, Settings, Task};
use super::columns::{self, Kind};
use super::plan::Outcome;
use super::read::{self, Table};
use super::sheet::Sheet;
use crate::clock::Clock;
use crate::desk::Desk;
use crate::error::{Error, Result};

/// Runs that are listed.
const LISTED_MAX: u32 = 100;
/// Characters of a file's name that are kept.
const FILE_NAME_CHARS: usize = 200;
/// Rows of a file that are shown before it is imported.
const SAMPLE_ROWS: usize = 5;

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
        let makes = imports::makes(&mut *db, run.id).await?;
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
            makes,
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
