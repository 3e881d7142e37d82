//! What leaves a device goes, but never before one's own work on it was taken.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod support;

use std::collections::{BTreeMap, BTreeSet};

use automerge::{Automerge, Change};
use roundsman_core::documents::visit::VisitOutcome;
use roundsman_core::documents::{Request, Stamp, actor_of, customer, execute};
use roundsman_core::id::{CustomerId, DeviceId, ItemId, PersonId, VisitId};
use roundsman_core::records::ExceptionState::{Quarantined, Released};
use roundsman_core::records::{Assignment, Record as _};
use roundsman_core::sync::{BatchItem, Bytes, Entry, News};
use roundsman_core::time::Hlc;
use roundsman_core::views::CustomerCard;
use roundsman_replica::{Query, Replica};
use support::{NOW, Office, ask, fields, open, territory};
use tempfile::TempDir;
use uuid::Uuid;

const SHOPS: u128 = 3;
const SEEDS: u64 = 16;
const STEPS: u32 = 40;

/// A device with shops that the office showed it, and what a test knows of them.
struct Field {
    _folder: TempDir,
    replica: Replica,
    office: Office,
    shops: BTreeMap<CustomerId, Automerge>,
    visible: BTreeSet<CustomerId>,
    /// Own entries, and which shop each is about.
    entries: BTreeMap<u64, CustomerId>,
    judged: u64,
    quarantined: BTreeSet<u64>,
}

impl Field {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut replica = open(folder.path(), 0);
        let office = Office::welcome_at(&mut replica, 0);
        let shops = (1..=SHOPS).map(|n| shop(CustomerId(Uuid::from_u128(n)))).collect();
        let (visible, entries, quarantined) = Default::default();
        let mut field = Self {
            _folder: folder,
            replica,
            office,
            shops,
            visible,
            entries,
            judged: 0,
            quarantined,
        };
        let all: Vec<_> = field.shops.keys().copied().collect();
        all.into_iter().for_each(|it| field.show(it));
        field
    }

    fn show(&mut self, shop: CustomerId) {
        let (document, replica) = (&self.shops[&shop], &mut self.replica);
        self.office.show(replica, shop, document);
        let assignment = Assignment {
            customer: shop,
            territory: Uuid::nil().into(),
            account_manager: PersonId(Uuid::from_u128(2)),
            visit_every_days: 7,
        };
        let news = News::Record(Bytes(assignment.to_bytes()));
        self.office.batch(replica, territory(), BatchItem { item: assignment.item(), news });
        self.visible.insert(shop);
    }

    fn leave(&mut self, shop: CustomerId) {
        let assignment = ItemId::new(Assignment::KIND, shop.0);
        for item in [shop.into(), assignment] {
            let left = BatchItem { item, news: News::Left };
            self.office.batch(&mut self.replica, territory(), left);
        }
        self.visible.remove(&shop);
    }

    fn edit(&mut self, shop: CustomerId, value: u64) {
        let fields = fields(&[("phone", &value.to_string())]);
        let recorded = self.replica.run(Request::CustomerEdit { customer: shop, fields });
        // A shop that is gone cannot be edited.
        if let Ok(recorded) = recorded
            && recorded.n > 0
        {
            self.entries.insert(recorded.n, shop);
        }
    }

    fn visit(&mut self, shop: CustomerId) {
        let check_in = Request::VisitCheckIn { customer: shop, place: None };
        let Ok(begun) = self.replica.run(check_in) else { return };
        let (visit, outcome) = (VisitId(begun.id), VisitOutcome::NoNeed);
        let done = Request::VisitCheckOut { visit, outcome, note: None };
        let done = self.replica.run(done).unwrap();
        self.entries.extend([(begun.n, shop), (done.n, shop)]);
    }

    /// The office takes everything; what it quarantines is decided later.
    fn judge(&mut self, quarantine: bool) {
        let line = self.office.push_all(&mut self.replica);
        let upto = line.last().map_or(self.judged, |entry| entry.n);
        for entry in line {
            let rests = entry.rests_on.iter().any(|base| self.quarantined.contains(base));
            if rests || (quarantine && entry.operation == "customer.edit") {
                self.quarantined.insert(entry.n);
            } else {
                self.admit(&entry);
            }
        }
        self.judged = upto;
        self.tell();
    }

    fn admit(&mut self, entry: &Entry) {
        for change in &entry.changes {
            let made = Change::from_bytes(change.bytes.clone()).unwrap();
            match self.shops.get_mut(&CustomerId(change.item.id)) {
                Some(shop) => shop.apply_changes([made]).unwrap(),
                None => {
                    let visit = self.office.visits.entry(change.item).or_default();
                    visit.apply_changes([made]).unwrap();
                    let visit = visit.clone();
                    self.office.show(&mut self.replica, change.item, &visit);
                }
            }
        }
        let shops: Vec<_> = entry.changes.iter().map(|it| CustomerId(it.item.id)).collect();
        for shop in shops {
            if self.visible.contains(&shop) {
                self.show(shop);
            }
        }
    }

    /// The office lets everything in that waits.
    fn release(&mut self) {
        let waiting = std::mem::take(&mut self.quarantined);
        let decided: Vec<_> =
            waiting.into_iter().map(|n| (n, Released, "CUSTOMER_MOVED")).collect();
        for (n, ..) in &decided {
            let entry = self.office.entry(*n);
            self.admit(&entry);
        }
        self.office.judge(&mut self.replica, self.judged, &decided);
    }

    fn tell(&mut self) {
        let waiting: Vec<_> =
            self.quarantined.iter().map(|n| (*n, Quarantined, "CUSTOMER_MOVED")).collect();
        self.office.judge(&mut self.replica, self.judged, &waiting);
    }

    fn is_here(&self, shop: CustomerId) -> bool {
        ask::<Option<CustomerCard>>(&self.replica, &Query::Customer { id: shop }).is_some()
    }

    fn is_own(&self, shop: CustomerId) -> bool {
        let waits = |n: &u64| *n > self.judged || self.quarantined.contains(n);
        self.entries.iter().any(|(n, about)| *about == shop && waits(n))
    }

    fn check(&self, at: &str) {
        for shop in self.shops.keys() {
            let must = self.visible.contains(shop) || self.is_own(*shop);
            assert!(!must || self.is_here(*shop), "{shop} is gone too early, {at}");
        }
    }
}

