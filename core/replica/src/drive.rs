//! Carrying out the effects of the device's side of a line.

use std::collections::VecDeque;

use roundsman_core::error::{Refusal, codes};
use roundsman_core::id::ItemId;
use roundsman_core::sync::device::{Device, Effect, Event, Opening, push_of};
use roundsman_core::sync::{Channel, Cursor, Part, Push};
use roundsman_core::views::Connection as LineState;

use crate::repair::count;
use crate::{Audited, Replica, Result, Topic};

/// A line to the hub: frames in, frames out. Whoever owns the socket drives it.
pub struct Line {
    device: Device,
}

/// What the owner of the socket has to do.
#[derive(Debug, Default)]
pub struct Todo {
    /// Frames to send, in this order.
    pub frames: Vec<Vec<u8>>,
    /// Whether to close the socket after them.
    pub close: bool,
    /// Set when the office ordered this device wiped and has its journal: delete both files and
    /// the keys, then send this and close the socket.
    pub wipe: Option<Vec<u8>>,
    /// The hub asks not to open another line before so many milliseconds have passed.
    pub come_back_after_ms: Option<u32>,
}

impl Line {
    /// A line whose socket has just opened: says hello.
    ///
    /// # Errors
    /// When nobody signed in, or the storage fails.
    pub fn open(replica: &mut Replica, token: &str, build: &str) -> Result<(Self, Todo)> {
        let identity = replica.signed_in()?.clone();
        replica.carry_over()?;
        replica.prune()?;
        let mut line =
            Self { device: Device::new(identity.device, identity.server_key, replica.host.now()) };
        let opening = Opening {
            token: token.to_owned(),
            journal: replica.journal.head,
            signature: replica.sign(replica.journal.head)?,
            cursors: replica.cursors()?,
            clock: replica.now(),
            build: build.to_owned(),
            receipt: replica.journal.receipt.clone(),
            recorded: Some(replica.recorded()),
            pruned: replica.journal.pruned()?,
        };
        replica.set_line_state(LineState::Connecting, None);
        if !replica.not_there.is_empty() {
            // Asked for again, now that it may be there.
            replica.not_there.clear();
            replica.changed.extend([Topic::Orders, Topic::Visits]);
        }
        let todo = line.handle(replica, Event::Opened(opening))?;
        Ok((line, todo))
    }

    /// Whether the hub has said welcome.
    #[must_use]
    pub fn is_online(&self) -> bool {
        self.device.is_online()
    }

    /// Takes in a frame.
    ///
    /// # Errors
    /// When the storage fails; the line must then be closed.
    pub fn receive(&mut self, replica: &mut Replica, frame: Vec<u8>) -> Result<Todo> {
        replica.line.received_bytes += frame.len() as u64;
        self.handle(replica, Event::Frame(frame))
    }

    /// Says that something was recorded.
    ///
    /// # Errors
    /// As [`Self::receive`].
    pub fn recorded(&mut self, replica: &mut Replica) -> Result<Todo> {
        self.handle(replica, Event::Recorded(replica.journal.head))
    }

    /// Asks for documents that are in no channel, to look at them.
    ///
    /// # Errors
    /// As [`Self::receive`].
    pub fn fetch(&mut self, replica: &mut Replica, items: Vec<ItemId>) -> Result<Todo> {
        self.handle(replica, Event::Wanted(items))
    }

    /// Has channels repaired in which an audit found something.
    ///
    /// # Errors
    /// As [`Self::receive`].
    pub fn audited(&mut self, replica: &mut Replica, audited: &Audited) -> Result<Todo> {
        let mut todo = Todo::default();
        for channel in audited.doubted() {
            todo.frames.extend(self.handle(replica, Event::Doubted(channel))?.frames);
        }
        Ok(todo)
    }

    /// Gives the line a fresh access token.
    ///
    /// # Errors
    /// As [`Self::receive`].
    pub fn token(&mut self, replica: &mut Replica, token: &str) -> Result<Todo> {
        self.handle(replica, Event::Token(token.to_owned()))
    }

    /// Lets time pass; once a second is enough.
    ///
    /// # Errors
    /// As [`Self::receive`].
    pub fn tick(&mut self, replica: &mut Replica) -> Result<Todo> {
        self.handle(replica, Event::Tick)
    }

    fn handle(&mut self, replica: &mut Replica, event: Event) -> Result<Todo> {
        let mut todo = Todo::default();
        let mut events = VecDeque::from([event]);
        while let Some(event) = events.pop_front() {
            for effect in self.device.handle(event, replica.host.now()) {
                replica.carry_out(effect, &mut todo, &mut events)?;
            }
        }
        Ok(todo)
    }
}

