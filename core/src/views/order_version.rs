//! The versions of an order, what differs between them, and what a change would make of it.

use serde::{Deserialize, Serialize};

use super::{CartLineView, HistoryChange, Names};
use crate::documents::cart::CartLine;
use crate::documents::order::{
    Order, Revision, SignedLine, SignedOrder, VersionId, Wanted, WantedLine, revise_line, sum_up,
};
use crate::id::{LineId, PersonId};
use crate::money::Money;
use crate::quantity::{Percent, Quantity};
use crate::records::{LocalName, Reason, Ruling, Verdict};
use crate::rules::{Shelf, check_credit, problem};
use crate::time::{Day, Timestamp};

/// What became of one version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(tsify::Tsify))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub enum VersionState {
    /// It counts.
    Stands,
    /// It counts together with what somebody else changed at the same time.
    Joined,
    /// A later one was made of it.
    Replaced,
    /// It could not be joined with what somebody else changed at the same time.
    Countered,
}

/// One version of an order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(tsify::Tsify))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct OrderVersionView {
    /// Its place among the versions, from 1.
    pub number: u32,
    /// Who made it.
    pub by: PersonId,
    /// Their name.
    pub by_name: String,
    /// When, by the device's clock.
    pub at: Timestamp,
    /// What became of it.
    pub state: VersionState,
    /// Whether it is a cancellation.
    pub cancels: bool,
    /// Whether the customer signed it.
    pub signed: bool,
    /// Why, in their words.
    pub reason: String,
    /// With tax; none of a cancellation.
    pub total: Option<Money>,
    /// What it changed.
    pub changes: OrderDiff,
}

/// What differs between two contents of an order.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(tsify::Tsify))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct OrderDiff {
    /// Lines that came, went or ask for something else.
    pub lines: Vec<LineChange>,
    /// `requested_on` and `note`, where they changed.
    pub head: Vec<HistoryChange>,
}

/// One line before and after.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(tsify::Tsify))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct LineChange {
    /// Article number.
    pub code: String,
    /// Name.
    pub name: LocalName,
    /// Before; none: it is new.
    pub from: Option<WantedView>,
    /// After; none: it was taken out.
    pub to: Option<WantedView>,
}

/// So much of something.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(tsify::Tsify))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct WantedView {
    /// The pack's code.
    pub pack: String,
    /// Packs.
    pub quantity: Quantity,
    /// Taken off.
    pub discount: Percent,
}

/// What a person in the office decided.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(tsify::Tsify))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct VerdictView {
    /// What.
    pub ruling: Ruling,
    /// Who.
    pub by: PersonId,
    /// Their name.
    pub by_name: String,
    /// Why, in their words.
    pub note: String,
    /// When.
    pub at: Timestamp,
}

/// What an order would be with other lines. Nothing is recorded.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(tsify::Tsify))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct AmendView {
    /// The lines, as a cart shows them. What stays as it was costs what was agreed.
    pub lines: Vec<CartLineView>,
    /// As it stands, with tax.
    pub before: Money,
    /// As it would be, with tax.
    pub total: Money,
    /// What would change.
    pub changes: OrderDiff,
    /// What the office would have to say about it.
    pub warnings: Vec<Reason>,
    /// Why it cannot be recorded.
    pub problems: Vec<Reason>,
}

impl VerdictView {
    pub(super) fn new(verdict: &Verdict, names: &dyn Names) -> Self {
        Self {
            ruling: verdict.ruling,
            by: verdict.by,
            by_name: names.person(verdict.by),
            note: verdict.note.clone(),
            at: verdict.at,
        }
    }
}

/// Every version, newest first; none while there is only the signed one.
pub(super) fn versions(order: &Order, names: &dyn Names) -> Vec<OrderVersionView> {
    let Some(first) = &order.first else { return Vec::new() };
    let heads = heads(order);
    let standing = heads.iter().filter(|id| !order.countered.contains(id)).count();
    let mut views = vec![OrderVersionView {
        number: 1,
        by: first.author(),
        by_name: names.person(first.author()),
        at: first.placed_at,
        state: VersionState::Replaced,
        cancels: false,
        signed: first.taken_by.is_none(),
        reason: String::new(),
        total: Some(first.total),
        changes: OrderDiff::default(),
    }];
    for (it, number) in order.revisions.iter().zip(2..) {
        let id = it.id();
        let state = if order.countered.contains(&id) {
            VersionState::Countered
        } else if !heads.contains(&id) {
            VersionState::Replaced
        } else if standing > 1 && order.cancelled.is_none() {
            VersionState::Joined
        } else {
            VersionState::Stands
        };
        let made_on = base(order, first, it);
        views.push(OrderVersionView {
            number,
            by: it.by,
            by_name: names.person(it.by),
            at: it.at,
            state,
            cancels: it.content.is_none(),
            signed: it.signed_again,
            reason: it.reason.clone(),
            total: it.content.as_ref().map(|content| content.total),
            changes: it.content.as_ref().map(|to| OrderDiff::new(made_on, to)).unwrap_or_default(),
        });
    }
    views.reverse();
    views
}

