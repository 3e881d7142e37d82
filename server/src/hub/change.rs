//! Automerge changes from outside: nothing of them is believed, and none can harm the server.
//!
//! Automerge runs through every operation that a change claims to hold, and a few bytes can claim
//! billions of them; it also panics on some malformed input. So claims are counted before it sees
//! the bytes, and it runs where a panic is an answer.

use std::panic::{AssertUnwindSafe, catch_unwind};

use automerge::{Automerge, Change};
use roundsman_core::documents::{Operation, device_of};
use roundsman_core::error::{Refusal, Result, codes};
use roundsman_core::sync::Entry;

/// Values in one column of a change at most. The largest operation of ours writes a few dozen.
const VALUES_MAX: u64 = 4_096;

/// Reads a change of this entry, and that it was made by the device and person it says.
///
/// # Errors
/// [`codes::MALFORMED`] for bytes that are no change, [`codes::FORGED`] for somebody else's.
pub fn read(bytes: &[u8], entry: &Entry, operation: &dyn Operation) -> Result<Change> {
    if !is_small(bytes) {
        return Err(malformed("not a plain change, or a huge one"));
    }
    let change = guarded(|| Change::from_bytes(bytes.to_vec()).map_err(malformed))?;
    // The checksum stands in the bytes that everybody else will get, and only they would notice.
    if bytes.get(4..8) != change.hash().0.get(..4) {
        return Err(malformed("checksum"));
    }
    let message = format!("{} {}", operation.name(), entry.person.0.simple());
    let forged = if device_of(change.actor_id()) != Some(entry.device)
        && !roundsman_core::planted!("actor of a change not checked")
    {
        "actor"
    } else if change.message() != Some(message.as_str()) {
        "message"
    } else if change.timestamp() != entry.at.0 {
        "time"
    } else {
        return Ok(change);
    };
    Err(Refusal::new(codes::FORGED).with("detail", forged))
}

/// The document as the change's author saw it; none when the change needs what is not here.
///
/// # Errors
/// [`codes::MISSING_DEPENDENCY`], and [`codes::MALFORMED`] for a change that does not count on
/// from what it depends on: its numbers would push everybody else's aside.
pub fn before(document: &Automerge, change: &Change) -> Result<Automerge> {
    let mut max_op = 0;
    for dependency in change.deps() {
        let meta = document.get_change_meta_by_hash(dependency).ok_or_else(missing)?;
        max_op = meta.max_op.max(max_op);
    }
    if change.start_op().get() != max_op + 1 {
        return Err(malformed("operation counter"));
    }
    if same(&document.get_heads(), change.deps()) {
        return Ok(document.clone());
    }
    guarded(|| document.fork_at(change.deps()).map_err(malformed))
}

/// The document with the change.
///
/// # Errors
/// [`codes::MALFORMED`] when it does not fit, [`codes::MISSING_DEPENDENCY`] when it would wait.
pub fn apply(mut document: Automerge, change: Change) -> Result<Automerge> {
    let hash = change.hash();
    let document = guarded(|| {
        document.apply_changes([change]).map_err(malformed)?;
        Ok(document)
    })?;
    match document.get_change_meta_by_hash(&hash) {
        Some(_) => Ok(document),
        None => Err(missing()),
    }
}

/// Runs code that may panic on hostile input.
///
/// # Errors
/// Its own, or [`codes::MALFORMED`] when it panicked.
pub fn guarded<T>(work: impl FnOnce() -> Result<T>) -> Result<T> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| Err(malformed("it broke the reader")))
}

pub(super) fn malformed(detail: impl std::fmt::Display) -> Refusal {
    Refusal::new(codes::MALFORMED).with("detail", detail)
}

fn missing() -> Refusal {
    Refusal::new(codes::MISSING_DEPENDENCY)
}

fn same(left: &[automerge::ChangeHash], right: &[automerge::ChangeHash]) -> bool {
    let sorted = |hashes: &[automerge::ChangeHash]| {
        let mut sorted = hashes.to_vec();
        sorted.sort_unstable();
        sorted
    };
    left.len() == right.len() && sorted(left) == sorted(right)
}

/// Whether the bytes are an uncompressed change that claims a bearable number of values.
fn is_small(bytes: &[u8]) -> bool {
    /// A change that is not deflated.
    const PLAIN: u8 = 1;
    bytes.get(8) == Some(&PLAIN)
        && columns_are_small(Reader(bytes.get(9..).unwrap_or_default())).is_some()
}

