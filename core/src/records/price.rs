//! What a product costs by a list: today, before, and from days to come.

use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize};

use super::record;
use crate::id::{PriceListId, ProductId, uuid_of};
use crate::money::Money;
use crate::quantity::{Percent, Quantity};
use crate::time::{DAY_MS, Day, Timestamp};

/// Prices of one product in one list that may wait for their day.
pub const COMING_MAX: usize = 24;

/// How long a price that ended is kept: as long as a phone may bring orders from before.
const ENDED_KEPT_MS: i64 = 90 * DAY_MS;

/// One product's price in one list.
///
/// What stands in the record itself held when the server wrote it, so that an app from before
/// `others` reads a price that was right then. Which one holds at an instant says [`Price::at`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Encode, Decode)]
#[cfg_attr(feature = "ts", derive(tsify::Tsify))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
#[cbor(map)]
pub struct Price {
    /// The list.
    #[n(0)]
    pub list: PriceListId,
    /// The product.
    #[n(1)]
    pub product: ProductId,
    /// Prices by quantity, smallest quantity first; the first is from 0. Empty: it is not sold.
    #[n(2)]
    pub breaks: Vec<PriceBreak>,
    /// The greatest line discount a rep may give.
    #[n(3)]
    pub discount_max: Percent,
    /// The first day it holds.
    #[n(4)]
    pub since: Day,
    /// When that day began at the office; zero where nobody noted it.
    #[n(5)]
    #[cbor(default, skip_if = "is_unnoted")]
    #[serde(default, skip_serializing_if = "is_unnoted")]
    pub begins: Timestamp,
    /// Those that held before and those to come, earliest first.
    #[n(6)]
    #[cbor(default, skip_if = "Vec::is_empty")]
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub others: Vec<PriceVersion>,
}

/// What a product costs by a list from a day on, until the next one begins.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Encode, Decode)]
#[cfg_attr(feature = "ts", derive(tsify::Tsify))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
#[cbor(map)]
pub struct PriceVersion {
    /// The first day it holds.
    #[n(0)]
    pub since: Day,
    /// When that day begins at the office: phones do not know the office's calendar.
    #[n(1)]
    pub begins: Timestamp,
    /// Prices by quantity, smallest quantity first; the first is from 0.
    #[n(2)]
    pub breaks: Vec<PriceBreak>,
    /// The greatest line discount a rep may give.
    #[n(3)]
    pub discount_max: Percent,
}

/// The price of one base unit from a quantity on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Encode, Decode)]
#[cfg_attr(feature = "ts", derive(tsify::Tsify))]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
#[cbor(map)]
pub struct PriceBreak {
    /// Base units on the line from which it holds.
    #[n(0)]
    pub from: Quantity,
    /// For one base unit.
    #[n(1)]
    pub unit_price: Money,
}

impl Price {
    /// The id of the price of this product in this list.
    #[must_use]
    pub fn id_of(list: PriceListId, product: ProductId) -> uuid::Uuid {
        uuid_of(&[b"price", list.0.as_bytes(), product.0.as_bytes()])
    }

    /// A product that is not sold by this list.
    #[must_use]
    pub fn none(list: PriceListId, product: ProductId) -> Self {
        let (since, begins) = (Day(0), Timestamp(0));
        let (breaks, others) = (Vec::new(), Vec::new());
        Self { list, product, breaks, discount_max: Percent::default(), since, begins, others }
    }

    /// As it is at this instant: what holds then stands in the record itself. Before all of them
    /// that is the earliest. Phone and server price by what this says, and by nothing else.
    #[must_use]
    pub fn at(&self, at: Timestamp) -> Self {
        if self.others.is_empty() {
            return self.clone();
        }
        self.made_of(self.versions(), at)
    }

    /// Those that begin after the one in the record itself, earliest first.
    pub fn coming(&self) -> impl Iterator<Item = &PriceVersion> {
        self.others.iter().filter(|it| it.begins > self.begins)
    }

    /// Those that ended before it began, latest first.
    pub fn earlier(&self) -> impl Iterator<Item = &PriceVersion> {
        self.others.iter().rev().filter(|it| it.begins <= self.begins)
    }

