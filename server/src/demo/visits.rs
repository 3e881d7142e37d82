//! One visit as a rep records it: arriving, what is said and ordered, leaving.

use roundsman_core::documents::visit::{Begun, CheckIn, CheckOut, Finished, VisitOutcome};
use roundsman_core::documents::{cart, order};
use roundsman_core::id::{CartId, OrderId, PersonId, VisitId};
use roundsman_core::place::Place;
use roundsman_core::time::{Day, Timestamp};
use serde::Deserialize;

use super::Chance as _;
use super::baskets::{self, Usual};
use super::catalog::Catalog;
use super::customers::Client;
use crate::clock::Clock;
use crate::desk::Done;
use crate::error::{Error, Result};

const WORDS: &str = include_str!("words.json");
/// Of a hundred visits without an order, how many leave a cart that came to nothing.
const CARTS: u32 = 12;

/// What reps write.
#[derive(Debug, Deserialize)]
pub struct Words {
    #[serde(flatten)]
    own: Notes,
    english: Notes,
    order_notes: Vec<String>,
    fresh_notes: Vec<String>,
    late_notes: Vec<String>,
}

/// Notes by what came of a visit.
#[derive(Debug, Deserialize)]
struct Notes {
    ordered: Vec<String>,
    no_need: Vec<String>,
    closed: Vec<String>,
    absent: Vec<String>,
    later: Vec<String>,
}

impl Words {
    /// Reads the table.
    pub fn new() -> Result<Self> {
        serde_json::from_str(WORDS).map_err(Error::internal)
    }
}

/// A stop on a rep's way.
pub struct Stop<'a> {
    /// Whose.
    pub rep: PersonId,
    /// The customer.
    pub client: &'a Client,
    /// What it usually takes.
    pub usual: &'a [Usual],
    /// When the rep comes in.
    pub at: Timestamp,
    /// The day that is.
    pub day: Day,
    /// When what is ordered would come.
    pub next_day: Day,
    /// In percent of what is usual, how much is bought on such a day.
    pub more: u32,
    /// How many times it came round on its route until now; none: the first.
    pub is_first: bool,
    /// Whether a cart may still be open.
    pub is_recent: bool,
}

/// What everybody's visits are made of.
pub struct Trade<'a> {
    /// Chance, and the time of what is recorded.
    pub clock: &'a Clock,
    /// What is sold.
    pub catalog: &'a Catalog,
    /// What is written.
    pub words: &'a Words,
}

