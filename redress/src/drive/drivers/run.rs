use std::mem::ManuallyDrop;
use std::ops::ControlFlow;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use super::After;
use super::detached::Surround;
use super::future::Pause;
use crate::attempt::{Attempt, Current, Deadline, IdempotencyKey};
use crate::deadline::Scope;
use crate::drive::decide::{ActiveCall, Judge, Stopped, Verdict};
use crate::drive::hooks::Hooks;
use crate::drive::state::{CallState, CompiledPolicy, Frame, Marks};
#[cfg(feature = "tower-service-0_3")]
use crate::drive::state::{Compiled, Suspended};
use crate::engine::Failed;
use crate::error::FromInterrupt;
use crate::observe::{AttemptScope, in_scope};
use crate::reason::Cause;

/// One call in progress. Its owner runs the operation in a loop and hands over the result of each
/// attempt; the answer is to return it, or to run the operation again.
///
/// Dropping it in the middle of an attempt is cancellation.
pub struct Run<'p, H: Hooks = ()> {
    pub(super) frame: Frame<'p>,
    pub(super) hooks: H,
    /// Given back by [`finish`](Self::finish), which is why it is not dropped.
    pub(super) state: ManuallyDrop<Option<Box<CallState>>>,
}

#[cfg(feature = "tower-service-0_3")]
impl<'p, H: Hooks> Run<'p, H> {
    /// Goes on with a call.
    #[inline]
    pub(super) fn resume(policy: &'p impl Compiled, hooks: H, suspended: Suspended) -> Self {
        Self {
            frame: Frame::resume(policy, &suspended),
            hooks,
            state: ManuallyDrop::new(suspended.state),
        }
    }
}

impl<'p, H: Hooks> Run<'p, H> {
    /// Ends an attempt that has succeeded, and shows it where that is needed.
    #[inline]
    pub(crate) fn succeed(&mut self) {
        if self.frame.marks.has(Marks::TELLS_SUCCESS) {
            self.tell_success();
        }
    }

    #[inline(never)]
    fn tell_success(&mut self) {
        let (frame, hooks) = (&mut self.frame, &self.hooks);
        match &mut *self.state {
            // A watched call has its state from before the first attempt on.
            Some(state) if frame.is_watched() => {
                state.end_timer();
                ActiveCall::new(state, frame, hooks).succeed();
            }
            state => {
                let slow = frame.holds_permit() && frame.ends_slow(state.as_deref(), hooks);
                let change = frame.tell_success(slow, hooks);
                if let Some(change) = change
                    && frame.policy.has_late_observers
                {
                    let state = state.get_or_insert_with(CallState::in_first_attempt);
                    ActiveCall::new(state, frame, hooks).wake_for_success(change);
                }
            }
        }
    }

    // Expansions call these methods, so their names are ones that no trait in the user's scope has.

    /// Takes the result of a sync attempt. Sleeps before it asks for another attempt.
    #[inline]
    pub fn redress_after<T>(&mut self, returned: T, judge: impl Judge<T>) -> ControlFlow<T> {
        let Verdict(Some(failed)) = judge.judge(&returned) else {
            self.succeed();
            return ControlFlow::Break(returned);
        };
        match self.settle(failed) {
            Ok(()) => ControlFlow::Continue(()),
            Err(Stopped) => ControlFlow::Break(returned),
        }
    }

    /// Takes the result of an async attempt.
    #[inline]
    pub fn redress_after_async<T>(&mut self, returned: T, judge: impl Judge<T>) -> After<T> {
        let Verdict(Some(failed)) = judge.judge(&returned) else {
            self.succeed();
            return After::Ended(returned);
        };
        match self.settle_async(failed) {
            After::Ended(()) => After::Ended(returned),
            After::Again => After::Again,
            After::Paused(()) => After::Paused(returned),
        }
    }

    /// Takes the result of an async attempt, `None` if it was cut off. `last` keeps the result of the
    /// last attempt that was not cut off.
    #[inline]
    pub fn redress_after_async_or_interrupt<T: FromInterrupt>(
        &mut self,
        returned: Option<T>,
        last: &mut Option<T>,
        verdict: Verdict,
    ) -> After<T, ()> {
        let returned = returned.or_else(|| last.take());
        let Verdict(Some(failed)) = verdict else {
            self.succeed();
            return After::Ended(self.redress_last(returned));
        };
        match self.settle_async(failed) {
            After::Ended(()) => After::Ended(self.redress_last(returned)),
            After::Again => {
                *last = returned;
                After::Again
            }
            After::Paused(()) => {
                *last = returned;
                After::Paused(())
            }
        }
    }

