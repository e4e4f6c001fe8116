use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use super::changes::OnChange;
use super::checks;
use super::settings::{BreakerSettings, classes};
use super::setup::BreakerSetup;
use super::{CircuitBreaker, CircuitChange};
use crate::classify::ErrorClass;
use crate::clock::{Clock, Time};
use crate::delay::{Delay, GivenTimes};
use crate::problems::{ConfigError, Problems};
use crate::strategies::{DelayBounds, Strategy, fixed};

/// Builds a [`CircuitBreaker`]. [`build`](Self::build) names every mistake at once.
/// A clone builds another breaker with the same settings.
///
/// It opens by any of the rules that are set: [`failure_threshold`](Self::failure_threshold),
/// [`class_threshold`](Self::class_threshold), [`failure_rate`](Self::failure_rate),
/// [`consecutive_failures`](Self::consecutive_failures), [`slow_call`](Self::slow_call).
/// [`proportional`](Self::proportional) refuses a share of the calls without opening.
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
#[derive(Clone)]
#[must_use = "a builder does nothing until `build` is called"]
pub struct CircuitBreakerBuilder {
    /// As they are given: [`complete`](Self::complete) adds what follows from several of them.
    pub(super) settings: BreakerSettings,
    pub(super) recovery_strategy: Option<Arc<dyn Strategy>>,
    pub(super) times: GivenTimes,
    on_change: Option<OnChange>,
    time: Time,
}

impl CircuitBreakerBuilder {
    #[inline]
    pub(super) fn new() -> Self {
        Self {
            settings: BreakerSettings {
                // Their defaults depend on other settings.
                failure_threshold: None,
                recovery_timeout: None,
                ..BreakerSettings::default()
            },
            recovery_strategy: None,
            times: GivenTimes::default(),
            on_change: None,
            time: Time::System,
        }
    }

    /// Names the breaker in snapshots, and for metrics: one of a few names, such as that of the
    /// dependency, and not one for each request. Default: none.
    #[inline]
    pub fn name(mut self, name: impl Into<Cow<'static, str>>) -> Self {
        self.settings.name = Some(name.into());
        self
    }

