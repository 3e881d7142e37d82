//! Known faults of this field, planted on purpose to test the simulation that must find them.
//!
//! Each is one `planted!("name")` in product code: an expression that is the constant `false` unless
//! the feature `planted` is on *and* the process chose that name. Product builds lack the feature.

/// Whether this fault is planted.
#[macro_export]
macro_rules! planted {
    ($name:literal) => {{
        const NAME: u64 = $crate::planted::number($name);
        $crate::planted::is(NAME)
    }};
}

/// A name as a number, so that asking is one comparison.
#[must_use]
pub const fn number(name: &str) -> u64 {
    let bytes = name.as_bytes();
    let (mut number, mut at) = (0xcbf2_9ce4_8422_2325_u64, 0);
    while at < bytes.len() {
        number = (number ^ bytes[at] as u64).wrapping_mul(0x0100_0000_01b3);
        at += 1;
    }
    number
}

/// Whether the fault with this number was chosen: never, in a build without the feature.
#[cfg(not(feature = "planted"))]
#[inline(always)]
#[must_use]
pub const fn is(_number: u64) -> bool {
    false
}

#[cfg(feature = "planted")]
pub use chosen::{choose, is};

#[cfg(feature = "planted")]
mod chosen {
    use std::sync::atomic::{AtomicU64, Ordering};

    static CHOSEN: AtomicU64 = AtomicU64::new(0);

    /// Plants this fault, and no other, in the whole process; none takes it out.
    pub fn choose(name: Option<&str>) {
        CHOSEN.store(name.map_or(0, super::number), Ordering::SeqCst);
    }

    /// Whether the fault with this number was chosen.
    #[must_use]
    pub fn is(number: u64) -> bool {
        CHOSEN.load(Ordering::Relaxed) == number
    }
}