    /// Waits before the next async attempt.
    #[inline]
    pub const fn redress_pause(&mut self) -> Pause<'_, 'p, H> {
        Pause { run: self }
    }

    /// Returns the result of the last attempt that was not cut off, or says why there is none.
    pub fn redress_last<T: FromInterrupt>(&self, last: Option<T>) -> T {
        last.unwrap_or_else(|| T::from_interrupt(self.interrupt()))
    }

    /// Polls an attempt until it is ready, or returns `None` once it has run for too long.
    #[inline]
    pub fn redress_poll_attempt<F: Future>(
        &mut self,
        attempt: Pin<&mut F>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<F::Output>> {
        if self.frame.is_shown() {
            return self.poll_shown(attempt, cx);
        }
        match attempt.poll(cx) {
            Poll::Ready(returned) => Poll::Ready(Some(returned)),
            Poll::Pending => self.poll_timer(cx).map(|()| None),
        }
    }

    /// Describes the attempt in progress, of an operation with this key.
    #[inline]
    pub fn redress_attempt(&self, key: IdempotencyKey) -> Attempt {
        describe(&self.frame, self.state.as_deref(), key)
    }

    /// Runs a sync attempt in the scope of the call's watchers.
    #[inline]
    pub fn redress_in_scope<T>(&self, attempt: impl FnOnce() -> T) -> T {
        self.in_scope(attempt)
    }

    /// Runs an async attempt that nothing cuts off, in the scope of the call's watchers.
    #[inline]
    pub const fn redress_known<'r, F: Future>(
        &'r mut self,
        future: Pin<&'r mut F>,
        attempt: &'r Attempt,
    ) -> Known<'r, 'p, H, F> {
        Known {
            run: self,
            future,
            attempt,
        }
    }

    /// Keeps the time of a call that blocks by the clock on which it sleeps.
    #[inline]
    pub(super) fn block(&mut self) {
        self.frame.block();
    }

    /// Returns how long an attempt that is about to start may run, if there is a limit.
    pub(crate) fn attempt_limit(&self) -> Option<Duration> {
        match &*self.state {
            Some(state) => state.attempt_limit(&self.frame),
            // The first attempt starts with its call.
            None => {
                let rules = &self.frame.policy.rules;
                rules
                    .attempt_timeout
                    .into_iter()
                    .chain(rules.deadline)
                    .min()
            }
        }
    }

    /// Returns what goes to the thread of a detached attempt. Such a call has state.
    pub(crate) fn surround(&self) -> Surround {
        let state = self.state.as_ref();
        Surround {
            limit: self.attempt_limit(),
            attempt: state.map(|state| tell(&self.frame, state)),
            deadline: Scope::current(),
            scope: state.map_or(AttemptScope::NONE, |state| {
                AttemptScope::of(&state.watch.watchers, state.call.attempts())
            }),
        }
    }

