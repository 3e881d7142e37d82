//! What judging needs to know, looked up once for many entries.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use roundsman_core::id::{CustomerId, ItemId, ItemKind, PersonId, TerritoryId};
use roundsman_core::sync::Channel;
use roundsman_core::time::Timestamp;
use roundsman_store::visibility::{self, Grant, Member};
use roundsman_store::{Result, SqliteConnection, documents};

/// What is known so far. It is of one instant: a docket is judged inside one write.
#[derive(Default)]
pub(super) struct Facts {
    members: BTreeMap<PersonId, Option<Member>>,
    grants: BTreeMap<PersonId, Vec<Grant>>,
    /// None: there is no such document.
    channels: BTreeMap<ItemId, Option<Vec<Channel>>>,
    snapshots: BTreeMap<ItemId, Option<Vec<u8>>>,
    territories: BTreeMap<CustomerId, Option<TerritoryId>>,
}

impl Facts {
    /// Looks up what entries that touch and read these documents will need.
    pub(super) async fn foresee(
        &mut self,
        db: &mut SqliteConnection,
        touched: &[ItemId],
        read: &[ItemId],
    ) -> Result<()> {
        let mut snapshots = documents::snapshots(&mut *db, touched.iter().copied()).await?;
        self.snapshots.extend(touched.iter().map(|item| (*item, snapshots.remove(item))));
        let all = || touched.iter().chain(read).copied();
        let mut channels = documents::channels_of(&mut *db, all()).await?;
        self.channels.extend(all().map(|item| (item, channels.remove(&item))));
        let customers = || all().filter(|it| it.kind == ItemKind::Customer);
        let customers = || customers().map(|it| CustomerId(it.id));
        let territories = visibility::territories(&mut *db, customers()).await?;
        let territory = |id| (id, territories.get(&id).copied());
        self.territories.extend(customers().map(territory));
        Ok(())
    }

    pub(super) async fn member(
        &mut self,
        db: &mut SqliteConnection,
        person: PersonId,
    ) -> Result<Option<Member>> {
        if let Some(known) = self.members.get(&person) {
            return Ok(known.clone());
        }
        let member = visibility::member(db, person).await?;
        self.members.insert(person, member.clone());
        Ok(member)
    }

    /// The channels a person was granted at some time between these two.
    pub(super) async fn granted(
        &mut self,
        db: &mut SqliteConnection,
        person: PersonId,
        (from, to): (Timestamp, Timestamp),
    ) -> Result<Vec<Channel>> {
        let grants = match self.grants.entry(person) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(place) => place.insert(visibility::grants(db, person).await?),
        };
        Ok(grants.iter().filter(|grant| grant.held(from, to)).map(|grant| grant.channel).collect())
    }

    /// Where a document is; none when there is none.
    pub(super) async fn channels(
        &mut self,
        db: &mut SqliteConnection,
        item: ItemId,
    ) -> Result<Option<Vec<Channel>>> {
        if let Some(known) = self.channels.get(&item) {
            return Ok(known.clone());
        }
        let channels = documents::channels_of(db, [item]).await?.remove(&item);
        self.channels.insert(item, channels.clone());
        Ok(channels)
    }

    /// The document's bytes.
    pub(super) async fn snapshot(
        &mut self,
        db: &mut SqliteConnection,
        item: ItemId,
    ) -> Result<Option<Vec<u8>>> {
        match self.snapshots.remove(&item) {
            Some(known) => Ok(known),
            None => documents::snapshot(db, item).await,
        }
    }

    pub(super) async fn territory(
        &mut self,
        db: &mut SqliteConnection,
        customer: CustomerId,
    ) -> Result<Option<TerritoryId>> {
        if let Some(known) = self.territories.get(&customer) {
            return Ok(*known);
        }
        let territory = visibility::territory(db, customer).await?;
        self.territories.insert(customer, territory);
        Ok(territory)
    }

    /// A customer was just entered: what was known of it is not true any more.
    pub(super) fn forget(&mut self, customer: CustomerId) {
        self.territories.remove(&customer);
        self.channels.remove(&ItemId::from(customer));
    }
}
