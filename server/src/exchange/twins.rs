//! Customers that are probably the same: by name, phone, tax number and place together.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use roundsman_core::documents::customer::Customer;
use roundsman_core::id::CustomerId;
use roundsman_core::place::Place;
use roundsman_core::text::search_key;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// From this score on two are taken for one, until a person says otherwise. One sign alone does not
/// reach it: branches share a name, a tax number or a switchboard.
const SAME_FROM: f64 = 0.75;
/// How alike names are that are only written differently.
const NAME_EQUAL: f64 = 0.98;
const NAME_LIKE: f64 = 0.9;
/// Metres within which two shops are in one place.
const PLACE_M: f64 = 60.0;
/// Digits that make a phone number one of its own.
const PHONE_DIGITS_MIN: usize = 6;
/// Customers with one sign that are compared at most.
const COMPARED_MAX: usize = 50;

/// What two customers have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum Sign {
    /// The same name, but for what says only what kind of company it is.
    Name,
    /// A name that is only written a little differently.
    LikeName,
    /// The same tax number.
    TaxId,
    /// The same phone number.
    Phone,
    /// The same address.
    Address,
    /// A place close by.
    Place,
}

impl Sign {
    /// How sure it alone would make us.
    fn sure(self) -> f64 {
        match self {
            Self::Name => 0.7,
            Self::TaxId | Self::Phone => 0.6,
            Self::Address => 0.5,
            Self::LikeName | Self::Place => 0.4,
        }
    }
}

/// Two customers that are probably one; `one` has the smaller id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Likeness {
    /// One of them.
    pub one: CustomerId,
    /// The other one.
    pub other: CustomerId,
    /// How sure it is, of 100.
    pub score: u32,
    /// What they have in common, the surest first.
    pub signs: Vec<Sign>,
}

/// What a row is probably the same as.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Twin {
    /// The customer that is here.
    pub customer: CustomerId,
    /// What it is called.
    pub name: String,
    /// What the row calls itself.
    pub row_name: String,
    /// How sure it is, of 100.
    pub score: u32,
}

/// What tells one customer from another.
#[derive(Debug, Clone, Default)]
pub struct Signs {
    name: String,
    phone: String,
    tax_id: String,
    address: String,
    place: Option<Place>,
}

impl Signs {
    /// Of these values.
    #[must_use]
    pub fn new(value: impl Fn(&str) -> String, place: Option<Place>) -> Self {
        Self {
            name: name_key(&value("name")),
            phone: phone_key(&value("phone")),
            tax_id: letters(&value("tax_id")),
            address: letters(&value("address")),
            place,
        }
    }

    /// Of a customer that is here.
    #[must_use]
    pub fn of(customer: &Customer) -> Self {
        Self::new(|field| customer.value(field).to_owned(), customer.place)
    }

    /// What both have, the surest first.
    fn in_common(&self, other: &Self) -> Vec<Sign> {
        let same = |a: &str, b: &str| !a.is_empty() && a == b;
        let alike = strsim::jaro_winkler(&self.name, &other.name);
        let near = self.place.zip(other.place).is_some_and(|(a, b)| a.distance_m(&b) <= PLACE_M);
        let signs = [
            (alike >= NAME_EQUAL, Sign::Name),
            (same(&self.tax_id, &other.tax_id), Sign::TaxId),
            (same(&self.phone, &other.phone), Sign::Phone),
            (same(&self.address, &other.address), Sign::Address),
            ((NAME_LIKE..NAME_EQUAL).contains(&alike), Sign::LikeName),
            (near, Sign::Place),
        ];
        signs.into_iter().filter(|(found, _)| *found).map(|(_, sign)| sign).collect()
    }

    /// How sure it is that they are one, of 1.
    fn score(&self, other: &Self) -> f64 {
        sureness(&self.in_common(other))
    }

    /// Under what it is looked for. A name alone is never enough, so it is none of them.
    fn keys(&self) -> impl Iterator<Item = (char, String)> {
        let texts = [('t', &self.tax_id), ('p', &self.phone), ('a', &self.address)];
        let texts = texts.into_iter().filter(|(_, text)| !text.is_empty());
        let texts: Vec<_> = texts.map(|(sign, text)| (sign, text.clone())).collect();
        texts.into_iter().chain(self.place.map(|place| ('g', cell(place, (0, 0)))))
    }

    fn looked_for(&self) -> Vec<(char, String)> {
        let mut keys: Vec<_> = self.keys().collect();
        if let Some(place) = self.place {
            let around = [-1, 0, 1].into_iter().flat_map(|x| [-1, 0, 1].map(|y| (x, y)));
            keys.extend(around.map(|by| ('g', cell(place, by))));
        }
        keys
    }
}

/// Each sign leaves so much less doubt.
fn sureness(signs: &[Sign]) -> f64 {
    1.0 - signs.iter().map(|sign| 1.0 - sign.sure()).product::<f64>()
}

/// Of 1, as a number of 100.
fn percent(score: f64) -> u32 {
    format!("{:.0}", score * 100.0).parse().unwrap_or(100)
}

