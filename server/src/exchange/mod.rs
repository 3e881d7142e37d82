//! Bringing in what a company has in files.
//!
//! A file becomes a [`read::Table`] of text; a mapping says which column is which field; each row
//! is planned, and what it plans is written: documents by the process's own device, records by the
//! places that publish them. Looking does everything but writing.

pub mod columns;
pub mod company;
mod contacts;
mod customers;
mod orders;
pub mod plan;
mod prices;
mod products;
pub mod read;
pub mod report;
mod reps;
mod runs;
pub mod sheet;
mod stock;
pub mod twins;
mod values;
mod write;

pub use runs::{Import, Imports, Preview, Ready, Settings, Task};
