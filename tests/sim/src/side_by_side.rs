//! Work on every core at the same time.

use std::thread;

use anyhow::{Result, bail};

/// Does the same on each core until each says that nothing is left. What is done on a core stays on
/// it, with all threads that are started for it: a run and its databases wait for one another all
/// the time, and are woken fastest where they are.
///
/// # Errors
/// The first error.
pub fn on_each_core(work: impl Fn() -> Result<()> + Sync) -> Result<()> {
    let cores = core_affinity::get_core_ids().unwrap_or_default();
    if cores.is_empty() {
        return work();
    }
    thread::scope(|scope| {
        let work = &work;
        let workers: Vec<_> = cores
            .into_iter()
            .map(|core| {
                scope.spawn(move || {
                    // Where it is not allowed it is only slower.
                    let _ = core_affinity::set_for_current(core);
                    work()
                })
            })
            .collect();
        workers.into_iter().try_for_each(|it| it.join().unwrap_or_else(|_| bail!("a worker died")))
    })
}

/// How many there are.
#[must_use]
pub fn cores() -> usize {
    core_affinity::get_core_ids().map_or(1, |cores| cores.len().max(1))
}