/// The revisions that nobody built on.
fn heads(order: &Order) -> Vec<VersionId> {
    let built_on = |id: &VersionId| order.revisions.iter().any(|it| it.bases.contains(id));
    order.revisions.iter().map(Revision::id).filter(|id| !built_on(id)).collect()
}

/// The content that a revision was made on.
fn base<'a>(order: &'a Order, first: &'a SignedOrder, it: &Revision) -> &'a SignedOrder {
    let found = order.revisions.iter().find(|base| it.bases.contains(&base.id()));
    found.and_then(|base| base.content.as_ref()).unwrap_or(first)
}

impl OrderDiff {
    /// What `after` changes of `before`.
    #[must_use]
    pub fn new(before: &SignedOrder, after: &SignedOrder) -> Self {
        let of = |order: &'_ SignedOrder, id: LineId| {
            order.lines.iter().find(|line| line.id == id).cloned()
        };
        let gone = before.lines.iter().filter(|line| of(after, line.id).is_none());
        let gone = gone.map(|line| LineChange::new(line, Some(line), None));
        let here = after.lines.iter().filter_map(|line| {
            let old = of(before, line.id);
            let same = old.as_ref().is_some_and(|old| old.asks_for_the_same(line));
            (!same).then(|| LineChange::new(line, old.as_ref(), Some(line)))
        });
        let day = |order: &SignedOrder| {
            order.requested_on.as_ref().map(Day::to_string).unwrap_or_default()
        };
        let head = [
            ("requested_on", day(before), day(after)),
            ("note", before.note.clone(), after.note.clone()),
        ];
        Self {
            lines: here.chain(gone).collect(),
            head: head
                .into_iter()
                .filter(|(_, from, to)| from != to)
                .map(|(field, from, to)| HistoryChange { field: field.to_owned(), from, to })
                .collect(),
        }
    }
}

impl LineChange {
    fn new(line: &SignedLine, from: Option<&SignedLine>, to: Option<&SignedLine>) -> Self {
        let wanted = |line: &SignedLine| WantedView {
            pack: line.pack.clone(),
            quantity: line.quantity,
            discount: line.discount,
        };
        Self {
            code: line.code.clone(),
            name: line.name.clone(),
            from: from.map(wanted),
            to: to.map(wanted),
        }
    }
}

impl AmendView {
    /// The order with these lines, priced and judged from a shelf on which it takes nothing itself.
    #[must_use]
    pub fn new(content: &SignedOrder, wanted: &Wanted, shelf: &Shelf) -> Self {
        let carts: Vec<(LineId, CartLine)> =
            wanted.lines.iter().map(|line| as_in_cart(content, line)).collect();
        let promises =
            shelf.promise(&carts.iter().map(|(id, line)| (*id, line)).collect::<Vec<_>>());
        let mut problems = Vec::new();
        let mut lines = Vec::with_capacity(carts.len());
        let mut signed = Vec::with_capacity(carts.len());
        for (it, (id, line)) in wanted.lines.iter().zip(&carts) {
            let slot = shelf.slots.get(&line.product).cloned().unwrap_or_default();
            let mut view = CartLineView::new(*id, line, &slot, promises.get(id), shelf);
            match revise_line(content, it, shelf) {
                Ok(line) => {
                    view.agree(&line);
                    signed.push(line);
                }
                Err(refusal) => {
                    view.problems.push(problem(&refusal));
                    problems.push(problem(&refusal));
                }
            }
            lines.push(view);
        }
        let after = sum_up(SignedOrder {
            lines: signed,
            requested_on: wanted.requested_on,
            note: wanted.note.clone(),
            ..content.clone()
        });
        let credit = shelf.account.as_ref().map(|it| check_credit(it, after.total).reasons);
        let short = carts.iter().filter_map(|(id, _)| promises.get(id)?.reason.clone());
        Self {
            lines,
            before: content.total,
            total: after.total,
            changes: OrderDiff::new(content, &after),
            warnings: credit.into_iter().flatten().chain(short).collect(),
            problems,
        }
    }
}

fn as_in_cart(content: &SignedOrder, wanted: &WantedLine) -> (LineId, CartLine) {
    let line = CartLine {
        product: wanted.product,
        pack: wanted.pack.clone(),
        quantity: wanted.quantity,
        discount: wanted.discount,
        added_at: content.placed_at,
    };
    (wanted.line_in(content), line)
}
