//! Checking a change against what its operation declares.
//!
//! Patches would hide a concurrent write that loses, so the change's own operations are read.

use std::collections::BTreeMap;

use automerge::legacy::{Key, ObjectId, Op, OpId, OpType};
use automerge::{Automerge, Change, ObjType, ReadDoc};

use super::Operation;
use crate::error::{Refusal, Result, codes};
use crate::id::ItemId;

/// One place that a change writes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Touch {
    /// Keys from the root, joined by `/`.
    pub path: String,
    /// Whether it replaces or removes what its author saw there.
    pub replaces: bool,
    /// Whether it only makes a map, in which deeper paths are then written.
    pub makes_map: bool,
}

/// Every place that a change writes, with `before` holding everything the change depends on.
///
/// # Errors
/// [`codes::MALFORMED`] for lists, counters, marks and objects that are not in the document:
/// no operation of ours makes them.
pub fn touches(before: &Automerge, change: &Change) -> Result<Vec<Touch>> {
    let decoded = change.decode();
    let mut made: BTreeMap<(u64, Vec<u8>), String> = BTreeMap::new();
    let mut touches = Vec::with_capacity(decoded.operations.len());
    for (index, op) in decoded.operations.iter().enumerate() {
        let path = path_of(before, &made, op)?;
        match op.action {
            OpType::Put(_) | OpType::Delete => {}
            OpType::Make(ObjType::Map) => {
                let counter = decoded.start_op.get() + index as u64;
                made.insert((counter, decoded.actor_id.to_bytes().to_vec()), path.clone());
            }
            _ => return Err(malformed("only maps and scalars are used")),
        }
        touches.push(Touch {
            path,
            replaces: !op.pred.is_empty() || op.action == OpType::Delete,
            makes_map: op.action == OpType::Make(ObjType::Map),
        });
    }
    Ok(touches)
}

/// Judges whether a change stays within what its operation declares. `before` holds what the change
/// depends on, `current` everything admitted: a value that is frozen there cannot be competed with
/// by a change that does not know of it, or a wrong clock could decide which of them counts.
///
/// # Errors
/// [`codes::UNDECLARED_PATH`] when it writes elsewhere, [`codes::FROZEN`] when it writes over what
/// was frozen, [`codes::MALFORMED`] as [`touches`].
pub fn check(
    operation: &dyn Operation,
    item: ItemId,
    before: &Automerge,
    current: &Automerge,
    change: &Change,
) -> Result<()> {
    let Some(writes) = operation.writes().iter().find(|writes| writes.kind == item.kind) else {
        return Err(Refusal::new(codes::UNDECLARED_PATH).with("path", item));
    };
    let creates = operation.creates(item);
    if creates != before.get_heads().is_empty() {
        return Err(malformed(if creates {
            "the document exists already"
        } else {
            "the document does not exist"
        }));
    }
    for touch in touches(before, change)? {
        let once = writes.once.iter().any(|pattern| fits(pattern, &touch));
        // Two maps in one place are read as one; only what stands in them is frozen.
        if once && (touch.replaces || (!touch.makes_map && stands(current, &touch.path))) {
            return Err(Refusal::new(codes::FROZEN).with("path", touch.path));
        }
        let declared = once
            || writes.paths.iter().any(|pattern| fits(pattern, &touch))
            || (creates && touch.path == "schema");
        if !declared {
            return Err(Refusal::new(codes::UNDECLARED_PATH).with("path", touch.path));
        }
    }
    Ok(())
}

fn path_of(before: &Automerge, made: &BTreeMap<(u64, Vec<u8>), String>, op: &Op) -> Result<String> {
    let Key::Map(key) = &op.key else { return Err(malformed("only maps and scalars are used")) };
    let parent = match &op.obj {
        ObjectId::Root => return Ok(key.to_string()),
        ObjectId::Id(id) => match made.get(&(id.counter(), id.actor().to_bytes().to_vec())) {
            Some(path) => path.clone(),
            None => path_before(before, id)?,
        },
    };
    Ok(format!("{parent}/{key}"))
}

fn path_before(before: &Automerge, id: &OpId) -> Result<String> {
    let text = format!("{}@{}", id.counter(), id.actor().to_hex_string());
    let (object, _) = before.import(&text).map_err(|_| malformed("an object that is not here"))?;
    let mut keys: Vec<String> = before
        .parents(&object)
        .map_err(|_| malformed("an object that is not here"))?
        .map(|parent| parent.prop.to_string())
        .collect();
    keys.reverse();
    Ok(keys.join("/"))
}

/// Whether something stands at this path.
fn stands(document: &Automerge, path: &str) -> bool {
    let mut object = automerge::ROOT;
    for key in path.split('/') {
        match document.get(&object, key) {
            Ok(Some((_, id))) => object = id,
            _ => return false,
        }
    }
    true
}

/// Whether a touch fits a pattern in which `*` stands for one key. A new map may also stand on the
/// way to where the pattern ends; replacing one there would take away what others wrote in it.
fn fits(pattern: &str, touch: &Touch) -> bool {
    let mut wanted = pattern.split('/');
    let along = touch
        .path
        .split('/')
        .all(|key| wanted.next().is_some_and(|want| want == "*" || want == key));
    let at_end = wanted.next().is_none();
    along && if touch.makes_map { !at_end && !touch.replaces } else { at_end }
}

fn malformed(detail: &str) -> Refusal {
    Refusal::new(codes::MALFORMED).with("detail", detail)
}

#[cfg(test)]
mod tests {
    use super::{Touch, fits};

    fn put(path: &str) -> Touch {
        Touch { path: path.to_owned(), replaces: true, makes_map: false }
    }

    #[test]
    fn a_star_is_one_key() {
        assert!(fits("contacts/*/name", &put("contacts/7/name")));
        assert!(!fits("contacts/*/name", &put("contacts/7/name/more")));
        assert!(!fits("phone", &put("note")));
    }

    #[test]
    fn a_map_on_the_way_may_be_made_but_not_replaced() {
        let map = |replaces| Touch { path: "contacts".to_owned(), replaces, makes_map: true };
        assert!(fits("contacts/*/name", &map(false)));
        assert!(!fits("contacts/*/name", &map(true)));
        assert!(!fits("contacts/*/name", &put("contacts")));
        assert!(!fits("contacts", &map(false)));
    }
}
