//! What people say about a file, and see of it.

use std::collections::BTreeMap;

use roundsman_core::id::PersonId;
use roundsman_core::time::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::exchange::columns::{Kind, Mapping};
use crate::exchange::company::Defaults;
use crate::exchange::plan::Choice;

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
    pub(super) fn states(self) -> (&'static str, &'static str) {
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
    /// Territories that the file names for the first time, and so makes.
    pub makes: Vec<String>,
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