    /// Polls an attempt in the scope of the call's watchers, which is told which it is.
    #[cold]
    #[inline(never)]
    fn poll_shown<F: Future>(
        &mut self,
        attempt: Pin<&mut F>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<F::Output>> {
        let state = self.state.get_or_insert_with(CallState::in_first_attempt);
        match poll_watched(state, Some(&self.frame), attempt, cx) {
            Poll::Ready(returned) => Poll::Ready(Some(returned)),
            Poll::Pending => self.poll_timer(cx).map(|()| None),
        }
    }

    /// An attempt that is ready at once never touches a timer.
    #[inline(never)]
    fn poll_timer(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let state = self.state.get_or_insert_with(CallState::in_first_attempt);
        if let Some(watch) = self.hooks.session() {
            let mut call = ActiveCall::new(state, &mut self.frame, &self.hooks);
            return call.poll_session(watch, cx);
        }
        let timer = match &mut state.wait {
            Some(timer) => timer,
            None => match state.attempt_limit(&self.frame) {
                None => return Poll::Pending,
                Some(limit) => state.wait.insert(self.frame.timeout(limit, &self.hooks)),
            },
        };
        timer.as_mut().poll(cx)
    }

    /// Ends a sync attempt that has failed. Sleeps before it asks for another.
    #[inline(never)]
    #[expect(
        clippy::needless_pass_by_value,
        reason = "keeps a success out of memory"
    )]
    fn settle(&mut self, failed: Failed) -> Result<(), Stopped> {
        let (frame, hooks) = (&mut self.frame, &self.hooks);
        frame.block();
        let state = self.state.get_or_insert_with(CallState::at_first_failure);
        let pause = if frame.is_plain_for(hooks) && !frame.policy.has_late_observers {
            let pause = state.fail_plain(&failed, frame)?;
            if pause.is_zero() {
                state.next_plain_attempt();
                return Ok(());
            }
            pause
        } else {
            let mut call = ActiveCall::new(state, frame, hooks);
            let pause = end_attempt(&mut call, hooks, &failed)?;
            if pause.is_zero() {
                if call.is_gated() {
                    call.pass_gate_blocking()?;
                }
                return call.next_attempt_at_once();
            }
            pause
        };
        frame.sleep(pause, hooks);
        let mut call = ActiveCall::new(state, frame, hooks);
        if call.is_gated() {
            call.pass_gate_blocking()?;
        }
        call.next_attempt_after_pause()
    }

    /// Ends an async attempt that has failed. Starts the pause before the next, unless there is none.
    #[inline(never)]
    #[expect(
        clippy::needless_pass_by_value,
        reason = "keeps a success out of memory"
    )]
    pub(super) fn settle_async(&mut self, failed: Failed) -> After<(), ()> {
        let (frame, hooks) = (&mut self.frame, &self.hooks);
        let state = self.state.get_or_insert_with(CallState::at_first_failure);
        state.end_timer();
        let plain = frame.is_plain_for(hooks) && !frame.policy.has_late_observers;
        let pause = if plain {
            state.fail_plain(&failed, frame)
        } else {
            end_attempt(&mut ActiveCall::new(state, frame, hooks), hooks, &failed)
        };
        match pause {
            Err(Stopped) => After::Ended(()),
            Ok(Duration::ZERO) if !state.must_yield() && !hooks.prepares_sleep() => {
                if plain {
                    state.next_plain_attempt();
                    return After::Again;
                }
                if frame.is_gated() && !frame.is_gate_open(hooks) {
                    state.pause = Some(Duration::ZERO);
                    return After::Paused(());
                }
                match ActiveCall::new(state, frame, hooks).next_attempt_at_once() {
                    Ok(()) => After::Again,
                    Err(Stopped) => After::Ended(()),
                }
            }
            Ok(pause) => {
                state.pause = Some(pause);
                After::Paused(())
            }
        }
    }

    /// Waits, then starts the next attempt.
    #[cold]
    pub(super) fn poll_pause(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Stopped>> {
        let state = self.state.get_or_insert_with(CallState::in_first_attempt);
        ActiveCall::new(state, &mut self.frame, &self.hooks).poll_pause(cx)
    }
}

/// An async attempt that is known while it runs. A type of its own, so that the compiler knows what it
/// returns where it is awaited.
pub struct Known<'r, 'p, H: Hooks, F> {
    run: &'r mut Run<'p, H>,
    future: Pin<&'r mut F>,
    attempt: &'r Attempt,
}

impl<H: Hooks, F: Future> Future for Known<'_, '_, H, F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = &mut *self;
        let _current = Current::enter(this.attempt);
        match &mut *this.run.state {
            Some(state) => poll_watched(state, None, this.future.as_mut(), cx),
            None => this.future.as_mut().poll(cx),
        }
    }
}

/// Describes an attempt to its operation.
fn describe(frame: &Frame<'_>, state: Option<&CallState>, key: IdempotencyKey) -> Attempt {
    let CompiledPolicy { rules, time, .. } = frame.policy;
    let inherits = frame.marks.has(Marks::INHERITS);
    // In the scope of a caller that never gives up, a policy without a deadline has an endless one.
    let ends = state.is_some_and(|state| !state.ahead.is_zero());
    let limit = rules
        .deadline
        .filter(|limit| ends || *limit < Duration::MAX);
    Attempt {
        number: state.map_or(1, |state| state.call.attempts().max(1)),
        max: rules.max_attempts,
        previous: state.and_then(|state| Some(state.last_failure()?.class)),
        key,
        timeout: rules.attempt_timeout,
        inherits,
        deadline: limit.map(|limit| Deadline {
            time: time.clone(),
            started: frame.started,
            unpaused: frame.marks.has(Marks::UNPAUSED),
            before: state.map_or(Duration::ZERO, |state| state.before),
            limit,
        }),
    }
}

