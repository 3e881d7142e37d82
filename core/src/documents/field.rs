//! Reading fields with their merge policies.
//!
//! Automerge picks a winner among concurrent values by operation counter, which would let a busy
//! morning beat a single edit in the evening. Here the greatest hybrid-clock time wins.

use std::collections::BTreeSet;

use automerge::{Automerge, ObjId, ReadDoc, ScalarValue, Value};
use serde::{Deserialize, Serialize};

use super::Stamp;
use crate::id::{DeviceId, PersonId};
use crate::time::Hlc;

/// A text field and, when several values compete, all of them.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Field {
    /// The newest value.
    pub value: String,
    /// All competing values, newest first; empty when they agree.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub versions: Vec<Version>,
}

/// One of several competing values.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Version {
    /// The value.
    pub value: String,
    /// When it was written, as hybrid-clock time.
    pub at: i64,
    /// By whom.
    pub by: PersonId,
    /// On which device.
    pub device: DeviceId,
}

/// The fields of one map inside a document. Where several devices made the map at the same time,
/// all of theirs are read as one.
pub struct Fields<'a> {
    document: &'a Automerge,
    objects: Vec<ObjId>,
}

impl<'a> Fields<'a> {
    /// The fields at the root.
    #[must_use]
    pub fn root(document: &'a Automerge) -> Self {
        Self { document, objects: vec![automerge::ROOT] }
    }

    /// The map under this key; a missing one reads as empty.
    #[must_use]
    pub fn map(&self, key: &str) -> Option<Self> {
        let values = self.values(key).into_iter();
        let objects: Vec<_> =
            values.filter(|(value, _)| value.is_object()).map(|(_, object)| object).collect();
        (!objects.is_empty()).then_some(Self { document: self.document, objects })
    }

    /// The keys of this map, sorted.
    pub fn keys(&self) -> impl Iterator<Item = String> {
        let keys: BTreeSet<_> =
            self.objects.iter().flat_map(|object| self.document.keys(object)).collect();
        keys.into_iter()
    }

    /// Policy `newest`: the value with the greatest hybrid-clock time.
    #[must_use]
    pub fn newest(&self, key: &str) -> Option<ScalarValue> {
        self.stamped(key).into_iter().next().map(|(_, value)| value)
    }

    /// Policy `once`: the value with the smallest hybrid-clock time; the first to freeze stays.
    #[must_use]
    pub fn once(&self, key: &str) -> Option<ScalarValue> {
        self.stamped(key).into_iter().next_back().map(|(_, value)| value)
    }

    /// Policy `newest` for text; empty when there is none.
    #[must_use]
    pub fn text(&self, key: &str) -> String {
        self.newest(key).as_ref().map(text_of).unwrap_or_default()
    }

    /// Policy `newest` for CBOR bytes.
    #[must_use]
    pub fn bytes(&self, key: &str) -> Option<Vec<u8>> {
        bytes_of(self.newest(key)?)
    }

    /// Policy `once` for CBOR bytes.
    #[must_use]
    pub fn frozen(&self, key: &str) -> Option<Vec<u8>> {
        bytes_of(self.once(key)?)
    }

    /// Policy `once` for CBOR bytes, with who wrote them and when.
    #[must_use]
    pub fn frozen_stamped(&self, key: &str) -> Option<(Stamp, Vec<u8>)> {
        let stamped = self.values(key).into_iter().filter_map(|(value, id)| {
            let bytes = bytes_of(value.into_scalar().ok()?)?;
            Some((self.stamp(&id), bytes))
        });
        stamped.min()
    }

    /// Policy `ask`: the newest value, and all competing ones unless they are equal.
    #[must_use]
    pub fn ask(&self, key: &str) -> Field {
        let mut versions: Vec<Version> = Vec::new();
        for (stamp, value) in self.stamped(key) {
            let value = text_of(&value);
            if versions.iter().all(|version| version.value != value) {
                versions.push(Version {
                    value,
                    at: stamp.at.0,
                    by: stamp.by,
                    device: stamp.device,
                });
            }
        }
        let value = versions.first().map(|version| version.value.clone()).unwrap_or_default();
        if versions.len() < 2 {
            versions.clear();
        }
        Field { value, versions }
    }

    /// Every concurrent value, newest first. Without a conflict the stamp is not looked up.
    fn stamped(&self, key: &str) -> Vec<(Stamp, ScalarValue)> {
        let values = self.values(key);
        let single = values.len() == 1;
        let mut stamped: Vec<_> = values
            .into_iter()
            .filter_map(|(value, id)| {
                let Value::Scalar(value) = value else { return None };
                let stamp = if single { nobody() } else { self.stamp(&id) };
                Some((stamp, value.into_owned()))
            })
            .collect();
        if crate::planted!("merge by operation counter") {
            return stamped;
        }
        stamped.sort_by(|(left, _), (right, _)| right.cmp(left));
        stamped
    }

    fn values(&self, key: &str) -> Vec<(Value<'a>, ObjId)> {
        let all = |object| self.document.get_all(object, key).unwrap_or_default();
        self.objects.iter().flat_map(all).collect()
    }

    fn stamp(&self, id: &ObjId) -> Stamp {
        self.document
            .hash_for_opid(id)
            .and_then(|hash| self.document.get_change_meta_by_hash(&hash))
            .map_or_else(nobody, |change| Stamp::of(&change))
    }
}

fn nobody() -> Stamp {
    Stamp {
        at: Hlc::default(),
        by: PersonId(uuid::Uuid::nil()),
        device: DeviceId(uuid::Uuid::nil()),
    }
}

/// A scalar as people read it.
pub(super) fn text_of(value: &ScalarValue) -> String {
    match value {
        ScalarValue::Str(text) => text.to_string(),
        ScalarValue::Null => String::new(),
        ScalarValue::Boolean(value) => value.to_string(),
        ScalarValue::Int(value) => value.to_string(),
        ScalarValue::Uint(value) => value.to_string(),
        ScalarValue::F64(value) => value.to_string(),
        _ => String::new(),
    }
}

fn bytes_of(value: ScalarValue) -> Option<Vec<u8>> {
    if let ScalarValue::Bytes(bytes) = value { Some(bytes) } else { None }
}
