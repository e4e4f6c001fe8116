//! Shows the start and the end of a call: exactly one end for each start.

use std::time::Duration;

use super::{ActiveCall, Refused, Stopped};
use crate::breaker::Change;
use crate::observe::{Audience, CallEnd, CallResult, CallStart, EventName, in_call_scope};
use crate::shielded::shielded;

impl ActiveCall<'_, '_> {
    /// Shows the start to those that see calls from there on.
    pub(crate) fn show_call_start(&mut self) {
        self.state.watch.attempts_before = self.state.call.attempts();
        self.state.watch.is_open = true;
        self.show_start_to(Audience::Early);
    }

    /// Shows the start to those that see calls from their first failure on, which comes now.
    #[cold]
    #[inline(never)]
    pub(crate) fn wake(&mut self) {
        if self.state.watch.is_awake || !self.frame.policy.has_late_observers {
            return;
        }
        if !self.frame.is_watched() {
            // Its first attempt started with it.
            if !self.state.watch.has_waited {
                self.state.now = self.state.ahead;
            }
            self.frame.wake();
        }
        self.state.watch.early_watchers = self.state.watch.watchers.len();
        self.state.watch.is_awake = true;
        self.show_start_to(Audience::Late);
        if self.state.call.attempts() > self.state.watch.attempts_before {
            self.show_late_attempt_start();
        }
    }

    /// Shows that a call stops to those that have not seen its start, as it stops before an attempt.
    #[cold]
    pub(super) fn wake_to_stop(&mut self) {
        let now = self.state.now;
        self.wake();
        self.state.now = now;
    }

    /// Shows that the breaker has refused a call, or has let it in as a change of its state, to those
    /// that have not seen its start.
    #[cold]
    pub(crate) fn wake_for_breaker(
        &mut self,
        entered: Result<Option<Change>, Refused>,
    ) -> Result<(), Stopped> {
        self.wake();
        match entered {
            Ok(change) => {
                self.show_change(change);
                Ok(())
            }
            Err(refused) => Err(self.stop_refused(&refused)),
        }
    }

    /// Shows a success that has changed the state of the breaker to those that have not seen the call's
    /// start.
    #[cold]
    pub(crate) fn wake_for_success(&mut self, change: Change) {
        self.wake();
        let started = self.state.now;
        self.tick();
        self.show_verdict(None, started);
        self.show(EventName::Success, Duration::ZERO, None);
        self.show_change(Some(change));
        self.end_call();
    }

    #[inline]
    fn show_start_to(&mut self, audience: Audience) {
        if self.frame.policy.wanted.starts() || self.frame.is_hooked() {
            self.show_wanted_start_to(audience);
        }
    }

    #[cold]
    fn show_wanted_start_to(&mut self, audience: Audience) {
        let mut watchers = std::mem::take(&mut self.state.watch.watchers);
        let call = CallStart {
            operation: self.operation(),
            attempts: self.state.watch.attempts_before,
            is_late: audience == Audience::Late,
        };
        let observers = &self.frame.policy.observers;
        observers.start_call(audience, &call, &mut watchers);
        if audience == Audience::Early && self.frame.is_hooked() {
            shielded((), || self.hooks.call_start(&call, &mut watchers));
        }
        self.state.watch.watchers = watchers;
    }

    /// Shows the end of a call that has succeeded or stopped.
    pub(super) fn end_call(&mut self) {
        let result = match self.state.call.stop_reason() {
            Some(reason) => CallResult::of_stop(reason),
            None if self.state.call.attempts() > 1 => CallResult::SuccessAfterRetry,
            None => CallResult::Success,
        };
        self.show_call_end(result);
    }

    /// Shows the end of a call that is dropped before its end.
    pub(super) fn end_dropped_call(&mut self) {
        let panicked = self.state.watch.is_running || std::thread::panicking();
        self.show_call_end(if panicked {
            CallResult::Panicked
        } else {
            CallResult::Cancelled
        });
    }

    #[cold]
    fn show_call_end(&mut self, result: CallResult) {
        let watch = &mut self.state.watch;
        let audience = watch.audience();
        let was_open = std::mem::take(&mut watch.is_open);
        if !std::mem::take(&mut watch.is_awake) && !was_open {
            return;
        }
        let watchers = std::mem::take(&mut watch.watchers);
        let watch = &self.state.watch;
        let end = CallEnd {
            operation: self.operation(),
            result,
            stop_reason: self.state.call.stop_reason(),
            attempts: self.state.call.attempts(),
            attempts_before: watch.attempts_before,
            duration: self.state.since_start(),
            last_class: watch.last.map(|last| last.class),
            cause: watch.last.map(|last| last.cause),
            retry_after: self.state.retry_after,
        };
        let observers = &self.frame.policy.observers;
        in_call_scope(&watchers, || {
            observers.each(audience, |observer| observer.on_call_end(&end));
            if self.frame.is_hooked() {
                shielded((), || self.hooks.call_end(&end));
            }
            for watcher in &watchers {
                shielded((), || watcher.on_call_end(&end));
            }
        });
        self.state.watch.watchers = watchers;
        // What a watcher holds, such as a span, ends here and not with the future.
        shielded((), || self.state.watch.watchers.clear());
    }
}