    /// Shows each change of the breaker's state to a function, whatever has changed it: a call, a
    /// [`Permit`](super::Permit), or [`force_open`](CircuitBreaker::force_open) and its relatives.
    /// Default: none. A default observer of the program sees them, too:
    /// [`Observer::on_circuit_change`](crate::Observer::on_circuit_change).
    ///
    /// It runs on the thread that has changed the state, which is changed by then. A panic in it is
    /// caught.
    ///
    /// ```
    /// use redress::{CircuitBreaker, CircuitState};
    ///
    /// let breaker = CircuitBreaker::builder()
    ///     .name("payments")
    ///     .on_change(|change| println!("{change}")) // payments: closed -> open
    ///     .build()?;
    /// breaker.force_open();
    /// assert_eq!(breaker.state(), CircuitState::Open);
    /// # Ok::<_, redress::ConfigError>(())
    /// ```
    #[inline]
    pub fn on_change(mut self, see: impl Fn(&CircuitChange<'_>) + Send + Sync + 'static) -> Self {
        self.on_change = Some(Arc::new(see));
        self
    }

    /// Sets how many failures within the window open it, whatever the number of successes. Default:
    /// 5, unless [`failure_rate`](Self::failure_rate),
    /// [`consecutive_failures`](Self::consecutive_failures) or [`proportional`](Self::proportional)
    /// is set. At most 65,536: the time of each is kept, in 8 bytes, so that the count is exact.
    #[inline]
    pub fn failure_threshold(mut self, failures: u32) -> Self {
        self.settings.failure_threshold = Some(failures);
        self
    }

    /// Gives `class` a threshold of its own: its failures count only there, and open the breaker
    /// when there are so many of them within the window. Adds the class to
    /// [`trip_on`](Self::trip_on). Default: none. At most 65,536.
    #[inline]
    pub fn class_threshold(mut self, class: ErrorClass, failures: u32) -> Self {
        self.settings.class_thresholds.insert(class, failures);
        self
    }

    /// Opens when at least this share of the calls within the window failed, 0 to 1, and there were
    /// at least `minimum_calls`; checked at each failure. Default: no such rule. Named as in
    /// Resilience4j, where the rate is in percent.
    ///
    /// One success within the window takes a rate of 1 out of reach, and a rate such as 0.95 until
    /// there are 19 failures beside it: the doctor warns of rates that are too high for their minimum.
    ///
    /// Calls without a verdict are not in it. Every success is counted, in constant memory. The
    /// window moves on by a sixteenth at a time. With the machine's clock, a thread with more than
    /// 64 successes in a sixteenth looks at the time only once for 16 of them, so the last up to 15
    /// before a pause can count as a little older than they are, or the first up to 15 after it.
    #[inline]
    pub fn failure_rate(mut self, rate: f64, minimum_calls: u32) -> Self {
        self.settings.failure_rate = Some((rate, minimum_calls));
        self
    }

    /// Opens when at least this share of the attempts within the window took `slow` or longer, 0 to
    /// 1; `slow` is a `Duration` or seconds. Checked at each slow attempt, and not before there were
    /// as many calls as [`failure_rate`](Self::failure_rate) says, 20 without one. Default: no such
    /// rule.
    ///
    /// A dependency that hangs shows first in how long it takes, and a timeout hides it: what was cut
    /// off, or cancelled by its caller, has no verdict. So an attempt that was slow already when its
    /// future was dropped is a slow one here. Successes and failures of any class can be slow. A slow
    /// probe is a bad one.
    ///
    /// In a policy the time of one attempt counts, without the pauses between attempts; of a
    /// [`Permit`](crate::breaker::Permit), the time until its verdict. It costs one more look at the
    /// clock for each call.
    ///
    /// ```
    /// use std::time::Duration;
    /// use redress::{CircuitBreaker, CircuitState, testing::VirtualClock};
    ///
    /// let clock = VirtualClock::new();
    /// let breaker = CircuitBreaker::builder().slow_call(2, 0.5).clock(clock.clone()).build()?;
    /// for _ in 0..20 {
    ///     let permit = breaker.try_acquire().unwrap();
    ///     clock.advance(Duration::from_millis(2100));
    ///     permit.success(); // right, but late
    /// }
    /// assert_eq!(breaker.state(), CircuitState::Open);
    /// # Ok::<_, redress::ConfigError>(())
    /// ```
    #[inline]
    pub fn slow_call(mut self, slow: impl Into<Delay>, share: f64) -> Self {
        let slow = self.times.take("slow_call", slow);
        self.settings.slow_call = Some((slow, share));
        self
    }

    /// Refuses a share of the calls, and only as many as keep the other side from being asked more
    /// than `k` times as often as it accepts: the adaptive throttling of Google's "Site Reliability
    /// Engineering", chapter "Handling Overload". Of the calls within the window it refuses
    /// `(requests - k * accepts) / (requests + 1)`, and at most nine in ten, so that it finds out when
    /// the other side is back. Default: no call is refused before the breaker opens.
    ///
    /// A lower `k` refuses sooner; the book takes 2. It must be at least 1. Accepted is what succeeds;
    /// failures outside of [`trip_on`](Self::trip_on) are not counted, and refused calls are requests.
    /// In this mode alone the breaker never opens: give a threshold beside it if it shall. It stays
    /// [closed](crate::CircuitState::Closed), and a refused call ends as with an open one.
    ///
    /// ```
    /// use redress::{CircuitBreaker, ErrorClass};
    ///
    /// let breaker = CircuitBreaker::builder().proportional(2.0).window(120).build()?;
    /// let mut sent = 0;
    /// for _ in 0..1000 {
    ///     if let Ok(permit) = breaker.try_acquire() {
    ///         sent += 1;
    ///         permit.failure(ErrorClass::ServerError); // overloaded
    ///     }
    /// }
    /// assert!((100..120).contains(&sent), "{sent}");
    /// # Ok::<_, redress::ConfigError>(())
    /// ```
    #[inline]
    pub fn proportional(mut self, k: f64) -> Self {
        self.settings.proportional = Some(k);
        self
    }

    /// Opens at so many failures without a success between them, however long that takes. Default:
    /// no such rule.
    #[inline]
    pub fn consecutive_failures(mut self, failures: u32) -> Self {
        self.settings.consecutive_failures = Some(failures);
        self
    }

    /// Sets the time for which a failure counts, as a `Duration` or in seconds. Default: 60 s.
    #[inline]
    pub fn window(mut self, window: impl Into<Delay>) -> Self {
        self.settings.window = self.times.take("window", window);
        self
    }

    /// Sets the classes of failure that open it; all others are not verdicts. Default: TRANSIENT and
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
        self.settings.trip_on = classes.into_iter().collect();
        self
    }

