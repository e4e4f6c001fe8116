//! How a call starts.

use std::mem::ManuallyDrop;
use std::time::Duration;

use super::Run;
use crate::breaker::Change;
use crate::drive::decide::{ActiveCall, Refused, Stopped};
use crate::drive::hooks::Hooks;
use crate::drive::state::{CallState, Compiled, CompiledPolicy, Frame, Start};
use crate::error::Interrupt;

/// What comes first in a call that has started.
pub(super) enum First {
    Attempt,
    /// It waits at its gate, and then for its first attempt.
    Pause,
    /// It was stopped.
    Nothing,
}

impl<'p, H: Hooks> Run<'p, H> {
    /// Creates a call that has started: for a driver that runs it at once. Where something can refuse
    /// it before its first attempt, ask [`is_refused`](Self::is_refused).
    ///
    /// A plain call is made as it is after its start. To create it and then start it would cost 15
    /// instructions more, a fifth of what a call costs.
    #[inline]
    pub fn new(policy: &'p impl Compiled, hooks: H) -> Self {
        let policy = policy.compiled();
        match policy.start_plainly(&hooks) {
            Some(started) => Self {
                frame: Frame::of_plain(policy, started),
                hooks,
                state: ManuallyDrop::new(None),
            },
            None => Self::new_attended(policy, hooks),
        }
    }

    /// Creates a call that has started and reports how long it took.
    #[inline]
    pub(crate) fn new_timed(policy: &'p impl Compiled, hooks: H) -> Self {
        let mut run = Self::prepare(policy, hooks, true);
        let (Ok(()) | Err(Stopped)) = run.start_attended();
        run
    }

    #[cold]
    fn new_attended(policy: &'p CompiledPolicy, hooks: H) -> Self {
        let mut run = Self {
            frame: Frame::new(policy, false),
            hooks,
            state: ManuallyDrop::new(None),
        };
        // What stopped it stands in its state.
        let (Ok(()) | Err(Stopped)) = run.start_attended();
        run
    }

    /// Creates a call that has started.
    ///
    /// # Errors
    ///
    /// An [`Interrupt`] if something refuses the call before its first attempt.
    #[inline]
    pub fn begin(policy: &'p impl Compiled, hooks: H) -> Result<Self, Interrupt> {
        let mut run = Self::new(policy, hooks);
        if run.is_held_up() && run.wait_blocking().is_err() {
            return Err(run.interrupt());
        }
        Ok(run)
    }

    /// As [`begin`](Self::begin), for a future: where the call [waits](Self::redress_waits) before its
    /// first attempt, that has to be awaited.
    ///
    /// # Errors
    ///
    /// An [`Interrupt`] if something refuses the call before its first attempt.
    #[inline]
    pub fn begin_async(policy: &'p impl Compiled, hooks: H) -> Result<Self, Interrupt> {
        let run = Self::new(policy, hooks);
        if run.is_refused() {
            return Err(run.interrupt());
        }
        Ok(run)
    }

    /// Returns `true` if the call has to wait at a gate before its first attempt.
    #[inline]
    pub fn redress_waits(&self) -> bool {
        let state = self.state.as_ref();
        state.is_some_and(|state| state.pause.is_some())
    }

    /// Returns `true` if the call was stopped before its first attempt, or has to wait for it.
    #[inline]
    pub(super) fn is_held_up(&self) -> bool {
        let state = self.state.as_ref();
        state.is_some_and(|state| state.pause.is_some() || state.stop_reason().is_some())
    }

    /// Waits before the first attempt, where that is needed, by blocking the thread.
    #[cold]
    pub(super) fn wait_blocking(&mut self) -> Result<(), Stopped> {
        match &mut *self.state {
            Some(state) if state.stop_reason().is_some() => Err(Stopped),
            Some(state) => ActiveCall::new(state, &mut self.frame, &self.hooks).wait_blocking(),
            None => Ok(()),
        }
    }

    /// Creates a call before its [`start`](Self::start): for a future, which starts when it is first
    /// polled. A `timed` call reports how long it took.
    #[inline]
    pub(crate) fn prepare(policy: &'p impl Compiled, hooks: H, timed: bool) -> Self {
        Self {
            frame: Frame::new(policy.compiled(), timed),
            hooks,
            state: ManuallyDrop::new(None),
        }
    }

    /// Starts a call's time and its first attempt, unless something refuses it before, or it has to wait.
    #[inline]
    pub(super) fn start(&mut self) -> First {
        if !self.frame.is_timed()
            && let Some(started) = self.frame.policy.start_plainly(&self.hooks)
        {
            self.frame.start_plain(started);
            return First::Attempt;
        }
        let started = self.start_attended();
        match (started, &mut *self.state) {
            (Err(Stopped), _) => First::Nothing,
            (Ok(()), Some(state)) if state.pause.is_some() => First::Pause,
            (Ok(()), Some(state)) => {
                // Until the attempt is pending for the first time.
                state.watch.is_running = true;
                First::Attempt
            }
            (Ok(()), None) => First::Attempt,
        }
    }

    /// Returns `true` if the call was stopped before its first attempt.
    #[inline]
    pub(crate) fn is_refused(&self) -> bool {
        let state = self.state.as_ref();
        state.is_some_and(|state| state.stop_reason().is_some())
    }

