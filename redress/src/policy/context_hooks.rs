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
    pub(super) breaker: Option<CircuitBreaker>,
    pub(super) budget: Option<Budget>,
    pub(super) gate: Option<Gate>,
    pub(super) once: bool,
    /// In a box, since most contexts have none, and each is moved several times.
    hooked: Option<Box<Hooked<'a>>>,
}

/// What sees the calls of a context, or decides about them.
#[derive(Default)]
pub(super) struct Hooked<'a> {
    pub(super) timeline: Capture<'a>,
    pub(super) abort_if: Option<Box<dyn Fn() -> bool + Send + Sync + 'a>>,
    pub(super) abort_on: Option<MakeWait<'a>>,
    pub(super) sleep_handler: Option<SleepHandler<'a>>,
    pub(super) before_sleep: Option<Box<SleepHook<'a>>>,
    pub(super) before_sleep_async: Option<AsyncSleepHook<'a>>,
    pub(super) sleeper: Option<Box<dyn Sleeper + 'a>>,
    pub(super) blocking_sleeper: Option<Box<dyn Fn(Duration) + Send + Sync + 'a>>,
    pub(super) observers: Vec<Box<dyn Observer + 'a>>,
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
    /// Returns `true` if its calls are decided otherwise.
    #[inline]
    fn is_active(&self) -> bool {
        true
    }
    #[inline]
    fn session(&self) -> Option<&SessionWatch> {
        None
    }
    #[inline]
    fn polls(&self) -> bool {
        false
    }
}

impl Kind for () {
    #[inline]
    fn is_active(&self) -> bool {
        false
    }
}

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
    /// Returns what sees the calls, to be changed.
    pub(super) fn hooked(&mut self) -> &mut Hooked<'a> {
        self.hooked.get_or_insert_default()
    }

    /// Returns `true` if something of the context sees its calls.
    #[cfg(any(feature = "reqwest-0_13", feature = "ureq-3"))]
    pub(super) fn is_shown(&self) -> bool {
        self.hooked.as_deref().is_some_and(|hooked| {
            !hooked.observers.is_empty() || !matches!(hooked.timeline, Capture::Nowhere)
        })
    }

    pub(super) fn hooks(&self) -> ContextHooks<'_, 'a> {
        self.hooks_for(())
    }

    pub(super) fn hooks_for<K: Kind>(&self, kind: K) -> ContextHooks<'_, 'a, K> {
        let hooked = self.hooked.as_deref();
        let captured = hooked.is_some_and(|hooked| matches!(hooked.timeline, Capture::Outcome));
        let aborted = hooked.is_some_and(|hooked| hooked.abort_on.is_some());
        let abort = match aborted {
            true => Abort::Unmade,
            false => Abort::Never,
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
}

impl<'a, K> ContextHooks<'_, 'a, K> {
    fn hooked(&self) -> Option<&Hooked<'a>> {
        self.shared.hooked.as_deref()
    }

    /// One broken observer must not hide an event from the next.
    fn each_observer(&self, see: impl Fn(&dyn Observer)) {
        for observer in self
            .hooked()
            .into_iter()
            .flat_map(|hooked| &hooked.observers)
        {
            shielded((), || see(observer.as_ref()));
        }
    }
}

impl<K: Kind> Hooks for ContextHooks<'_, '_, K> {
    #[inline]
    fn is_active(&self) -> bool {
        self.kind.is_active()
            || self.shared.hooked.is_some()
            || self.resume.is_some()
            || self.detached.is_some()
    }

    #[inline]
    fn session(&self) -> Option<&SessionWatch> {
        self.kind.session()
    }

    #[inline]
    fn polls(&self) -> bool {
        self.kind.polls()
    }

    #[inline]
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

    #[inline]
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
        let abort_if = self.hooked().and_then(|hooked| hooked.abort_if.as_ref());
        abort_if.is_some_and(|abort| abort())
            || self
                .poll_abort(&mut Context::from_waker(Waker::noop()))
                .is_ready()
    }

    fn call_start(&self, call: &CallStart<'_>, watchers: &mut Vec<Arc<dyn CallObserver>>) {
        for observer in self
            .hooked()
            .into_iter()
            .flat_map(|hooked| &hooked.observers)
        {
            watchers.extend(shielded(None, || observer.on_call_start(call)));
        }
    }

    fn call_end(&self, call: &CallEnd<'_>) {
        self.each_observer(|observer| observer.on_call_end(call));
    }

    fn event(&self, event: &Event<'_>) {
        if let Some(timeline) = &mut *self.timeline.borrow_mut() {
            timeline.push(event);
        }
        if let Some(Capture::Into(timeline)) = self.hooked().map(|hooked| &hooked.timeline) {
            // A panic with the lock held leaves the timeline whole.
            let mut timeline = timeline.lock().unwrap_or_else(PoisonError::into_inner);
            timeline.push(event);
        }
        self.each_observer(|observer| observer.on_event(event));
    }

    fn attempt_start(&self, attempt: &AttemptStart<'_>) {
        self.each_observer(|observer| observer.on_attempt_start(attempt));
    }

    fn attempt_end(&self, attempt: &AttemptEnd<'_>) {
        self.each_observer(|observer| observer.on_attempt_end(attempt));
    }

    fn sleep_decision(&self, ctx: &BackoffContext<'_>, sleep: Duration) -> SleepDecision {
        match self
            .hooked()
            .and_then(|hooked| hooked.sleep_handler.as_ref())
        {
            Some(handler) => handler(ctx, sleep),
            None => SleepDecision::Sleep,
        }
    }

    fn before_sleep(&self, ctx: &BackoffContext<'_>, sleep: Duration) {
        let Some(hooked) = self.hooked() else {
            return;
        };
        if let Some(hook) = &hooked.before_sleep {
            shielded((), || hook(ctx, sleep));
        }
        if let Some(hook) = &hooked.before_sleep_async {
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
        let make = self.hooked().and_then(|hooked| hooked.abort_on.as_ref());
        if let (Abort::Unmade, Some(make)) = (&*abort, make) {
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
        let sleeper = self.hooked()?.sleeper.as_deref();
        sleeper.map(|sleeper| sleeper as _)
    }

    fn blocking_sleeper(&self) -> Option<&dyn Fn(Duration)> {
        let sleeper = self.hooked()?.blocking_sleeper.as_deref();
        sleeper.map(|sleep| sleep as _)
    }
}
