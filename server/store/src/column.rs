//! Values as columns: enums as their codes, composite values as JSON.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::{Error, Packed, Result, pack};

/// An enum's code, such as `salesManager`.
pub(crate) fn code<T: Serialize>(value: &T) -> Result<String> {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(code)) => Ok(code),
        other => Err(Error::Corrupt(format!("not a code: {other:?}"))),
    }
}

/// Reads what [`code`] wrote.
pub(crate) fn from_code<T: DeserializeOwned>(code: String) -> Result<T> {
    from_value(serde_json::Value::String(code))
}

/// A value as JSON.
pub(crate) fn json<T: Serialize + ?Sized>(value: &T) -> Result<String> {
    serde_json::to_string(value).map_err(|error| Error::Corrupt(error.to_string()))
}

/// Reads JSON from a column.
pub(crate) fn from_json<T: DeserializeOwned>(text: &str) -> Result<T> {
    serde_json::from_str(text).map_err(|error| Error::Corrupt(error.to_string()))
}

/// A value as JSON, packed.
pub(crate) fn packed_json<T: Serialize + ?Sized>(value: &T) -> Result<Vec<u8>> {
    Ok(pack(json(value)?.as_bytes()))
}

/// Reads what [`packed_json`] wrote.
pub(crate) fn from_packed_json<T: DeserializeOwned>(json: &Packed) -> Result<T> {
    serde_json::from_slice(&json.0).map_err(|error| Error::Corrupt(error.to_string()))
}

fn from_value<T: DeserializeOwned>(value: serde_json::Value) -> Result<T> {
    serde_json::from_value(value).map_err(|error| Error::Corrupt(error.to_string()))
}
