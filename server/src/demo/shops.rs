//! Shops as they are in that trade: what kinds there are, where they stand, what they are called.

use std::collections::{BTreeMap, BTreeSet};

use roundsman_core::place::Place;
use serde::Deserialize;

use super::catalog::Shelf;
use super::people::login_of;
use super::{Chance as _, Size};
use crate::clock::Clock;
use crate::error::{Error, Result};

const PLACES: &str = include_str!("places.json");
const SHOPS: &str = include_str!("shops.json");
/// Customers of one rep, which six routes a week can visit.
const SHOPS_OF_REP: usize = 75;
/// Of a hundred shops that are made up, how many have an English name and address.
const ENGLISH: u32 = 22;
/// How far a shop is from its street's point at most, in millionths of a degree: about 70 m.
const ASIDE: u32 = 700;

/// A district of the city, which is a territory.
#[derive(Debug, Deserialize)]
pub struct District {
    /// In Chinese.
    pub zh: String,
    /// In English.
    pub en: String,
    patches: Vec<Patch>,
    /// Shops that are there whatever the seed: name, address and kind.
    shops: Vec<(String, String, String)>,
}

impl District {
    /// The logins of its reps, the first of whom is there from the beginning.
    pub fn patch_reps(&self) -> impl Iterator<Item = &str> {
        self.patches.iter().map(|patch| patch.rep.as_str())
    }
}

/// The streets of one rep.
#[derive(Debug, Deserialize)]
struct Patch {
    rep: String,
    streets: Vec<Street>,
}

/// A street's names, and a point of it.
#[derive(Debug, Clone, Deserialize)]
struct Street(String, String, f64, f64);

/// What shops of a kind have in common.
#[derive(Debug, Clone, Deserialize)]
pub struct Kind {
    kind: String,
    /// Of a hundred shops.
    share: u32,
    zh: Vec<String>,
    en: Vec<String>,
    /// Opening hours.
    pub hours: Vec<String>,
    /// Days from one visit to the next.
    pub every_days: Vec<u32>,
    /// Of a hundred, how many buy at the retailers' list.
    pub retail: u32,
    /// Lines of an order: fewest, most.
    pub lines: (u32, u32),
    /// What an order usually comes to, in hundreds of yuan.
    pub appetite: i64,
    /// Credit limits in yuan.
    pub limits: Vec<i64>,
    /// Payment terms.
    pub terms: Vec<String>,
    /// How much of an order stands on which shelf.
    pub buys: BTreeMap<Shelf, u32>,
    /// Who decides there.
    pub roles: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct Words {
    names: BTreeMap<String, Vec<String>>,
    kinds: Vec<Kind>,
    delivery_notes: Vec<String>,
}

/// A shop before it is a customer.
#[derive(Debug, Clone)]
pub struct Shop {
    /// As it is written over the door.
    pub name: String,
    /// As it is written on a letter.
    pub address: String,
    /// Where it stands.
    pub place: Place,
    /// What it is.
    pub kind: Kind,
    /// What a driver should know.
    pub note: String,
    /// Whether its people write English.
    pub english: bool,
    /// Its rep's login.
    pub rep: String,
}

/// Districts and the shops in them.
pub struct City {
    /// Every district.
    pub districts: Vec<District>,
    words: Words,
    taken: BTreeSet<String>,
}

impl City {
    /// Reads the tables.
    pub fn new() -> Result<Self> {
        let districts: Vec<District> = serde_json::from_str(PLACES).map_err(Error::internal)?;
        let words = serde_json::from_str(SHOPS).map_err(Error::internal)?;
        let named = districts.iter().flat_map(|district| &district.shops);
        let taken = named.map(|(name, _, _)| name.clone()).collect();
        Ok(Self { districts, words, taken })
    }

