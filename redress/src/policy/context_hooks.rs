//! The hooks that a [`CallContext`](super::CallContext) brings to each of its calls.

use std::borrow::Cow;
use std::cell::RefCell;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use crate::breaker::CircuitBreaker;
use crate::budget::Budget;
use crate::drive::{Detached, Hooks, SessionWatch, SleepDecision, Sleeper};
use crate::engine::ResumeToken;
use crate::gate::Gate;
use crate::observe::{
    AttemptEnd, AttemptStart, CallEnd, CallObserver, CallStart, Event, Observer, Timeline,
};
use crate::shielded::shielded;
use crate::strategies::BackoffContext;

/// The settings that all calls of a context share.
#[derive(Default)]
pub(super) struct ContextSettings<'a> {
    pub(super) operation: Option<Cow<'a, str>>,
    pub(super) timeline: Capture<'a>,
    pub(super) abort_if: Option<Box<dyn Fn() -> bool + Send + Sync + 'a>>,
    pub(super) abort_on: Option<MakeWait<'a>>,
    pub(super) sleep_handler: Option<SleepHandler<'a>>,
    pub(super) before_sleep: Option<Box<SleepHook<'a>>>,
    pub(super) before_sleep_async: Option<AsyncSleepHook<'a>>,
    pub(super) sleeper: Option<Box<dyn Sleeper + 'a>>,
    pub(super) blocking_sleeper: Option<Box<dyn Fn(Duration) + Send + Sync + 'a>>,
    pub(super) observers: Vec<Box<dyn Observer + 'a>>,
    pub(super) breaker: Option<CircuitBreaker>,
    pub(super) budget: Option<Budget>,
    pub(super) gate: Option<Gate>,
    pub(super) once: bool,
}

/// Where the events of a call go, beside its observers.
#[derive(Default)]
pub(super) enum Capture<'a> {
    #[default]
    Nowhere,
    Outcome,
    Into(&'a Mutex<Timeline>),
}

type SleepHandler<'a> =
    Box<dyn Fn(&BackoffContext<'_>, Duration) -> SleepDecision + Send + Sync + 'a>;
type SleepHook<'a> = dyn Fn(&BackoffContext<'_>, Duration) + Send + Sync + 'a;
type AsyncSleepHook<'a> =
    Box<dyn Fn(&BackoffContext<'_>, Duration) -> CallWait<'a> + Send + Sync + 'a>;
type MakeWait<'a> = Box<dyn Fn() -> CallWait<'a> + Send + Sync + 'a>;
/// A future that a context made for a call to wait for.
pub(super) type CallWait<'a> = Pin<Box<dyn Future<Output = ()> + Send + 'a>>;

/// The hooks of one call: those of its context, and what is its own.
pub(super) struct ContextHooks<'c, 'a, K = ()> {
    kind: K,
    shared: &'c ContextSettings<'a>,
    resume: Option<&'c ResumeToken>,
    detached: Option<&'c Detached<'c>>,
    timeline: RefCell<Option<Timeline>>,
    abort: RefCell<Abort<'a>>,
    before_sleep: RefCell<Option<CallWait<'a>>>,
}

/// The future that ends a call from outside.
enum Abort<'a> {
    Never,
    /// Not needed yet.
    Unmade,
    When(CallWait<'a>),
    Now,
}

/// What a call is beside one that is made until it succeeds. A type, so that other calls have no code for
/// it.
pub(super) trait Kind {
    #[inline]
    fn session(&self) -> Option<&SessionWatch> {
        None
    }
    #[inline]
    fn polls(&self) -> bool {
        false
    }
}

impl Kind for () {}

impl Kind for SessionWatch {
    #[inline]
    fn session(&self) -> Option<&SessionWatch> {
        Some(self)
    }
}

/// Waits until a value is ready.
pub(super) struct Polls;

impl Kind for Polls {
    #[inline]
    fn polls(&self) -> bool {
        true
    }
}

impl<'a> ContextSettings<'a> {
    /// Returns `true` if something of the context sees its calls.
    #[cfg(any(feature = "reqwest-0_13", feature = "ureq-3"))]
    pub(super) fn is_shown(&self) -> bool {
        !self.observers.is_empty() || !matches!(self.timeline, Capture::Nowhere)
    }

    pub(super) fn hooks(&self) -> ContextHooks<'_, 'a> {
        self.hooks_for(())
    }

    pub(super) fn hooks_for<K>(&self, kind: K) -> ContextHooks<'_, 'a, K> {
        let captured = matches!(self.timeline, Capture::Outcome);
        let abort = match &self.abort_on {
            Some(_) => Abort::Unmade,
            None => Abort::Never,
        };
        ContextHooks {
            kind,
            shared: self,
            resume: None,
            detached: None,
            timeline: RefCell::new(captured.then(Timeline::default)),
            abort: RefCell::new(abort),
            before_sleep: RefCell::default(),
        }
    }

    pub(super) fn hooks_resuming<'c>(&'c self, token: &'c ResumeToken) -> ContextHooks<'c, 'a> {
        ContextHooks {
            resume: Some(token),
            ..self.hooks()
        }
    }

    pub(super) fn hooks_detached<'c>(
        &'c self,
        resume: Option<&'c ResumeToken>,
        detached: &'c Detached<'c>,
    ) -> ContextHooks<'c, 'a> {
        ContextHooks {
            resume,
            detached: Some(detached),
            ..self.hooks()
        }
    }

    /// One broken observer must not hide an event from the next.
    fn each_observer(&self, see: impl Fn(&dyn Observer)) {
        for observer in &self.observers {
            shielded((), || see(observer.as_ref()));
        }
    }
}

