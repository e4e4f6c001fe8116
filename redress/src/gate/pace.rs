use crate::clock::{NEVER, nanos};
use crate::defaults;

/// The pace of a gate that has met a limit: what it is, how it falls, how it rises.
#[derive(Debug)]
pub(super) struct Pace {
    /// Calls a second.
    pub(super) rate: f64,
    /// The pace to go on with after limits between which nothing has succeeded: they say that all is
    /// refused, and nothing of the pace.
    resume: f64,
    /// When the next call goes.
    next: u64,
    known: Known,
    /// How long the other side has asked for, at least a second.
    horizon: u64,
    /// By which share it rises in that time while there may be more than is known.
    search: f64,
    /// When the last limit was met.
    pub(super) cut_at: u64,
    /// What has succeeded since.
    successes: u32,
    grown_at: u64,
    /// When a call last had to wait.
    waited_at: u64,
    /// When it last rose with a success.
    sought_at: u64,
    /// The limits in a row without a success between.
    in_vain: u32,
    /// The calls that have come since it began, each counted once.
    arrivals: u32,
    began_at: u64,
}

/// By what a pace is known.
///
/// What has succeeded between two limits is all that the other side allows if it saves up what is not used while
/// the gate is closed, as a bucket of tokens does. It is less if there is nothing to save it in, as with windows
/// and with small buckets: then the pace at which a limit is met is nearly what is allowed. Which of the
/// two it is, is seen by whether such a pace lasts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Known {
    Nothing,
    /// What has succeeded between two limits: it is searched for more.
    AtLeast,
    /// The pace at which a limit was met: it is tried, or has lasted.
    Tried,
    /// What has succeeded between two limits, since more did not last.
    All,
}

const SECOND: f64 = 1e9;

impl Pace {
    pub(super) fn new(rate: f64, now: u64) -> Self {
        Self {
            rate,
            resume: rate,
            next: now,
            known: Known::Nothing,
            horizon: nanos(defaults::GATE_HORIZON),
            search: 0.0,
            cut_at: now,
            successes: 0,
            grown_at: now,
            waited_at: now,
            sought_at: now,
            in_vain: 0,
            arrivals: 0,
            began_at: now,
        }
    }

