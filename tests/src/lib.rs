//! The harness of tests that need more than one part: a company with its server, reps with their
//! devices, the office with its browser session.

mod chance;
mod cut;
mod disk;
mod ledger;
mod office;
mod process;
mod work;
mod world;

pub use chance::Chance;
pub use cut::{Breaker, Cut, Way};
pub use disk::SmallDisk;
pub use ledger::{Ledger, settle_numbers};
pub use office::Office;
pub use process::ServerProcess;
pub use work::{agree, decided, fill_cart, find, take_order};
pub use world::World;
