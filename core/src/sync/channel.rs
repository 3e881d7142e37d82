//! Channels: the unit of visibility.

use std::fmt;
use std::str::FromStr;

use minicbor::{Decode, Encode};

use crate::error::{Refusal, codes};
use crate::id::{DeviceId, PersonId, TerritoryId, WarehouseId};

/// What a device may be granted to see, as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Channel {
    /// Products, prices, names of people and places: the same for everybody.
    Catalog,
    /// Stock of one warehouse.
    Warehouse(WarehouseId),
    /// Customers of one territory with their visits, orders and accounts.
    Territory(TerritoryId),
    /// What one person made: carts, and their own visits and orders wherever the customer goes.
    User(PersonId),
    /// What concerns one device alone: how far its journal got.
    Device(DeviceId),
}

impl fmt::Display for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Catalog => f.write_str("catalog"),
            Self::Warehouse(id) => write!(f, "warehouse/{id}"),
            Self::Territory(id) => write!(f, "territory/{id}"),
            Self::User(id) => write!(f, "user/{id}"),
            Self::Device(id) => write!(f, "device/{id}"),
        }
    }
}

impl FromStr for Channel {
    type Err = Refusal;

    fn from_str(text: &str) -> Result<Self, Refusal> {
        let wrong = || Refusal::new(codes::MALFORMED).with("detail", "unknown channel");
        let Some((kind, id)) = text.split_once('/') else {
            return if text == "catalog" { Ok(Self::Catalog) } else { Err(wrong()) };
        };
        let id = uuid::Uuid::parse_str(id).map_err(|_| wrong())?;
        match kind {
            "warehouse" => Ok(Self::Warehouse(id.into())),
            "territory" => Ok(Self::Territory(id.into())),
            "user" => Ok(Self::User(id.into())),
            "device" => Ok(Self::Device(id.into())),
            _ => Err(wrong()),
        }
    }
}

impl<C> Encode<C> for Channel {
    fn encode<W: minicbor::encode::Write>(
        &self,
        e: &mut minicbor::Encoder<W>,
        _: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        e.str(&self.to_string())?;
        Ok(())
    }
}

impl<'b, C> Decode<'b, C> for Channel {
    fn decode(d: &mut minicbor::Decoder<'b>, _: &mut C) -> Result<Self, minicbor::decode::Error> {
        d.str()?.parse().map_err(|_| minicbor::decode::Error::message("unknown channel"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_back() {
        let id = uuid::Uuid::from_u128(7);
        for channel in [
            Channel::Catalog,
            Channel::Warehouse(id.into()),
            Channel::Territory(id.into()),
            Channel::User(id.into()),
            Channel::Device(id.into()),
        ] {
            assert_eq!(channel.to_string().parse(), Ok(channel));
        }
        assert!("catalog/7".parse::<Channel>().is_err());
        assert!("elsewhere".parse::<Channel>().is_err());
    }
}