    /// Lets a call in and returns zero, or returns how long to wait.
    #[expect(clippy::cast_precision_loss, reason = "counts of calls are small")]
    pub(super) fn wait(&mut self, rank: usize, closed_until: u64, now: u64, queued: bool) -> u64 {
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
    pub(super) fn lasts(&self, calls: f64) -> u64 {
        scaled(1_000_000_000, calls / self.rate)
    }

    /// Counts the calls that come, without those that come again.
    pub(super) fn count(&mut self, arrives: bool) {
        self.arrivals = self.arrivals.saturating_add(u32::from(arrives));
    }

    /// Returns the calls a second that come.
    pub(super) fn comes(&self, now: u64) -> f64 {
        let since = now.saturating_sub(self.began_at);
        per_second(self.arrivals, since.max(nanos(defaults::GATE_HORIZON)))
    }

    /// Returns how long the wait is if the pace turns out better than it seems, and at least that at which
    /// calls come: none is sent away that might have made it. Each further limit without a success
    /// between halves that hope, since then nothing is granted, and what waits all the same would be the
    /// load that the other side comes back to.
    #[expect(clippy::cast_precision_loss, reason = "a rank needs few digits")]
    pub(super) fn soonest(&self, rank: usize, closed_until: u64, now: u64) -> u64 {
        let closed = closed_until.saturating_sub(now);
        let hope = defaults::GATE_HOPE * halved(self.in_vain.saturating_sub(1));
        let best = self.rate.max(self.resume).max(self.comes(now)) * hope;
        closed.saturating_add(scaled(1_000_000_000, rank as f64 / clamped(best)))
    }

    pub(super) fn succeeded(&mut self, now: u64) {
        self.successes = self.successes.saturating_add(1);
        // Several limits and no success between: that was no limit but an outage, before which what
        // comes has succeeded.
        if self.in_vain >= 2 && self.known == Known::Nothing {
            self.resume = self.resume.max(self.comes(now));
        }
        self.in_vain = 0;
        if self.rate < self.resume {
            self.rate = self.resume;
            self.next = self.next.min(now);
            self.sought_at = now;
        } else if self.known == Known::Nothing {
            self.seek(now);
        }
    }

    /// Rises with each success up to the pace at which calls come, since that has succeeded before.
    /// Beyond it more slowly: what waits must not be let go at once.
    pub(super) fn seek(&mut self, now: u64) {
        let come = self.comes(now);
        let sought = self.rate * (1.0 + defaults::GATE_SEEK);
        let rate = if sought <= come {
            sought
        } else {
            let time = now.saturating_sub(self.sought_at);
            let share = seconds(time) / defaults::GATE_SEEK_DOUBLING.as_secs_f64();
            sought.min(come.max(self.rate * (1.0 + share.min(1.0))))
        };
        self.rate = clamped(self.rate.max(rate));
        self.resume = self.rate;
        self.sought_at = now;
    }

    /// A limit was met: between two of them, what has succeeded is what the other side allows.
    pub(super) fn cut(&mut self, now: u64, horizon: u64) {
        let since = now.saturating_sub(self.cut_at);
        let enough =
            since >= nanos(defaults::GATE_HORIZON) / 2 && self.successes >= defaults::GATE_ENOUGH;
        let rate = if enough {
            self.measure(since)
        } else {
            self.rate * defaults::GATE_CUT
        };
        self.horizon = horizon;
        // One call in the time that the other side asks for finds out whether it is still needed.
        self.rate = clamped(rate.max(per_second(1, horizon)));
        if self.successes > 0 {
            self.resume = self.rate;
            self.in_vain = 0;
        } else {
            self.in_vain = self.in_vain.saturating_add(1);
        }
        self.next = now;
        self.cut_at = now;
        self.grown_at = now;
        self.successes = 0;
    }

    /// Returns the pace to go on with after so much time without a limit.
    fn measure(&mut self, since: u64) -> f64 {
        let found = clamped(per_second(self.successes, since) * defaults::GATE_MARGIN);
        let lasted = since >= self.horizon.saturating_mul(defaults::GATE_LASTS);
        let (known, share) = match self.known {
            Known::Nothing => (Known::AtLeast, 0.0),
            Known::AtLeast => (Known::Tried, defaults::GATE_HELD),
            Known::Tried if lasted => (Known::Tried, defaults::GATE_HELD_AGAIN),
            Known::Tried | Known::All => (Known::All, 0.0),
        };
        self.known = known;
        // So that it takes the same time whatever is between the two, about as their logarithm does.
        let apart = (self.rate - found).max(0.0) / (self.rate + found);
        self.search = 2.0 * apart / defaults::GATE_SEARCH;
        found.max(self.rate * share)
    }

    /// Rises slowly at first, then faster: limits change.
    pub(super) fn grow(&mut self, now: u64) {
        let since = seconds(now.saturating_sub(self.grown_at));
        self.grown_at = self.grown_at.max(now);
        let quiet = seconds(now.saturating_sub(self.cut_at));
        let slow = defaults::GATE_RISE * (1.0 + (quiet / 10.0).powi(2));
        let growth = match self.known {
            Known::AtLeast => slow.max(self.search / seconds(self.horizon)),
            _ => slow,
        };
        self.rate = clamped(self.rate * (1.0 + growth * since));
    }

    /// Returns `true` if there has been no limit, and no wait, for long.
    pub(super) fn is_quiet(&self, now: u64) -> bool {
        let quiet = nanos(defaults::GATE_QUIET);
        now.saturating_sub(self.cut_at) >= quiet && now.saturating_sub(self.waited_at) >= quiet / 6
    }
}

pub(super) fn per_second(calls: u32, time: u64) -> f64 {
    clamped(f64::from(calls) / seconds(time.max(1)))
}

/// Returns one, halved so often. Exact, so that simulations are the same on every machine.
fn halved(times: u32) -> f64 {
    (0..times.min(64)).fold(1.0, |share, _| share / 2.0)
}

#[expect(clippy::cast_precision_loss, reason = "a rate needs few digits")]
pub(super) fn seconds(nanos: u64) -> f64 {
    nanos as f64 / SECOND
}

/// A rate that never divides by zero: a call in a quarter of an hour at least.
pub(super) fn clamped(rate: f64) -> f64 {
    rate.clamp(0.001, 1e9)
}

/// Saturates.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "it saturates, and a pace needs few digits"
)]
pub(super) fn scaled(nanos: u64, factor: f64) -> u64 {
    ((nanos as f64 * factor) as u64).min(NEVER)
}