    /// The shops of a district: those that are always there, and the made-up ones of a whole
    /// company. Each rep's lie along their streets, in order.
    pub fn shops(&mut self, chance: &Clock, index: usize, size: Size) -> Result<Vec<Shop>> {
        let district = &self.districts[index];
        let mut shops = named(chance, district, &self.words, size)?;
        if !size.is_whole() {
            return Ok(shops);
        }
        for patch in &district.patches {
            let known = shops.iter().filter(|shop| shop.rep == patch.rep).count();
            for number in 1..=size.times() {
                let wanted = SHOPS_OF_REP - if number == 1 { known.min(SHOPS_OF_REP) } else { 0 };
                for at in 0..wanted {
                    let street = &patch.streets[at * patch.streets.len() / wanted.max(1)];
                    let rep = login_of(&patch.rep, number);
                    let site = Site { district, street, rep };
                    shops.push(made_up(chance, &site, &self.words, &mut self.taken));
                }
            }
        }
        Ok(shops)
    }
}

/// Where a shop is made up.
struct Site<'a> {
    district: &'a District,
    street: &'a Street,
    rep: String,
}

fn named(chance: &Clock, district: &District, words: &Words, size: Size) -> Result<Vec<Shop>> {
    let unknown = |what: &str| Error::internal(format!("the demo's tables have no {what}"));
    let mut shops = Vec::new();
    for (name, address, kind) in &district.shops {
        let on = address.split(' ').next().unwrap_or_default();
        let (patch, street) = district
            .patches
            .iter()
            .find_map(|patch| Some((patch, patch.streets.iter().find(|street| street.0 == on)?)))
            .ok_or_else(|| unknown(on))?;
        let kind = words.kinds.iter().find(|it| it.kind == *kind).ok_or_else(|| unknown(kind))?;
        let patch = if size.is_whole() { patch } else { &district.patches[0] };
        shops.push(Shop {
            name: name.clone(),
            address: format!("青岛市{}{address}", district.zh),
            place: near(chance, street),
            kind: kind.clone(),
            note: chance.pick(&words.delivery_notes).clone(),
            english: name.is_ascii(),
            rep: patch.rep.clone(),
        });
    }
    Ok(shops)
}

fn made_up(chance: &Clock, site: &Site<'_>, words: &Words, taken: &mut BTreeSet<String>) -> Shop {
    let Site { district, street, rep } = site;
    let kind = kind(chance, &words.kinds);
    let english = chance.below(100) < ENGLISH;
    let (number, language) = (1 + chance.below(260), if english { "en" } else { "zh" });
    let kinds = if english { &kind.en } else { &kind.zh };
    let firsts = words.names.get(language).map(Vec::as_slice).unwrap_or_default();
    let mut name = String::new();
    while name.is_empty() || !taken.insert(name.clone()) {
        let (first, last) = (chance.pick(firsts), chance.pick(kinds));
        let again = !name.is_empty();
        name = match (english, again) {
            (true, false) => format!("{first} {last}"),
            (true, true) => format!("{first} {last} {}", street.1),
            (false, false) => format!("{first}{last}"),
            (false, true) => {
                format!("{first}{last} {}{}店", street.0, chance.pick(&["", "", "二"]))
            }
        };
    }
    let address = if english {
        format!("{number} {}, {}, Qingdao", street.1, district.en)
    } else {
        format!("青岛市{}{} {number}号", district.zh, street.0)
    };
    Shop {
        name,
        address,
        place: near(chance, street),
        kind,
        note: chance.pick(&words.delivery_notes).clone(),
        english,
        rep: rep.clone(),
    }
}

fn kind(chance: &Clock, kinds: &[Kind]) -> Kind {
    let mut left = chance.below(kinds.iter().map(|kind| kind.share).sum::<u32>().max(1));
    let found = kinds.iter().find(|kind| {
        let here = left < kind.share;
        left = left.saturating_sub(kind.share);
        here
    });
    found.unwrap_or(&kinds[0]).clone()
}

fn near(chance: &Clock, street: &Street) -> Place {
    let aside = || (f64::from(chance.below(2 * ASIDE + 1)) - f64::from(ASIDE)) / 1_000_000.0;
    Place { latitude: street.2 + aside(), longitude: street.3 + aside(), accuracy_m: None }
}