    /// With a price from a day on. One of the same day gives way to it; from a day that has begun,
    /// so does all that held since. What comes later stays.
    #[must_use]
    pub fn with(&self, version: PriceVersion, now: Timestamp) -> Self {
        let mut versions = self.versions();
        versions.retain(|it| {
            it.since < version.since || (it.begins > now && it.since != version.since)
        });
        versions.push(version);
        sort(&mut versions);
        self.made_of(kept(versions, now), now)
    }

    /// Without the price that was to begin on that day; none when there is no such.
    #[must_use]
    pub fn without(&self, since: Day, now: Timestamp) -> Option<Self> {
        let mut versions = self.versions();
        let at = versions.iter().position(|it| it.since == since && it.begins > now)?;
        versions.remove(at);
        Some(self.made_of(versions, now))
    }

    /// Whether it holds no price at all, of no day.
    #[must_use]
    pub fn is_none(&self) -> bool {
        self.breaks.is_empty() && self.others.iter().all(|it| it.breaks.is_empty())
    }

    /// All of them, earliest first.
    fn versions(&self) -> Vec<PriceVersion> {
        let mut versions = self.others.clone();
        versions.push(PriceVersion {
            since: self.since,
            begins: self.begins,
            breaks: self.breaks.clone(),
            discount_max: self.discount_max,
        });
        sort(&mut versions);
        versions
    }

    /// The price of these, earliest first.
    fn made_of(&self, mut versions: Vec<PriceVersion>, at: Timestamp) -> Self {
        let (list, product) = (self.list, self.product);
        if versions.is_empty() {
            return Self::none(list, product);
        }
        let holds = versions.iter().rposition(|it| it.begins <= at).unwrap_or_default();
        let PriceVersion { since, begins, breaks, discount_max } = versions.remove(holds);
        Self { list, product, breaks, discount_max, since, begins, others: versions }
    }
}

fn sort(versions: &mut [PriceVersion]) {
    versions.sort_by_key(|it| (it.begins, it.since));
}

/// Without those that ended so long ago that no order asks for them, or were none.
fn kept(versions: Vec<PriceVersion>, now: Timestamp) -> Vec<PriceVersion> {
    let ends: Vec<_> = versions.iter().skip(1).map(|next| Some(next.begins)).collect();
    let ends = ends.into_iter().chain([None]);
    let needed = |(it, end): &(PriceVersion, Option<Timestamp>)| {
        let kept_ms = if it.breaks.is_empty() { 0 } else { ENDED_KEPT_MS };
        end.is_none_or(|end| end.plus_millis(kept_ms) > now)
    };
    versions.into_iter().zip(ends).filter(needed).map(|(it, _)| it).collect()
}

fn is_unnoted(begins: &Timestamp) -> bool {
    begins.0 == 0
}

