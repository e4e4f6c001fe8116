use std::time::{Duration, Instant};

use super::CompiledPolicy;
use super::marks::Marks;
use crate::breaker;
use crate::budget::Budget;
use crate::clock::{Started, Timing, Wait, can_pause};
use crate::drive::hooks::Hooks;
use crate::drive::wait::sleep_here;
use crate::gate::GateTicket;

/// The part of a call's state that lies in its future: its policy, when it started, its marks and the
/// breaker's permit.
pub(crate) struct Frame<'p> {
    pub(crate) policy: &'p CompiledPolicy,
    pub(crate) started: Started,
    /// The breaker's permit is this number and the kind. It is not a guard, which would be twice as
    /// large and would make the future one that has to be dropped.
    pub(super) permit_number: u32,
    pub(super) permit_kind: Option<breaker::PermitKind>,
    /// What the gate is told of with the end of the attempt.
    pub(crate) gate_ticket: Option<GateTicket>,
    pub(crate) marks: Marks,
}

impl<'p> Frame<'p> {
    /// Creates the frame of a call before its start. A `timed` call reports how long it took.
    ///
    /// All values are constants, so that a future which is moved before it is polled is moved fast.
    #[inline]
    pub(crate) const fn new(policy: &'p CompiledPolicy, timed: bool) -> Self {
        Self {
            policy,
            started: Started::Untimed,
            permit_number: 0,
            permit_kind: None,
            gate_ticket: None,
            marks: if timed { Marks::TIMED } else { Marks::NONE },
        }
    }

    /// Creates the frame of a plain call that has started.
    #[inline]
    pub(crate) const fn of_plain(policy: &'p CompiledPolicy, started: Started) -> Self {
        Self {
            started,
            ..Self::new(policy, false)
        }
    }

    /// Notes when a plain call has started. Until then it is untimed: there may be nothing to write.
    #[inline]
    pub(crate) const fn start_plain(&mut self, started: Started) {
        if !matches!(started, Started::Untimed) {
            self.started = started;
        }
    }

    /// Sets the marks that a call has from its start, and returns the precision of time that it needs.
    pub(crate) fn attend(&mut self, hooks: &dyn Hooks) -> Timing {
        let policy = self.policy;
        let mut marks = self.marks.or(policy.marks);
        marks.add(Marks::OF_HOOKED, hooks.is_active());
        marks.add(Marks::ONCE, hooks.once());
        if hooks.is_guarded() {
            marks.add(Marks::GUARDED, true);
            marks.add(Marks::GATED, hooks.gate().is_some());
            let funded = hooks.budget().is_some_and(Budget::is_funded);
            marks.add(Marks::TELLS_SUCCESS, funded);
        }
        self.marks = marks;
        if marks.has(Marks::TIMED.or(Marks::HOOKED)) {
            Timing::Exact
        } else {
            policy.timing
        }
    }

    /// Makes a call one that is watched, with its first failure.
    pub(crate) const fn wake(&mut self) {
        self.marks = self.marks.or(Marks::OF_WATCHED);
    }

    /// Returns `true` if an observer or a hook sees the call or may stop it.
    #[inline]
    pub(crate) const fn is_watched(&self) -> bool {
        self.marks.has(Marks::WATCHED)
    }

    /// Returns `true` if something is done around the call's attempts: they run in scopes, or are told
    /// which they are.
    #[inline]
    pub(crate) const fn is_shown(&self) -> bool {
        self.marks.has(Marks::WATCHED.or(Marks::TELLS_ATTEMPTS))
    }

    /// Returns `true` if the call reports how long it took.
    #[inline]
    pub(crate) const fn is_timed(&self) -> bool {
        self.marks.has(Marks::TIMED)
    }

    /// Returns `true` if the call holds what must be given back when it ends early.
    #[inline]
    pub(crate) const fn is_holding(&self) -> bool {
        self.marks.has(Marks::HELD)
    }

    /// Returns `true` if the call brings hooks of its own.
    #[inline]
    pub(crate) const fn is_hooked(&self) -> bool {
        self.marks.has(Marks::HOOKED)
    }

    /// Returns `true` if there is a breaker, a budget or a gate.
    #[inline]
    pub(crate) const fn is_guarded(&self) -> bool {
        self.marks.has(Marks::GUARDED)
    }

    /// Returns `true` if there is a gate.
    #[inline]
    pub(crate) const fn is_gated(&self) -> bool {
        self.marks.has(Marks::GATED)
    }

