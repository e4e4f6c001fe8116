use std::time::Duration;

use super::CircuitState;
use super::admissions::Admissions;
use super::probes::Probes;
use super::ramp::Ramp;
use super::rate::Grid;
use super::recovery::Opening;
use super::settings::BreakerSettings;
use super::throttle::Throttle;
use super::ticket::{PermitKind, PermitTicket};
use super::windows::{Complaint, Sample, Windows};
use super::word::Word;
use crate::classify::ErrorClass;
use crate::clock::{NEVER, nanos};

/// A circuit breaker without clock and lock: `now` is an argument, in nanoseconds since the
/// breaker was made.
#[derive(Debug)]
pub(super) struct Machine {
    mode: Mode,
    /// The mode was chosen by hand, and outlives its settings.
    by_hand: bool,
    phase: Phase,
    /// Counts the changes of state. A result that comes with an older one decides nothing.
    generation: u32,
    windows: Windows,
    probes: Probes,
    throttle: Throttle,
    /// Until when the other side has asked not to be asked.
    asked_until: u64,
    /// How often it has opened since it was last closed.
    openings: u32,
    last_wait: Option<Duration>,
    /// Threads read the clock before they take the lock, so they may arrive in another order.
    latest: u64,
}

/// Whether the state follows the calls or was set by hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    Automatic,
    ForcedOpen,
    ForcedClosed,
    MetricsOnly,
}

#[derive(Debug)]
enum Phase {
    Closed {
        ramp: Option<Ramp>,
    },
    Open {
        since: u64,
        until: u64,
    },
    HalfOpen {
        since: u64,
        successes: u32,
    },
    /// A test decides.
    #[cfg_attr(
        not(feature = "testing"),
        expect(dead_code, reason = "constructed only with feature `testing`")
    )]
    Scripted(Admissions),
}

/// A change of state, told to the call that caused it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Change {
    Opened(ErrorClass),
    HalfOpened,
    Closed,
}

impl Machine {
    pub(super) fn new(settings: &BreakerSettings) -> Self {
        Self {
            mode: initial_mode(settings),
            by_hand: false,
            phase: Phase::Closed { ramp: None },
            generation: 0,
            windows: Windows::new(settings),
            probes: Probes::new(settings.half_open_probes),
            throttle: Throttle::default(),
            asked_until: 0,
            openings: 0,
            last_wait: None,
            latest: 0,
        }
    }

    /// Returns what is to be published.
    pub(super) fn word(&self, settings: &BreakerSettings) -> Word {
        let counting = matches!(self.mode, Mode::Automatic | Mode::MetricsOnly);
        Word::new(self.state(), self.generation)
            .told(counting && settings.counts_successes())
            .streak(self.windows.in_a_row() > 0)
            .timed(counting && settings.slow_call.is_some())
            .ramp(match self.phase {
                Phase::Closed { ramp } => ramp.is_some() || self.throttle.refuses_some(),
                Phase::Scripted(_) => true,
                Phase::Open { .. } | Phase::HalfOpen { .. } => false,
            })
    }

    /// Returns the time from which an open breaker admits a probe.
    pub(super) const fn probe_at(&self) -> u64 {
        match self.phase {
            Phase::Open { until, .. } => until,
            Phase::Closed { .. } | Phase::HalfOpen { .. } | Phase::Scripted(_) => 0,
        }
    }

    /// Lets a call in.
    ///
    /// # Errors
    ///
    /// How long to wait.
    pub(super) fn admit(
        &mut self,
        settings: &BreakerSettings,
        now: u64,
        sample: Sample,
    ) -> Result<PermitTicket, u64> {
        let now = self.at(now);
        match &mut self.phase {
            Phase::Closed { ramp } => {
                if let Some(ramping) = ramp {
                    if ramping.end() <= now {
                        *ramp = None;
                    } else if !ramping.admits(now) {
                        return Err(ramping.end() - now);
                    }
                }
                if self.throttle.refuses_some() {
                    self.measure(settings, sample);
                    if !self.throttle.admits() {
                        self.windows.push_refused(sample.bucket);
                        return Err(Grid::new(nanos(settings.window)).part());
                    }
                }
                Ok(PermitTicket::closed(self.word(settings)))
            }
            Phase::Open { until: NEVER, .. } => Err(settings.ask_again()),
            Phase::Open { until, .. } if now < *until => Err(*until - now),
            Phase::Open { since, .. } => {
                let since = *since;
                self.enter(Phase::HalfOpen {
                    since,
                    successes: 0,
                });
                self.probe(settings, now, PermitKind::FirstProbe)
            }
            Phase::HalfOpen { .. } => self.probe(settings, now, PermitKind::Probe),
            Phase::Scripted(admissions) => {
                admissions.next()?;
                Ok(PermitTicket::closed(self.word(settings)))
            }
        }
    }

