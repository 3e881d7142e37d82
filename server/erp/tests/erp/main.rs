//! The port, the embedded ERP on a real database, and a real Tryton.

#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod decisions;
mod port;
mod support;
mod tryton;
#[path = "../../../../tests/tryton/server.rs"]
mod tryton_server;
mod versions;