/// A customer that somebody else made.
fn shop(id: CustomerId) -> (CustomerId, Automerge) {
    let fields = fields(&[("name", "海港食品"), ("phone", "1")]);
    let create = customer::Create { customer: id, fields, place: None };
    let stamp = Stamp {
        at: Hlc::default().tick(NOW),
        by: PersonId(Uuid::from_u128(3)),
        device: DeviceId(Uuid::from_u128(77)),
    };
    let actor = actor_of(stamp.device, 1);
    let mut made = execute(&create, &actor, stamp, &mut |_| Ok(None)).unwrap();
    (id, made.remove(0).document)
}

#[test]
fn nothing_goes_before_own_work_on_it_was_taken() {
    for seed in 0..SEEDS {
        let mut field = Field::new();
        let shops: Vec<_> = field.shops.keys().copied().collect();
        let mut random = seed;
        for step in 0..STEPS {
            random = random
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            let shop = shops[usize::try_from(random >> 33).unwrap() % shops.len()];
            match (random >> 40) % 7 {
                0 => field.show(shop),
                1 => field.leave(shop),
                2 => field.edit(shop, random),
                3 => field.visit(shop),
                4 => field.judge(false),
                5 => field.judge(true),
                _ => field.release(),
            }
            field.check(&format!("seed {seed}, step {step}"));
        }
        // In the end nothing stays that nobody may see.
        shops.iter().for_each(|it| field.leave(*it));
        field.judge(false);
        field.release();
        field.tell();
        for shop in &shops {
            assert!(!field.is_here(*shop), "{shop} stays, seed {seed}");
        }
    }
}

#[test]
fn a_shop_stays_with_its_account_as_long_as_a_visit_there_was_not_taken() {
    let mut field = Field::new();
    let shop = *field.shops.keys().next().unwrap();
    field.visit(shop);
    field.leave(shop);
    let card = ask::<CustomerCard>(&field.replica, &Query::Customer { id: shop });
    assert_eq!(card.row.account_manager, Some(PersonId(Uuid::from_u128(2))));
    field.judge(false);
    assert!(!field.is_here(shop));
}
