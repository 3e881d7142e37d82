//! Where it was measured.

use std::fs;
use std::process::Command;

/// One line about this machine.
#[must_use]
pub fn describe() -> String {
    let field = |path: &str, name: &str| {
        let text = fs::read_to_string(path).unwrap_or_default();
        let line = text.lines().find(|line| line.starts_with(name)).unwrap_or_default();
        line.split_once(':').map(|(_, value)| value.trim().to_owned()).unwrap_or_default()
    };
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let memory_kb: u64 =
        field("/proc/meminfo", "MemTotal").trim_end_matches(" kB").parse().unwrap_or(0);
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let rustc = Command::new("rustc").arg("--version").output();
    let rustc = rustc.map(|it| String::from_utf8_lossy(&it.stdout).trim().to_owned());
    format!(
        "{cores} cores ({}), {:.0} GB, Linux {}, {}, load {}",
        field("/proc/cpuinfo", "model name"),
        memory_kb as f64 / 1_048_576.0,
        kernel.trim(),
        rustc.unwrap_or_default(),
        load()
    )
}

/// How busy the machine was during the last minute.
#[must_use]
pub fn load() -> String {
    let text = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split(' ').next().unwrap_or_default().to_owned()
}

/// The greatest memory a process ever had, and what it has now, in bytes.
#[must_use]
pub fn memory_bytes(pid: u32) -> (f64, f64) {
    let text = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let field = |name: &str| {
        let line = text.lines().find(|line| line.starts_with(name)).unwrap_or_default();
        let digits: String = line.chars().filter(char::is_ascii_digit).collect();
        digits.parse::<f64>().unwrap_or(0.0) * 1024.0
    };
    (field("VmHWM"), field("VmRSS"))
}

/// The processor time a process has used, in milliseconds: what it costs, however busy the machine.
#[must_use]
pub fn cpu_ms(pid: u32) -> f64 {
    /// The kernel counts in hundredths of a second, on every architecture that we run on.
    const TICK_MS: f64 = 10.0;
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    // The name in brackets may hold anything.
    let fields = text.rsplit_once(')').map_or("", |(_, fields)| fields);
    let ticks = fields.split_whitespace().skip(11).take(2).filter_map(|it| it.parse::<f64>().ok());
    ticks.sum::<f64>() * TICK_MS
}
