//! What rows refer to by name, and what holds where a file says nothing.

use std::collections::BTreeMap;

use roundsman_core::id::{PersonId, PriceListId, TerritoryId, WarehouseId};
use roundsman_core::money::{Currency, Money, round_minor};
use roundsman_core::records::{LocalName, PriceList, Role, Territory, Warehouse};
use roundsman_core::sync::Channel;
use roundsman_core::text::search_key;
use roundsman_core::time::{Day, Timestamp};
use roundsman_store::{Result, SqliteConnection, impact, people, records};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What holds for rows that do not say it themselves.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct Defaults {
    /// Where new customers belong.
    #[schema(value_type = Option<String>)]
    pub territory: Option<TerritoryId>,
    /// Which prices new customers get, and to which list prices belong.
    #[schema(value_type = Option<String>)]
    pub price_list: Option<PriceListId>,
    /// From where new customers are served, and where stock was counted.
    #[schema(value_type = Option<String>)]
    pub warehouse: Option<WarehouseId>,
}

/// The company that rows refer to.
pub struct Company {
    /// What the company keeps its prices in.
    pub lists: Vec<PriceList>,
    /// Its places of stock.
    pub warehouses: Vec<Warehouse>,
    /// Its territories.
    pub territories: Vec<Territory>,
    /// For rows that say nothing.
    pub defaults: Defaults,
    /// Who imports.
    pub by: PersonId,
    /// Now.
    pub now: Timestamp,
    /// The day in the office.
    pub today: Day,
    people: Vec<people::Standing>,
    reps: BTreeMap<TerritoryId, PersonId>,
}

impl Company {
    /// Reads it.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn read(
        db: &mut SqliteConnection,
        defaults: Defaults,
        by: PersonId,
        (now, today): (Timestamp, Day),
    ) -> Result<Self> {
        let territories: Vec<Territory> =
            records::all::<Territory>(&mut *db).await?.into_values().collect();
        let people = people::standings(&mut *db).await?;
        let mut reps = BTreeMap::new();
        for territory in &territories {
            let channel = Channel::Territory(territory.id);
            let granted = impact::granted_to(&mut *db, channel, now).await?;
            let is_rep = |it: &&people::Standing| {
                it.person.role == Role::Rep && granted.contains(&it.person.id)
            };
            reps.extend(people.iter().find(is_rep).map(|rep| (territory.id, rep.person.id)));
        }
        Ok(Self {
            lists: records::all::<PriceList>(&mut *db).await?.into_values().collect(),
            warehouses: records::all::<Warehouse>(&mut *db).await?.into_values().collect(),
            territories,
            defaults,
            by,
            now,
            today,
            people,
            reps,
        })
    }

    /// The price list with this name.
    #[must_use]
    pub fn list(&self, name: &str) -> Option<&PriceList> {
        self.lists.iter().find(|list| is_called(&list.name, name))
    }

    /// The warehouse with this name.
    #[must_use]
    pub fn warehouse(&self, name: &str) -> Option<&Warehouse> {
        self.warehouses.iter().find(|warehouse| is_called(&warehouse.name, name))
    }

    /// The territory with this name.
    #[must_use]
    pub fn territory(&self, name: &str) -> Option<&Territory> {
        self.territories.iter().find(|territory| is_called(&territory.name, name))
    }

    /// Who has this code, signs in with this, or is called so.
    #[must_use]
    pub fn person(&self, asked: &str) -> Option<PersonId> {
        let name = search_key(asked);
        let by_code = self.standing(|it| it.code.as_deref() == Some(asked));
        let is = |it: &people::Standing| {
            search_key(&it.login) == name || search_key(&it.person.name) == name
        };
        by_code.or_else(|| self.standing(is)).map(|it| it.person.id)
    }

    /// The first person for whom this holds.
    #[must_use]
    pub fn standing(&self, is: impl Fn(&people::Standing) -> bool) -> Option<&people::Standing> {
        self.people.iter().find(|it| is(it))
    }

    /// The list for rows that name none: what was chosen, or the first.
    #[must_use]
    pub fn usual_list(&self) -> Option<&PriceList> {
        let chosen = self.lists.iter().find(|it| Some(it.id) == self.defaults.price_list);
        chosen.or_else(|| self.lists.first())
    }

    /// The warehouse for rows that name none: what was chosen, or the first.
    #[must_use]
    pub fn usual_warehouse(&self) -> Option<WarehouseId> {
        self.defaults.warehouse.or_else(|| self.warehouses.first().map(|it| it.id))
    }

    /// The territory for rows that name none: what was chosen, or the only one.
    #[must_use]
    pub fn usual_territory(&self) -> Option<TerritoryId> {
        let only = || match self.territories.as_slice() {
            [only] => Some(only.id),
            _ => None,
        };
        self.defaults.territory.or_else(only)
    }

    /// Who looks after customers of a territory when nobody is named: its rep, or whoever imports.
    #[must_use]
    pub fn rep_of(&self, territory: TerritoryId) -> PersonId {
        self.reps.get(&territory).copied().unwrap_or(self.by)
    }
}

/// An amount of a currency.
#[must_use]
pub fn money(amount: Decimal, currency: Currency) -> Money {
    let minor = amount.saturating_mul(Decimal::from(10_i64.pow(currency.places())));
    Money::new(round_minor(minor), currency)
}

fn is_called(name: &LocalName, asked: &str) -> bool {
    let asked = search_key(asked);
    search_key(&name.zh) == asked || search_key(&name.en) == asked
}
