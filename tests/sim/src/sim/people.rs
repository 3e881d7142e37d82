//! What the office does.

use std::collections::BTreeMap;

use roundsman_core::documents::Request;
use roundsman_core::id::{DeviceId, PersonId};
use roundsman_core::quantity::Quantity;
use roundsman_core::records::Ruling;
use roundsman_core::sync::Channel;
use roundsman_erp::embedded::{Ruled, master};
use roundsman_store::people;

use super::Sim;
use crate::check::Broken;
use crate::work;

/// The server looks for rights that ended every half minute.
const NOTICED_MS: i64 = 45_000;

impl Sim {
    pub(super) fn office_acts(&mut self) -> Result<(), Broken> {
        if !self.server.is_running() {
            return Ok(());
        }
        match self.office.below(10) {
            0..=3 => self.edit(),
            4 => self.change_price(),
            5 => self.count_stock(),
            6..=7 => {
                self.release_or_decline();
                self.rule();
            }
            _ => self.pay(),
        }
        self.judge_soon();
        self.hub_did();
        self.died()?;
        crate::check::commits(self)
    }

    fn edit(&mut self) {
        let customers = &self.company.customers;
        let (customer, _) = *self.office.pick(customers);
        let request = work::edit(&mut self.office, customer);
        let (app, office) = (self.server.app(), self.company.office);
        let _answer = self.server.wait(app.desk.run(office, request));
    }

    fn change_price(&mut self) {
        let product = self.office.pick(&self.company.products).clone();
        let (price, now) = (self.company.price(&product, self.server.now()), self.server.now());
        let app = self.server.app();
        let _answer = self.server.wait(app.store.write.run(move |db, commit| {
            Box::pin(async move { master::put_price(db, commit, &price, now).await })
        }));
    }

    fn count_stock(&mut self) {
        let product = self.office.pick(&self.company.products).clone();
        let warehouse = self.company.warehouse.clone();
        let there = Quantity::from(self.office.between(0, 3_000));
        let app = self.server.app();
        let _answer = self.server.wait(app.store.write.run(move |db, _| {
            Box::pin(async move { master::count_stock(db, &warehouse, &product, there).await })
        }));
    }

    fn pay(&mut self) {
        let (customer, _) = *self.office.pick(&self.company.customers);
        let (currency, now) = (self.company.list.currency, self.server.now());
        let money = |minor| roundsman_core::money::Money::new(minor, currency);
        let balance = (money(self.office.between(0, 300_000)), money(0));
        let app = self.server.app();
        let _answer = self.server.wait(app.store.write.run(move |db, commit| {
            Box::pin(async move { master::set_balance(db, commit, customer, balance, now).await })
        }));
    }

    fn release_or_decline(&mut self) {
        let waiting = crate::check::quarantined(self.server.lens()).unwrap_or_default();
        if waiting.is_empty() {
            return;
        }
        let (device, n): (DeviceId, u64) = *self.office.pick(&waiting);
        let (app, by) = (self.server.app(), self.company.office);
        let (store, clock) = (app.store.clone(), app.clock.clone());
        if self.office.one_in(2) {
            let release = roundsman_server::hub::release(&store, &clock, (device, n), by);
            let _answer = self.server.wait(release);
        } else {
            let note = "not now".to_owned();
            let decline = roundsman_server::hub::decline(&store, &clock, (device, n), by, note);
            let _answer = self.server.wait(decline);
        }
    }

    /// Decides an order that the rules left open.
    fn rule(&mut self) {
        let open = crate::check::open_orders(self.server.lens()).unwrap_or_default();
        if open.is_empty() {
            return;
        }
        let (order, seen) = *self.office.pick(&open);
        let ruling = *self.office.pick(&[Ruling::Release, Ruling::Decline, Ruling::Counter]);
        let (app, by) = (self.server.app(), self.company.office);
        let ruled = Ruled { ruling, by, note: "known well".to_owned(), seen };
        let _answer = self.server.wait(app.erp.central.rule(order, ruled));
    }

    /// A customer gets another territory.
    pub(super) fn move_customer(&mut self) {
        let number = self.office.below(self.company.customers.len() as u32) as usize;
        let (customer, _) = self.company.customers[number];
        let territory = *self.office.pick(&self.company.territories);
        let Ok(Some(account)) = crate::check::account(self.server.lens(), customer) else { return };
        if self.company.assign(&self.server, account, territory).is_ok() {
            self.company.customers[number].1 = territory;
        }
    }

    /// A customer turns out to be another one, or not to be after all.
    pub(super) fn merge_customers(&mut self) {
        let (customer, _) = *self.office.pick(&self.company.customers);
        let (into, _) = *self.office.pick(&self.company.customers);
        let request = match self.office.one_in(2) {
            true => Request::CustomerMerge { customer, into },
            false => Request::CustomerUnmerge { customer },
        };
        let (app, office) = (self.server.app(), self.company.office);
        let _answer = self.server.wait(app.desk.run(office, request));
    }

    /// A rep's right to a territory ends, or one they do not have begins.
    pub(super) fn change_grant(&mut self, person: PersonId) {
        let territory = *self.office.pick(&self.company.territories);
        let (channel, now) = (Channel::Territory(territory), self.server.now());
        let app = self.server.app();
        let spans = self.grants.entry((person, channel)).or_default();
        let running = spans.iter_mut().find(|(_, until)| until.is_none());
        let ends = running.is_some();
        // Before the answer: it may be lost, and the change be there all the same.
        match running {
            Some((_, until)) => *until = Some(now.millis()),
            None => spans.push((now.millis(), None)),
        }
        let answer = self.server.wait(app.store.write.run(move |db, commit| {
            Box::pin(async move {
                if ends {
                    people::revoke(db, commit, person, channel, now).await
                } else {
                    people::grant(db, commit, person, channel, now).await
                }
            })
        }));
        self.rights_after(answer.is_err());
    }

