//! What goes on with runs in this process: one thing at a time with each.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::{Arc, Mutex, PoisonError};

use roundsman_core::error::{Refusal, codes};
use roundsman_store::imports::Run;
use uuid::Uuid;

use super::Task;
use crate::error::Result;
use crate::exchange::sheet::Sheet;

/// Something that can be done with a file, and nothing else meanwhile.
pub struct Ready {
    pub(super) run: Run,
    pub(super) task: Task,
    pub(super) sheet: Option<Sheet>,
    pub(super) active: Active,
}

/// Held while something goes on with a run.
pub(super) struct Active {
    all: Arc<Mutex<BTreeMap<Uuid, Task>>>,
    id: Uuid,
}

impl Active {
    pub(super) fn enter(
        all: &Arc<Mutex<BTreeMap<Uuid, Task>>>,
        id: Uuid,
        task: Task,
    ) -> Result<Self> {
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
