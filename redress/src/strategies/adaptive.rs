use std::sync::Arc;
use std::time::Duration;

use super::bounds::check_length;
use super::recent::Recent;
use super::{DelayBounds, Description};
use crate::clock::{Clock, NEVER, Stopwatch, Time, nanos};
use crate::defaults;
use crate::delay::Delay;
use crate::problems::Problems;
use crate::strategies::{BackoffContext, Learner, Strategy};

/// Waits longer the more of the policy's recent attempts have failed: a multiple of what `fallback`
/// says.
///
/// With r the share of failures in the last [`window`](Adaptive::window), and what is allowed to
/// fail a = 1 - [`target_success`](Adaptive::target_success), the fallback's delay is multiplied by
/// [`min_multiplier`](Adaptive::min_multiplier) up to r = a, and from there on by
/// min + (max - min) x (r - a) / (1 - a), which reaches
/// [`max_multiplier`](Adaptive::max_multiplier) when everything fails. The product may exceed the
/// fallback's own `max`, and is what the fallback sees as its previous delay.
///
/// Every success of the policy counts, also that of a first attempt; every failure of this
/// strategy's slot counts that could have been retried, the one that asks for the delay included.
/// All calls of all policies that share the strategy teach it, and so do those of its clones. It
/// keeps constant memory (4 KiB), never locks, and takes a constant time for a success. With up to
/// 128 different times in the window, it is exact to the nanosecond; in a busier window, attempts
/// may be forgotten by up to 1/128 of the window too early.
///
/// A Retry-After hint is honoured and not multiplied, both in `retry_after_or(adaptive(x))` and in
/// `adaptive(retry_after_or(x))`; the failure that carries it counts.
///
/// ```
/// use std::time::Duration;
/// use redress::strategies::{Learner, adaptive, fixed};
/// use redress::{BackoffContext, Classification, ErrorClass, Strategy};
///
/// let backoff = adaptive(fixed(1));
/// let transient = Classification::new(ErrorClass::Transient);
/// let ctx = BackoffContext::first(&transient);
/// assert_eq!(backoff.delay(&ctx), Duration::from_secs(1).into());
///
/// // A policy does this.
/// backoff.learner().unwrap().on_failure(&ctx);
/// assert_eq!(backoff.delay(&ctx), Duration::from_secs(5).into());
/// ```
#[must_use]
#[inline]
pub fn adaptive<S: Strategy>(fallback: S) -> Adaptive<S> {
    let window = Delay::from_duration(defaults::ADAPTIVE_WINDOW);
    Adaptive {
        fallback: Arc::new(fallback),
        window,
        target_success: defaults::ADAPTIVE_TARGET_SUCCESS,
        min_multiplier: defaults::ADAPTIVE_MIN_MULTIPLIER,
        max_multiplier: defaults::ADAPTIVE_MAX_MULTIPLIER,
        memory: Arc::new(Memory::new(window, Time::System)),
    }
}

/// Waits longer the more has failed: see [`adaptive()`].
#[derive(Debug, Clone)]
pub struct Adaptive<S> {
    // Shared with what a simulation makes of it.
    fallback: Arc<S>,
    window: Delay,
    target_success: f64,
    min_multiplier: f64,
    max_multiplier: f64,
    memory: Arc<Memory>,
}

/// The state that all clones share.
#[derive(Debug)]
struct Memory {
    recent: Recent,
    stopwatch: Stopwatch,
    time: Time,
}

impl<S> Adaptive<S> {
    /// Sets how far back it looks: a [`Duration`], or seconds; above zero. Default: 60 s.
    ///
    /// What was learned before is forgotten, and nothing is shared with earlier clones.
    #[must_use]
    #[inline]
    pub fn window(mut self, window: impl Into<Delay>) -> Self {
        self.window = window.into();
        self.memory = Arc::new(Memory::new(self.window, self.memory.time.clone()));
        self
    }

    /// Sets the share of successes up to which failures are normal: above 0, at most 1, which takes
    /// no failure for normal. Default: 0.9.
    #[must_use]
    #[inline]
    pub fn target_success(mut self, share: f64) -> Self {
        self.target_success = share;
        self
    }

    /// Sets what to multiply with while failures are normal: above 0. Default: 1.
    #[must_use]
    #[inline]
    pub fn min_multiplier(mut self, multiplier: f64) -> Self {
        self.min_multiplier = multiplier;
        self
    }

    /// Sets what to multiply with when everything fails: not below
    /// [`min_multiplier`](Self::min_multiplier). Default: 5.
    #[must_use]
    #[inline]
    pub fn max_multiplier(mut self, multiplier: f64) -> Self {
        self.max_multiplier = multiplier;
        self
    }

    /// Sets the clock. Default: the machine's monotonic clock; inside tokio its clock, which a test
    /// can pause. The clock of a policy is not that of its strategies.
    ///
    /// What was learned before is forgotten, and nothing is shared with earlier clones.
    #[must_use]
    #[inline]
    pub fn clock(mut self, clock: impl Clock + 'static) -> Self {
        let time = Time::Custom(Arc::new(clock));
        self.memory = Arc::new(Memory::new(self.window, time));
        self
    }