record!(Price, Price, |it| Price::id_of(it.list, it.product));

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::money::Currency;
    use crate::records::Record as _;

    /// East of Greenwich, by minutes, where the office is.
    const OFFICE: i16 = 480;
    const TODAY: Day = Day(20_000);

    fn from_day(since: Day, minor: i64) -> PriceVersion {
        let unit_price = Money::new(minor, Currency::CNY);
        PriceVersion {
            since,
            begins: since.begins(OFFICE),
            breaks: vec![PriceBreak { from: Quantity::ZERO, unit_price }],
            discount_max: Percent::from(10),
        }
    }

    fn noon(day: Day) -> Timestamp {
        day.begins(OFFICE).plus_millis(43_200_000)
    }

    /// As a server from before days to come wrote it.
    fn old(minor: i64) -> Price {
        let PriceVersion { breaks, discount_max, .. } = from_day(TODAY, minor);
        let none = Price::none(Uuid::from_u128(1).into(), Uuid::from_u128(2).into());
        Price { breaks, discount_max, since: TODAY.plus(-30), ..none }
    }

    fn minor(price: &Price, at: Timestamp) -> Option<i64> {
        price.at(at).breaks.first().map(|it| it.unit_price.minor)
    }

    #[test]
    fn a_price_begins_with_its_day_at_the_office() {
        let day = TODAY.plus(3);
        let price = old(1_000).with(from_day(day, 1_250), noon(TODAY));
        let midnight = day.begins(OFFICE);
        assert_eq!(midnight.day(OFFICE), day);
        assert_eq!(minor(&price, midnight.plus_millis(-1)), Some(1_000));
        assert_eq!(minor(&price, midnight), Some(1_250));
        // Where it is still the day before.
        assert_eq!(midnight.day(0), day.plus(-1));
    }

    #[test]
    fn several_follow_each_other_and_one_of_the_same_day_gives_way() {
        let now = noon(TODAY);
        let price = old(1_000)
            .with(from_day(TODAY.plus(9), 1_300), now)
            .with(from_day(TODAY.plus(3), 1_250), now)
            .with(from_day(TODAY.plus(3), 1_200), now);
        let days = [TODAY, TODAY.plus(3), TODAY.plus(8), TODAY.plus(9), TODAY.plus(900)];
        let prices = days.map(|day| minor(&price, noon(day)).unwrap());
        assert_eq!(prices, [1_000, 1_200, 1_200, 1_300, 1_300]);
        let coming: Vec<_> = price.coming().map(|it| it.since).collect();
        assert_eq!(coming, [TODAY.plus(3), TODAY.plus(9)]);
        assert_eq!(price.at(noon(TODAY.plus(4))).coming().count(), 1);
    }

    #[test]
    fn one_from_today_on_leaves_yesterday_and_what_comes() {
        let now = noon(TODAY);
        let price = old(1_000)
            .with(from_day(TODAY.plus(3), 1_250), now)
            .with(from_day(TODAY, 1_100), now)
            .with(from_day(TODAY, 1_150), now);
        assert_eq!(price.breaks[0].unit_price.minor, 1_150, "it stands in the record itself");
        let prices = [TODAY.plus(-1), TODAY, TODAY.plus(3)].map(|day| minor(&price, noon(day)));
        assert_eq!(prices, [Some(1_000), Some(1_150), Some(1_250)]);
    }

    #[test]
    fn one_from_a_day_in_the_past_replaces_what_held_since() {
        let now = noon(TODAY);
        let price = old(1_000)
            .with(from_day(TODAY.plus(-2), 1_100), now)
            .with(from_day(TODAY.plus(-5), 900), now);
        let prices = [-6, -5, -1, 0].map(|days| minor(&price, noon(TODAY.plus(days))).unwrap());
        assert_eq!(prices, [1_000, 900, 900, 900]);
    }

    #[test]
    fn one_to_come_is_taken_back_and_one_that_began_is_not() {
        let (now, day) = (noon(TODAY), TODAY.plus(3));
        let before = old(1_000);
        let price = before.with(from_day(day, 1_250), now);
        assert_eq!(price.without(day, now), Some(before));
        assert_eq!(price.without(day, noon(day)), None);
        assert_eq!(price.without(TODAY, now), None);
    }

    #[test]
    fn the_first_price_of_a_product_may_begin_later() {
        let (now, day) = (noon(TODAY), TODAY.plus(3));
        let none = Price::none(Uuid::from_u128(1).into(), Uuid::from_u128(2).into());
        let price = none.with(from_day(day, 1_250), now);
        assert_eq!((minor(&price, now), minor(&price, noon(day))), (None, Some(1_250)));
        assert!(!price.is_none() && price.without(day, now).unwrap().is_none());
        let sold = none.with(from_day(TODAY, 1_250), now);
        assert!(sold.others.is_empty(), "what was none is not kept");
    }

    #[test]
    fn what_ended_is_kept_as_long_as_orders_may_come() {
        let mut price = old(1_000);
        for days in [0, 60, 120, 180] {
            let day = TODAY.plus(days);
            price = price.with(from_day(day, 1_000 + i64::from(days)), noon(day));
        }
        let kept: Vec<_> = price.others.iter().map(|it| it.breaks[0].unit_price.minor).collect();
        assert_eq!(kept, [1_060, 1_120]);
    }

    #[test]
    fn a_price_of_one_day_is_written_as_ever() {
        let price = old(1_000);
        assert_eq!(price.to_bytes()[0], 0xa5, "a map of five keys");
        let price = price.with(from_day(TODAY.plus(3), 1_250), noon(TODAY));
        assert_eq!(Price::from_bytes(&price.to_bytes()).unwrap(), price);
    }
}
