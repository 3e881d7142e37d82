//! A device that somebody changed: it is enrolled and signs as it should, and sends what no app would.

use automerge::Automerge;
use ed25519_dalek::SigningKey;
use roundsman_core::documents::{Operation, Stamp, actor_of, customer, execute};
use roundsman_core::id::{CustomerId, DeviceId, ItemId, PersonId};
use roundsman_core::sync::{
    Bytes, Channel, Entry, EntryChange, FromDevice, Head, Hello, PROTOCOL, Push, encode_device,
    hash, sign_head,
};
use roundsman_core::time::Hlc;
use roundsman_server::hub::host::Host;
use rusqlite::OptionalExtension as _;

use super::Sim;
use crate::check::Broken;

/// What is wrong with it.
#[derive(Clone, Copy, PartialEq)]
enum Lie {
    /// It speaks for somebody else.
    Person,
    /// Its change is made by another device's actor.
    Actor,
    /// Its customer is none of its author's business.
    Customer,
    /// It rests on what comes later.
    RestsOnLater,
    /// It tells two stories at once, on two lines.
    Fork,
}

const LIES: &[Lie] = &[Lie::Person, Lie::Actor, Lie::Customer, Lie::RestsOnLater, Lie::Fork];

impl Sim {
    pub(super) fn forge(&mut self, device: usize) -> Result<bool, Broken> {
        let person = self.devices[device].identity.person;
        if self.devices[device].locked_out {
            return Ok(false);
        }
        let lie = *self.trouble.pick(LIES);
        let Some((customer, document)) = self.victim(person, lie)? else { return Ok(false) };
        let Ok(enrolled) = self.company.enrol(&self.server, person) else {
            self.died()?;
            return Ok(false);
        };
        let id = enrolled.identity.device;
        let write = |sim: &Self, story: &str, after: Head| {
            let bytes = sim.forged(lie, (id, person), customer, &document, (story, after))?;
            let head = Head { n: after.n + 1, hash: hash(&bytes) };
            Some((head, bytes))
        };
        let start = Head::default();
        let Some((head, bytes)) = write(self, "one", start) else { return Ok(false) };
        let mut stories = vec![(head, vec![bytes])];
        if lie == Lie::Fork {
            let Some((other, first)) = write(self, "another", start) else { return Ok(false) };
            let Some((head, second)) = write(self, "another", other) else { return Ok(false) };
            stories.push((head, vec![first, second]));
        }
        // Of two stories only the first may be heard.
        let forged = if lie == Lie::Fork { 2 } else { 1 };
        self.ledger.forged.insert((id, forged));
        let key = SigningKey::from_bytes(&enrolled.identity.device_seed);
        self.tell_stories(id, &key, &enrolled.token, stories);
        self.judge_soon();
        self.hub_did();
        self.died()?;
        Ok(true)
    }

    /// Says hello on a line for each story, and then tells them.
    fn tell_stories(
        &mut self,
        device: DeviceId,
        key: &SigningKey,
        token: &str,
        stories: Vec<(Head, Vec<Vec<u8>>)>,
    ) {
        let mut lines = Vec::new();
        for (head, entries) in stories {
            let signature = sign_head(key, device, head);
            let hello = FromDevice::Hello(Hello {
                protocol_min: PROTOCOL,
                protocol_max: PROTOCOL,
                token: token.to_owned(),
                device,
                journal: head,
                signature: signature.clone(),
                clock: self.server.now(),
                cursors: Vec::new(),
                build: "forged".to_owned(),
                receipt: None,
                recorded: None,
                pruned: None,
                history: None,
            });
            let Some(mut host) = Host::open(self.server.app()) else { return };
            self.server.wait(host.receive(encode_device(&hello)));
            let entries = entries.into_iter().map(Bytes).collect();
            lines.push((host, FromDevice::Push(Push { head, signature, entries })));
        }
        for (mut host, push) in lines {
            self.server.wait(host.receive(encode_device(&push)));
        }
    }

    /// A customer to write to, as it is now.
    fn victim(
        &mut self,
        person: PersonId,
        lie: Lie,
    ) -> Result<Option<(CustomerId, Automerge)>, Broken> {
        let seen = |sim: &Self, territory| {
            sim.grants.contains_key(&(person, Channel::Territory(territory)))
        };
        let mut fitting = Vec::new();
        for (customer, _) in self.company.customers.iter() {
            // As it is assigned now: one that was merged moves with the one that stays.
            let assigned = crate::check::territory(self.server.lens(), *customer)?;
            if assigned.is_some_and(|at| seen(self, at) != (lie == Lie::Customer)) {
                fitting.push(*customer);
            }
        }
        if fitting.is_empty() {
            return Ok(None);
        }
        let customer = *self.trouble.pick(&fitting);
        let snapshot: Option<Vec<u8>> = self
            .server
            .lens()
            .query_row(
                "select unpacked(snapshot) from document where item = ?1",
                [ItemId::from(customer).to_bytes()],
                |row| row.get(0),
            )
            .optional()?;
        Ok(snapshot.and_then(|it| Automerge::load(&it).ok()).map(|it| (customer, it)))
    }

    fn forged(
        &self,
        lie: Lie,
        (device, person): (DeviceId, PersonId),
        customer: CustomerId,
        document: &Automerge,
        (story, after): (&str, Head),
    ) -> Option<Vec<u8>> {
        // Something new each time: the office may have let an earlier one in.
        let edit = customer::EditFields {
            customer,
            fields: [("note".to_owned(), format!("forged by {device}: {story} {}", after.n))]
                .into(),
        };
        let other = self.company.office;
        let by = if lie == Lie::Person { other } else { person };
        let acting = if lie == Lie::Actor { self.devices[0].identity.device } else { device };
        let at = Hlc(self.time.now() << 16);
        let stamp = Stamp { at, by, device: acting };
        let mut load = |_| Ok(Some(document.clone()));
        let made = execute(&edit, &actor_of(acting, 9), stamp, &mut load).ok()?;
        let changes = made.iter().map(|it| EntryChange { item: it.item, bytes: it.change.clone() });
        let entry = Entry {
            n: after.n + 1,
            previous: after.hash,
            device,
            person: by,
            at,
            offset_minutes: 480,
            operation: edit.name().to_owned(),
            version: edit.version(),
            args: edit.args(),
            changes: changes.collect(),
            rests_on: if lie == Lie::RestsOnLater { vec![2] } else { Vec::new() },
            replaces: None,
        };
        Some(entry.to_bytes())
    }
}
