//! Progress: one line when a stage begins, its time when it ends, a table of all at the end.

use std::time::{Duration, Instant};

use anyhow::{Result, bail};

/// What a stage that ended well did.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Did {
    /// It worked.
    Work,
    /// Its inputs had not changed.
    Nothing,
}

struct Ended {
    name: String,
    time: Duration,
    ok: bool,
}

/// The stages of one chore that did something, in order.
#[derive(Default)]
pub struct Stages {
    ended: Vec<Ended>,
}

impl Stages {
    /// Runs a stage that later ones need: its failure ends the chore.
    pub fn need(&mut self, name: &str, work: impl FnOnce() -> Result<Did>) -> Result<()> {
        let result = self.time(name, work);
        if result.is_err() {
            self.print_table();
        }
        result
    }

    /// Runs a stage that nothing needs: its failure is shown, and counts at the end.
    pub fn judge(&mut self, name: &str, work: impl FnOnce() -> Result<Did>) {
        if let Err(error) = self.time(name, work) {
            eprintln!("xtask: {error:#}");
        }
    }

    /// The table of stages, and an error when one of them failed.
    pub fn finish(self) -> Result<()> {
        self.print_table();
        let failed = self.ended.iter().filter(|stage| !stage.ok).map(|stage| stage.name.as_str());
        let failed = failed.collect::<Vec<_>>();
        if !failed.is_empty() {
            bail!("failed: {}", failed.join(", "));
        }
        Ok(())
    }

    fn time(&mut self, name: &str, work: impl FnOnce() -> Result<Did>) -> Result<()> {
        println!("── {name}");
        let start = Instant::now();
        let result = work();
        let time = start.elapsed();
        match &result {
            Ok(Did::Work) => println!("   {name}: {}", seconds(time)),
            Ok(Did::Nothing) => println!("   {name}: up to date"),
            Err(_) => println!("   {name}: failed after {}", seconds(time)),
        }
        if !matches!(result, Ok(Did::Nothing)) {
            self.ended.push(Ended { name: name.to_owned(), time, ok: result.is_ok() });
        }
        result.map(|_| ())
    }

    fn print_table(&self) {
        println!("\n{:<34} {:>10}", "stage", "time");
        for stage in &self.ended {
            let mark = if stage.ok { "" } else { "  failed" };
            println!("{:<34} {:>10}{mark}", stage.name, seconds(stage.time));
        }
        let total = self.ended.iter().map(|stage| stage.time).sum();
        println!("{:<34} {:>10}", "all", seconds(total));
    }
}

fn seconds(time: Duration) -> String {
    format!("{:.1} s", time.as_secs_f64())
}
