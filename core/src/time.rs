//! Instants, days and the hybrid clock. There is no way to read a clock here.

use std::fmt;
use std::str::FromStr;

use minicbor::{Decode, Encode};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Milliseconds since 1970, UTC.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Default,
    Serialize,
    Deserialize,
    Encode,
    Decode,
)]
#[cfg_attr(feature = "ts", derive(tsify::Tsify))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(transparent)]
#[cbor(transparent)]
pub struct Timestamp(#[n(0)] pub i64);

impl Timestamp {
    /// Milliseconds since 1970, UTC.
    #[must_use]
    pub fn millis(self) -> i64 {
        self.0
    }

    /// This many milliseconds later.
    #[must_use]
    pub fn plus_millis(self, millis: i64) -> Self {
        Self(self.0.saturating_add(millis))
    }

    /// The day at this many minutes east of UTC.
    #[must_use]
    pub fn day(self, offset_minutes: i16) -> Day {
        let local = self.0.saturating_add(i64::from(offset_minutes) * 60_000);
        Day(i32::try_from(local.div_euclid(DAY_MS)).unwrap_or(i32::MAX))
    }
}

/// A calendar day, as days since 1970-01-01. Written `2026-11-23`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cfg_attr(feature = "ts", derive(tsify::Tsify))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(value_type = String))]
#[cbor(transparent)]
pub struct Day(
    #[n(0)]
    #[cfg_attr(feature = "ts", tsify(type = "string"))]
    pub i32,
);

impl Day {
    /// This many days later.
    #[must_use]
    pub fn plus(self, days: i32) -> Self {
        Self(self.0.saturating_add(days))
    }

    /// When it begins at this many minutes east of UTC.
    #[must_use]
    pub fn begins(self, offset_minutes: i16) -> Timestamp {
        Timestamp(i64::from(self.0) * DAY_MS - i64::from(offset_minutes) * 60_000)
    }

    /// Year, month, day of the proleptic Gregorian calendar.
    #[must_use]
    pub fn civil(self) -> (i32, u32, u32) {
        let date = time::Date::from_julian_day(self.0.saturating_add(JULIAN_1970))
            .unwrap_or(time::Date::MIN);
        (date.year(), u32::from(u8::from(date.month())), u32::from(date.day()))
    }
}

/// Milliseconds of a day.
pub const DAY_MS: i64 = 86_400_000;

/// The Julian day number of 1970-01-01.
const JULIAN_1970: i32 = 2_440_588;

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = self.civil();
        write!(f, "{year:04}-{month:02}-{day:02}")
    }
}

impl FromStr for Day {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const WRONG: &str = "a day is written 2026-11-23";
        let mut parts = text.splitn(3, '-');
        let mut next = || parts.next().and_then(|part| part.parse::<i32>().ok()).ok_or(WRONG);
        let (year, month, day) = (next()?, next()?, next()?);
        let month =
            u8::try_from(month).ok().and_then(|m| time::Month::try_from(m).ok()).ok_or(WRONG)?;
        let day = u8::try_from(day).map_err(|_| WRONG)?;
        let date = time::Date::from_calendar_date(year, month, day).map_err(|_| WRONG)?;
        Ok(Self(date.to_julian_day() - JULIAN_1970))
    }
}

impl Serialize for Day {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Day {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// Hybrid-clock time: milliseconds in the upper 48 bits, a counter in the lower 16.
/// Greater than everything its device had seen when it was made. Stored as an Automerge change's time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Encode, Decode)]
#[cbor(transparent)]
pub struct Hlc(#[n(0)] pub i64);

impl Hlc {
    /// The wall-clock part.
    #[must_use]
    pub fn timestamp(self) -> Timestamp {
        Timestamp(self.0 >> 16)
    }

    /// The next value after `self`, at or after `now`.
    #[must_use]
    pub fn tick(self, now: Timestamp) -> Self {
        Self((now.0 << 16).max(self.0.saturating_add(1)))
    }

    /// What a device knows after seeing `other`. A value more than [`DRIFT_MS_MAX`] ahead of the
    /// own clock comes from a wrong clock and does not drag ours along.
    #[must_use]
    pub fn observe(self, other: Self, now: Timestamp) -> Self {
        if other.timestamp().0 > now.0.saturating_add(DRIFT_MS_MAX) {
            self
        } else {
            self.max(other)
        }
    }
}

/// How far another device's clock may be ahead before it is taken to be wrong.
pub const DRIFT_MS_MAX: i64 = 5 * 60_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_written_and_read_back() {
        for text in ["1970-01-01", "2024-02-29", "2026-11-23", "1969-12-31"] {
            assert_eq!(text.parse::<Day>().map(|day| day.to_string()), Ok(text.to_owned()));
        }
        assert!("2023-02-29".parse::<Day>().is_err());
        assert!("tomorrow".parse::<Day>().is_err());
    }

    #[test]
    fn the_hybrid_clock_never_goes_back() {
        let first = Hlc::default().tick(Timestamp(1_000));
        let second = first.tick(Timestamp(500));
        assert!(second > first);
        assert_eq!(first.timestamp(), Timestamp(1_000));
    }

    #[test]
    fn a_clock_years_ahead_is_not_followed() {
        let own = Hlc::default().tick(Timestamp(1_000));
        let wrong = Hlc::default().tick(Timestamp(1_000 + DRIFT_MS_MAX + 1));
        assert_eq!(own.observe(wrong, Timestamp(1_000)), own);
    }

    #[test]
    fn a_day_depends_on_the_offset() {
        let late = Timestamp(86_400_000 - 60_000);
        assert_eq!(late.day(0).to_string(), "1970-01-01");
        assert_eq!(late.day(480).to_string(), "1970-01-02");
    }
}
