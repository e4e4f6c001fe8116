use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::Policy;
use super::recommended::Recommend;
use crate::breaker::CircuitBreaker;
use crate::budget::Budget;
use crate::classify::{AnyValue, DefaultClassifier, ErrorClass, PerClass};
use crate::clock::{Clock, Time, Timing};
use crate::defaults;
use crate::delay::Delay;
use crate::drive::{CompiledPolicy, Sleeper, Start, Threads};
use crate::engine::{Rules, Successes};
use crate::observe::{AttemptEnd, AttemptStart, Observer, Observers, OnAttemptEnd, OnAttemptStart};
use crate::problems::{ConfigError, Problems};
use crate::strategies::{Strategy, decorrelated_jitter, retry_after_or};

/// Builds a [`Policy`]. [`build`](Self::build) names every mistake at once.
pub struct PolicyBuilder<C = DefaultClassifier, R = AnyValue> {
    errors: C,
    values: R,
    strategy: Option<Arc<dyn Strategy>>,
    class_strategies: PerClass<Option<Arc<dyn Strategy>>>,
    deadline: Option<Delay>,
    attempt_timeout: Option<Delay>,
    max_attempts: Option<u32>,
    max_unknown_attempts: Option<u32>,
    class_caps: PerClass<Option<u32>>,
    operation: Option<Cow<'static, str>>,
    time: Time,
    sleeper: Option<Arc<dyn Sleeper>>,
    observers: Observers,
    budget: Option<Budget>,
    breaker: Option<CircuitBreaker>,
    max_detached_threads: u32,
    // A function, so that only a program that wants one contains it.
    pub(super) recommended: Option<Recommend>,
}

impl PolicyBuilder {
    pub(super) fn new() -> Self {
        Self {
            errors: DefaultClassifier,
            values: AnyValue,
            strategy: None,
            class_strategies: PerClass::default(),
            deadline: Some(Delay::from_duration(defaults::DEADLINE)),
            attempt_timeout: None,
            max_attempts: Some(defaults::MAX_ATTEMPTS),
            max_unknown_attempts: Some(defaults::MAX_UNKNOWN_ATTEMPTS),
            class_caps: PerClass::default(),
            operation: None,
            time: Time::System,
            sleeper: None,
            observers: Observers::default(),
            budget: None,
            breaker: None,
            max_detached_threads: defaults::MAX_DETACHED_THREADS,
            recommended: None,
        }
    }
}

impl PolicyBuilder {
    /// Builds the settings of a function, whose expansion has its own classifiers.
    pub(crate) fn build_for_function(self) -> CompiledPolicy {
        match self.checked() {
            Ok(builder) => builder.into_parts().0,
            Err(error) => CompiledPolicy {
                start: Start::Refused,
                refused: Some(Box::new(error)),
                ..Self::new().into_parts().0
            },
        }
    }
}

impl<C, R> PolicyBuilder<C, R> {
    /// Says what errors mean: a function `fn(&E) -> ErrorClass` (or `-> Classification`). Default:
    /// [`DefaultClassifier`].
    #[must_use]
    pub fn classifier<D>(self, classifier: D) -> PolicyBuilder<D, R> {
        self.with_classifiers(|_, values| (classifier, values))
    }

    /// Says which returned values are failures: a function `fn(&T) -> Option<ErrorClass>` (or
    /// `-> Option<Classification>`). Default: none.
    #[must_use]
    pub fn result_classifier<S>(self, classifier: S) -> PolicyBuilder<C, S> {
        self.with_classifiers(|errors, _| (errors, classifier))
    }

    /// Sets the default strategy. Default: `retry_after_or(decorrelated_jitter(5.0))`, unless a
    /// class was given a strategy.
    #[must_use]
    pub fn strategy(mut self, strategy: impl Strategy + 'static) -> Self {
        self.strategy = Some(Arc::new(strategy));
        self
    }

