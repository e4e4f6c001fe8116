//! Items that the macros' expansions call. Not public: it changes with every release, together with the
//! macros, whose version is pinned.

use std::sync::Arc;
use std::task::{Context, Poll, Waker};

pub use std::future::poll_fn;
pub use std::ops::ControlFlow::{Break, Continue};
pub use std::option::Option;
pub use std::pin::pin;
pub use std::result::Result;

pub use std::time::Duration;

pub use crate::breaker::CircuitBreaker;
pub use crate::budget::Budget;
pub use crate::classify::{Classification, Classifier, Classify, ErrorClass, ResultClassifier};
pub use crate::drive::{After, CompiledPolicy, Hooks, Judge, Run, Verdict};
pub use crate::error::{FromInterrupt, Interrupt};
pub use crate::gate::Gate;
pub use crate::observe::{
    AttemptEnd, AttemptStart, CallEnd, CallObserver, CallStart, Event, Observer,
};
pub use crate::policy::FnPolicy;
pub use crate::policy::{Policy, PolicyBuilder};
pub use crate::strategies::BackoffContext;
pub use crate::{classify, strategies};

/// The longest delay of a strategy that is written without one.
pub const DEFAULT_MAX: Duration = crate::defaults::MAX;

pub use crate::attempt::{Attempt, Current, IdempotencyKey};

/// Draws the key of one operation, which binds its attempts.
#[must_use]
#[inline]
pub fn idempotency_key() -> IdempotencyKey {
    IdempotencyKey::draw()
}

/// Says that an attempt runs on this thread, until what it returns is dropped.
#[must_use]
pub fn enter(attempt: &Attempt) -> Current {
    Current::enter(attempt)
}

/// Starts the policy of one function.
#[must_use]
pub fn builder() -> PolicyBuilder {
    Policy::builder()
}

/// Builds the settings of one function. Mistakes that the compiler could not see are kept, and named
/// at each call.
#[must_use]
pub fn build(builder: PolicyBuilder) -> CompiledPolicy {
    builder.build_for_function()
}

/// Makes a return value of an interruption.
pub fn interrupted<T: FromInterrupt>(interrupt: Interrupt) -> T {
    T::from_interrupt(interrupt)
}

/// Judges a `Result` whose error the macro's site classifies.
#[inline]
pub fn judge<T, E>(
    returned: &Result<T, E>,
    classify: impl FnOnce(&E) -> Classification,
) -> Verdict {
    match returned {
        Ok(_) => Verdict::succeeded(),
        Err(error) => Verdict::failed::<E>(classify(error)),
    }
}

/// Judges a `Result` by `classifier = ...`.
#[inline]
pub fn judge_with<T, E, C: Classifier<E>>(returned: &Result<T, E>, classifier: &C) -> Verdict {
    judge(returned, |error| classifier.classify(error))
}

/// Judges a value by `result_classifier = ...`.
#[inline]
pub fn judge_value<T, R: ResultClassifier<T>>(returned: &T, results: &R) -> Verdict {
    Verdict::value(results.classify(returned))
}

/// Judges a `Result` by its error and by its value.
#[inline]
pub fn judge_both<T, E, R: ResultClassifier<T>>(
    returned: &Result<T, E>,
    classify: impl FnOnce(&E) -> Classification,
    results: &R,
) -> Verdict {
    match returned {
        Ok(value) => judge_value(value, results),
        Err(error) => Verdict::failed::<E>(classify(error)),
    }
}

/// Adapts what the macro was given to [`Hooks`].
#[derive(Debug)]
pub struct Hooked<N, A, F> {
    /// The operation's name: `()` for the policy's, or [`Operation`].
    pub operation: N,
    /// Ends the call from outside: `()`, or the result of `abort_on`.
    pub abort_on: A,
    /// Everything else. The answer matters for [`Hook::Abort`] only.
    pub on: F,
}

/// A name for one call.
#[derive(Debug)]
pub struct Operation<T>(pub T);