    fn probe(
        &mut self,
        settings: &BreakerSettings,
        now: u64,
        kind: PermitKind,
    ) -> Result<PermitTicket, u64> {
        match self.probes.take(now, nanos(settings.probe_lease)) {
            Ok(number) => Ok(PermitTicket { number, kind }),
            Err(free_at) => Err(free_at.saturating_sub(now)),
        }
    }

    /// Takes the success of a probe.
    pub(super) fn probe_succeeded(
        &mut self,
        settings: &BreakerSettings,
        ticket: PermitTicket,
        now: u64,
    ) -> Option<Change> {
        let now = self.at(now);
        if !self.release(ticket) {
            return None;
        }
        let Phase::HalfOpen { successes, .. } = &mut self.phase else {
            return None;
        };
        *successes = successes.saturating_add(1);
        if *successes < settings.success_threshold {
            return None;
        }
        let ramp = settings.ramp.map(|length| Ramp::new(now, nanos(length)));
        self.openings = 0;
        self.last_wait = None;
        self.enter(Phase::Closed { ramp });
        Some(Change::Closed)
    }

    /// Takes the success of a call that a closed breaker let in while failures in a row count.
    pub(super) const fn succeeded(&mut self, ticket: PermitTicket) {
        if ticket.number == self.generation {
            self.windows.end_streak();
        }
    }

    /// Refuses in proportion to what the window holds, if that is the mode.
    #[inline]
    fn measure(&mut self, settings: &BreakerSettings, sample: Sample) {
        if let Some(k) = settings.proportional
            && self.mode == Mode::Automatic
        {
            let requests = self.windows.requests(sample);
            self.throttle.follow(k, requests, sample.successes);
        }
    }

    /// Takes a failure of a class that trips the breaker, or a slow call. `wait` is how long to stay
    /// open, if that is known beforehand.
    ///
    /// # Errors
    ///
    /// Nothing has happened yet: it is about to open and must know for how long.
    pub(super) fn failed(
        &mut self,
        settings: &BreakerSettings,
        ticket: PermitTicket,
        complaint: Complaint,
        (now, sample): (u64, Sample),
        wait: Option<Duration>,
    ) -> Result<Option<Change>, Opening> {
        let now = self.at(now);
        let opens = match self.phase {
            Phase::HalfOpen { .. } => ticket.is_probe() && self.probes.holds(ticket.number),
            Phase::Closed { .. } => {
                let late = ticket.is_probe() || ticket.number != self.generation;
                if late || self.mode == Mode::ForcedClosed {
                    return Ok(None);
                }
                let trips = self.windows.would_trip(settings, complaint, now, sample);
                trips && self.mode == Mode::Automatic
            }
            Phase::Open { .. } | Phase::Scripted(_) => return Ok(None),
        };
        if opens {
            let in_a_row = self.openings.saturating_add(1);
            let previous = self.last_wait;
            let wait = wait.ok_or(Opening { in_a_row, previous })?;
            let asked = Duration::from_nanos(self.asked_until.saturating_sub(now));
            let wait = wait.max(asked);
            self.openings = in_a_row;
            self.last_wait = Some(wait);
            self.enter(Phase::Open {
                since: now,
                until: now.saturating_add(nanos(wait)).min(NEVER),
            });
            // What takes too long is on its way to a timeout.
            let class = complaint.class.unwrap_or(ErrorClass::Transient);
            return Ok(Some(Change::Opened(class)));
        }
        if matches!(self.phase, Phase::Closed { .. }) {
            self.windows.push(settings, complaint, now, sample);
            self.measure(settings, sample);
        }
        Ok(None)
    }

    /// Takes a hint of a failure: it stays open, or opens when it does, until then at least.
    pub(super) fn asked(&mut self, now: u64, hint: u64) {
        let until = self.at(now).saturating_add(hint).min(NEVER - 1);
        self.asked_until = self.asked_until.max(until);
        if let Phase::Open { until: open, .. } = &mut self.phase {
            *open = until.max(*open);
        }
    }

    /// Takes a probe's slot back. `false` if it had none any more.
    pub(super) fn release(&mut self, ticket: PermitTicket) -> bool {
        ticket.is_probe() && self.probes.give_back(ticket.number)
    }

    /// Changes who decides. Calls on their way decide nothing any more.
    pub(super) fn force(&mut self, mode: Mode, now: u64) {
        let now = self.at(now);
        self.mode = mode;
        self.by_hand = true;
        self.asked_until = 0;
        self.openings = 0;
        self.last_wait = None;
        self.enter(match mode {
            Mode::ForcedOpen => Phase::Open {
                since: now,
                until: NEVER,
            },
            Mode::Automatic | Mode::ForcedClosed | Mode::MetricsOnly => {
                Phase::Closed { ramp: None }
            }
        });
    }

