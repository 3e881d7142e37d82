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
    fn at_once(&self) -> usize {
        self.erp.at_once()
    }

    async fn decide(&self, order: &Order) -> Result<SalesOrder> {
        self.erp.decide(order).await
    }

    async fn apply(&self, tasks: &[Task]) -> Vec<Result<Answer>> {
        let all = |answer: fn() -> Result<Answer>| tasks.iter().map(|_| answer()).collect();
        match self.mood() {
            Mood::Well => self.erp.apply(tasks).await,
            Mood::Busy => all(|| Ok(Answer::Busy("busy".to_owned()))),
            Mood::Down => all(|| Err(unreachable())),
            Mood::QuestionLost => all(|| Ok(Answer::Unknown("lost".to_owned()))),
            Mood::AnswerLost => {
                let answers = self.erp.apply(tasks).await.into_iter();
                answers.map(|it| it.map(|_| Answer::Unknown("lost".to_owned()))).collect()
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