/// The facts that a call's own hooks are told.
#[non_exhaustive]
pub enum Hook<'a> {
    /// Should the call stop?
    Abort,
    /// The call starts: adds what watches it alone.
    CallStart(&'a CallStart<'a>, &'a mut Vec<Arc<dyn CallObserver>>),
    /// The call has ended.
    CallEnd(&'a CallEnd<'a>),
    /// A decision was taken.
    Event(&'a Event<'a>),
    /// An attempt starts.
    AttemptStart(&'a AttemptStart<'a>),
    /// An attempt has ended.
    AttemptEnd(&'a AttemptEnd<'a>),
    /// A sleep follows.
    BeforeSleep(&'a BackoffContext<'a>, Duration),
}

/// A name or none.
pub trait OptionalName {
    /// Returns the name.
    fn name(&self) -> Option<&str>;
}

impl OptionalName for () {
    fn name(&self) -> Option<&str> {
        None
    }
}

impl<T: AsRef<str>> OptionalName for Operation<T> {
    fn name(&self) -> Option<&str> {
        Some(self.0.as_ref())
    }
}

impl<N: OptionalName, A: Aborts, F: Fn(Hook<'_>) -> bool> Hooks for Hooked<N, A, F> {
    fn operation(&self) -> Option<&str> {
        self.operation.name()
    }

    fn abort(&self) -> bool {
        (self.on)(Hook::Abort) || {
            let mut asked = Context::from_waker(Waker::noop());
            self.abort_on.poll(&mut asked).is_ready()
        }
    }

    fn poll_abort(&self, cx: &mut Context<'_>) -> Poll<()> {
        self.abort_on.poll(cx)
    }

    fn call_start(&self, call: &CallStart<'_>, watchers: &mut Vec<Arc<dyn CallObserver>>) {
        (self.on)(Hook::CallStart(call, watchers));
    }

    fn call_end(&self, call: &CallEnd<'_>) {
        (self.on)(Hook::CallEnd(call));
    }

    fn event(&self, event: &Event<'_>) {
        (self.on)(Hook::Event(event));
    }

    fn attempt_start(&self, attempt: &AttemptStart<'_>) {
        (self.on)(Hook::AttemptStart(attempt));
    }

    fn attempt_end(&self, attempt: &AttemptEnd<'_>) {
        (self.on)(Hook::AttemptEnd(attempt));
    }

    fn before_sleep(&self, ctx: &BackoffContext<'_>, sleep: Duration) {
        (self.on)(Hook::BeforeSleep(ctx, sleep));
    }
}

/// Gives `on_event = |event| ...` its signature.
pub fn event_hook<F: Fn(&Event<'_>)>(hook: F) -> F {
    hook
}

/// Takes any other `on_event = ...`.
pub fn observer<O: Observer>(observer: O) -> O {
    observer
}

/// Shows a call's start to the observer of `on_event = ...`.
pub fn start_call<O: Observer>(
    observer: &O,
    call: &CallStart<'_>,
    watchers: &mut Vec<Arc<dyn CallObserver>>,
) {
    watchers.extend(observer.on_call_start(call));
}

/// Gives `on_attempt_start = |attempt| ...` its signature.
pub fn attempt_start_hook<F: Fn(&AttemptStart<'_>)>(hook: F) -> F {
    hook
}

/// Gives `on_attempt_end = |attempt| ...` its signature.
pub fn attempt_end_hook<F: Fn(&AttemptEnd<'_>)>(hook: F) -> F {
    hook
}

/// Gives `before_sleep = |ctx, sleep| ...` its signature.
pub fn before_sleep_hook<F: Fn(&BackoffContext<'_>, Duration)>(hook: F) -> F {
    hook
}

/// Gives `abort_if = || ...` its signature.
pub fn abort_hook<F: Fn() -> bool>(hook: F) -> F {
    hook
}

mod abort_on;
mod by_policy;
mod by_type;
mod constants;
mod derive;
#[cfg(feature = "config")]
pub mod files;
mod guarded;
mod knows;
mod lends;
mod moves;
mod policy_source;
mod question_mark;
mod returned;

pub use abort_on::*;
pub use by_policy::*;
pub use by_type::*;
pub use constants::*;
pub use derive::*;
pub use guarded::Guarded;
pub use knows::*;
pub use lends::*;
pub use moves::*;
pub use policy_source::*;
pub use question_mark::*;
pub use returned::*;
