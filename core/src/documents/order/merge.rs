//! Two changes of one order that did not know of each other, line by line.

use super::{SignedLine, SignedOrder, sum_up};

/// What `theirs` becomes with what `mine` changed of `base`. None: both changed the same thing to
/// different values, or nothing would be left.
pub(super) fn merge(
    base: &SignedOrder,
    mine: &SignedOrder,
    theirs: &SignedOrder,
) -> Option<SignedOrder> {
    let mut ids: Vec<_> = theirs.lines.iter().map(|line| line.id).collect();
    for line in &mine.lines {
        if !ids.contains(&line.id) {
            ids.push(line.id);
        }
    }
    let mut lines = Vec::with_capacity(ids.len());
    for id in ids {
        let of = |order: &'_ SignedOrder| order.lines.iter().find(|line| line.id == id).cloned();
        lines.extend(pick(of(base), of(mine), of(theirs), same_wish)?);
    }
    if lines.is_empty() {
        return None;
    }
    let equal = |left: &_, right: &_| left == right;
    let requested_on = pick(base.requested_on, mine.requested_on, theirs.requested_on, equal)?;
    let note = pick(&base.note, &mine.note, &theirs.note, |left, right| left == right)?.clone();
    Some(sum_up(SignedOrder { lines, requested_on, note, ..theirs.clone() }))
}

/// The value that somebody changed; none when both did, each to something else.
fn pick<T>(base: T, mine: T, theirs: T, same: impl Fn(&T, &T) -> bool) -> Option<T> {
    if same(&mine, &base) || same(&mine, &theirs) {
        Some(theirs)
    } else if same(&theirs, &base) {
        Some(mine)
    } else {
        None
    }
}

/// Whether two lines ask for the same, whatever it costs.
fn same_wish(left: &Option<SignedLine>, right: &Option<SignedLine>) -> bool {
    match (left, right) {
        (Some(left), Some(right)) => left.asks_for_the_same(right),
        (None, None) => true,
        _ => false,
    }
}
