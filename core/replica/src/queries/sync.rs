//! How far everything got, and what needs somebody.

use roundsman_core::error::{Refusal, codes};
use roundsman_core::id::{CustomerId, ItemId, ItemKind};
use roundsman_core::planted;
use roundsman_core::records::Who;
use roundsman_core::time::Timestamp;
use roundsman_core::views::{
    AttentionRow, CatchUp, ChannelProgress, Connection, EntryCopy, JournalRow, JournalView,
    OrderState, OrderView, SyncState, SyncView, meant,
};
use rusqlite::OptionalExtension;
use uuid::Uuid;

use super::Page;
use crate::{Replica, Result, main_file};

/// Operations on the sync screen.
const RECENT: u32 = 30;

impl Replica {
    pub(crate) fn status(&self) -> Result<SyncView> {
        let journal = &self.journal;
        Ok(SyncView {
            connection: self.line.state,
            refusal: self.line.refusal.clone(),
            last_contact: (self.line.contact > Timestamp(0)).then_some(self.line.contact),
            clock_off_ms: self.clock_off_ms(),
            journal: JournalView {
                entries: journal.head.n,
                safe_upto: journal.safe_upto(),
                safe_at: journal.receipt.as_ref().map(|receipt| receipt.at),
                waiting: journal.head.n - journal.safe_upto().min(journal.head.n),
            },
            catch_up: self.catch_up_view()?,
            trouble: self.line.trouble.clone(),
            stalls: main_file::number(&self.db, "stalls")?.unsigned_abs(),
            repairs: main_file::number(&self.db, "repairs")?.unsigned_abs(),
            persisted: self.line.persisted,
            lost: self.journal.lost()?,
            attention: self.attention()?,
            recent: self.recent("where state <> 'replaced'")?,
        })
    }

    /// Whether the line is open and everything the hub has for this device is here. It costs next to
    /// nothing, so that it can be asked after each frame.
    ///
    /// # Errors
    /// When the storage fails.
    pub fn is_up_to_date(&self) -> Result<bool> {
        let mut here = self.db.prepare_cached(
            "select exists (select 1 from channel) \
                and not exists (select 1 from channel where seq < head) \
                and not exists (select 1 from catching_up)",
        )?;
        let here: bool = here.query_row([], |row| row.get(0))?;
        Ok(here && self.line.state == Connection::Online)
    }

    fn catch_up_view(&self) -> Result<Option<CatchUp>> {
        let mut statement = self.db.prepare_cached(
            "select name, (select count(*) from membership m where m.channel = c.name), items, \
                    seq >= head and not exists (select 1 from catching_up u where u.channel = c.name) \
             from channel c",
        )?;
        let rows = statement.query_map([], |row| {
            let name: String = row.get(0)?;
            let (done, total): (u64, u64) = (row.get(1)?, row.get(2)?);
            let kind = name.split('/').next().unwrap_or_default().to_owned();
            let complete = row.get(3)? || planted!("partial first sync counted complete");
            Ok(ChannelProgress { kind, done: done.min(total), total, complete })
        })?;
        let mut channels: Vec<_> = rows.collect::<Result<_, _>>()?;
        if !channels.is_empty() && channels.iter().all(|channel| channel.complete) {
            return Ok(None);
        }
        let order = ["device", "user", "territory", "catalog", "warehouse"];
        channels.sort_by_key(|channel| order.iter().position(|kind| *kind == channel.kind));
        Ok(Some(CatchUp {
            done: channels.iter().map(|channel| channel.done).sum(),
            total: channels.iter().map(|channel| channel.total).sum(),
            channels,
            bytes: self.line.received_bytes,
        }))
    }

    fn attention(&self) -> Result<Vec<AttentionRow>> {
        let mut rows = self.refused_entries()?;
        rows.extend(self.conflicts()?);
        for state in [OrderState::Countered, OrderState::Declined, OrderState::Held] {
            for row in self.orders(None, Some(state), None, Page::default())?.rows {
                rows.extend(self.order(row.id)?.and_then(|order| answered(order, state)));
            }
        }
        rows.sort_by_key(|row| (row.who != SyncState::NeedsYou, std::cmp::Reverse(row.at)));
        Ok(rows)
    }

    fn refused_entries(&self) -> Result<Vec<AttentionRow>> {
        let open = self
            .recent("where (state in ('quarantined', 'declined') or dropped = 1) and away = 0")?;
        open.into_iter()
            .map(|row| {
                let refusal = row.refusal.unwrap_or_else(|| Refusal::new(codes::INTERNAL));
                let kind =
                    if row.state == SyncState::NeedsYou { "declined" } else { "quarantined" };
                let customer = self.customer_of_entry(row.n)?;
                Ok(AttentionRow {
                    kind: kind.to_owned(),
                    subject: row.subject,
                    customer,
                    order: None,
                    entry: Some(row.n),
                    who: row.state,
                    refusal: refusal.with("operation", &row.operation),
                    at: row.at,
                })
            })
            .collect()
    }

