//! The port and the embedded ERP, on a real database.

#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod decisions;
mod port;
mod support;
mod tryton;
mod tryton_server;
mod versions;
