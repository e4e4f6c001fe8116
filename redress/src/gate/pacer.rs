use std::num::NonZeroU8;
use std::time::Duration;

use super::queue::{Place, Queue};
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
    /// Few calls at a time, and more with each answer: a burst of all callers would be refused as a
    /// whole before the first of them knew.
    SlowStart(SlowStart),
    Open,
    Paced(Pace),
}

#[derive(Debug)]
struct SlowStart {
    since: u64,
    /// How many calls may be on their way.
    window: f64,
    in_flight: u32,
    successes: u32,
    grown_at: u64,
}

#[derive(Debug)]
struct Pace {
    /// Calls a second.
    rate: f64,
    /// When the next call goes.
    next: u64,
    /// The rate was measured between two limits.
    measured: bool,
    /// When the last limit was met.
    cut_at: u64,
    /// What has succeeded since.
    successes: u32,
    grown_at: u64,
    /// When a call last had to wait.
    waited_at: u64,
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
    /// How many nanoseconds it will take at least.
    pub(crate) at_least: u64,
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

const SECOND: f64 = 1e9;

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
        let wait = match &mut self.stage {
            Stage::New | Stage::Open => 0,
            Stage::SlowStart(start) => start.wait(rank),
            Stage::Paced(pace) => pace.wait(rank, self.closed_until, now, queued),
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
        let ask_in = at_least.saturating_add(rest.min(soon.max(rest / 2))).max(1);
        Err(Waiting {
            place: place.unwrap_or_else(|| self.waiting.join(again)),
            ask_in,
            at_least,
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
                    Stage::Paced(pace) if current => pace.succeeded(),
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

impl SlowStart {
    fn new(now: u64) -> Self {
        Self {
            since: now,
            window: f64::from(defaults::GATE_WINDOW),
            in_flight: 0,
            successes: 0,
            grown_at: now,
        }
    }

    /// Lets a call in and returns zero, or returns how long to wait.
    #[expect(clippy::cast_precision_loss, reason = "counts of calls are small")]
    fn wait(&mut self, rank: usize) -> u64 {
        let ahead = rank as f64 + f64::from(self.in_flight);
        if ahead + 1.0 <= self.window {
            self.in_flight = self.in_flight.saturating_add(1);
            return 0;
        }
        let doublings = (ahead / self.window).log2().max(0.0) + 1.0;
        scaled(nanos(defaults::GATE_ASK_AGAIN), doublings)
    }

    fn succeeded(&mut self) {
        self.successes = self.successes.saturating_add(1);
        self.window += defaults::GATE_GROWTH;
    }

    /// Grows with time, for who waits long for answers. Returns `true` once it is over.
    fn grow(&mut self, now: u64) -> bool {
        let step = nanos(defaults::GATE_DOUBLING);
        let limit = nanos(defaults::GATE_SLOW_START);
        if now.saturating_sub(self.since) >= limit {
            return true;
        }
        while now.saturating_sub(self.grown_at) >= step {
            self.grown_at = self.grown_at.saturating_add(step);
            self.window *= 2.0;
        }
        false
    }
}

impl Pace {
    fn new(rate: f64, now: u64) -> Self {
        Self {
            rate,
            next: now,
            measured: false,
            cut_at: now,
            successes: 0,
            grown_at: now,
            waited_at: now,
        }
    }

    /// Lets a call in and returns zero, or returns how long to wait.
    #[expect(clippy::cast_precision_loss, reason = "counts of calls are small")]
    fn wait(&mut self, rank: usize, closed_until: u64, now: u64, queued: bool) -> u64 {
        // Each place in the queue keeps its time, also if its owner sleeps past it. Without a queue
        // no time is saved up.
        let since = if queued { 0 } else { now };
        let start = self.next.max(closed_until).max(since);
        let slot = start.saturating_add(self.lasts(rank as f64));
        if slot <= now {
            let spaced = now.saturating_add(self.lasts(0.9));
            self.next = start.saturating_add(self.lasts(1.0)).max(spaced);
            return 0;
        }
        self.waited_at = now;
        slot - now
    }

    /// Returns how long so many calls take.
    fn lasts(&self, calls: f64) -> u64 {
        scaled(1_000_000_000, calls / self.rate)
    }

    fn succeeded(&mut self) {
        self.successes = self.successes.saturating_add(1);
        if !self.measured {
            self.rate = clamped(self.rate * (1.0 + defaults::GATE_SEEK));
        }
    }

    /// A limit was met: between two of them, what has succeeded is what the other side allows.
    fn cut(&mut self, now: u64, horizon: u64) {
        let since = now.saturating_sub(self.cut_at);
        let enough =
            since >= nanos(defaults::GATE_HORIZON) / 2 && self.successes >= defaults::GATE_ENOUGH;
        let rate = if enough {
            self.measured = true;
            per_second(self.successes, since) * defaults::GATE_MARGIN
        } else {
            self.rate * defaults::GATE_CUT
        };
        // One call in the time that the other side asks for finds out whether it is still needed.
        self.rate = clamped(rate.max(per_second(1, horizon)));
        self.next = now;
        self.cut_at = now;
        self.grown_at = now;
        self.successes = 0;
    }

    /// Rises slowly at first, then faster: limits change.
    #[expect(clippy::cast_precision_loss, reason = "a rate needs few digits")]
    fn grow(&mut self, now: u64) {
        let since = now.saturating_sub(self.grown_at) as f64 / SECOND;
        self.grown_at = self.grown_at.max(now);
        let quiet = now.saturating_sub(self.cut_at) as f64 / SECOND;
        let growth = defaults::GATE_RISE * (1.0 + (quiet / 10.0).powi(2));
        self.rate = clamped(self.rate * (1.0 + growth * since));
    }

    /// Returns `true` if there has been no limit, and no wait, for long.
    fn is_quiet(&self, now: u64) -> bool {
        let quiet = nanos(defaults::GATE_QUIET);
        now.saturating_sub(self.cut_at) >= quiet && now.saturating_sub(self.waited_at) >= quiet / 6
    }
}

#[expect(clippy::cast_precision_loss, reason = "a rate needs few digits")]
fn per_second(calls: u32, time: u64) -> f64 {
    clamped(f64::from(calls) / (time.max(1) as f64 / SECOND))
}

/// A rate that never divides by zero: a call in a quarter of an hour at least.
fn clamped(rate: f64) -> f64 {
    rate.clamp(0.001, 1e9)
}

/// Saturates.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "it saturates, and a pace needs few digits"
)]
fn scaled(nanos: u64, factor: f64) -> u64 {
    ((nanos as f64 * factor) as u64).min(NEVER)
}