    pub(crate) const fn has_permit(&self) -> bool {
        self.permit_kind.is_some()
    }

    /// Returns `true` if the call has a permit whose end matters also without a verdict.
    #[inline]
    pub(crate) fn holds_permit(&self) -> bool {
        self.permit_kind.is_some_and(breaker::PermitKind::is_held)
    }

    /// Returns the permit, and keeps it.
    pub(crate) fn permit(&self) -> Option<breaker::PermitTicket> {
        let kind = self.permit_kind?;
        Some(breaker::PermitTicket::from_parts(self.permit_number, kind))
    }

    pub(crate) const fn put_permit(&mut self, permit: breaker::PermitTicket) {
        let (number, kind) = permit.into_parts();
        self.permit_number = number;
        self.permit_kind = Some(kind);
    }

    pub(crate) fn take_permit(&mut self) -> Option<breaker::PermitTicket> {
        let kind = self.permit_kind.take()?;
        Some(breaker::PermitTicket::from_parts(self.permit_number, kind))
    }

    /// Starts the call's time. A call without a limit of time, and whose time is not reported, never reads
    /// the clock.
    #[inline]
    pub(crate) fn start(&mut self, timing: Timing) {
        self.started = self.policy.start_time(timing);
    }

    /// Returns the time since the call's start; zero for an untimed call.
    #[inline]
    pub(crate) fn elapsed(&self) -> Duration {
        let unpaused = || self.marks.has(Marks::UNPAUSED);
        self.started.elapsed(&self.policy.time, unpaused)
    }

    /// Keeps the time of a call that blocks by the clock on which it sleeps. That is the machine's,
    /// also where a test has paused tokio's: time would stand still while the call sleeps.
    #[inline]
    pub(crate) fn block(&mut self) {
        if can_pause() && self.policy.time.is_system() {
            self.unpause();
        }
    }

    #[cold]
    fn unpause(&mut self) {
        if let Started::At(_) = self.started
            && !self.marks.has(Marks::UNPAUSED)
            && let Some(started) = Instant::now().checked_sub(self.elapsed())
        {
            self.started = Started::At(started);
            self.marks.add(Marks::UNPAUSED, true);
        }
    }

    /// Keeps the time by the policy's clock from now on, where it was kept less exactly or not at all.
    #[cold]
    pub(crate) fn time_exactly(&mut self) {
        if !matches!(self.started, Started::At(_)) {
            let elapsed = self.elapsed();
            let now = self.policy.time.now();
            self.started = Started::At(now.checked_sub(elapsed).unwrap_or(now));
        }
    }

    /// Returns `true` for a plain call: neither watched nor guarded nor with a rule of its own, so that only
    /// the engine decides.
    #[inline]
    pub(crate) const fn is_plain(&self) -> bool {
        let more = Marks::WATCHED.or(Marks::GUARDED).or(Marks::ONCE);
        !self.marks.has(more)
    }

    /// As [`is_plain`](Self::is_plain), with what is known where the call is compiled: most calls contain
    /// the code of only one of the two ways.
    #[inline(always)]
    pub(crate) fn is_plain_for(&self, hooks: &impl Hooks) -> bool {
        !hooks.is_active() && !hooks.is_guarded() && self.is_plain()
    }

    /// Blocks the thread.
    pub(crate) fn sleep(&self, pause: Duration, hooks: &dyn Hooks) {
        match hooks.blocking_sleeper() {
            Some(sleep) => sleep(pause),
            None => self.policy.time.sleep(pause),
        }
    }

    /// Returns the future that waits for a pause.
    pub(crate) fn pause(&self, pause: Duration, hooks: &dyn Hooks) -> Wait {
        if let Some(sleeper) = hooks.sleeper() {
            return sleeper.sleep(pause);
        }
        let by_clock = self.policy.time.sleep_async(pause);
        by_clock.unwrap_or_else(|| self.timer(pause))
    }

    /// Returns the future that ends when an attempt has run for `limit`.
    pub(crate) fn timeout(&self, limit: Duration, hooks: &dyn Hooks) -> Wait {
        if let Some(sleeper) = hooks.sleeper() {
            return sleeper.sleep(limit);
        }
        let by_clock = self.policy.time.timeout_async(limit);
        by_clock.unwrap_or_else(|| self.timer(limit))
    }

    fn timer(&self, duration: Duration) -> Wait {
        match &self.policy.sleeper {
            Some(sleeper) => sleeper.sleep(duration),
            None => sleep_here(duration),
        }
    }
}