    /// Goes on with other settings. What still means the same stays: the state, the probes on their
    /// way, counts. Returns `true` if the successes of the failure rate are to be counted anew.
    #[cfg(feature = "config")]
    pub(super) fn renew(
        &mut self,
        before: &BreakerSettings,
        settings: &BreakerSettings,
        now: u64,
    ) -> bool {
        let now = self.at(now);
        let anew = self.windows.renew(before, settings);
        self.probes.resize(settings.half_open_probes);
        if before.proportional != settings.proportional {
            self.throttle.clear();
        }
        match &mut self.phase {
            Phase::Open { until: NEVER, .. } | Phase::HalfOpen { .. } | Phase::Scripted(_) => {}
            Phase::Open { since, until } => {
                if let Some(wait) = settings.recovery_timeout {
                    *until = since.saturating_add(nanos(wait)).min(*until);
                    self.last_wait = Some(Duration::from_nanos(until.saturating_sub(*since)));
                }
            }
            Phase::Closed { ramp } => match (ramp.as_mut(), settings.ramp) {
                (Some(ramp), Some(length)) => ramp.shorten(nanos(length)),
                _ => *ramp = None,
            },
        }
        let mode = initial_mode(settings);
        if !self.by_hand && self.mode != mode {
            if settings.metrics_only && !matches!(self.phase, Phase::Closed { .. }) {
                self.reset(settings, now);
            }
            self.mode = mode;
        }
        anew
    }

    /// Admits as a test says. Calls on their way decide nothing any more.
    #[cfg(feature = "testing")]
    pub(super) fn follow(&mut self, admissions: Admissions) {
        self.enter(Phase::Scripted(admissions));
    }

    pub(super) fn reset(&mut self, settings: &BreakerSettings, now: u64) {
        self.force(initial_mode(settings), now);
        self.by_hand = false;
    }

    fn enter(&mut self, phase: Phase) {
        self.phase = phase;
        self.generation = self.generation.wrapping_add(1);
        self.windows.clear();
        self.probes.clear();
        self.throttle.clear();
    }

    fn at(&mut self, now: u64) -> u64 {
        self.latest = self.latest.max(now);
        self.latest
    }

    pub(super) fn state(&self) -> CircuitState {
        match &self.phase {
            Phase::Closed { .. } => CircuitState::Closed,
            Phase::Open { .. } => CircuitState::Open,
            Phase::HalfOpen { .. } => CircuitState::HalfOpen,
            Phase::Scripted(admissions) if admissions.peek().is_err() => CircuitState::Open,
            Phase::Scripted(_) => CircuitState::Closed,
        }
    }

    pub(super) const fn generation(&self) -> u32 {
        self.generation
    }

    pub(super) const fn windows(&self) -> &Windows {
        &self.windows
    }

    pub(super) const fn probes(&self) -> &Probes {
        &self.probes
    }

    /// Returns the share of the calls that it refuses although it is closed.
    pub(super) const fn refused_share(&self) -> f64 {
        self.throttle.share()
    }

    /// Returns `true` if it makes no difference whether this machine or a new one goes on.
    #[cfg(feature = "keyed")]
    pub(super) fn equals_new(&self, settings: &BreakerSettings, now: u64, bucket: u64) -> bool {
        let closed = match &self.phase {
            Phase::Closed { ramp } => ramp.is_none_or(|ramp| ramp.end() <= now),
            Phase::Open { .. } | Phase::HalfOpen { .. } | Phase::Scripted(_) => false,
        };
        closed
            && self.mode == initial_mode(settings)
            && !self.by_hand
            && self.openings == 0
            && self.asked_until <= now
            && self.windows.is_quiet(settings, now, bucket)
    }

    pub(super) const fn is_forced(&self) -> bool {
        matches!(self.mode, Mode::ForcedOpen | Mode::ForcedClosed)
            || matches!(self.phase, Phase::Scripted(_))
    }

    /// Returns when it opened, while it is not closed.
    pub(super) const fn opened_at(&self) -> Option<u64> {
        match self.phase {
            Phase::Closed { .. } | Phase::Scripted(_) => None,
            Phase::Open { since, .. } | Phase::HalfOpen { since, .. } => Some(since),
        }
    }

    /// Returns from when on a call may go that now may not.
    pub(super) fn next_probe_at(&self, now: u64) -> Option<u64> {
        match &self.phase {
            Phase::Closed { .. } | Phase::Open { until: NEVER, .. } => None,
            Phase::Open { until, .. } => Some(*until),
            Phase::HalfOpen { .. } => Some(self.probes.free_at(now)),
            Phase::Scripted(admissions) => {
                let wait = admissions.peek().err()?;
                Some(now.saturating_add(wait))
            }
        }
    }
}

const fn initial_mode(settings: &BreakerSettings) -> Mode {
    if settings.metrics_only {
        Mode::MetricsOnly
    } else {
        Mode::Automatic
    }
}