    /// Somebody may not sign in any more, or may again.
    pub(super) fn disable(&mut self, person: PersonId, disabled: bool) {
        for it in self.devices.iter_mut().filter(|it| it.identity.person == person) {
            it.locked_out = disabled;
        }
        let (app, now) = (self.server.app(), self.server.now());
        let answer = self.server.wait(app.store.write.run(move |db, commit| {
            Box::pin(async move {
                if disabled {
                    people::disable(db, commit, person, now).await
                } else {
                    people::enable(db, commit, person).await
                }
            })
        }));
        self.rights_after(answer.is_err());
    }

    /// A server that could not write says so and lives on; one that died is read when it is back.
    fn rights_after(&mut self, failed: bool) {
        if failed && !self.server.is_dead() {
            let _unreadable = self.read_rights();
        }
    }

    /// What the database says of grants and people who may not sign in: an answer may have been
    /// lost, with the change or without it.
    pub(super) fn read_rights(&mut self) -> rusqlite::Result<()> {
        let db = self.server.lens();
        let mut statement =
            db.prepare_cached("select person, channel, since, until from channel_grant")?;
        let rows = statement.query_map([], |row| {
            Ok((row.get::<_, uuid::Uuid>(0)?, row.get::<_, String>(1)?, row.get(2)?, row.get(3)?))
        })?;
        let mut grants: BTreeMap<_, Vec<(i64, Option<i64>)>> = Default::default();
        for row in rows {
            let (person, channel, since, until) = row?;
            if let Ok(channel) = channel.parse::<Channel>() {
                grants.entry((PersonId(person), channel)).or_default().push((since, until));
            }
        }
        drop(statement);
        let mut statement =
            db.prepare_cached("select id from person where disabled_at is not null")?;
        let disabled = statement.query_map([], |row| row.get::<_, uuid::Uuid>(0))?;
        let disabled: Vec<_> = disabled.collect::<Result<_, _>>()?;
        drop(statement);
        let mut statement =
            db.prepare_cached("select id, revoked_at from device where revoked_at is not null")?;
        let shut_out = statement.query_map([], |row| Ok((DeviceId(row.get(0)?), row.get(1)?)))?;
        let shut_out: BTreeMap<DeviceId, i64> = shut_out.collect::<Result<_, _>>()?;
        drop(statement);
        // A server that was set back forgets a grant that a device made use of.
        let before = std::mem::replace(&mut self.grants, grants);
        self.former_grants.extend(before.into_keys());
        self.shut_out = shut_out;
        for it in &mut self.devices {
            it.locked_out = disabled.contains(&it.identity.person.0);
            it.shut_out = self.shut_out.get(&it.identity.device).copied();
        }
        Ok(())
    }

    /// Whether somebody may see a channel now, or might until a moment ago.
    pub(crate) fn may_see(&self, person: PersonId, device: DeviceId, channel: Channel) -> bool {
        let now = self.time.now();
        match channel {
            Channel::Catalog => true,
            Channel::User(id) => id == person,
            Channel::Device(id) => id == device,
            Channel::Territory(_) | Channel::Warehouse(_) => {
                self.grants.get(&(person, channel)).is_some_and(|grants| {
                    grants.iter().any(|(since, until)| {
                        *since <= now && until.is_none_or(|until| now < until + NOTICED_MS)
                    })
                })
            }
        }
    }

    /// Whether a device is one whose storage was never copied, nor went back.
    pub(crate) fn is_sound(&self, device: DeviceId) -> bool {
        let mut copies = self.devices.iter().filter(|it| it.identity.device == device).peekable();
        copies.peek().is_some() && copies.all(|it| !it.meddled)
    }

    /// Whether a device is wanted, or was a moment ago.
    pub(crate) fn is_wanted(&self, device: DeviceId) -> bool {
        let now = self.time.now();
        let mut copies = self.devices.iter().filter(|it| it.identity.device == device);
        copies.all(|it| it.shut_out.is_none_or(|since| now < since + NOTICED_MS))
    }

    /// The channels of somebody on a device now.
    pub(crate) fn granted(&self, person: PersonId, device: DeviceId) -> Vec<Channel> {
        let mut granted = vec![Channel::Catalog, Channel::User(person), Channel::Device(device)];
        let now = self.time.now();
        for ((_, channel), spans) in self.grants.iter().filter(|((whose, _), _)| *whose == person) {
            let runs = |(since, until): &(i64, Option<i64>)| {
                *since <= now && until.is_none_or(|until| now < until)
            };
            if spans.iter().any(runs) {
                granted.push(*channel);
            }
        }
        granted.sort();
        granted.dedup();
        granted
    }

    /// Whether somebody saw a channel at any time.
    pub(crate) fn ever_saw(&self, person: PersonId, device: DeviceId, channel: Channel) -> bool {
        // What it was before it went on as another device stays until the next contact.
        let former = matches!(channel, Channel::Device(id) if self.ledger.went_on(id));
        former
            || self.grants.contains_key(&(person, channel))
            || self.former_grants.contains(&(person, channel))
            || self.may_see(person, device, channel)
    }
}