/// Describes an attempt to its operation, with the key that all attempts of the operation have.
#[cold]
fn tell(frame: &Frame<'_>, state: &CallState) -> Attempt {
    let key = state.key.get().unwrap_or_else(IdempotencyKey::draw);
    state.key.set(Some(key));
    describe(frame, Some(state), key)
}

/// Runs a part of an attempt in the scope of the call's watchers, and tells it which it is.
#[cold]
#[inline(never)]
fn scoped<T>(frame: &Frame<'_>, state: &CallState, run: impl FnOnce() -> T) -> T {
    let _current = enter(frame, state);
    in_scope(&state.watch.watchers, state.call.attempts(), run)
}

/// Makes an attempt current, where its operation is told which it is.
fn enter(frame: &Frame<'_>, state: &CallState) -> Option<Current> {
    let tells = frame.marks.has(Marks::TELLS_ATTEMPTS);
    tells.then(|| Current::enter(&tell(frame, state)))
}

/// Ends an attempt that was no success. Sessions and polling are known where the call is compiled: no
/// other has code for them.
#[inline(always)]
fn end_attempt(
    call: &mut ActiveCall<'_, '_>,
    hooks: &impl Hooks,
    failed: &Failed,
) -> Result<Duration, Stopped> {
    if let Some(watch) = hooks.session() {
        return call.end_session(watch, failed);
    }
    if hooks.polls() && failed.cause == Cause::NotReady {
        return call.not_ready(failed);
    }
    call.fail(failed)
}

/// Polls an attempt of a call that may be watched, in the scope of its watchers.
#[cold]
#[inline(never)]
fn poll_watched<F: Future>(
    state: &mut CallState,
    frame: Option<&Frame<'_>>,
    attempt: Pin<&mut F>,
    cx: &mut Context<'_>,
) -> Poll<F::Output> {
    let _current = frame.and_then(|frame| enter(frame, state));
    state.watch.is_running = true;
    let number = state.call.attempts();
    let polled = in_scope(&state.watch.watchers, number, || attempt.poll(cx));
    if polled.is_pending() {
        state.watch.is_running = false;
    }
    polled
}

impl<H: Hooks> Run<'_, H> {
    /// Runs a part of an attempt in the scope of the call's watchers.
    #[inline]
    pub(crate) fn in_scope<T>(&self, run: impl FnOnce() -> T) -> T {
        match &*self.state {
            // A counter of calls needs no scope.
            Some(state)
                if !state.watch.watchers.is_empty()
                    || self.frame.marks.has(Marks::TELLS_ATTEMPTS) =>
            {
                scoped(&self.frame, state, run)
            }
            _ => run(),
        }
    }

    /// Returns `true` if there is more to the call than a start time.
    #[inline]
    pub(super) fn has_state(&self) -> bool {
        self.state.is_some()
    }

    /// Notes that no attempt runs of which the call would see a panic.
    #[cold]
    pub(super) fn note_idle(&mut self) {
        if let Some(state) = &mut *self.state {
            state.watch.is_running = false;
        }
    }

    /// Lets go of the policy until [`resume`](Self::resume).
    #[cfg(feature = "tower-service-0_3")]
    #[inline]
    pub(super) fn suspend(mut self) -> Suspended {
        // Without its state there is nothing to close.
        let state = self.state.take();
        self.frame.suspend(state)
    }

    #[inline]
    pub(super) fn is_held(&self) -> bool {
        self.state.is_some() && self.frame.marks.has(Marks::HELD)
    }

    /// Gives back what the call still holds.
    #[inline(never)]
    pub(super) fn close(&mut self) {
        if let Some(state) = &mut *self.state {
            ActiveCall::new(state, &mut self.frame, &self.hooks).cancel();
        }
        self.frame.close(&self.hooks);
    }

    /// Ends a call that has state on the heap.
    #[inline(never)]
    fn finish(&mut self) {
        // A plain call holds nothing, and has written little of its state.
        let plain = self.frame.is_plain() && !self.frame.is_shown();
        if !plain && self.is_held() {
            self.close();
        }
        if let Some(state) = self.state.take() {
            CallState::give_back(state, plain);
        }
    }
}

impl<H: Hooks> Drop for Run<'_, H> {
    #[inline]
    fn drop(&mut self) {
        // Without it there is nothing to close, and nothing to drop either.
        if self.state.is_some() {
            self.finish();
        }
    }
}
