use std::num::NonZeroU8;
use std::time::Duration;

use super::pace::{Pace, per_second};
use super::queue::{Place, Queue};
use super::slow_start::SlowStart;
use crate::clock::{NEVER, nanos};
use crate::defaults;

/// A gate without clock and lock: `now` is an argument, in nanoseconds since the gate was made.
///
/// It is new until it has seen that nothing is limited, then open until a limit is met, then paced
/// until that has been quiet for long.
#[derive(Debug)]
pub(super) struct Pacer {
    stage: Stage,
    /// Until when the other side has asked not to be asked.
    closed_until: u64,
    waiting: Queue,
    /// Counts the limits that were met. What was admitted before the last one says nothing of the pace.
    epoch: NonZeroU8,
    /// Threads read the clock before they take the lock, so they may arrive in another order.
    latest: u64,
}

#[derive(Debug)]
enum Stage {
    /// Nobody has asked yet.
    New,
    SlowStart(SlowStart),
    Open,
    Paced(Pace),
}

/// The leave to go, for who tells how it went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct GateTicket(NonZeroU8);

/// A call that has to wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Waiting {
    pub(crate) place: Place,
    /// After how many nanoseconds to ask again.
    pub(crate) ask_in: u64,
    /// For how many nanoseconds the gate is closed for everybody.
    pub(crate) at_least: u64,
    /// How many nanoseconds it will take even if the pace is better than it seems.
    pub(crate) soonest: u64,
}

/// How an admitted call ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum GateEnd {
    Succeeded,
    /// The other side limits, and may have said for how long.
    Limited(Option<Duration>),
    /// Nothing that says anything of limits.
    Other,
}

impl Pacer {
    pub(super) const fn new() -> Self {
        Self {
            stage: Stage::New,
            closed_until: 0,
            waiting: Queue::new(),
            epoch: NonZeroU8::MIN,
            latest: 0,
        }
    }

    /// Returns `true` if every call goes at once, and none has to tell how it went.
    pub(super) const fn is_open(&self) -> bool {
        matches!(self.stage, Stage::Open)
    }

    /// Lets a call in, which may have waited. `again` calls have been let in before.
    ///
    /// # Errors
    ///
    /// How long to wait, and where.
    pub(super) fn ask(
        &mut self,
        place: Option<Place>,
        again: bool,
        now: u64,
    ) -> Result<Option<GateTicket>, Waiting> {
        let now = self.at(now);
        self.advance(now);
        let rank = self.waiting.rank(place, again);
        let queued = !self.waiting.is_empty();
        let (wait, soonest) = match &mut self.stage {
            Stage::New | Stage::Open => (0, 0),
            Stage::SlowStart(start) => (start.wait(rank), 0),
            Stage::Paced(pace) => {
                pace.count(place.is_none() && !again);
                let wait = pace.wait(rank, self.closed_until, now, queued);
                (wait, pace.soonest(rank, self.closed_until, now))
            }
        };
        if wait == 0 {
            self.leave(place);
            let counted = !self.is_open();
            return Ok(counted.then_some(GateTicket(self.epoch)));
        }
        let at_least = self.closed_until.saturating_sub(now);
        // The pace may rise meanwhile, so nobody sleeps all the time that it looks like.
        let rest = wait.saturating_sub(at_least);
        let soon = nanos(defaults::GATE_ASK_AGAIN);
        let late = nanos(defaults::GATE_ASK_LATE);
        let sleep = rest.min(soon.max(rest / 2)).min(late);
        let ask_in = at_least.saturating_add(sleep).max(1);
        Err(Waiting {
            place: place.unwrap_or_else(|| self.waiting.join(again)),
            ask_in,
            at_least,
            soonest: at_least.max(soonest),
        })
    }

    /// Gives a place up.
    pub(super) fn leave(&mut self, place: Option<Place>) {
        if let Some(place) = place {
            self.waiting.leave(place);
        }
    }