    #[inline]
    fn multiplier(&self) -> f64 {
        let (min, max) = (self.min_multiplier, self.max_multiplier);
        let now = self.memory.stopwatch.nanos();
        let rate = self.memory.recent.failure_rate(now).unwrap_or(0.0);
        let excess = rate - (1.0 - self.target_success);
        if excess > 0.0 {
            min + (max - min) * (excess / self.target_success)
        } else {
            min
        }
    }
}

impl<S: Strategy + 'static> Strategy for Adaptive<S> {
    #[inline]
    fn delay(&self, ctx: &BackoffContext<'_>) -> Delay {
        let delay = self.fallback.delay(ctx);
        let hinted = ctx.classification.retry_after_hint().is_some();
        match delay.checked() {
            Ok(delay) if !(hinted && self.fallback.honours_hints()) => {
                multiply(delay, self.multiplier())
            }
            _ => delay,
        }
    }

    #[inline]
    fn check(&self, problems: &mut Problems) {
        if check_length(self.window, "window", problems) == Some(Duration::ZERO) {
            problems.add("window", "is zero, so nothing would ever be learned");
        }
        let (target, min, max) = (
            self.target_success,
            self.min_multiplier,
            self.max_multiplier,
        );
        if !(target > 0.0 && target <= 1.0) {
            let message = format!("is {target}: give a share above 0 and up to 1, such as 0.9");
            problems.add("target_success", message);
        }
        for (setting, multiplier) in [("min_multiplier", min), ("max_multiplier", max)] {
            if !(multiplier.is_finite() && multiplier > 0.0) {
                let message = format!("is {multiplier}: give a number above 0, such as 1.5");
                problems.add(setting, message);
            }
        }
        if min > max {
            let message = format!("is {min}, above max_multiplier ({max}): lower it or raise that");
            problems.add("min_multiplier", message);
        }
        problems.within("fallback", |problems| self.fallback.check(problems));
    }

    // The learner of an adaptive fallback is told nothing: failures count once.
    #[inline]
    fn learner(&self) -> Option<&dyn Learner> {
        Some(&*self.memory)
    }

    #[inline]
    fn honours_hints(&self) -> bool {
        self.fallback.honours_hints()
    }

    fn describe(&self) -> Description {
        Description::new("adaptive")
            .fallback(self.fallback.describe())
            .time("window", self.window.saturate())
            .number("target_success", self.target_success)
            .number("min_multiplier", self.min_multiplier)
            .number("max_multiplier", self.max_multiplier)
    }

    /// The expected delay is that of a policy whose other calls succeed.
    fn delay_bounds(&self, failures: u32, previous: Option<DelayBounds>) -> Option<DelayBounds> {
        let (least, most) = (self.min_multiplier, self.max_multiplier);
        let bounds = self.fallback.delay_bounds(failures, previous)?;
        let times = |delay, multiplier| multiply(delay, multiplier).saturate();
        Some(DelayBounds::new(
            times(bounds.shortest(), least),
            times(bounds.expected(), least),
            times(bounds.longest(), most),
        ))
    }

    fn renewed(&self, clock: &Arc<dyn Clock>) -> Option<Arc<dyn Strategy>> {
        let shared = || -> Arc<dyn Strategy> { Arc::<S>::clone(&self.fallback) };
        let fallback = self.fallback.renewed(clock).unwrap_or_else(shared);
        let time = Time::Custom(Arc::clone(clock));
        Some(Arc::new(Adaptive {
            fallback: Arc::new(fallback),
            window: self.window,
            target_success: self.target_success,
            min_multiplier: self.min_multiplier,
            max_multiplier: self.max_multiplier,
            memory: Arc::new(Memory::new(self.window, time)),
        }))
    }
}

impl Memory {
    #[inline]
    fn new(window: Delay, time: Time) -> Self {
        // A window that is refused must not make a busy loop of the delays meanwhile.
        let window = match window.checked() {
            Ok(window) if !window.is_zero() => nanos(window),
            _ => NEVER,
        };
        Self {
            recent: Recent::new(window),
            stopwatch: Stopwatch::start(time.clone()),
            time,
        }
    }
}

impl Learner for Memory {
    #[inline]
    fn on_success(&self) {
        self.recent.success(self.stopwatch.nanos());
    }

    #[inline]
    fn on_failure(&self, _ctx: &BackoffContext<'_>) {
        self.recent.failure(self.stopwatch.nanos());
    }
}

/// Multiplies, and saturates: a product that is not a length of time ends a call rather than making it
/// spin.
#[inline]
fn multiply(delay: Duration, multiplier: f64) -> Delay {
    if multiplier == 1.0 || delay.is_zero() {
        return delay.into();
    }
    Delay::from(delay.as_secs_f64() * multiplier)
}
