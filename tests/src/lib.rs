//! The harness of tests that need more than one part: a company with its server, reps with their
//! devices, the office with its browser session.

mod office;
mod world;

pub use office::Office;
pub use world::{World, find};
