//! Quantities and rates: decimals, written as text wherever they are stored or sent.

use std::fmt;
use std::str::FromStr;

use minicbor::{Decode, Encode};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

macro_rules! decimals {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
        #[cfg_attr(feature = "ts", derive(tsify::Tsify))]
        #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
        #[cfg_attr(feature = "openapi", schema(value_type = String))]
        #[serde(transparent)]
        pub struct $name(
            #[cfg_attr(feature = "ts", tsify(type = "string"))]
            pub Decimal,
        );

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { self.0.normalize().fmt(f) }
        }
        impl FromStr for $name {
            type Err = rust_decimal::Error;
            fn from_str(text: &str) -> Result<Self, Self::Err> { Decimal::from_str(text.trim()).map(Self) }
        }
        impl From<i64> for $name {
            fn from(whole: i64) -> Self { Self(Decimal::from(whole)) }
        }
        impl<C> Encode<C> for $name {
            fn encode<W: minicbor::encode::Write>(&self, e: &mut minicbor::Encoder<W>, _: &mut C) -> Result<(), minicbor::encode::Error<W::Error>> {
                e.str(&self.to_string())?;
                Ok(())
            }
        }
        impl<'b, C> Decode<'b, C> for $name {
            fn decode(d: &mut minicbor::Decoder<'b>, _: &mut C) -> Result<Self, minicbor::decode::Error> {
                d.str()?.parse().map_err(|_| minicbor::decode::Error::message("not a decimal"))
            }
        }
    )*};
}

decimals! {
    /// How much of something, in the unit or pack that stands beside it.
    Quantity;
    /// A percentage: `13` means 13 %.
    Percent;
}

impl Quantity {
    /// None of it.
    pub const ZERO: Self = Self(Decimal::ZERO);

    /// Base units in this many packs of `factor` units.
    #[must_use]
    pub fn times(self, factor: Self) -> Self {
        Self(self.0.saturating_mul(factor.0))
    }

    /// Whether there is any.
    #[must_use]
    pub fn is_positive(self) -> bool {
        self.0 > Decimal::ZERO
    }
}
