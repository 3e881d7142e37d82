//! The ERP on bad days: it is busy, it fails, and its answers get lost before or after it did what it
//! was asked.

use std::sync::{Arc, Mutex, PoisonError};

use roundsman_core::documents::order::{Order, VersionId};
use roundsman_core::id::OrderId;
use roundsman_core::records::SalesOrder;
use roundsman_erp::{Answer, Central, Erp, Pulled, Task};
use roundsman_store::{Error, Result};

/// What is wrong with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Mood {
    /// Nothing.
    #[default]
    Well,
    /// It takes nothing.
    Busy,
    /// It cannot be reached.
    Down,
    /// It is not known whether it was asked: it was not.
    QuestionLost,
    /// It did what it was asked, and its answer did not arrive.
    AnswerLost,
}

/// The embedded ERP, in a mood.
#[derive(Clone)]
pub struct Moody {
    erp: Central,
    mood: Arc<Mutex<Mood>>,
}

impl Moody {
    /// This ERP in a mood that others set.
    #[must_use]
    pub fn new(erp: Central, mood: Arc<Mutex<Mood>>) -> Self {
        Self { erp, mood }
    }

    fn mood(&self) -> Mood {
        *self.mood.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Erp for Moody {
    // One at a time, which is the port's own default: look-ups side by side would end in the order in
    // which real threads run.

    async fn decide(&self, order: &Order) -> Result<SalesOrder> {
        self.erp.decide(order).await
    }

    async fn apply(&self, task: &Task) -> Result<Answer> {
        match self.mood() {
            Mood::Well => self.erp.apply(task).await,
            Mood::Busy => Ok(Answer::Busy("busy".to_owned())),
            Mood::Down => Err(unreachable()),
            Mood::QuestionLost => Ok(Answer::Unknown("lost".to_owned())),
            Mood::AnswerLost => {
                self.erp.apply(task).await.map(|_| Answer::Unknown("lost".to_owned()))
            }
        }
    }

    async fn find(&self, order: OrderId, version: Option<VersionId>) -> Result<Option<SalesOrder>> {
        match self.mood() {
            Mood::Down => Err(unreachable()),
            _ => self.erp.find(order, version).await,
        }
    }

    async fn pull(&self, since: &[u8]) -> Result<Pulled> {
        self.erp.pull(since).await
    }
}

fn unreachable() -> Error {
    Error::Corrupt("the ERP cannot be reached".to_owned())
}