impl<K: Kind> Hooks for ContextHooks<'_, '_, K> {
    #[inline]
    fn session(&self) -> Option<&SessionWatch> {
        self.kind.session()
    }

    #[inline]
    fn polls(&self) -> bool {
        self.kind.polls()
    }

    fn is_guarded(&self) -> bool {
        self.shared.breaker.is_some() || self.shared.budget.is_some() || self.shared.gate.is_some()
    }

    fn breaker(&self) -> Option<&CircuitBreaker> {
        self.shared.breaker.as_ref()
    }

    fn budget(&self) -> Option<&Budget> {
        self.shared.budget.as_ref()
    }

    fn gate(&self) -> Option<&Gate> {
        self.shared.gate.as_ref()
    }

    fn once(&self) -> bool {
        self.shared.once
    }

    fn resumed(&self) -> Option<&ResumeToken> {
        self.resume
    }

    fn detached(&self) -> Option<&Detached<'_>> {
        self.detached
    }

    fn operation(&self) -> Option<&str> {
        self.shared.operation.as_deref()
    }

    fn take_timeline(&mut self) -> Option<Timeline> {
        self.timeline.take()
    }

    fn abort(&self) -> bool {
        self.shared.abort_if.as_ref().is_some_and(|abort| abort())
            || self
                .poll_abort(&mut Context::from_waker(Waker::noop()))
                .is_ready()
    }

    fn call_start(&self, call: &CallStart<'_>, watchers: &mut Vec<Arc<dyn CallObserver>>) {
        for observer in &self.shared.observers {
            watchers.extend(shielded(None, || observer.on_call_start(call)));
        }
    }

    fn call_end(&self, call: &CallEnd<'_>) {
        self.shared
            .each_observer(|observer| observer.on_call_end(call));
    }

    fn event(&self, event: &Event<'_>) {
        if let Some(timeline) = &mut *self.timeline.borrow_mut() {
            timeline.push(event);
        }
        if let Capture::Into(timeline) = self.shared.timeline {
            // A panic with the lock held leaves the timeline whole.
            let mut timeline = timeline.lock().unwrap_or_else(PoisonError::into_inner);
            timeline.push(event);
        }
        self.shared
            .each_observer(|observer| observer.on_event(event));
    }

    fn attempt_start(&self, attempt: &AttemptStart<'_>) {
        self.shared
            .each_observer(|observer| observer.on_attempt_start(attempt));
    }

    fn attempt_end(&self, attempt: &AttemptEnd<'_>) {
        self.shared
            .each_observer(|observer| observer.on_attempt_end(attempt));
    }

    fn sleep_decision(&self, ctx: &BackoffContext<'_>, sleep: Duration) -> SleepDecision {
        match &self.shared.sleep_handler {
            Some(handler) => handler(ctx, sleep),
            None => SleepDecision::Sleep,
        }
    }

    fn before_sleep(&self, ctx: &BackoffContext<'_>, sleep: Duration) {
        if let Some(hook) = &self.shared.before_sleep {
            shielded((), || hook(ctx, sleep));
        }
        if let Some(hook) = &self.shared.before_sleep_async {
            *self.before_sleep.borrow_mut() = shielded(None, || Some(hook(ctx, sleep)));
        }
    }

    fn prepares_sleep(&self) -> bool {
        self.before_sleep.borrow().is_some()
    }

    fn poll_before_sleep(&self, cx: &mut Context<'_>) -> Poll<()> {
        let mut hook = self.before_sleep.borrow_mut();
        let Some(wait) = &mut *hook else {
            return Poll::Ready(());
        };
        let polled = shielded(Poll::Ready(()), || wait.as_mut().poll(cx));
        if polled.is_ready() {
            *hook = None;
        }
        polled
    }

    fn poll_abort(&self, cx: &mut Context<'_>) -> Poll<()> {
        let mut abort = self.abort.borrow_mut();
        if let (Abort::Unmade, Some(make)) = (&*abort, &self.shared.abort_on) {
            *abort = shielded(None, || Some(make())).map_or(Abort::Never, Abort::When);
        }
        let polled = match &mut *abort {
            Abort::Never | Abort::Unmade => return Poll::Pending,
            Abort::Now => return Poll::Ready(()),
            Abort::When(wait) => shielded(None, || Some(wait.as_mut().poll(cx))),
        };
        match polled {
            Some(Poll::Pending) => Poll::Pending,
            Some(Poll::Ready(())) => {
                *abort = Abort::Now;
                Poll::Ready(())
            }
            // What broke cannot say any more that the call should stop.
            None => {
                *abort = Abort::Never;
                Poll::Pending
            }
        }
    }

    fn sleeper(&self) -> Option<&dyn Sleeper> {
        self.shared.sleeper.as_deref().map(|sleeper| sleeper as _)
    }

    fn blocking_sleeper(&self) -> Option<&dyn Fn(Duration)> {
        self.shared
            .blocking_sleeper
            .as_deref()
            .map(|sleep| sleep as _)
    }
}
