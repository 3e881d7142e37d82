//! What a seed means: how large, how long, and what goes wrong how often.

use crate::chance::Chance;

/// Kinds of what goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// A line is cut in the middle of what is said.
    Cut,
    /// A line carries nothing up any more, and nobody is told.
    DeadUp,
    /// The same the other way.
    DeadDown,
    /// An old line delivers what was said on it after a new one was opened.
    Late,
    /// The network comes and goes every second.
    Flap,
    /// The app is killed.
    Kill,
    /// The app is killed at a write or a sync.
    KillAtWrite,
    /// The device's battery is pulled.
    PowerCut,
    /// The device sleeps.
    Suspend,
    /// The device's clock is wrong from now on.
    Clock,
    /// A write or sync of the device fails.
    WriteFails,
    /// The device's disk is full for a while.
    DiskFull,
    /// The device's disk says that it syncs and does not, until the battery is pulled.
    SyncLies,
    /// The file that can be rebuilt is deleted.
    MainGone,
    /// The device's storage is what it was some time ago.
    Rollback,
    /// The device's storage runs on a second device as well.
    Clone,
    /// The device's storage is gone.
    Evict,
    /// The server is killed.
    ServerKill,
    /// The server is killed at a write or a sync.
    ServerKillAtWrite,
    /// The server is killed after something was done and before anybody is told.
    ServerKillBeforeSending,
    /// The server's power is cut.
    ServerPowerCut,
    /// A write or sync of the server fails.
    ServerWriteFails,
    /// The server's disk is full for a while.
    ServerDiskFull,
    /// A device that somebody changed sends what it may not.
    Forge,
    /// A customer moves to another territory.
    Move,
    /// A rep's right to a territory ends, or begins again.
    Revoke,
    /// Somebody may not sign in for a while.
    Disable,
    /// The device's token is worth nothing.
    Token,
    /// The device stays away for weeks.
    Away,
    /// The device is shut out, and its user gets another one.
    Shut,
    /// The same, and it is to delete everything.
    Wipe,
    /// The ERP takes nothing for a while.
    ErpBusy,
    /// The ERP cannot be reached for a while.
    ErpDown,
    /// The ERP is not heard of, having been asked nothing.
    ErpQuestionLost,
    /// The ERP is not heard of, having done what it was asked.
    ErpAnswerLost,
    /// The server is restored from a backup.
    Restore,
    /// The server's database is what it was some time ago, and nobody says so.
    SetBack,
}

/// Every kind, with its name.
pub const FAULTS: &[(Fault, &str)] = &[
    (Fault::Cut, "line cut"),
    (Fault::DeadUp, "line dead upwards"),
    (Fault::DeadDown, "line dead downwards"),
    (Fault::Late, "old line delivers late"),
    (Fault::Flap, "network flaps"),
    (Fault::Kill, "app killed"),
    (Fault::KillAtWrite, "app killed at a write"),
    (Fault::PowerCut, "device loses power"),
    (Fault::Suspend, "device sleeps"),
    (Fault::Clock, "device clock wrong"),
    (Fault::WriteFails, "device write fails"),
    (Fault::DiskFull, "device disk full"),
    (Fault::SyncLies, "device disk lies about a sync"),
    (Fault::MainGone, "device main file gone"),
    (Fault::Rollback, "device storage rolled back"),
    (Fault::Clone, "device storage cloned"),
    (Fault::Evict, "device storage evicted"),
    (Fault::ServerKill, "server killed"),
    (Fault::ServerKillAtWrite, "server killed at a write"),
    (Fault::ServerKillBeforeSending, "server killed before it told"),
    (Fault::ServerPowerCut, "server loses power"),
    (Fault::ServerWriteFails, "server write fails"),
    (Fault::ServerDiskFull, "server disk full"),
    (Fault::Forge, "device forges"),
    (Fault::Move, "customer moves or merges"),
    (Fault::Revoke, "grant ends and begins"),
    (Fault::Disable, "person disabled"),
    (Fault::Token, "token worthless"),
    (Fault::Away, "device away for weeks"),
    (Fault::Shut, "device shut out"),
    (Fault::Wipe, "device wiped"),
    (Fault::ErpBusy, "ERP busy"),
    (Fault::ErpDown, "ERP down"),
    (Fault::ErpQuestionLost, "ERP question lost"),
    (Fault::ErpAnswerLost, "ERP answer lost"),
    (Fault::Restore, "server restored"),
    (Fault::SetBack, "server set back in silence"),
];