impl Replica {
    fn carry_out(
        &mut self,
        effect: Effect,
        todo: &mut Todo,
        events: &mut VecDeque<Event>,
    ) -> Result<()> {
        match effect {
            Effect::Send(frame) => todo.frames.push(frame),
            Effect::ReadJournal { after, bytes_max } => {
                events.push_back(Event::Entries(self.push_after(after, bytes_max)?));
            }
            // The hub holds other entries of this device: those here must not pass for safe.
            Effect::KeepReceipt(receipt) if !self.journal.holds(receipt.head)? => {
                let forked = Refusal::new(codes::JOURNAL_FORKED).with("n", receipt.head.n);
                self.set_line_state(LineState::Refused, Some(forked));
                todo.close = true;
            }
            Effect::KeepReceipt(receipt) => {
                self.journal.keep(&receipt)?;
                self.changed.extend([Topic::Sync, Topic::Orders, Topic::Visits, Topic::Customers]);
            }
            Effect::SetChannels(heads) => {
                self.set_channels(&heads)?;
                self.set_line_state(LineState::Online, None);
            }
            Effect::Rewound(held) => {
                if !self.rewind(held)? {
                    let forked = Refusal::new(codes::JOURNAL_FORKED).with("held", held.n);
                    self.set_line_state(LineState::Refused, Some(forked));
                    todo.close = true;
                }
            }
            Effect::ReadOutcomes(restored) => {
                events.push_back(Event::Outcomes(self.offers(restored)?));
            }
            Effect::Offered(epoch) => self.journal.set_offered(epoch)?,
            Effect::Apply(batch) => {
                let before = self.journal.head;
                events.push_back(Event::Applied(self.apply(&batch)?));
                // What it told may have made the device record something again.
                if self.journal.head != before {
                    events.push_back(Event::Recorded(self.journal.head));
                }
            }
            Effect::StartOver(channel) => self.start_over(channel)?,
            Effect::SumUp(channel) => {
                events.push_back(Event::Summed(self.sum_up(channel)?));
            }
            Effect::Compare(found) => {
                events.push_back(Event::Compared(self.compare(&found)?));
            }
            Effect::Mend(found) => {
                self.mend(&found)?;
                events.push_back(Event::Mended);
            }
            Effect::Agreed(channel, _) => self.agreed(channel)?,
            Effect::KeepFetched(found) => self.keep_fetched(&found)?,
            Effect::Stalled(refusal) => {
                count(&self.db, "stalls")?;
                self.notice(refusal);
            }
            Effect::Notice(refusal) => self.notice(refusal),
            Effect::ComeBackAfter(wait_ms) => todo.come_back_after_ms = Some(wait_ms),
            Effect::HubClock(hub) => self.heard_time(hub)?,
            Effect::UpToDate => {
                self.contact_at(self.now())?;
                self.changed.insert(Topic::Sync);
            }
            Effect::Refused(refusal) => self.set_line_state(LineState::Refused, Some(refusal)),
            Effect::Wipe(bye) => todo.wipe = Some(bye),
            Effect::Close => todo.close = true,
        }
        Ok(())
    }

    fn push_after(&self, after: u64, bytes_max: usize) -> Result<Option<Push>> {
        let entries = self.journal.read_after(after, bytes_max)?;
        let Some(head) = entries.last().map(|(head, _)| *head) else { return Ok(None) };
        let signature = self.sign(head)?;
        Ok(Some(push_of(entries.into_iter().map(|(_, bytes)| bytes).collect(), head, signature)))
    }

    fn cursors(&self) -> Result<Vec<Cursor>> {
        let mut statement = self.db.prepare_cached(
            "select name, epoch, seq, iif(u.channel is null, digest, zeroblob(32)), part \
                 from channel left join catching_up u on u.channel = name \
                 where seq > 0 or part is not null",
        )?;
        let rows = statement.query_map([], |row| {
            Ok((
                row.get::<_, String>(0)?,
                row.get(1)?,
                row.get::<_, i64>(2)?.unsigned_abs(),
                row.get(3)?,
                row.get::<_, Option<_>>(4)?.map(Part),
            ))
        })?;
        rows.map(|row| {
            let (name, epoch, seq, digest, part) = row?;
            Ok(Cursor { channel: name.parse::<Channel>()?, epoch, seq, digest, part })
        })
        .collect()
    }

    /// The socket closed, or could not be opened. A refusal stays until the next welcome.
    pub fn line_lost(&mut self) {
        if self.line.state != LineState::Refused {
            self.set_line_state(LineState::Offline, None);
        }
    }

    /// Why the server does not want this device or token now, if so.
    #[must_use]
    pub fn refusal(&self) -> Option<&Refusal> {
        self.line.refusal.as_ref()
    }

    /// Whether the hub holds more of this journal than this device does: its storage was lost or
    /// went back in time, and it cannot go on as the device it was.
    #[must_use]
    pub fn is_forked(&self) -> bool {
        self.refusal().is_some_and(|refusal| refusal.code == codes::JOURNAL_FORKED)
    }

    /// Whether a new access token would help.
    #[must_use]
    pub fn wants_token(&self) -> bool {
        self.refusal().is_some_and(|refusal| refusal.code == codes::SIGN_IN_AGAIN)
    }

    fn notice(&mut self, refusal: Refusal) {
        self.line.trouble = Some(refusal);
        self.changed.insert(Topic::Sync);
    }

    fn set_line_state(&mut self, state: LineState, refusal: Option<Refusal>) {
        self.line.state = state;
        self.line.refusal = refusal;
        self.changed.insert(Topic::Sync);
    }
}
