//! The port and the embedded ERP, on a real database.

mod decisions;
mod port;
mod support;
