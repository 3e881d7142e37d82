//! The API through the real router, on a real database in a folder that goes away.

#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod appointments;
mod company;
mod customers;
mod demo;
mod device;
mod erp;
mod imports;
mod lists;
mod live;
mod merges;
mod openapi;
mod operations;
mod orders;
mod products;
mod rights;
mod session;
mod shell;
mod taking;
