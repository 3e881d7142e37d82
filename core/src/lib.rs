//! What phone and server must agree on.
//!
//! No I/O happens here: the clock, randomness and every stored byte are handed in, so that the
//! same code runs in the browser, on the server and in simulation.
//!
//! Values ([`id`], [`time`], [`money`], [`quantity`], [`text`], [`error`]) stand at the bottom;
//! [`records`] are facts the server writes; [`rules`] compute from records and return a trace;
//! [`documents`] carry what people meant; [`views`] project both to read-model rows;
//! [`sync`] moves bytes between a device and the hub. Each uses only what stands left of it.

// Phone and server must walk everything in the same order. What else is forbidden here: clippy.toml.
#![deny(clippy::iter_over_hash_type)]

pub mod access;
pub mod documents;
pub mod error;
pub mod id;
pub mod money;
pub mod place;
pub mod planted;
pub mod quantity;
pub mod records;
pub mod rules;
pub mod sync;
pub mod text;
pub mod time;
pub mod views;
