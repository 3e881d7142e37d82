//! The harness of tests that need more than one part: a company with its server, reps with their
//! devices, the office with its browser session.

mod office;
mod work;
mod world;

pub use office::Office;
pub use work::{decided, fill_cart, find, take_order};
pub use world::World;