/// What is rare comes in few runs, and there more than once: a server is restored, and restored again.
const RARE_TIMES: u32 = 6;

impl Fault {
    /// Whether it happens to a company once in years. Much that is checked otherwise does not hold
    /// around it.
    fn is_rare(self) -> bool {
        matches!(self, Self::Restore | Self::SetBack)
    }

    /// Its name in the summary.
    #[must_use]
    pub fn name(self) -> &'static str {
        FAULTS.iter().find(|(fault, _)| *fault == self).map_or("", |(_, name)| name)
    }
}

/// What one run is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// Where all chance comes from.
    pub seed: u64,
    /// Reps.
    pub reps: u32,
    /// Their devices.
    pub devices: u32,
    /// Days.
    pub days: u32,
    /// Hours of the last day.
    pub hours: u32,
    /// What the office does in a day.
    pub office_acts: u32,
    /// How often each fault comes in a day.
    pub faults: Vec<(Fault, u32)>,
    /// Whether the server's database is on a real disk.
    pub real_disk: bool,
}

impl Plan {
    /// What this seed means: its own size, and its own set of faults at its own rates.
    #[must_use]
    pub fn of(seed: u64) -> Self {
        let mut chance = Chance::new(seed, "plan", 0);
        let devices: u32 = *chance.pick(&[1, 2, 2, 3, 3, 4, 5, 6, 8, 12, 20]);
        let reps = (devices * 3).div_ceil(4);
        let days = if devices > 6 { 1 } else { *chance.pick(&[1, 1, 2, 3]) };
        let real_disk = chance.percent(12);
        let often = *chance.pick(&[1, 2, 4]);
        let share = *chance.pick(&[0, 30, 50, 70]);
        let faults = FAULTS.iter().filter_map(|(fault, _)| {
            let on = chance.percent(if fault.is_rare() { share / 3 } else { share });
            let times = chance.between(1, 3) as u32 * often * devices.div_ceil(3);
            on.then_some((*fault, if fault.is_rare() { RARE_TIMES } else { times }))
        });
        let faults = faults.collect();
        Self {
            seed,
            reps,
            devices,
            days,
            hours: 10,
            office_acts: chance.below(30),
            faults,
            real_disk,
        }
    }

    /// A small run in which much goes wrong.
    #[must_use]
    pub fn hunting(seed: u64) -> Self {
        let mut chance = Chance::new(seed, "hunt", 0);
        let faults = FAULTS.iter().filter_map(|(fault, _)| {
            let on = chance.percent(if fault.is_rare() { 10 } else { 60 });
            let times = chance.between(1, 4) as u32;
            on.then_some((*fault, times))
        });
        let faults = faults.collect();
        let (devices, office_acts) = (2 + chance.below(2), 10 + chance.below(20));
        let reps = 2;
        Self { seed, reps, devices, days: 1, hours: 10, office_acts, faults, real_disk: false }
    }

    /// Whether finished visits and decided orders are closed. In the other half of the runs they
    /// stay as they are, as in a company that is young.
    #[must_use]
    pub fn closes(&self) -> bool {
        self.seed % 2 == 1
    }

    /// The options that repeat it.
    #[must_use]
    pub fn options(&self) -> String {
        let whole = Self::of(self.seed);
        let mut options = format!("--seed {}", self.seed);
        if self.faults == whole.faults
            && (self.devices, self.days, self.hours, self.office_acts)
                == (whole.devices, whole.days, whole.hours, whole.office_acts)
        {
            return options;
        }
        let faults = self.faults.iter().map(|(fault, times)| format!("{fault:?}:{times}"));
        let faults = faults.collect::<Vec<_>>().join(",");
        let (devices, days, hours) = (self.devices, self.days, self.hours);
        options += &format!(
            " --devices {devices} --days {days} --hours {hours} --office {} --faults '{faults}'",
            self.office_acts
        );
        options
    }

    /// Reads what [`Self::options`] says of faults.
    #[must_use]
    pub fn faults_of(text: &str) -> Vec<(Fault, u32)> {
        let read = |part: &str| {
            let (name, times) = part.split_once(':')?;
            let fault = FAULTS.iter().find(|(fault, _)| format!("{fault:?}") == name)?.0;
            Some((fault, times.parse().ok()?))
        };
        text.split(',').filter_map(read).collect()
    }

    /// The same without anything going wrong.
    #[must_use]
    pub fn quiet(seed: u64) -> Self {
        Self { faults: Vec::new(), ..Self::of(seed) }
    }
}
