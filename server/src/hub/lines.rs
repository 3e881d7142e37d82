//! Open lines: one for each device, and not too many.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use roundsman_core::id::DeviceId;
use tokio_util::sync::CancellationToken;

/// Lines at a time, of devices and strangers together.
const LINES_MAX: u64 = 20_000;

/// Which lines are open.
#[derive(Default)]
pub(super) struct Lines {
    open: AtomicU64,
    next: AtomicU64,
    devices: Mutex<HashMap<DeviceId, (u64, CancellationToken)>>,
}

/// One open line; dropping it closes it.
pub(super) struct Line {
    lines: Arc<Lines>,
    number: u64,
    device: Option<DeviceId>,
    /// Cancelled when the same device opened another one.
    pub replaced: CancellationToken,
}

impl Lines {
    /// Lines that are open.
    pub(super) fn count(&self) -> u64 {
        self.open.load(Ordering::Relaxed)
    }

    /// Takes a place; none when all are taken.
    pub(super) fn open(self: &Arc<Self>) -> Option<Line> {
        if self.open.fetch_add(1, Ordering::Relaxed) >= LINES_MAX {
            self.open.fetch_sub(1, Ordering::Relaxed);
            return None;
        }
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        Some(Line { lines: self.clone(), number, device: None, replaced: CancellationToken::new() })
    }
}

impl Lines {
    /// Ends every line of a device: it must say hello again.
    pub(super) fn end_all(&self) {
        let devices = self.devices.lock().unwrap_or_else(PoisonError::into_inner);
        for (_, line) in devices.values() {
            line.cancel();
        }
    }
}

impl Line {
    /// Whether it is known whose line this is.
    pub(super) fn device(&self) -> Option<DeviceId> {
        self.device
    }

    /// This is the device's line from now on; an older one ends.
    pub(super) fn belongs_to(&mut self, device: DeviceId) {
        self.device = Some(device);
        let mut devices = self.lines.devices.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, older)) = devices.insert(device, (self.number, self.replaced.clone())) {
            older.cancel();
        }
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.lines.open.fetch_sub(1, Ordering::Relaxed);
        let Some(device) = self.device else { return };
        let mut devices = self.lines.devices.lock().unwrap_or_else(PoisonError::into_inner);
        if devices.get(&device).is_some_and(|(number, _)| *number == self.number) {
            devices.remove(&device);
        }
    }
}
