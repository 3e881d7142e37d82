//! Core and replica for the browser. Bindings gather, they do not decide: values cross as JSON text,
//! frames as bytes, refusals as errors with a code.

mod engine;
mod host;
#[cfg(target_arch = "wasm32")]
mod storage;
mod thrown;

pub use engine::{DeviceKey, Engine, Todo, sign, wait_ms};
