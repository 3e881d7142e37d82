//! Refusals as what JavaScript catches: JSON text with a code and parameters.

use roundsman_core::error::{Refusal, codes};
use wasm_bindgen::JsValue;

pub(crate) fn thrown(error: impl Into<Refusal>) -> JsValue {
    let refusal = error.into();
    JsValue::from_str(&serde_json::to_string(&refusal).unwrap_or(refusal.code))
}

pub(crate) fn invalid(error: impl std::fmt::Display) -> JsValue {
    thrown(Refusal::new(codes::MALFORMED).with("detail", error))
}