    /// Sets the strategy of one class. Also makes AUTH, PERMISSION and PERMANENT worth a retry.
    ///
    /// **The first one removes the default strategy.** From then on a class without a strategy of its
    /// own is not retried: its first failure stops the call with
    /// [`StopReason::NoStrategy`](crate::StopReason::NoStrategy). To retry the other classes too, set
    /// a default [`strategy`](Self::strategy) as well.
    ///
    /// ```
    /// use redress::strategies::{equal_jitter, fixed};
    /// use redress::{ErrorClass, Policy, StopReason};
    ///
    /// let down = || Err::<(), _>(std::io::Error::from(std::io::ErrorKind::ConnectionRefused));
    /// let only_rate_limits = Policy::builder().class_strategy(ErrorClass::RateLimit, fixed(1));
    /// let outcome = only_rate_limits.build()?.execute(down); // a TRANSIENT failure
    /// assert_eq!((outcome.attempts, outcome.stop_reason), (1, Some(StopReason::NoStrategy)));
    ///
    /// let all = Policy::builder()
    ///     .class_strategy(ErrorClass::RateLimit, fixed(1))
    ///     .strategy(equal_jitter(0.01));
    /// assert_eq!(all.build()?.execute(down).attempts, 6);
    /// # Ok::<_, redress::ConfigError>(())
    /// ```
    #[must_use]
    pub fn class_strategy(mut self, class: ErrorClass, strategy: impl Strategy + 'static) -> Self {
        *self.class_strategies.get_mut(class) = Some(Arc::new(strategy));
        self
    }

    /// Sets the time that a call may take in all, as a `Duration` or in seconds. Default: 60 s.
    ///
    /// On Linux a deadline of 1 s or more is kept by the kernel's coarse monotonic clock, which moves
    /// in steps of 1 ms to 10 ms (its tick): a call may find its deadline reached that much too late
    /// or too early. Reading the exact clock would be most of what a successful call costs. Exact to
    /// the nanosecond are shorter deadlines, calls with an attempt timeout, calls that somebody
    /// observes or that report (`execute`), every other clock, and all of them in a build whose tokio
    /// can pause time.
    #[must_use]
    pub fn deadline(mut self, deadline: impl Into<Delay>) -> Self {
        self.deadline = Some(deadline.into());
        self
    }

    /// Lets a call take as long as its attempts do.
    #[must_use]
    pub fn no_deadline(mut self) -> Self {
        self.deadline = None;
        self
    }

    /// Cuts attempts off after this time, as a `Duration` or in seconds; a cut-off attempt is
    /// TRANSIENT. Default: none. Counts for async attempts, and for sync ones that run
    /// [detached](Policy::call_detached); others cannot be cut off.
    #[must_use]
    pub fn attempt_timeout(mut self, timeout: impl Into<Delay>) -> Self {
        self.attempt_timeout = Some(timeout.into());
        self
    }

    /// Sets how many threads the [detached](Policy::call_detached) attempts of this policy and its
    /// clones may have at a time, those of abandoned attempts included. Default: 8.
    ///
    /// It bounds what a dependency that hangs can cost, and with it how many detached attempts run
    /// side by side: give as many as callers that should not wait for each other, and one more for
    /// each call that such an attempt makes with the same policy.
    #[must_use]
    pub fn max_detached_threads(mut self, threads: u32) -> Self {
        self.max_detached_threads = threads;
        self
    }

    /// Sets how many attempts a call may make, the first included. Default: 6.
    #[must_use]
    pub fn max_attempts(mut self, attempts: u32) -> Self {
        self.max_attempts = Some(attempts);
        self
    }

    /// Lets a call make any number of attempts, until something else stops it.
    #[must_use]
    pub fn unlimited_attempts(mut self) -> Self {
        self.max_attempts = None;
        self
    }

    /// Sets after how many UNKNOWN failures a call stops. Default: 2.
    #[must_use]
    pub fn max_unknown_attempts(mut self, attempts: u32) -> Self {
        self.max_unknown_attempts = Some(attempts);
        self
    }

    /// Treats UNKNOWN like every other class that is retried.
    #[must_use]
    pub fn unlimited_unknown_attempts(mut self) -> Self {
        self.max_unknown_attempts = None;
        self
    }

    /// Sets after how many failures of `class` a call stops. Default: no cap.
    #[must_use]
    pub fn max_class_attempts(mut self, class: ErrorClass, attempts: u32) -> Self {
        *self.class_caps.get_mut(class) = Some(attempts);
        self
    }

    /// Names the operation in events. Default: no name.
    #[must_use]
    pub fn operation(mut self, name: impl Into<Cow<'static, str>>) -> Self {
        self.operation = Some(name.into());
        self
    }

