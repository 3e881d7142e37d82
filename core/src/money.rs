//! Money: whole minor units (cents, fen) with a currency. Rounding is stated here, once.

use std::fmt;
use std::str::FromStr;

use minicbor::{Decode, Encode};
use rust_decimal::{Decimal, RoundingStrategy, prelude::ToPrimitive};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// An ISO 4217 code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "ts", derive(tsify::Tsify))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(value_type = String))]
pub struct Currency(#[cfg_attr(feature = "ts", tsify(type = "string"))] [u8; 3]);

impl Currency {
    /// Renminbi.
    pub const CNY: Self = Self(*b"CNY");
    /// Euro.
    pub const EUR: Self = Self(*b"EUR");

    /// The three letters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or("XXX")
    }

    /// Decimal places of the minor unit.
    #[must_use]
    pub fn places(self) -> u32 {
        match &self.0 {
            b"JPY" | b"KRW" | b"VND" => 0,
            b"BHD" | b"KWD" | b"OMR" | b"TND" => 3,
            _ => 2,
        }
    }
}

impl FromStr for Currency {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let bytes: [u8; 3] =
            text.as_bytes().try_into().map_err(|_| "a currency has three letters")?;
        if bytes.iter().all(u8::is_ascii_uppercase) {
            Ok(Self(bytes))
        } else {
            Err("a currency has three letters")
        }
    }
}

impl Serialize for Currency {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Currency {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

impl<C> Encode<C> for Currency {
    fn encode<W: minicbor::encode::Write>(
        &self,
        e: &mut minicbor::Encoder<W>,
        _: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        e.str(self.as_str())?;
        Ok(())
    }
}

impl<'b, C> Decode<'b, C> for Currency {
    fn decode(d: &mut minicbor::Decoder<'b>, _: &mut C) -> Result<Self, minicbor::decode::Error> {
        d.str()?.parse().map_err(minicbor::decode::Error::message)
    }
}

/// An amount in minor units.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, Encode, Decode)]
#[cfg_attr(feature = "ts", derive(tsify::Tsify))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
#[cbor(map)]
pub struct Money {
    /// Minor units: 12 345 is 123.45 in a currency with two places.
    #[n(0)]
    pub minor: i64,
    /// The currency of `minor`.
    #[n(1)]
    pub currency: Currency,
}

impl Money {
    /// This many minor units.
    #[must_use]
    pub fn new(minor: i64, currency: Currency) -> Self {
        Self { minor, currency }
    }

    /// Nothing.
    #[must_use]
    pub fn zero(currency: Currency) -> Self {
        Self::new(0, currency)
    }

    /// The sum; amounts of one company are in one currency, so the left one's is kept.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self::new(self.minor.saturating_add(other.minor), self.currency)
    }

    /// The difference.
    #[must_use]
    pub fn minus(self, other: Self) -> Self {
        Self::new(self.minor.saturating_sub(other.minor), self.currency)
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", Decimal::new(self.minor, self.currency.places()), self.currency.as_str())
    }
}

/// **The rounding rule**: to whole minor units, ties away from zero, as commercial invoices do.
/// Everything that rounds money calls this.
#[must_use]
pub fn round_minor(exact: Decimal) -> i64 {
    let rounded = exact.round_dp_with_strategy(0, RoundingStrategy::MidpointAwayFromZero);
    rounded.to_i64().unwrap_or(if rounded.is_sign_negative() { i64::MIN } else { i64::MAX })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ties_go_away_from_zero() {
        for (exact, rounded) in [("0.5", 1), ("1.5", 2), ("2.5", 3), ("-0.5", -1), ("2.4999", 2)] {
            assert_eq!(Decimal::from_str(exact).map(round_minor), Ok(rounded), "{exact}");
        }
    }

    #[test]
    fn money_is_written_with_its_places() {
        assert_eq!(Money::new(12_345, Currency::CNY).to_string(), "123.45 CNY");
        assert_eq!(
            "JPY".parse::<Currency>().map(|jpy| Money::new(500, jpy).to_string()),
            Ok("500 JPY".to_owned())
        );
        assert!("yen".parse::<Currency>().is_err());
    }
}
