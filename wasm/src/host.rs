//! The browser's clock and randomness.

use roundsman_core::id::Entropy;
use roundsman_core::time::Timestamp;
use roundsman_replica::Host;

pub(crate) struct Browser;

impl Entropy for Browser {
    fn fill(&mut self, bytes: &mut [u8]) {
        if getrandom::fill(bytes).is_err() {
            // A browser without randomness cannot make ids or keys; nothing sensible can go on.
            wasm_bindgen::throw_str("no source of randomness");
        }
    }
}

impl Host for Browser {
    #[expect(clippy::cast_possible_truncation, reason = "milliseconds of a clock fit")]
    fn now(&self) -> Timestamp {
        Timestamp(js_sys::Date::now() as i64)
    }

    #[expect(clippy::cast_possible_truncation, reason = "minutes of a time zone fit")]
    fn offset_minutes(&self) -> i16 {
        -js_sys::Date::new_0().get_timezone_offset() as i16
    }
}
