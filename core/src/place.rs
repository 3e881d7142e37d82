//! Places on the map.

use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize};

/// A place on the map.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, Encode, Decode)]
#[cfg_attr(feature = "ts", derive(tsify::Tsify))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
#[cbor(map)]
pub struct Place {
    /// Degrees north.
    #[n(0)]
    pub latitude: f64,
    /// Degrees east.
    #[n(1)]
    pub longitude: f64,
    /// Radius of uncertainty in metres, when the device knows it.
    #[n(2)]
    pub accuracy_m: Option<f64>,
}

/// Mean radius of the earth in metres.
const EARTH_M: f64 = 6_371_000.0;

impl Place {
    /// Metres to another place along the surface (haversine formula).
    #[must_use]
    pub fn distance_m(&self, other: &Self) -> f64 {
        let (from, to) = (self.latitude.to_radians(), other.latitude.to_radians());
        let half_lat = ((to - from) / 2.0).sin();
        let half_lon = ((other.longitude - self.longitude).to_radians() / 2.0).sin();
        let chord = half_lat.mul_add(half_lat, from.cos() * to.cos() * half_lon * half_lon);
        2.0 * EARTH_M * chord.sqrt().min(1.0).asin()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_degree_of_latitude_is_about_111_km() {
        let equator = Place { latitude: 0.0, longitude: 20.0, accuracy_m: None };
        let north = Place { latitude: 1.0, longitude: 20.0, accuracy_m: None };
        assert!((equator.distance_m(&north) - 111_195.0).abs() < 1.0);
        assert!(equator.distance_m(&equator) < f64::EPSILON);
    }
}