    /// One's own copy of an operation.
    pub(crate) fn entry_copy(&self, n: u64) -> Result<Option<EntryCopy>> {
        let Some(row) = self.recent(&format!("where n = {n}"))?.pop() else { return Ok(None) };
        let Some(entry) = self.journal.entry(n)? else { return Ok(None) };
        Ok(Some(EntryCopy {
            n,
            operation: row.operation,
            at: row.at,
            subject: row.subject,
            state: row.state,
            refusal: row.refusal,
            fields: meant(&entry),
        }))
    }

    fn customer_of_entry(&self, n: u64) -> Result<Option<CustomerId>> {
        let item: Option<[u8; ItemId::LEN]> = self
            .db
            .query_row("select item from operation_item where n = ?1 limit 1", [n], |row| {
                row.get(0)
            })
            .optional()?;
        let item = item.and_then(|bytes| ItemId::from_bytes(&bytes));
        Ok(item.filter(|item| item.kind == ItemKind::Customer).map(|item| CustomerId(item.id)))
    }

    fn conflicts(&self) -> Result<Vec<AttentionRow>> {
        let mut statement =
            self.db.prepare_cached("select id from customer where conflicts > 0 and active")?;
        let ids = statement.query_map([], |row| row.get::<_, Uuid>(0))?;
        let mut rows = Vec::new();
        for id in ids {
            let id = CustomerId(id?);
            let customer = self.customer_document(id)?;
            let newest = |field: &roundsman_core::documents::Field| {
                field.versions.first().map(|version| version.at)
            };
            for (name, field) in
                customer.fields.iter().filter(|(_, field)| !field.versions.is_empty())
            {
                let at = newest(field)
                    .map(|at| roundsman_core::time::Hlc(at).timestamp())
                    .unwrap_or_default();
                rows.push(AttentionRow {
                    kind: "conflict".to_owned(),
                    subject: customer.value("name").to_owned(),
                    customer: Some(id),
                    order: None,
                    entry: None,
                    who: SyncState::NeedsYou,
                    refusal: Refusal::new(codes::CONFLICT)
                        .with("field", name)
                        .with("values", field.versions.len()),
                    at,
                });
            }
        }
        Ok(rows)
    }

    fn recent(&self, condition: &str) -> Result<Vec<JournalRow>> {
        let mut statement = self.db.prepare_cached(&format!(
            "select n, name, at, subject, iif(dropped, 'declined', state), code, note from operation {condition} order by n desc limit {RECENT}"
        ))?;
        let rows = statement.query_map([], |row| {
            Ok((
                row.get::<_, u64>(0)?,
                row.get::<_, String>(1)?,
                row.get::<_, i64>(2)?,
                row.get::<_, String>(3)?,
                row.get::<_, String>(4)?,
                row.get::<_, String>(5)?,
                row.get::<_, String>(6)?,
            ))
        })?;
        rows.map(|row| {
            let (n, operation, at, subject, state, code, note) = row?;
            let refused = || {
                let refusal = Refusal::new(&code);
                if note.is_empty() { refusal } else { refusal.with("note", &note) }
            };
            Ok(JournalRow {
                n,
                operation,
                at: Timestamp(at),
                subject,
                state: self.operation_state(n, &state)?,
                refusal: (!code.is_empty() && state != "released").then(refused),
            })
        })
        .collect()
    }
}

/// What an answered order asks of somebody.
fn answered(order: OrderView, state: OrderState) -> Option<AttentionRow> {
    let outcome = order.outcome?;
    let mine = outcome.reasons.iter().find(|it| it.who == Who::Rep && state != OrderState::Held);
    let refusal = mine.or(outcome.reasons.first()).map_or_else(
        || Refusal::new(codes::INTERNAL),
        |reason| Refusal { code: reason.code.clone(), params: reason.params.clone() },
    );
    let kind = match state {
        OrderState::Held => "held",
        OrderState::Countered => "countered",
        _ => "declined",
    };
    Some(AttentionRow {
        kind: kind.to_owned(),
        subject: format!("{} · {}", order.row.device_number, order.row.customer_name),
        customer: Some(order.row.customer),
        order: Some(order.row.id),
        entry: None,
        who: state.answered().unwrap_or(SyncState::NeedsOffice),
        refusal,
        at: outcome.decided_at,
    })
}
