//! Locks of the connections on one file, and the memory they share.

use libsqlite3_sys::{
    SQLITE_LOCK_EXCLUSIVE, SQLITE_LOCK_NONE, SQLITE_LOCK_PENDING, SQLITE_LOCK_RESERVED,
    SQLITE_LOCK_SHARED,
};

/// Slots of the shared memory's locks.
pub(super) const SLOTS: usize = 8;

/// Who holds what.
#[derive(Debug, Default)]
pub(super) struct Locks {
    shared: u32,
    reserved: bool,
    exclusive: bool,
    pending: bool,
    /// Holders of each slot; -1: one, alone.
    slots: [i32; SLOTS],
    /// Regions of shared memory. Their addresses are handed out, so they never move.
    pub(super) regions: Vec<Box<[u8]>>,
}

impl Locks {
    /// Raises a connection's lock; false: not now.
    pub(super) fn raise(&mut self, held: &mut i32, wanted: i32) -> bool {
        if *held >= wanted {
            return true;
        }
        if wanted == SQLITE_LOCK_SHARED {
            if self.exclusive || self.pending {
                return false;
            }
            self.shared += 1;
            *held = SQLITE_LOCK_SHARED;
            return true;
        }
        if *held < SQLITE_LOCK_RESERVED {
            if self.reserved {
                return false;
            }
            self.reserved = true;
            *held = SQLITE_LOCK_RESERVED;
        }
        if wanted == SQLITE_LOCK_EXCLUSIVE {
            self.pending = true;
            *held = SQLITE_LOCK_PENDING;
            if self.shared > 1 {
                return false;
            }
            self.exclusive = true;
            *held = SQLITE_LOCK_EXCLUSIVE;
        }
        true
    }

    /// Lowers a connection's lock.
    pub(super) fn lower(&mut self, held: &mut i32, wanted: i32) {
        if *held <= wanted {
            return;
        }
        if *held >= SQLITE_LOCK_RESERVED {
            self.reserved = false;
            if *held >= SQLITE_LOCK_PENDING {
                self.pending = false;
                self.exclusive = false;
            }
        }
        if wanted == SQLITE_LOCK_NONE {
            self.shared -= 1;
        }
        *held = wanted;
    }

    /// Whether anybody means to write.
    pub(super) fn is_reserved(&self) -> bool {
        self.reserved
    }

    /// Takes slots of the shared memory; `held` are this connection's. False: not now.
    pub(super) fn take(
        &mut self,
        held: &mut [i32; SLOTS],
        first: usize,
        count: usize,
        alone: bool,
    ) -> bool {
        let slots = first..first + count;
        let free = |slot: usize| {
            if alone { self.slots[slot] == 0 } else { self.slots[slot] >= 0 }
        };
        if !slots.clone().all(free) {
            return false;
        }
        for slot in slots {
            self.slots[slot] = if alone { -1 } else { self.slots[slot] + 1 };
            held[slot] = if alone { -1 } else { 1 };
        }
        true
    }

    /// Gives slots back that this connection holds.
    pub(super) fn give_back(&mut self, held: &mut [i32; SLOTS], first: usize, count: usize) {
        let mine = held.iter_mut().zip(&mut self.slots).skip(first).take(count);
        for (held, slot) in mine {
            match held {
                -1 => *slot = 0,
                1 => *slot -= 1,
                _ => {}
            }
            *held = 0;
        }
    }
}
