use std::fmt;
use std::sync::Arc;

use super::CircuitBreaker;
use super::checks;
use super::rate::Rate;
use super::recovery::Recovery;
use super::settings::{Settings, nanos};
use crate::classify::{ErrorClass, PerClass};
use crate::clock::{Clock, Time};
use crate::defaults;
use crate::delay::Delay;
use crate::problems::{ConfigError, Problems};
use crate::strategies::Strategy;

/// Builds a [`CircuitBreaker`]. [`build`](Self::build) names every mistake at once.
///
/// It opens by any of the rules that are set: [`failure_threshold`](Self::failure_threshold),
/// [`class_threshold`](Self::class_threshold), [`failure_rate`](Self::failure_rate),
/// [`consecutive_failures`](Self::consecutive_failures).
///
/// ```
/// use redress::{CircuitBreaker, ErrorClass, strategies::exponential};
///
/// let breaker = CircuitBreaker::builder()
///     .failure_rate(0.5, 20)
///     .window(10)
///     .class_threshold(ErrorClass::Auth, 1)
///     .recovery_strategy(exponential(5, 300))
///     .build()?;
/// # Ok::<_, redress::ConfigError>(())
/// ```
#[must_use = "a builder does nothing until `build` is called"]
pub struct CircuitBreakerBuilder {
    pub(super) trip_on: Option<Vec<ErrorClass>>,
    pub(super) failure_threshold: Option<u32>,
    pub(super) class_thresholds: PerClass<Option<u32>>,
    pub(super) rate: Option<Rate>,
    pub(super) consecutive: Option<u32>,
    pub(super) window: Delay,
    pub(super) recovery_timeout: Option<Delay>,
    pub(super) recovery_strategy: Option<Box<dyn Strategy>>,
    pub(super) probes: u32,
    pub(super) lease: Delay,
    pub(super) success_threshold: u32,
    pub(super) ramp: Option<Delay>,
    observe_attempts: bool,
    metrics_only: bool,
    time: Time,
}

impl CircuitBreakerBuilder {
    #[inline]
    pub(super) fn new() -> Self {
        Self {
            trip_on: None,
            failure_threshold: None,
            class_thresholds: PerClass::default(),
            rate: None,
            consecutive: None,
            window: Delay::from_duration(defaults::BREAKER_WINDOW),
            recovery_timeout: None,
            recovery_strategy: None,
            probes: defaults::BREAKER_PROBES,
            lease: Delay::from_duration(defaults::BREAKER_PROBE_LEASE),
            success_threshold: defaults::BREAKER_SUCCESSES,
            ramp: None,
            observe_attempts: false,
            metrics_only: false,
            time: Time::System,
        }
    }

    /// Sets how many failures within the window open it, whatever the number of successes. Default:
    /// 5, unless [`failure_rate`](Self::failure_rate) or
    /// [`consecutive_failures`](Self::consecutive_failures) is set. At most 65,536: the time of
    /// each is kept, in 8 bytes, so that the count is exact.
    #[inline]
    pub fn failure_threshold(mut self, failures: u32) -> Self {
        self.failure_threshold = Some(failures);
        self
    }

    /// Gives `class` a threshold of its own: its failures count only there, and open the breaker
    /// when there are so many of them within the window. Adds the class to
    /// [`trip_on`](Self::trip_on). Default: none. At most 65,536.
    #[inline]
    pub fn class_threshold(mut self, class: ErrorClass, failures: u32) -> Self {
        *self.class_thresholds.get_mut(class) = Some(failures);
        self
    }

    /// Opens when at least this share of the calls within the window failed, 0 to 1, and there were
    /// at least `minimum_calls`; checked at each failure. Default: no such rule. Named as in
    /// Resilience4j, where the rate is in percent.
    ///
    /// Calls without a verdict are not in it. Every success is counted, in constant memory. The
    /// window moves on by a sixteenth at a time. With the machine's clock, a thread with more than
    /// 64 successes in a sixteenth looks at the time only once for 16 of them, so the last up to 15
    /// before a pause can count as a little older than they are, or the first up to 15 after it.
    #[inline]
    pub fn failure_rate(mut self, rate: f64, minimum_calls: u32) -> Self {
        self.rate = Some(Rate {
            share: rate,
            minimum: minimum_calls,
        });
        self
    }