    #[inline(never)]
    fn start_attended(&mut self) -> Result<(), Stopped> {
        match self.frame.policy.start {
            Start::Refused => self.frame.policy.panic_if_refused(),
            Start::Gated if !self.hooks.is_active() && !self.hooks.is_guarded() => {
                let timing = self.frame.attend(&self.hooks);
                self.frame.start(timing);
                return match self.frame.is_gate_open(&self.hooks) {
                    true => Ok(()),
                    false => self.start_at_gate(),
                };
            }
            _ => {}
        }
        let left = match self.frame.policy.scoped.as_deref() {
            Some(scoped) => scoped.in_force(),
            None => None,
        };
        let left = left.and_then(|(policy, left)| {
            self.frame.policy = policy;
            left
        });
        let timing = self.frame.attend(&self.hooks);
        self.frame.start(timing);
        if let Some(left) = left {
            return self.start_in_scope(left);
        }
        if self.frame.is_shown() {
            return self.start_shown();
        }
        if self.frame.is_guarded() {
            return self.start_guarded();
        }
        Ok(())
    }

    /// Starts a call whose caller gives up after so much time: as one that has taken all of its time but
    /// this, so that all that looks at the deadline finds the nearer one.
    #[cold]
    #[inline(never)]
    fn start_in_scope(&mut self, left: Duration) -> Result<(), Stopped> {
        let deadline = self.frame.policy.rules.deadline.unwrap_or(Duration::MAX);
        let state = self.state.insert(CallState::before_first_attempt());
        if let Some(token) = self.hooks.resumed() {
            state.resume(token, &self.frame.policy.rules);
        }
        state.inherit(deadline, left);
        let watched = self.frame.is_watched();
        let mut call = ActiveCall::new(state, &mut self.frame, &self.hooks);
        if watched {
            call.show_call_start();
        }
        if call.is_gated()
            && let Some(wait) = call.ask_gate()?
        {
            state.pause = Some(wait);
        } else {
            call.next_attempt_in_time()?;
        }
        self.frame.count_call(&self.hooks);
        Ok(())
    }

    /// Starts a call that has state from its start on.
    fn start_shown(&mut self) -> Result<(), Stopped> {
        if self.frame.is_watched() {
            return self.start_watched();
        }
        // What its attempts are told is made of it.
        *self.state = Some(CallState::in_first_attempt());
        if self.frame.is_guarded() {
            return self.start_guarded();
        }
        Ok(())
    }

    fn start_watched(&mut self) -> Result<(), Stopped> {
        let state = self.state.insert(CallState::before_first_attempt());
        let resumed = self.hooks.resumed();
        if let Some(token) = resumed {
            state.resume(token, &self.frame.policy.rules);
        }
        let mut call = ActiveCall::new(state, &mut self.frame, &self.hooks);
        call.show_call_start();
        if call.is_gated()
            && let Some(wait) = call.ask_gate()?
        {
            state.pause = Some(wait);
            self.frame.count_call(&self.hooks);
            return Ok(());
        }
        match resumed {
            None => call.next_attempt()?,
            Some(_) => call.next_attempt_after_pause()?,
        }
        self.frame.count_call(&self.hooks);
        Ok(())
    }

    /// Starts a call that is not watched, and whose gate is not open.
    #[cold]
    fn start_at_gate(&mut self) -> Result<(), Stopped> {
        let state = self.state.insert(CallState::before_first_attempt());
        let mut call = ActiveCall::new(state, &mut self.frame, &self.hooks);
        match call.ask_gate()? {
            None => call.next_attempt()?,
            Some(wait) => state.pause = Some(wait),
        }
        self.frame.count_call(&self.hooks);
        Ok(())
    }

    #[inline(never)]
    fn start_guarded(&mut self) -> Result<(), Stopped> {
        if self.frame.is_gated() && !self.frame.is_gate_open(&self.hooks) {
            return self.start_at_gate();
        }
        let entered = self.frame.enter_breaker(&self.hooks);
        if entered.is_ok() {
            self.frame.count_call(&self.hooks);
        }
        // Most calls come through a closed breaker, and hold nothing.
        if let Ok(None) = entered
            && !self.frame.is_holding()
        {
            return Ok(());
        }
        self.start_entered(entered)
    }

    /// Starts a call that holds something from its start on, or that the breaker has refused or shown to
    /// be the first of a new state.
    #[inline(never)]
    fn start_entered(&mut self, entered: Result<Option<Change>, Refused>) -> Result<(), Stopped> {
        match entered {
            Ok(change) => {
                // Dropping looks at the state only: a call that holds something has one.
                if self.frame.is_holding() {
                    let state = self.state.get_or_insert_with(CallState::in_first_attempt);
                    state.call.in_attempt = self.frame.holds_permit();
                }
                if change.is_some() && self.frame.policy.has_late_observers {
                    return self.wake_for_breaker(Ok(change));
                }
                Ok(())
            }
            Err(refused) if self.frame.policy.has_late_observers => {
                self.wake_for_breaker(Err(refused))
            }
            Err(refused) => {
                let state = self.state.insert(CallState::before_first_attempt());
                state.refuse(&refused);
                Err(Stopped)
            }
        }
    }

    /// Shows what the breaker did to a call that was not watched until now.
    #[cold]
    #[inline(never)]
    fn wake_for_breaker(
        &mut self,
        entered: Result<Option<Change>, Refused>,
    ) -> Result<(), Stopped> {
        let started = || match &entered {
            Ok(_) => CallState::in_first_attempt(),
            Err(_) => CallState::before_first_attempt(),
        };
        let state = self.state.get_or_insert_with(started);
        ActiveCall::new(state, &mut self.frame, &self.hooks).wake_for_breaker(entered)
    }
}