/// Walks through the columns; none when anything is malformed or too large.
fn columns_are_small(mut reader: Reader<'_>) -> Option<()> {
    /// Whether a column is deflated.
    const DEFLATED: u64 = 8;
    reader.number()?;
    let dependencies = usize::try_from(reader.number()?).ok()?;
    reader.take(dependencies.checked_mul(32)?)?;
    reader.block()?;
    for _seq_start_time in 0..3 {
        reader.number()?;
    }
    reader.block()?;
    for _actor in 0..reader.bounded(VALUES_MAX)? {
        reader.block()?;
    }
    let mut columns = Vec::new();
    for _column in 0..reader.bounded(64)? {
        columns.push((reader.number()?, usize::try_from(reader.number()?).ok()?));
    }
    for (spec, length) in columns {
        let column = Reader(reader.take(length)?);
        if spec & DEFLATED != 0 {
            return None;
        }
        match spec & 7 {
            4 => column.booleans()?,
            7 => {}
            kind => column.runs(kind == 5)?,
        }
    }
    Some(())
}

/// Reads the column format of Automerge's storage.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (head, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(head)
    }

    /// An unsigned LEB128; of a signed one, its bits.
    fn number(&mut self) -> Option<u64> {
        let mut value = 0u64;
        for shift in (0..70).step_by(7) {
            let [byte] = self.take(1)? else { return None };
            value |= u64::from(byte & 0x7f).checked_shl(shift)?;
            if byte & 0x80 == 0 {
                return Some(value);
            }
        }
        None
    }

    /// A signed LEB128 of a size that can be a count.
    fn signed(&mut self) -> Option<i64> {
        let before = self.0;
        let value = self.number()?;
        let length = u32::try_from(before.len() - self.0.len()).ok()?;
        let spare = 64u32.checked_sub(7 * length)?;
        Some((i64::from_le_bytes(value.to_le_bytes()) << spare) >> spare)
    }

    fn bounded(&mut self, max: u64) -> Option<u64> {
        self.number().filter(|number| *number <= max)
    }

    fn block(&mut self) -> Option<&'a [u8]> {
        let length = usize::try_from(self.number()?).ok()?;
        self.take(length)
    }

    /// Counts of alternating false and true.
    fn booleans(mut self) -> Option<()> {
        let mut total = 0u64;
        while !self.0.is_empty() {
            total = total.checked_add(self.number()?).filter(|total| *total <= VALUES_MAX)?;
        }
        Some(())
    }

    /// Runs: a count and its value, minus a count and so many values, or zero and a count of nulls.
    fn runs(mut self, texts: bool) -> Option<()> {
        let mut total = 0u64;
        while !self.0.is_empty() {
            let (count, values) = match self.signed()? {
                0 => (self.number()?, 0),
                run if run > 0 => (run.unsigned_abs(), 1),
                literal => (literal.unsigned_abs(), literal.unsigned_abs()),
            };
            total = total.checked_add(count).filter(|total| *total <= VALUES_MAX)?;
            for _ in 0..values {
                if texts { self.block().map(drop)? } else { self.number().map(drop)? }
            }
        }
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use automerge::transaction::Transactable as _;
    use automerge::{ObjType, ROOT, ReadDoc as _};

    use super::*;

    fn change(keys: usize) -> Vec<u8> {
        let mut document = Automerge::new();
        let mut transaction = document.transaction();
        let map = transaction.put_object(ROOT, "map", ObjType::Map).unwrap();
        for key in 0..keys {
            transaction.put(&map, format!("key {key}"), "value").unwrap();
            transaction.put(&map, "same", true).unwrap();
        }
        let (hash, _) = transaction.commit();
        document.get_change_by_hash(&hash.unwrap()).unwrap().raw_bytes().to_vec()
    }

    #[test]
    fn an_honest_change_is_small() {
        for keys in [0, 1, 2, 40, 1_000] {
            assert!(is_small(&change(keys)), "{keys}");
        }
    }

    #[test]
    fn thousands_of_values_are_not_small() {
        assert!(!is_small(&change(5_000)));
    }

    #[test]
    fn a_run_that_claims_billions_is_not_small() {
        let billions = [0xff, 0xff, 0xff, 0xff, 0x3f, 0x01];
        assert!(Reader(&billions).runs(false).is_none());
        assert!(Reader(&[0x05, 0x01]).runs(false).is_some());
        assert!(Reader(&[0x7e, 0x01, 0x01]).runs(false).is_some());
        assert!(Reader(&[0x00, 0xff, 0xff, 0xff, 0x7f]).runs(false).is_none());
        assert!(Reader(&[0xff, 0xff, 0xff, 0x7f]).booleans().is_none());
    }

    #[test]
    fn broken_bytes_are_no_change() {
        let honest = change(3);
        for length in 0..honest.len() {
            assert!(
                guarded(|| Change::from_bytes(honest[..length].to_vec()).map_err(malformed))
                    .is_err()
            );
        }
        assert!(!is_small(b""));
    }
}
