use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use super::settings::Settings;
use super::{Classifiers, Policy, checks};
use crate::breaker::CircuitBreaker;
use crate::budget::Budget;
use crate::classify::{AnyValue, DefaultClassifier, ErrorClass};
use crate::clock::{Clock, Time};
use crate::delay::Delay;
use crate::drive::{CompiledPolicy, Sleeper, Start};
use crate::gate::Gate;
use crate::observe::{AttemptEnd, AttemptStart, Observer, OnAttemptEnd, OnAttemptStart};
use crate::problems::{ConfigError, Problems};
use crate::strategies::Strategy;

/// Builds a [`Policy`]. [`build`](Self::build) names every mistake at once.
pub struct PolicyBuilder<C = DefaultClassifier, R = AnyValue> {
    errors: C,
    values: R,
    pub(super) settings: Settings,
}

impl PolicyBuilder {
    pub(super) fn new() -> Self {
        Self {
            errors: DefaultClassifier,
            values: AnyValue,
            settings: Settings::default(),
        }
    }
}

impl PolicyBuilder {
    /// Builds the settings of a function, whose expansion has its own classifiers.
    pub(crate) fn build_for_function(self) -> CompiledPolicy {
        match self.checked() {
            Ok(builder) => builder.settings.compile(),
            Err(error) => CompiledPolicy {
                start: Start::Refused,
                refused: Some(Box::new(error)),
                ..Settings::default().compile()
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
        self.settings.rules.default_strategy = Some(Arc::new(strategy));
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
        let own = self.settings.rules.class_strategies.get_mut(class);
        *own = Some(Arc::new(strategy));
        self
    }

    /// Sets the time that a call may take in all, as a `Duration` or in seconds. Default: 60 s.
    ///
    /// On Linux a deadline of 1 s or more is kept by the kernel's coarse monotonic clock, which moves
    /// in steps of 1 ms to 10 ms (its tick): a call may find its deadline reached that much too late
    /// or too early. Reading the exact clock would be most of what a successful call costs. Exact to
    /// the nanosecond are shorter deadlines, calls with an attempt timeout, calls that are
    /// observed or that report (`execute`), every other clock, and all of them in a build whose tokio
    /// can pause time.
    #[must_use]
    pub fn deadline(mut self, deadline: impl Into<Delay>) -> Self {
        let deadline = self.settings.times.take("deadline", deadline);
        self.settings.rules.deadline = Some(deadline);
        self
    }

    /// Lets a call take as long as its attempts do.
    #[must_use]
    pub fn no_deadline(mut self) -> Self {
        self.settings.rules.deadline = None;
        self
    }

    /// Cuts attempts off after this time, as a `Duration` or in seconds; a cut-off attempt is
    /// TRANSIENT. Default: none. Counts for async attempts, and for sync ones that run
    /// [detached](Policy::call_detached); others cannot be cut off.
    #[must_use]
    pub fn attempt_timeout(mut self, timeout: impl Into<Delay>) -> Self {
        let timeout = self.settings.times.take("attempt_timeout", timeout);
        self.settings.rules.attempt_timeout = Some(timeout);
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
        self.settings.max_detached_threads = threads;
        self
    }

    /// Sets how many attempts a call may make, the first included. Default: 6.
    #[must_use]
    pub fn max_attempts(mut self, attempts: u32) -> Self {
        self.settings.rules.max_attempts = Some(attempts);
        self
    }

    /// Lets a call make any number of attempts, until something else stops it.
    #[must_use]
    pub fn unlimited_attempts(mut self) -> Self {
        self.settings.rules.max_attempts = None;
        self
    }

    /// Sets after how many UNKNOWN failures a call stops. Default: 2.
    #[must_use]
    pub fn max_unknown_attempts(mut self, attempts: u32) -> Self {
        self.settings.rules.max_unknown_attempts = Some(attempts);
        self
    }

    /// Treats UNKNOWN like every other class that is retried.
    #[must_use]
    pub fn unlimited_unknown_attempts(mut self) -> Self {
        self.settings.rules.max_unknown_attempts = None;
        self
    }

    /// Sets after how many failures of `class` a call stops. Default: no cap.
    #[must_use]
    pub fn max_class_attempts(mut self, class: ErrorClass, attempts: u32) -> Self {
        *self.settings.rules.class_caps.get_mut(class) = Some(attempts);
        self
    }

    /// Applies each operation at most once: a failure is retried only if it is
    /// [unsent](crate::Classification::unsent), and any other ends the call with
    /// [`StopReason::MayHaveBeenApplied`](crate::StopReason::MayHaveBeenApplied). Default: not.
    ///
    /// For what must not be done twice and has no idempotency key: a payment, an order, a message. What
    /// is unsent is said by the classifier, or by the error's own [`Classify`](crate::Classify). The
    /// default classifier knows it only of refusals: those of a circuit breaker, and calls of this crate
    /// that started no attempt. All limits count as ever, and a class that has a strategy of its own is
    /// no exception. An attempt that was cut off by its timeout is never unsent.
    ///
    /// [`CallContext::once`](crate::CallContext::once) is the same for one call.
    ///
    /// ```
    /// use redress::{Classification, ErrorClass, Policy, StopReason, strategies::instant};
    ///
    /// #[derive(Debug, Clone, Copy, PartialEq)]
    /// enum PayError { NotConnected, NoAnswer }
    ///
    /// let policy = Policy::builder()
    ///     .strategy(instant())
    ///     .classifier(|e: &PayError| match e {
    ///         PayError::NotConnected => Classification::new(ErrorClass::Transient).unsent(),
    ///         PayError::NoAnswer => Classification::new(ErrorClass::Transient),
    ///     })
    ///     .once()
    ///     .build()?;
    /// let mut answers = [PayError::NotConnected, PayError::NoAnswer].into_iter();
    /// let outcome = policy.execute(|| answers.next().map_or(Ok(()), Err));
    /// assert_eq!(outcome.attempts, 2); // the payment may have been made: no third
    /// assert_eq!(outcome.stop_reason, Some(StopReason::MayHaveBeenApplied));
    /// # Ok::<_, redress::ConfigError>(())
    /// ```
    #[must_use]
    pub const fn once(mut self) -> Self {
        self.settings.rules.once = true;
        self
    }

    /// Tells operations which attempt they are: [`Attempt::current`](crate::Attempt::current) finds it
    /// in them, sync and async. Default: not, because a call that succeeds at once would pay for it
    /// with half of what it costs; [detached](Policy::call_detached) operations are always told.
    ///
    /// ```
    /// use redress::{Attempt, Policy, strategies::instant};
    ///
    /// let policy = Policy::builder().strategy(instant()).tell_attempts().build()?;
    /// let number = policy.call(|| match Attempt::current() {
    ///     Some(attempt) if attempt.number() < 3 => Err(std::io::ErrorKind::TimedOut.into()),
    ///     attempt => Ok::<_, std::io::Error>(attempt.map(|attempt| attempt.number())),
    /// });
    /// assert_eq!(number.unwrap(), Some(3));
    /// # Ok::<_, redress::ConfigError>(())
    /// ```
    #[must_use]
    pub const fn tell_attempts(mut self) -> Self {
        self.settings.tells_attempts = true;
        self
    }

    /// Ends calls when the caller of this program gives up: in a [scope](crate::deadline) the nearer of its
    /// end and the policy's own deadline counts. Default: not; outside of a scope nothing changes.
    ///
    /// A call whose caller has given up already makes no attempt, and stops with
    /// [`StopReason::DeadlineExceeded`](crate::StopReason::DeadlineExceeded). Operations are
    /// [told their attempts](Self::tell_attempts), so that they can send on what is left. A
    /// [deferred](crate::SleepDecision::Defer) operation goes on elsewhere by the policy's own deadline.
    /// [`Policy::start`], whose caller owns the time, knows of no scope. A [session](crate::Policy::session)
    /// that is healthy goes on, and does not connect again.
    ///
    /// ```
    /// use std::time::Duration;
    /// use redress::deadline::Scope;
    /// use redress::{Attempt, Policy};
    ///
    /// let policy = Policy::builder().deadline(60).inherit_deadline().build()?;
    /// let left = || Ok::<_, std::io::Error>(Attempt::current().and_then(|at| at.remaining()));
    /// let scope = Scope::new(Duration::from_secs(1));
    /// let left = scope.run(|| policy.call(left)).unwrap();
    /// assert!(left.unwrap() <= Duration::from_secs(1));
    /// # Ok::<_, redress::ConfigError>(())
    /// ```
    #[must_use]
    pub const fn inherit_deadline(mut self) -> Self {
        self.settings.inherits_deadline = true;
        self
    }

    /// Makes one attempt where the caller of this program makes several itself, as its
    /// [scope](crate::deadline) says, so that the attempts of layers do not multiply. Default: not.
    ///
    /// It then stops with [`StopReason::MaxAttemptsGlobal`](crate::StopReason::MaxAttemptsGlobal).
    ///
    /// ```
    /// use redress::Policy;
    /// use redress::deadline::Scope;
    ///
    /// let policy = Policy::builder().max_attempts(4).leave_retries_to_caller().build()?;
    /// let down = || Err::<(), _>(std::io::Error::from(std::io::ErrorKind::ConnectionRefused));
    /// let second_of_four = Scope::default().attempt(2, Some(4));
    /// assert_eq!(second_of_four.run(|| policy.call(down)).unwrap_err().attempts(), 1);
    /// # Ok::<_, redress::ConfigError>(())
    /// ```
    #[must_use]
    pub const fn leave_retries_to_caller(mut self) -> Self {
        self.settings.leaves_retries = true;
        self
    }

    /// Sets how long a [session](Policy::session) must last to be healthy without having made
    /// [progress](crate::call::Session::progress), as a `Duration` or in seconds. Default: 10 s.
    ///
    /// Longer than it takes a server that accepts connections and drops them at once; shorter than the
    /// time between two losses that have nothing to do with each other.
    #[must_use]
    pub fn healthy_after(mut self, time: impl Into<Delay>) -> Self {
        let time = self.settings.times.take("healthy_after", time);
        self.settings.rules.session.healthy_after = time;
        self.settings.rules.session.given = true;
        self
    }

    /// Ends a [session](Policy::session) that [expects](crate::call::Session::expect) something which does
    /// not come for this long, as a `Duration` or in seconds. It then counts as a failure of class
    /// TRANSIENT and cause [`Stalled`](crate::Cause::Stalled). Default: none.
    ///
    /// It counts only while the session says that it expects something: a session that never does is
    /// never cut off, and one that works silently is not either.
    #[must_use]
    pub fn stall_timeout(mut self, timeout: impl Into<Delay>) -> Self {
        let timeout = self.settings.times.take("stall_timeout", timeout);
        self.settings.rules.session.stall_timeout = Some(timeout);
        self.settings.rules.session.given = true;
        self
    }

    /// Stops a call with [`StopReason::RestartsExceeded`](crate::StopReason::RestartsExceeded) if its
    /// [session](Policy::session) has to be restarted more than `restarts` times within `window`, as a
    /// `Duration` or in seconds. Default: no limit, and in [`Policy::sessions`] 20 in 60 s.
    ///
    /// It is what ends a session that is healthy each time and is lost each time: health forgets all
    /// other limits. Erlang's supervisors call it the maximum restart intensity. Every end of a session
    /// counts that another connect would follow, with or without an error.
    ///
    /// ```
    /// let error = redress::Policy::sessions().restarts(0, 60).build().unwrap_err();
    /// assert_eq!(error.problems()[0].setting(), "max_restarts");
    /// ```
    #[must_use]
    pub fn restarts(self, restarts: u32, window: impl Into<Delay>) -> Self {
        self.max_restarts(Some(restarts)).restart_window(window)
    }

    /// Restarts [sessions](Policy::session) as often as it takes.
    #[must_use]
    pub fn unlimited_restarts(self) -> Self {
        self.max_restarts(None)
    }

    pub(crate) const fn max_restarts(mut self, restarts: Option<u32>) -> Self {
        self.settings.rules.session.max_restarts = restarts;
        self.settings.rules.session.given = true;
        self
    }

    pub(crate) fn restart_window(mut self, window: impl Into<Delay>) -> Self {
        let window = self.settings.times.take("restart_window", window);
        self.settings.rules.session.restart_window = window;
        self.settings.rules.session.given = true;
        self
    }

    /// Names the operation in events. Default: no name.
    #[must_use]
    pub fn operation(mut self, name: impl Into<Cow<'static, str>>) -> Self {
        self.settings.operation = Some(name.into());
        self
    }

    /// Adds an observer: a closure `|event: &Event<'_>| ...`, or an [`Observer`] that also sees
    /// attempts. Any number may be added; they are called in this order.
    #[must_use]
    pub fn on_event(mut self, observer: impl Observer + 'static) -> Self {
        self.settings.observers.push(observer);
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
        self.settings.rules.budget = Some(budget);
        self
    }

    /// Lets what one call learns of a rate limit hold for all calls of all policies that share this gate.
    /// Default: none.
    ///
    /// ```
    /// use std::sync::LazyLock;
    /// use redress::{Gate, Policy};
    ///
    /// static OPENAI: LazyLock<Policy> =
    ///     LazyLock::new(|| Policy::builder().gate(Gate::new()).build().unwrap());
    ///
    /// assert_eq!(OPENAI.call(|| Ok::<_, std::io::Error>(5)).unwrap(), 5);
    /// ```
    #[must_use]
    pub fn gate(mut self, gate: Gate) -> Self {
        self.settings.gate = Some(gate);
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
        self.settings.breaker = Some(breaker);
        self
    }

    /// Sets the clock. Default: the machine's monotonic clock; inside tokio its clock, which a
    /// test can pause.
    #[must_use]
    pub fn clock(mut self, clock: impl Clock + 'static) -> Self {
        self.settings.time = Time::Custom(Arc::new(clock));
        self
    }

    /// Sets what async calls wait with. Default: see [`Sleeper`].
    #[must_use]
    pub fn sleeper(mut self, sleeper: impl Sleeper + 'static) -> Self {
        self.settings.sleeper = Some(Arc::new(sleeper));
        self
    }

    /// Builds the policy.
    ///
    /// # Errors
    ///
    /// Names every mistake: a cap of 0, a deadline or timeout that is zero, negative, infinite or
    /// NaN, and whatever is wrong with the settings of the strategies and of the budget; and an
    /// attempt timeout that is not below the deadline, given or by default.
    ///
    /// ```
    /// let error = redress::Policy::builder().attempt_timeout(90).build().unwrap_err();
    /// assert_eq!(
    ///     error.problems()[0].message(),
    ///     "is 90s, and must be below deadline, which is 60s, the default: shorten it, or raise deadline"
    /// );
    /// ```
    pub fn build(self) -> Result<Policy<C, R>, ConfigError> {
        self.checked().map(Self::build_unchecked)
    }

    fn checked(self) -> Result<Self, ConfigError> {
        let mut problems = Problems::default();
        self.check(&mut problems);
        problems.into_result().map(|()| self)
    }

    pub(crate) fn check(&self, problems: &mut Problems) {
        checks::check(&self.settings, problems);
    }

    /// Builds a policy of settings that are known to be right.
    pub(crate) fn build_unchecked(self) -> Policy<C, R> {
        let classifiers = Classifiers {
            errors: self.errors,
            values: self.values,
            given: self.settings.classified,
        };
        Policy::from_parts(self.settings.compile(), classifiers)
    }

    fn with_classifiers<D, S>(self, change: impl FnOnce(C, R) -> (D, S)) -> PolicyBuilder<D, S> {
        let (errors, values) = change(self.errors, self.values);
        let mut settings = self.settings;
        settings.classified = true;
        PolicyBuilder {
            errors,
            values,
            settings,
        }
    }
}

impl<C, R> fmt::Debug for PolicyBuilder<C, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PolicyBuilder")
            .field("deadline", &self.settings.rules.deadline)
            .field("max_attempts", &self.settings.rules.max_attempts)
            .finish_non_exhaustive()
    }
}