    /// Adds an observer: a closure `|event: &Event<'_>| ...`, or an [`Observer`] that also sees
    /// attempts. Any number may be added; they are called in this order.
    #[must_use]
    pub fn on_event(mut self, observer: impl Observer + 'static) -> Self {
        self.observers.push(Arc::new(observer));
        self
    }

    /// Adds a hook that sees each attempt start.
    #[must_use]
    pub fn on_attempt_start(
        self,
        hook: impl Fn(&AttemptStart<'_>) + Send + Sync + 'static,
    ) -> Self {
        self.on_event(OnAttemptStart(hook))
    }

    /// Adds a hook that sees each attempt end: exactly one end for each start.
    #[must_use]
    pub fn on_attempt_end(self, hook: impl Fn(&AttemptEnd<'_>) + Send + Sync + 'static) -> Self {
        self.on_event(OnAttemptEnd(hook))
    }

    /// Bounds the retries of all calls of all policies that share this budget. Default: none.
    #[must_use]
    pub fn budget(mut self, budget: Budget) -> Self {
        self.budget = Some(budget);
        self
    }

    /// Asks a circuit breaker before each call, and tells it how the call ended. Policies may share
    /// one. Default: none.
    ///
    /// A call that is refused makes no attempt and stops with
    /// [`StopReason::CircuitOpen`](crate::StopReason::CircuitOpen). The breaker goes by its own
    /// clock. [`Policy::start`] leaves it to its caller.
    ///
    /// ```
    /// use redress::{CircuitBreaker, Policy, StopReason};
    ///
    /// let breaker = CircuitBreaker::new();
    /// let policy = Policy::builder().circuit_breaker(breaker.clone()).build()?;
    /// breaker.force_open();
    /// let refused = policy.call(|| Ok::<_, std::io::Error>(())).unwrap_err();
    /// assert_eq!(refused.stop_reason(), StopReason::CircuitOpen);
    /// assert!(refused.retry_after().is_some());
    /// # Ok::<_, redress::ConfigError>(())
    /// ```
    #[must_use]
    pub fn circuit_breaker(mut self, breaker: CircuitBreaker) -> Self {
        self.breaker = Some(breaker);
        self
    }

    /// Sets the clock. Default: the machine's monotonic clock; inside tokio its clock, which a
    /// test can pause.
    #[must_use]
    pub fn clock(mut self, clock: impl Clock + 'static) -> Self {
        self.time = Time::Custom(Arc::new(clock));
        self
    }

    /// Sets what async calls wait with. Default: see [`Sleeper`].
    #[must_use]
    pub fn sleeper(mut self, sleeper: impl Sleeper + 'static) -> Self {
        self.sleeper = Some(Arc::new(sleeper));
        self
    }

    /// Builds the policy.
    ///
    /// # Errors
    ///
    /// Names every mistake: a cap of 0, a deadline or timeout that is zero, negative, infinite or
    /// NaN, and whatever is wrong with the settings of the strategies and of the budget.
    pub fn build(self) -> Result<Policy<C, R>, ConfigError> {
        self.checked().map(Self::build_unchecked)
    }

    fn checked(self) -> Result<Self, ConfigError> {
        let mut problems = Problems::default();
        self.check(&mut problems);
        problems.into_result().map(|()| self)
    }

    pub(crate) fn check(&self, problems: &mut Problems) {
        if let Some(strategy) = &self.strategy {
            problems.within("strategy", |problems| strategy.check(problems));
        }
        for (class, strategy) in self.class_strategies.iter() {
            if let Some(strategy) = strategy {
                let setting = format!("strategies({class})");
                problems.within(&setting, |problems| strategy.check(problems));
            }
        }
        if let Some(budget) = &self.budget {
            problems.within("budget", |problems| budget.check(problems));
        }
        check_time(problems, "deadline", self.deadline, "no_deadline()");
        let leave_out = "leave it out for no timeout";
        check_time(problems, "attempt_timeout", self.attempt_timeout, leave_out);
        if self.max_detached_threads == 0 {
            let message = "must be at least 1: a detached attempt needs a thread";
            problems.add("max_detached_threads", message);
        }
        check_cap(problems, "max_attempts", self.max_attempts);
        check_cap(problems, "max_unknown_attempts", self.max_unknown_attempts);
        for (class, cap) in self.class_caps.iter() {
            check_cap(problems, &format!("max_class_attempts({class})"), *cap);
        }
    }

    /// Builds a policy of settings that are known to be right.
    pub(crate) fn build_unchecked(self) -> Policy<C, R> {
        let (config, errors, values) = self.into_parts();
        Policy::from_parts(config, errors, values)
    }

    fn into_parts(mut self) -> (CompiledPolicy, C, R) {
        if let Some(recommend) = self.recommended {
            recommend(&self.time, &mut self.breaker, &mut self.budget);
        }
        let has_strategy =
            self.strategy.is_some() || self.class_strategies.iter().any(|(_, own)| own.is_some());
        let default_strategy = match self.strategy {
            None if !has_strategy => Some(default_strategy()),
            strategy => strategy,
        };
        let attempt_timeout = self.attempt_timeout.map(Delay::saturate);
        let own = self.class_strategies.iter();
        let own = own.filter_map(|(_, strategy)| strategy.as_ref());
        let successes = Successes::new(self.budget.as_ref(), default_strategy.iter().chain(own));
        let rules = Rules {
            deadline: self.deadline.map(Delay::saturate),
            max_attempts: self.max_attempts,
            max_unknown_attempts: self.max_unknown_attempts,
            class_caps: self.class_caps,
            default_strategy,
            class_strategies: self.class_strategies,
            budget: self.budget,
            successes,
        };
        let watched = !self.observers.of_events().is_empty();
        let guarded = self.breaker.is_some() || rules.budget.is_some();
        let timing = timing(&self.time, rules.deadline, attempt_timeout);
        let start = match timing {
            _ if watched || guarded || rules.successes.matter => Start::Attended,
            Timing::Untimed => Start::Untimed,
            Timing::Coarse => Start::Coarse,
            Timing::Exact => Start::Attended,
        };
        let config = CompiledPolicy {
            timing,
            refused: None,
            watched,
            guarded,
            start,
            breaker: self.breaker,
            detached_threads: Threads::new(self.max_detached_threads),
            rules,
            attempt_timeout,
            operation: self.operation,
            time: self.time,
            sleeper: self.sleeper,
            observers: self.observers,
        };
        (config, self.errors, self.values)
    }

    fn with_classifiers<D, S>(self, change: impl FnOnce(C, R) -> (D, S)) -> PolicyBuilder<D, S> {
        let (errors, values) = change(self.errors, self.values);
        PolicyBuilder {
            errors,
            values,
            strategy: self.strategy,
            class_strategies: self.class_strategies,
            deadline: self.deadline,
            attempt_timeout: self.attempt_timeout,
            max_attempts: self.max_attempts,
            max_unknown_attempts: self.max_unknown_attempts,
            class_caps: self.class_caps,
            operation: self.operation,
            time: self.time,
            sleeper: self.sleeper,
            observers: self.observers,
            budget: self.budget,
            breaker: self.breaker,
            max_detached_threads: self.max_detached_threads,
            recommended: self.recommended,
        }
    }
}

/// Says how closely a call must know its time.
fn timing(time: &Time, deadline: Option<Duration>, attempt_timeout: Option<Duration>) -> Timing {
    match (deadline, attempt_timeout, time) {
        (None, None, _) => Timing::Untimed,
        (Some(deadline), None, Time::System) if deadline >= defaults::COARSE_DEADLINE => {
            Timing::Coarse
        }
        _ => Timing::Exact,
    }
}

/// A hint of the other side is worth more than any guess.
fn default_strategy() -> Arc<dyn Strategy> {
    Arc::new(retry_after_or(decorrelated_jitter(defaults::MAX)))
}

fn check_time(problems: &mut Problems, setting: &str, time: Option<Delay>, instead: &str) {
    match time.map(Delay::checked) {
        Some(Ok(Duration::ZERO)) => {
            problems.add(setting, format!("must be longer than zero ({instead})"));
        }
        Some(Err(seconds)) => problems.add(
            setting,
            format!("{seconds} s is no length of time: give a Duration or seconds ({instead})"),
        ),
        Some(Ok(_)) | None => {}
    }
}

fn check_cap(problems: &mut Problems, setting: &str, cap: Option<u32>) {
    if cap == Some(0) {
        problems.add(
            setting,
            "must be at least 1: caps count attempts, the first included",
        );
    }
}

impl<C, R> fmt::Debug for PolicyBuilder<C, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PolicyBuilder")
            .field("deadline", &self.deadline)
            .field("max_attempts", &self.max_attempts)
            .finish_non_exhaustive()
    }
}