    /// Sets how long it stays open before the first probe, as a `Duration` or in seconds. Default:
    /// 30 s.
    ///
    /// Where the failure that opens it says when to come back (Retry-After), it stays open at least as
    /// long as that, up to 5 minutes.
    #[inline]
    pub fn recovery_timeout(mut self, timeout: impl Into<Delay>) -> Self {
        let timeout = self.times.take("recovery_timeout", timeout);
        self.settings.recovery_timeout = Some(timeout);
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
        self.recovery_strategy = Some(Arc::new(strategy));
        self
    }

    /// Sets how many probes may be on their way at a time while it is half-open. Default: 1. At
    /// most 1,024.
    #[inline]
    pub fn half_open_probes(mut self, probes: u32) -> Self {
        self.settings.half_open_probes = probes;
        self
    }

    /// Sets after which time a probe without a verdict loses its slot to the next call, as a
    /// `Duration` or in seconds; what it says later decides nothing. Default: 120 s.
    #[inline]
    pub fn probe_lease(mut self, lease: impl Into<Delay>) -> Self {
        self.settings.probe_lease = self.times.take("probe_lease", lease);
        self
    }

    /// Sets how many good probes close it. One bad probe opens it again. Default: 1.
    #[inline]
    pub fn success_threshold(mut self, successes: u32) -> Self {
        self.settings.success_threshold = successes;
        self
    }

    /// Admits a growing share of the calls for this time after a good probe, instead of everyone at
    /// once, as a `Duration` or in seconds: half of them after half of it. Default: none.
    #[inline]
    pub fn ramp(mut self, ramp: impl Into<Delay>) -> Self {
        self.settings.ramp = Some(self.times.take("ramp", ramp));
        self
    }

    /// Takes a verdict of each attempt of a policy's call instead of one of its final outcome. A
    /// call whose breaker opens stops before its next attempt, with its last error. Default: off.
    #[inline]
    pub fn observe_attempts(mut self) -> Self {
        self.settings.observe_attempts = true;
        self
    }

    /// Starts it in the mode of [`CircuitBreaker::metrics_only`]: it counts and never refuses.
    /// Default: off.
    #[inline]
    pub fn metrics_only(mut self) -> Self {
        self.settings.metrics_only = true;
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
        let Self {
            settings,
            recovery_strategy,
            on_change,
            time,
            ..
        } = self.complete();
        let setup = BreakerSetup::new(settings, recovery_strategy, on_change);
        CircuitBreaker::of(setup, time)
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

    /// Adds what follows from several settings.
    #[inline]
    fn complete(mut self) -> Self {
        let default = BreakerSettings::default();
        let settings = &mut self.settings;
        settings.trip_on = classes(|class| {
            settings.trip_on.contains(class) || settings.class_thresholds.contains_key(class)
        });
        if !settings.judges_otherwise() {
            settings.failure_threshold = settings.failure_threshold.or(default.failure_threshold);
        }
        if let Some(strategy) = &self.recovery_strategy {
            settings.recovery_timeout = None;
            settings.recovery = strategy.describe();
            settings.recovery_bounds = strategy.delay_bounds(1, None);
        } else if let Some(timeout) = settings.recovery_timeout {
            settings.recovery = fixed(timeout).describe();
            settings.recovery_bounds = Some(DelayBounds::exactly(timeout));
        } else {
            settings.recovery_timeout = default.recovery_timeout;
        }
        self
    }
}

impl fmt::Debug for CircuitBreakerBuilder {
    #[inline]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CircuitBreakerBuilder")
            .field("name", &self.settings.name)
            .field("failure_threshold", &self.settings.failure_threshold)
            .field("failure_rate", &self.settings.failure_rate)
            .field("consecutive_failures", &self.settings.consecutive_failures)
            .field("window", &self.settings.window)
            .finish_non_exhaustive()
    }
}