    /// Opens at so many failures without a success between them, however long that takes. Default:
    /// no such rule.
    #[inline]
    pub fn consecutive_failures(mut self, failures: u32) -> Self {
        self.consecutive = Some(failures);
        self
    }

    /// Sets the time for which a failure counts, as a `Duration` or in seconds. Default: 60 s.
    #[inline]
    pub fn window(mut self, window: impl Into<Delay>) -> Self {
        self.window = window.into();
        self
    }

    /// Sets the classes of failure that open it; all others are no verdict. Default: TRANSIENT and
    /// SERVER_ERROR.
    ///
    /// UNKNOWN is not among them: what the classifier does not know may be an answer, such as a
    /// declined card, and a breaker that counts answers refuses calls to a server that works. So a
    /// breaker cannot see an outage whose errors are not classified. A policy with an observer is
    /// told: [`EventName::Unclassified`](crate::EventName::Unclassified) names such an error's type.
    /// Classify it, or let UNKNOWN count:
    ///
    /// ```
    /// use redress::{CircuitBreaker, ErrorClass};
    ///
    /// let breaker = CircuitBreaker::builder()
    ///     .trip_on([ErrorClass::Transient, ErrorClass::ServerError, ErrorClass::Unknown])
    ///     .build()?;
    /// # Ok::<_, redress::ConfigError>(())
    /// ```
    #[inline]
    pub fn trip_on(mut self, classes: impl IntoIterator<Item = ErrorClass>) -> Self {
        self.trip_on = Some(classes.into_iter().collect());
        self
    }

    /// Sets how long it stays open before the first probe, as a `Duration` or in seconds. Default:
    /// 30 s.
    #[inline]
    pub fn recovery_timeout(mut self, timeout: impl Into<Delay>) -> Self {
        self.recovery_timeout = Some(timeout.into());
        self
    }

    /// Chooses how long it stays open by a strategy, so that it probes later and later, and
    /// breakers of many clients not all at once. Default: always the recovery timeout.
    ///
    /// The strategy is asked whenever the breaker opens. It is told how often in a row that has
    /// happened since it was last closed (as the attempt), the class of the failure, and the
    /// previous time. An infinite delay keeps it open until it is [reset](CircuitBreaker::reset).
    ///
    /// ```
    /// use redress::{CircuitBreaker, strategies::equal_jitter};
    ///
    /// let breaker = CircuitBreaker::builder()
    ///     .recovery_strategy(equal_jitter(300).base(10)) // 5..10 s, 10..20 s, ... 150..300 s
    ///     .build()?;
    /// # Ok::<_, redress::ConfigError>(())
    /// ```
    #[inline]
    pub fn recovery_strategy(mut self, strategy: impl Strategy + 'static) -> Self {
        self.recovery_strategy = Some(Box::new(strategy));
        self
    }

    /// Sets how many probes may be on their way at a time while it is half-open. Default: 1. At
    /// most 1,024.
    #[inline]
    pub fn half_open_probes(mut self, probes: u32) -> Self {
        self.probes = probes;
        self
    }

    /// Sets after which time a probe without a verdict loses its slot to the next call, as a
    /// `Duration` or in seconds; what it says later decides nothing. Default: 120 s.
    #[inline]
    pub fn probe_lease(mut self, lease: impl Into<Delay>) -> Self {
        self.lease = lease.into();
        self
    }

    /// Sets how many good probes close it. One bad probe opens it again. Default: 1.
    #[inline]
    pub fn success_threshold(mut self, successes: u32) -> Self {
        self.success_threshold = successes;
        self
    }

