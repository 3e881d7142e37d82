//! A rep's device: what ships to phones, on a disk that can be pulled.

use std::collections::VecDeque;

use anyhow::Result;
use roundsman_core::documents::Request;
use roundsman_core::id::{CustomerId, VisitId};
use roundsman_core::sync::Head;
use roundsman_replica::{Files, Identity, Line, Recorded, Replica};

use crate::chance::Chance;
use crate::clock::DeviceClock;
use crate::disk::{Plug, VFS};
use crate::work::Step;

/// One device, in whatever state it is.
pub struct Device {
    /// Who uses it.
    pub identity: Identity,
    /// Its storage.
    pub disk: Plug,
    /// Its clock.
    pub clock: DeviceClock,
    /// What its user decides.
    pub chance: Chance,
    /// Opens the door.
    pub token: String,
    /// The app, while it runs.
    pub replica: Option<Replica>,
    /// The line, while one is open, with the number of its wire.
    pub line: Option<(u64, Line)>,
    /// Whether its user has a network now.
    pub online: bool,
    /// Whether it is asleep: nothing runs.
    pub suspended: bool,
    /// What is still to be done today.
    pub day: VecDeque<Step>,
    /// Where its user is.
    pub visit: Option<VisitId>,
    /// For whom the cart is.
    pub shop: Option<CustomerId>,
    /// The last entry of which its user was told that it is saved.
    pub promised: Head,
    /// Set when its storage was taken away or put back, so that promises may be broken.
    pub tampered: bool,
    /// Whether its storage was ever put back, copied, or lied: then it may lack what it counts as
    /// there, and has to be repaired.
    pub meddled: bool,
    /// Set when it is out of use: another took its place.
    pub retired: bool,
    /// Counts the times it went online, so that a late event of an earlier time is told apart.
    pub session: u64,
    /// The last of them in which it was brought up to date.
    pub synced: u64,
    /// The highest number recorded, as a place beside its files remembers it.
    pub second_place: u64,
    /// The device it is becoming: its token, and what the server holds of the one it was.
    pub becoming: Option<(Identity, String, u64)>,
    /// The company does not want its user now.
    pub locked_out: bool,
    /// Since when the company does not want the device any more.
    pub shut_out: Option<i64>,
    /// Nobody hears of it for weeks.
    pub away: bool,
}

impl Device {
    /// A device with an empty disk.
    #[must_use]
    pub fn new(identity: Identity, token: String, clock: DeviceClock, chance: Chance) -> Self {
        Self {
            identity,
            disk: Plug::new(),
            clock,
            chance,
            token,
            replica: None,
            line: None,
            online: false,
            suspended: false,
            day: VecDeque::new(),
            visit: None,
            shop: None,
            promised: Head::default(),
            tampered: false,
            meddled: false,
            retired: false,
            session: 0,
            synced: 0,
            second_place: 0,
            becoming: None,
            locked_out: false,
            shut_out: None,
            away: false,
        }
    }

    /// Starts the app.
    ///
    /// # Errors
    /// When its files cannot be opened.
    pub fn start(&mut self) -> Result<()> {
        let (journal, main) = (self.disk.path("journal.db"), self.disk.path("main.db"));
        let files = Files::open(&journal, &main, Some(VFS), None)?;
        let mut replica = Replica::open(files, Box::new(self.clock.clone()))?;
        match replica.identity() {
            // It went on as another device, and the app was killed before anybody noticed.
            Some(identity) => self.identity = identity.clone(),
            None => replica.adopt(self.identity.clone())?,
        }
        replica.remember(self.second_place)?;
        self.replica = Some(replica);
        Ok(())
    }

    /// The app is gone: what it wrote is there.
    pub fn kill(&mut self) {
        self.disk.kill();
        self.forget();
    }

    /// The app is gone, and of what was not synced some.
    pub fn cut_power(&mut self, chance: &mut Chance) {
        self.disk.cut_power(chance.rng());
        self.forget();
    }

    /// Drops what was in memory. The disk must not listen to it any more.
    pub fn forget(&mut self) {
        self.line = None;
        self.replica = None;
    }

    /// Whether an operation on its disk failed or may have.
    #[must_use]
    pub fn troubled(&self) -> bool {
        let did = self.disk.did();
        did.failed + did.full + did.tripped > 0
    }

    /// Records something; none when the app does not run.
    pub fn run(&mut self, request: Request) -> Option<roundsman_replica::Result<Recorded>> {
        Some(self.replica.as_mut()?.run(request))
    }
}
