//! Large values as they stand in the database: compressed, where that makes them smaller. What is
//! written twice into each order, as operation and as change, costs once then, and every page that
//! is not written is one that nobody waits for.

use std::cell::RefCell;

use sqlx::error::BoxDynError;
use sqlx::sqlite::{SqliteTypeInfo, SqliteValueRef};
use sqlx::{Decode, Sqlite, Type};
use zstd::bulk::Compressor;

/// The quickest level that still finds what repeats in an entry.
const LEVEL: i32 = 1;
/// Smaller ones hardly shrink.
const BYTES_MIN: usize = 256;
/// How a compressed value begins. Nothing that is stored begins so by itself: documents, changes,
/// records, entries and JSON all have another first byte.
const MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];
/// The largest value that is taken for one; what claims to be larger was not written here.
const BYTES_MAX: usize = 64 << 20;

/// What a packed column holds, unpacked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Packed(pub Vec<u8>);

/// A value as it is stored.
#[must_use]
pub fn pack(bytes: &[u8]) -> Vec<u8> {
    thread_local! {
        static COMPRESSOR: RefCell<Option<Compressor<'static>>> =
            RefCell::new(Compressor::new(LEVEL).ok());
    }
    if bytes.len() < BYTES_MIN {
        return bytes.to_vec();
    }
    let small = COMPRESSOR.with_borrow_mut(|it| it.as_mut()?.compress(bytes).ok());
    small.filter(|small| small.len() < bytes.len()).unwrap_or_else(|| bytes.to_vec())
}

/// What was packed; a value that stands there as it is, as earlier versions wrote it, comes back
/// as it is.
///
/// # Errors
/// When it cannot be unpacked.
pub fn unpack(stored: &[u8]) -> std::io::Result<Vec<u8>> {
    if !stored.starts_with(&MAGIC) {
        return Ok(stored.to_vec());
    }
    let size = zstd::zstd_safe::get_frame_content_size(stored).ok().flatten();
    let size = size.and_then(|size| usize::try_from(size).ok()).filter(|size| *size <= BYTES_MAX);
    let size = size.ok_or(std::io::ErrorKind::InvalidData)?;
    zstd::bulk::decompress(stored, size)
}

impl Type<Sqlite> for Packed {
    fn type_info() -> SqliteTypeInfo {
        <Vec<u8> as Type<Sqlite>>::type_info()
    }

    fn compatible(found: &SqliteTypeInfo) -> bool {
        <Vec<u8> as Type<Sqlite>>::compatible(found)
    }
}

impl Decode<'_, Sqlite> for Packed {
    fn decode(value: SqliteValueRef<'_>) -> Result<Self, BoxDynError> {
        Ok(Self(unpack(<&[u8] as Decode<Sqlite>>::decode(value)?)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_packed_comes_back() {
        for bytes in [vec![], b"short".to_vec(), vec![0xa1; 10_000], (0..=255).collect()] {
            assert_eq!(unpack(&pack(&bytes)).unwrap_or_default(), bytes);
        }
        assert!(pack(&[0xa1; 10_000]).len() < 100);
    }

    #[test]
    fn a_broken_value_is_an_error_and_takes_no_memory() {
        let mut broken = pack(&[0xa1; 10_000]);
        broken.truncate(broken.len() - 1);
        assert!(unpack(&broken).is_err());
        // A frame that says it holds four gigabytes.
        let bomb = [&MAGIC[..], &[0xa0, 0xff, 0xff, 0xff, 0xff]].concat();
        assert!(unpack(&bomb).is_err());
    }
}