/// A square of about 100 metres, or one beside it.
fn cell(place: Place, (north, east): (i32, i32)) -> String {
    let (y, x) = ((place.latitude * 1000.0).floor(), (place.longitude * 1000.0).floor());
    format!("{} {}", y + f64::from(north), x + f64::from(east))
}

/// All customers by their signs.
#[derive(Debug, Default)]
pub struct Twins {
    known: BTreeMap<CustomerId, (Signs, String)>,
    by_sign: BTreeMap<(char, String), BTreeSet<CustomerId>>,
}

impl Twins {
    /// Adds a customer.
    pub fn add(&mut self, id: CustomerId, name: &str, signs: Signs) {
        for key in signs.keys() {
            self.by_sign.entry(key).or_default().insert(id);
        }
        self.known.insert(id, (signs, name.to_owned()));
    }

    /// The customer that these signs most probably belong to.
    #[must_use]
    pub fn find(&self, signs: &Signs, row_name: &str) -> Option<Twin> {
        let scored = self.near(signs).into_iter().filter_map(|id| {
            let (known, name) = self.known.get(&id)?;
            Some((signs.score(known), id, name))
        });
        let (score, customer, name) = scored.max_by(|a, b| a.0.total_cmp(&b.0))?;
        (score >= SAME_FROM).then(|| Twin {
            customer,
            name: name.clone(),
            row_name: row_name.to_owned(),
            score: percent(score),
        })
    }

    /// All that are probably the same, the surest first.
    #[must_use]
    pub fn pairs(&self) -> Vec<Likeness> {
        let mut pairs = Vec::new();
        for (one, (signs, _)) in &self.known {
            for other in self.near(signs).into_iter().filter(|other| other > one) {
                let Some((known, _)) = self.known.get(&other) else { continue };
                let signs = signs.in_common(known);
                let score = sureness(&signs);
                if score >= SAME_FROM {
                    pairs.push(Likeness { one: *one, other, score: percent(score), signs });
                }
            }
        }
        pairs.sort_by_key(|pair| Reverse(pair.score));
        pairs
    }

    /// Those that have a sign in common with these, and are worth comparing.
    fn near(&self, signs: &Signs) -> BTreeSet<CustomerId> {
        let keys = signs.looked_for();
        let with_sign = keys.iter().filter_map(|key| self.by_sign.get(key));
        with_sign.flat_map(|ids| ids.iter().take(COMPARED_MAX)).copied().collect()
    }
}

/// A name without what says only what kind of company it is.
fn name_key(name: &str) -> String {
    const FORMS: &[&str] = &[
        "gmbh", "co", "kg", "ag", "ltd", "limited", "inc", "llc", "corp", "sa", "sarl", "srl", "bv",
    ];
    let key = search_key(name).replace("有限责任公司", "").replace("有限公司", "");
    let words = key.split(|c: char| !c.is_alphanumeric()).filter(|it| !it.is_empty());
    words.filter(|word| !FORMS.contains(word)).collect::<Vec<_>>().join(" ")
}

fn phone_key(phone: &str) -> String {
    let digits: String = search_key(phone).chars().filter(char::is_ascii_digit).collect();
    let national = digits.trim_start_matches('0');
    let national = national.strip_prefix("86").filter(|it| it.len() >= 10).unwrap_or(national);
    let national = national.trim_start_matches('0');
    if national.len() < PHONE_DIGITS_MIN { String::new() } else { national.to_owned() }
}

fn letters(text: &str) -> String {
    search_key(text).chars().filter(|c| c.is_alphanumeric()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signs(name: &str, phone: &str, tax_id: &str, address: &str) -> Signs {
        let value = |field: &str| match field {
            "name" => name.to_owned(),
            "phone" => phone.to_owned(),
            "tax_id" => tax_id.to_owned(),
            _ => address.to_owned(),
        };
        Signs::new(value, None)
    }

    fn found(other: &Signs) -> bool {
        let mut twins = Twins::default();
        let known = signs("海港食品有限公司", "+86 532 8123 4567", "91370200X", "中山路 12 号");
        twins.add(CustomerId(uuid::Uuid::nil()), "海港食品有限公司", known);
        twins.find(other, "").is_some()
    }

    #[test]
    fn two_signs_make_a_twin() {
        for (name, phone, tax_id, address) in [
            ("海港食品", "0532-81234567", "", ""),
            ("海港食品", "", "", "中山路12号"),
            ("海港食品", "", "91370200x", ""),
            ("别的名字", "0532 8123 4567", "", "中山路12号"),
        ] {
            assert!(
                found(&signs(name, phone, tax_id, address)),
                "{name} {phone} {tax_id} {address}"
            );
        }
    }

    #[test]
    fn one_sign_makes_none() {
        for (name, phone, tax_id, address) in [
            ("海港食品", "", "", ""),
            ("别的名字", "0532-81234567", "", ""),
            ("别的名字", "", "91370200x", ""),
            ("别的名字", "", "", "中山路12号"),
            ("海港食品", "0532-99999999", "", "香港路 1 号"),
        ] {
            assert!(
                !found(&signs(name, phone, tax_id, address)),
                "{name} {phone} {tax_id} {address}"
            );
        }
    }
}