impl Trade<'_> {
    /// What a rep records at a stop, and the order if one was signed. `number` is the order's.
    pub fn visit(&self, stop: &Stop<'_>, number: &str) -> Result<(Vec<Done>, Option<OrderId>)> {
        let (chance, at) = (self.clock, stop.at);
        let visit = VisitId(chance.new_id());
        let begun = Begun {
            customer: stop.client.id,
            rep: stop.rep,
            at,
            offset_minutes: chance.offset_minutes(),
            place: Some(beside(chance, stop.client.shop.place)),
        };
        let mut done: Vec<Done> = vec![(at, Box::new(CheckIn { visit, begun }))];
        let outcome = self.outcome(stop);
        let mut ordered = None;
        let minutes = if outcome == VisitOutcome::Closed { 2 } else { 8 + chance.below(18) };
        let end = after(at, minutes);
        if outcome == VisitOutcome::Ordered {
            let submit = self.order(stop, number, after(at, minutes - 2))?;
            ordered = Some(submit.signed.order);
            done.push((after(at, minutes - 2), Box::new(submit)));
        } else if outcome == VisitOutcome::Later && chance.below(100) < CARTS * 3 {
            done.extend(self.cart(stop, after(at, 4)));
        }
        let note = self.note(stop, outcome);
        let finished = Finished { at: end, outcome, note };
        done.push((end, Box::new(CheckOut { visit, finished })));
        Ok((done, ordered))
    }

    fn outcome(&self, stop: &Stop<'_>) -> VisitOutcome {
        let client = stop.client;
        let lapsed = client.habit.lapsed.is_some_and(|day| stop.day >= day);
        let weeks = client.rhythm.every_weeks;
        let orders = match (lapsed, weeks) {
            (true, _) => 0,
            _ if stop.is_first && client.habit.opened.is_some() => 100,
            (_, 1) => 66,
            (_, 2) => 76,
            _ => 84,
        };
        if self.clock.below(100) < orders {
            return VisitOutcome::Ordered;
        }
        use VisitOutcome::{Absent, Closed, Later, NoNeed};
        *self.clock.pick(&[NoNeed, NoNeed, NoNeed, Absent, Later, Later, Closed])
    }

    fn order(&self, stop: &Stop<'_>, number: &str, at: Timestamp) -> Result<order::Submit> {
        let (chance, client) = (self.clock, stop.client);
        let lines = baskets::lines(chance, client, stop.usual, self.catalog, stop.more);
        let mut cart = baskets::cart(client.id, &lines, at);
        cart.requested_on = Some(stop.next_day);
        cart.note.clone_from(chance.pick(&self.words.order_notes));
        let signing = order::Signing {
            order: chance.new_id().into(),
            device_number: number.to_owned(),
            cart: Some(CartId(chance.new_id())),
            customer_name: client.shop.name.clone(),
            rep: stop.rep,
            taken_by: None,
            at,
            offset_minutes: chance.offset_minutes(),
        };
        let signed =
            order::sign(signing, &cart, &baskets::price_shelf(client, &lines, self.catalog))?;
        // The cart itself is long gone from everywhere.
        Ok(order::Submit { signed: order::SignedOrder { cart: None, ..signed } })
    }

    /// A cart that came to nothing, or that still waits for the customer's word.
    fn cart(&self, stop: &Stop<'_>, at: Timestamp) -> Vec<Done> {
        let (chance, client) = (self.clock, stop.client);
        let cart = CartId(chance.new_id());
        let lines = baskets::lines(chance, client, stop.usual, self.catalog, stop.more);
        let mut done = Vec::<Done>::new();
        for (position, line) in (0..).zip(lines.into_iter().take(3)) {
            let added_at = at.plus_millis(position * 20_000);
            let line = cart::CartLine { added_at, ..line };
            let begin_for = (position == 0).then_some(client.id);
            done.push((added_at, Box::new(cart::SetLine { cart, begin_for, line })));
        }
        if !stop.is_recent {
            done.push((after(at, 2), Box::new(cart::Discard { cart })));
        }
        done
    }

    fn note(&self, stop: &Stop<'_>, outcome: VisitOutcome) -> String {
        let (chance, client) = (self.clock, stop.client);
        if stop.is_first && client.habit.opened.is_some() {
            return chance.pick(&self.words.fresh_notes).clone();
        }
        if client.habit.pays_late && chance.below(3) == 0 {
            return chance.pick(&self.words.late_notes).clone();
        }
        let notes = if client.shop.english { &self.words.english } else { &self.words.own };
        let notes = match outcome {
            VisitOutcome::Ordered => &notes.ordered,
            VisitOutcome::NoNeed => &notes.no_need,
            VisitOutcome::Closed => &notes.closed,
            VisitOutcome::Absent => &notes.absent,
            VisitOutcome::Later => &notes.later,
        };
        chance.pick(notes).clone()
    }
}

fn after(at: Timestamp, minutes: u32) -> Timestamp {
    at.plus_millis(i64::from(minutes) * 60_000)
}

/// Where a phone thinks it is at the door.
fn beside(chance: &Clock, place: Place) -> Place {
    let aside = || (f64::from(chance.below(401)) - 200.0) / 1_000_000.0;
    Place {
        latitude: place.latitude + aside(),
        longitude: place.longitude + aside(),
        accuracy_m: Some(f64::from(6 + chance.below(24))),
    }
}
