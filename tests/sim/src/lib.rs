//! The simulator: the code that ships, on virtual time, with every fault from a seed.

mod chance;
mod check;
mod clock;
mod company;
mod device;
pub mod disk;
mod erp;
mod ledger;
mod plan;
#[cfg(feature = "planted")]
pub mod planted;
mod report;
mod runs;
mod server;
mod shrink;
pub mod side_by_side;
mod sim;
mod trace;
mod work;

pub use check::Broken;
pub use plan::{FAULTS, Plan};
pub use report::{Outcome, Total, run_plan};
pub use runs::Runs;
pub use sim::{Sim, Summary};