    /// Admits a growing share of the calls for this time after a good probe, instead of everyone at
    /// once, as a `Duration` or in seconds: half of them after half of it. Default: none.
    #[inline]
    pub fn ramp(mut self, ramp: impl Into<Delay>) -> Self {
        self.ramp = Some(ramp.into());
        self
    }

    /// Takes a verdict of each attempt of a policy's call instead of one of its final outcome. A
    /// call whose breaker opens stops before its next attempt, with its last error. Default: off.
    #[inline]
    pub fn observe_attempts(mut self) -> Self {
        self.observe_attempts = true;
        self
    }

    /// Starts it in the mode of [`CircuitBreaker::metrics_only`]: it counts and never refuses.
    /// Default: off.
    #[inline]
    pub fn metrics_only(mut self) -> Self {
        self.metrics_only = true;
        self
    }

    /// Sets the clock. Default: the machine's monotonic clock; inside tokio its clock, which a test
    /// can pause.
    #[inline]
    pub fn clock(mut self, clock: impl Clock + 'static) -> Self {
        self.time = Time::Custom(Arc::new(clock));
        self
    }

    #[inline]
    pub(crate) fn time(mut self, time: Time) -> Self {
        self.time = time;
        self
    }

    /// Builds a breaker of settings that are known to be right.
    #[inline]
    pub(crate) fn build_unchecked(self) -> CircuitBreaker {
        let (settings, time) = self.settings();
        CircuitBreaker::of(settings, time)
    }

    /// Builds the breaker.
    ///
    /// # Errors
    ///
    /// Names every mistake: a count of 0 or beyond its limit, a rate that is not above 0 and at
    /// most 1, a time that is zero, negative, infinite or NaN, no class that could open it, two
    /// settings that exclude each other, and whatever the recovery strategy reports of its own.
    #[inline]
    pub fn build(self) -> Result<CircuitBreaker, ConfigError> {
        let mut problems = Problems::default();
        self.check(&mut problems);
        problems.into_result()?;
        Ok(self.build_unchecked())
    }

    pub(crate) fn check(&self, problems: &mut Problems) {
        checks::check(self, problems);
    }

    #[inline]
    fn settings(self) -> (Settings, Time) {
        let mut settings = Settings::default();
        if let Some(classes) = self.trip_on {
            settings.trip_on = PerClass::default();
            for class in classes {
                *settings.trip_on.get_mut(class) = true;
            }
        }
        for (class, threshold) in self.class_thresholds.iter() {
            if threshold.is_some() {
                *settings.trip_on.get_mut(class) = true;
            }
        }
        settings.class_thresholds = self.class_thresholds;
        let other_rule = self.rate.is_some() || self.consecutive.is_some();
        if self.failure_threshold.is_some() || other_rule {
            settings.failure_threshold = self.failure_threshold;
        }
        settings.rate = self.rate;
        settings.consecutive = self.consecutive;
        settings.window = nanos(self.window.saturate());
        if let Some(timeout) = self.recovery_timeout {
            settings.recovery = Recovery::Fixed(timeout.saturate());
        }
        if let Some(strategy) = self.recovery_strategy {
            settings.recovery = Recovery::Strategy(strategy);
        }
        settings.probes = self.probes;
        settings.lease = nanos(self.lease.saturate());
        settings.success_threshold = self.success_threshold;
        settings.ramp = self.ramp.map(|ramp| nanos(ramp.saturate()));
        settings.observe_attempts = self.observe_attempts;
        settings.metrics_only = self.metrics_only;
        (settings, self.time)
    }
}

impl fmt::Debug for CircuitBreakerBuilder {
    #[inline]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CircuitBreakerBuilder")
            .field("failure_threshold", &self.failure_threshold)
            .field("failure_rate", &self.rate)
            .field("consecutive_failures", &self.consecutive)
            .field("window", &self.window)
            .finish_non_exhaustive()
    }
}