    /// Takes how a call ended that was let in with this ticket, or without one while all was open.
    /// Returns `true` if the gate was open, and is no more.
    pub(super) fn end(&mut self, ticket: Option<GateTicket>, end: GateEnd, now: u64) -> bool {
        let now = self.at(now);
        self.advance(now);
        let current = ticket == Some(GateTicket(self.epoch));
        if let Stage::SlowStart(start) = &mut self.stage
            && current
        {
            start.in_flight = start.in_flight.saturating_sub(1);
        }
        match end {
            GateEnd::Other => false,
            GateEnd::Succeeded => {
                match &mut self.stage {
                    Stage::SlowStart(start) if current => start.succeeded(),
                    Stage::Paced(pace) if current => pace.succeeded(now),
                    _ => {}
                }
                false
            }
            GateEnd::Limited(hint) => self.limited(current, hint, now),
        }
    }

    fn limited(&mut self, current: bool, hint: Option<Duration>, now: u64) -> bool {
        let hint = hint.map(nanos);
        let was_closed = self.closed_until > now;
        if let Some(hint) = hint {
            self.close(now, hint);
        }
        let horizon = hint.unwrap_or(0).max(nanos(defaults::GATE_HORIZON));
        match &mut self.stage {
            Stage::Paced(pace) if !current => {
                pace.cut_at = pace
                    .cut_at
                    .max(now.min(pace.cut_at.saturating_add(horizon)));
                return !was_closed && self.closed_until > now;
            }
            Stage::Paced(pace) => pace.cut(now, horizon),
            Stage::SlowStart(start) => {
                let since = now.saturating_sub(start.since).saturating_add(horizon);
                let rate = per_second(start.successes.max(1), since);
                self.stage = Stage::Paced(Pace::new(rate, now));
            }
            Stage::New | Stage::Open => {
                let rate = per_second(defaults::GATE_FIRST_RATE, horizon);
                self.stage = Stage::Paced(Pace::new(rate, now));
            }
        }
        self.begin_epoch();
        !was_closed && self.closed_until > now
    }

    /// Closes it for everybody, for this time at least.
    pub(super) fn close(&mut self, now: u64, hint: u64) {
        self.closed_until = self.closed_until.max(now.saturating_add(hint).min(NEVER));
    }

    /// Closes it by hand. What is closed is paced when it opens.
    pub(super) fn close_by_hand(&mut self, hint: u64, now: u64) {
        let now = self.at(now);
        self.close(now, hint);
        if !matches!(self.stage, Stage::Paced(_)) {
            let rate = per_second(
                defaults::GATE_FIRST_RATE,
                hint.max(nanos(defaults::GATE_HORIZON)),
            );
            self.stage = Stage::Paced(Pace::new(rate, now));
            self.begin_epoch();
        }
    }

    /// Returns how long the gate is closed for everybody.
    pub(super) fn closed_for(&self, now: u64) -> u64 {
        self.closed_until.saturating_sub(now)
    }

    /// Returns the calls a second that it lets in; `None` for any number.
    pub(super) const fn rate(&self) -> Option<f64> {
        match &self.stage {
            Stage::Paced(pace) => Some(pace.rate),
            _ => None,
        }
    }

    /// Returns `true` if it has met no limit, or none for long, and no call waits.
    #[cfg(feature = "keyed")]
    pub(super) fn knows_no_limit(&mut self, now: u64) -> bool {
        let now = self.at(now);
        if matches!(self.stage, Stage::Paced(_)) {
            self.advance(now);
        }
        self.waiting.is_empty()
            && self.closed_until <= now
            && !matches!(self.stage, Stage::Paced(_))
    }

    pub(super) fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// Opens it for good, until the next limit.
    pub(super) fn open(&mut self) {
        self.stage = Stage::Open;
        self.closed_until = 0;
        self.begin_epoch();
    }

    /// What was admitted until now says nothing of the pace. Never zero, which keeps a ticket in one byte.
    fn begin_epoch(&mut self) {
        self.epoch = self.epoch.checked_add(1).unwrap_or(NonZeroU8::MIN);
    }

    fn advance(&mut self, now: u64) {
        let over = match &mut self.stage {
            Stage::New => {
                self.stage = Stage::SlowStart(SlowStart::new(now));
                false
            }
            Stage::SlowStart(start) => start.grow(now),
            Stage::Paced(pace) => {
                pace.grow(now);
                self.waiting.is_empty() && self.closed_until <= now && pace.is_quiet(now)
            }
            Stage::Open => false,
        };
        if over {
            self.stage = Stage::Open;
        }
    }

    fn at(&mut self, now: u64) -> u64 {
        self.latest = self.latest.max(now);
        self.latest
    }
}
