//! Telling a connected ERP what happened here: what reps corrected about customers, and their visits.

use std::collections::BTreeMap;

use roundsman_core::documents::visit::VisitOutcome;
use roundsman_core::time::Timestamp;
use roundsman_erp::tryton::{Fault, Found, FoundCustomer, NOTE, PARTY};
use roundsman_store::imports::{self, Known};
use roundsman_store::links::{self, PulledRow, VisitToTell};

use super::compare::{Difference, Subject};
use super::{Connector, unreachable};
use crate::error::Result;
use crate::exchange::columns::Kind;

/// Visits that are told at a time.
const VISITS_AT_ONCE: u32 = 100;
/// In the columns of customers.
const NAME: usize = 1;
const PHONE: usize = 2;

impl Connector {
    /// Writes there what was corrected here since the last reading and not there: names and numbers to
    /// dial. `found` is then as it is there. What Tryton refuses is a difference.
    pub(super) async fn give_corrections(&self, found: &mut Found) -> Result<Vec<Difference>> {
        let before = links::pulled(&self.store.read, Kind::Customers.name()).await?;
        let here = imports::customers(&self.store.read).await?;
        let here: BTreeMap<_, _> = here.into_iter().map(|it| (it.code.clone(), it)).collect();
        let mut refused = Vec::new();
        for theirs in &mut found.customers {
            let (Some(was), Some(ours)) = (before.get(&theirs.code), here.get(&theirs.code)) else {
                continue;
            };
            for correction in corrections(was, theirs, ours) {
                let said = match correction.column {
                    NAME => self.tryton.rename(theirs, &correction.now).await,
                    _ => self.tryton.set_phone(theirs, &correction.now).await,
                };
                match said {
                    Ok(()) => correction.note_in(theirs),
                    Err(Fault::Refused(why)) => refused.push(correction.refused(ours, &why)),
                    Err(other) => return Err(unreachable(other)),
                }
            }
        }
        Ok(refused)
    }

    /// Leaves a note about each visit at its party.
    pub(super) async fn give_visits(&self) -> Result<()> {
        let (store, since) = (&self.store, self.settings.since);
        let visits =
            links::visits_to_tell(&store.read, (PARTY, NOTE), since, VISITS_AT_ONCE).await?;
        for visit in visits {
            let note = self.tryton.note_visit(visit.theirs, visit.id, &told(&visit)).await;
            let note = note.map_err(unreachable)?;
            let job = store.write.run(move |db, _| {
                Box::pin(async move { links::add(db, NOTE, visit.id.0, note).await })
            });
            job.await?;
        }
        Ok(())
    }
}

/// A field that somebody corrected here.
struct Correction {
    column: usize,
    field: &'static str,
    was: String,
    now: String,
}

/// The fields that are there as they were and here not. Where two reps disagree, they settle it first;
/// where it changed on both sides, what changed there comes here like any other edit.
fn corrections(was: &PulledRow, theirs: &FoundCustomer, ours: &Known) -> Vec<Correction> {
    let columns = [(NAME, "name", &theirs.name), (PHONE, "phone", &theirs.phone)];
    let correction = |(column, field, there): (usize, &'static str, &String)| {
        let (was, known) = (was.cells.get(column)?, ours.customer.fields.get(field)?);
        let corrected = was == there
            && known.versions.is_empty()
            && !known.value.is_empty()
            && known.value != *was;
        corrected.then(|| Correction { column, field, was: was.clone(), now: known.value.clone() })
    };
    let all = columns.into_iter().filter(|_| !was.refused);
    all.filter_map(correction).collect()
}

impl Correction {
    fn note_in(self, theirs: &mut FoundCustomer) {
        match self.column {
            NAME => theirs.name = self.now,
            _ => theirs.phone = self.now,
        }
    }

    fn refused(self, ours: &Known, why: &str) -> Difference {
        Difference {
            about: Subject::Customer,
            id: ours.id.0,
            name: ours.customer.value("name").to_owned(),
            field: Some(self.field.to_owned()),
            ours: self.now,
            theirs: Some(self.was),
            said: Some(why.to_owned()),
        }
    }
}

/// What a note says, in the language of the connection.
fn told(it: &VisitToTell) -> String {
    let begun = &it.visit.begun;
    let outcome = match it.visit.outcome {
        Some(VisitOutcome::Ordered) => "ordered",
        Some(VisitOutcome::NoNeed) => "needs nothing",
        Some(VisitOutcome::Closed) => "closed",
        Some(VisitOutcome::Absent) => "nobody there",
        Some(VisitOutcome::Later) => "come again",
        None => "",
    };
    let when = time_of(begun.at, begun.offset_minutes);
    let head = format!("Visit {when}, {}: {outcome}", it.rep_name);
    match it.visit.note.trim() {
        "" => head,
        note => format!("{head}\n{note}"),
    }
}

fn time_of(at: Timestamp, offset_minutes: i16) -> String {
    let minutes = at.millis().div_euclid(60_000) + i64::from(offset_minutes);
    let (hour, minute) = (minutes.rem_euclid(1_440) / 60, minutes.rem_euclid(60));
    format!("{} {hour:02}:{minute:02}", at.day(offset_minutes))
}
