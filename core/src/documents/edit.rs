//! Writing fields inside one change.

use automerge::transaction::{Transactable, Transaction};
use automerge::{ObjId, ObjType, ReadDoc, ScalarValue, Value};

use crate::error::{Refusal, Result, codes};

/// One change under construction.
pub struct Edit<'a, 'd> {
    transaction: &'a mut Transaction<'d>,
}

impl<'a, 'd> Edit<'a, 'd> {
    pub(super) fn new(transaction: &'a mut Transaction<'d>) -> Self {
        Self { transaction }
    }

    /// Writes a scalar at the path; maps on the way are made as needed.
    /// An equal value is not written again, unless several values compete for the place.
    ///
    /// # Errors
    /// [`codes::INTERNAL`] when Automerge refuses, which a well-formed path never causes.
    pub fn put(&mut self, path: &[&str], value: impl Into<ScalarValue>) -> Result<()> {
        let Some((key, maps)) = path.split_last() else {
            return Err(Refusal::new(codes::INTERNAL));
        };
        let mut object = automerge::ROOT;
        for map in maps {
            object = self.map(&object, map)?;
        }
        self.transaction.put(&object, *key, value).map_err(internal)
    }

    /// Writes CBOR bytes at the path.
    ///
    /// # Errors
    /// As [`Self::put`].
    pub fn put_cbor(&mut self, path: &[&str], value: &impl minicbor::Encode<()>) -> Result<()> {
        let bytes = minicbor::to_vec(value).map_err(internal)?;
        self.put(path, ScalarValue::Bytes(bytes))
    }

    /// Whether anything stands at this key of the root.
    #[must_use]
    pub fn has(&self, key: &str) -> bool {
        matches!(self.transaction.get(automerge::ROOT, key), Ok(Some(_)))
    }

    /// Whether something stands under this key of a map, whoever made the map.
    #[must_use]
    pub fn holds(&self, map: &str, key: &str) -> bool {
        let maps = self.transaction.get_all(automerge::ROOT, map).unwrap_or_default();
        maps.iter().any(|(_, map)| matches!(self.transaction.get(map, key), Ok(Some(_))))
    }

    /// The bytes at this key of the root; where several compete, one of them.
    #[must_use]
    pub fn bytes(&self, key: &str) -> Option<Vec<u8>> {
        let (value, _) = self.transaction.get(automerge::ROOT, key).ok()??;
        value.as_bytes().map(<[u8]>::to_vec)
    }

    fn map(&mut self, object: &ObjId, key: &str) -> Result<ObjId> {
        match self.transaction.get(object, key).map_err(internal)? {
            Some((Value::Object(ObjType::Map), id)) => Ok(id),
            _ => self.transaction.put_object(object, key, ObjType::Map).map_err(internal),
        }
    }
}

fn internal(error: impl std::fmt::Display) -> Refusal {
    Refusal::new(codes::INTERNAL).with("detail", error)
}
