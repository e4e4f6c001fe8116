use std::fmt;
use std::sync::{Arc, OnceLock};

#[cfg(feature = "testing")]
use super::admissions::Admissions;
use super::machine::Mode;
use super::registry;
use super::settings::BreakerSettings;
use super::setup::BreakerSetup;
use super::{CircuitBreakerBuilder, CircuitSnapshot, CircuitState, SharedBreaker};
use crate::clock::Time;

/// Refuses calls to a dependency that keeps failing, and lets single calls find out whether it is
/// back (Nygard, "Release It!", 2007).
///
/// A handle is cheap to clone, and clones share one breaker. It guards calls through a
/// [`Policy`](crate::Policy), or any code by itself.
///
/// | state | calls | leaves it |
/// |---|---|---|
/// | closed | go | at the failure threshold, for open |
/// | open | are refused | when the first call comes after the recovery timeout, for half-open |
/// | half-open | go, as many at a time as there are probes | on a good probe for closed, on a bad one for open |
///
/// A call's verdict is success, failure or none: a failure outside
/// [`trip_on`](CircuitBreakerBuilder::trip_on), an abort, a cancelled future and a panic say nothing
/// about the other side. A result counts only in the state in which its call came in: late results
/// decide nothing.
///
/// | setting | default |
/// |---|---|
/// | opens | at 5 failures within 60 s |
/// | what counts as a failure | TRANSIENT and SERVER_ERROR, not [UNKNOWN](CircuitBreakerBuilder::trip_on) |
/// | recovery timeout | 30 s |
/// | probes at a time | 1, for 120 s at most |
/// | closes | at 1 good probe |
/// | observes | operations: all attempts of one call to a policy are one |
///
/// While it is closed and only counts failures, a success costs one load of shared memory, writes
/// nothing and reads no clock. Nothing is allocated after construction; a handle from
/// [`new`](Self::new) is constructed by its first use.
///
/// ```
/// use redress::{CircuitBreaker, CircuitState, ErrorClass};
///
/// static DATABASE: CircuitBreaker = CircuitBreaker::new();
///
/// for _ in 0..5 {
///     DATABASE.try_acquire().unwrap().failure(ErrorClass::Transient);
/// }
/// assert_eq!(DATABASE.state(), CircuitState::Open);
/// assert!(DATABASE.try_acquire().is_err());
/// ```
pub struct CircuitBreaker {
    // What `new` leaves empty: an `Arc` cannot be made in a constant.
    own: OnceLock<Own>,
}

/// The parts of a handle: the breaker, and the settings that this handle was built with. A breaker of
/// a file goes on with other settings when they change; handles from before have theirs to show.
#[derive(Clone)]
struct Own {
    shared: Arc<SharedBreaker>,
    setup: Arc<BreakerSetup>,
}

impl Own {
    fn new(setup: BreakerSetup, time: Time) -> Self {
        let setup = Arc::new(setup);
        let shared = Arc::new(SharedBreaker::new(&setup, time));
        registry::add(&shared, &setup);
        Self { shared, setup }
    }
}

impl CircuitBreaker {
    /// Creates a breaker with all defaults. As a constant expression, it can be a `static`.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            own: OnceLock::new(),
        }
    }

    /// Starts to build a breaker.
    pub fn builder() -> CircuitBreakerBuilder {
        CircuitBreakerBuilder::new()
    }

    pub(super) fn of(setup: BreakerSetup, time: Time) -> Self {
        Self {
            own: OnceLock::from(Own::new(setup, time)),
        }
    }

    pub(super) fn of_parts(shared: Arc<SharedBreaker>, setup: Arc<BreakerSetup>) -> Self {
        Self {
            own: OnceLock::from(Own { shared, setup }),
        }
    }

    #[inline]
    fn resolve(&self) -> &Own {
        self.own.get_or_init(|| {
            let setup = BreakerSetup::new(BreakerSettings::default(), None, None);
            Own::new(setup, Time::System)
        })
    }

    #[inline]
    pub(crate) fn shared(&self) -> &SharedBreaker {
        &self.resolve().shared
    }

    /// Returns what this handle was built with.
    pub(crate) fn settings(&self) -> &BreakerSettings {
        &self.resolve().setup.settings
    }

    /// Puts itself in the place of `before`: one breaker from now on, which goes by the settings of
    /// this one, with all of its state that still means the same. The handles of `before` stay
    /// handles of it, and calls on their way give their verdict to it.
    #[cfg(feature = "config")]
    pub(crate) fn in_place_of(self, before: &Self) -> Self {
        let setup = Arc::clone(&self.resolve().setup);
        let shared = Arc::clone(&before.resolve().shared);
        shared.renew(&setup);
        Self::of_parts(shared, setup)
    }

    /// Creates a breaker with the same settings that has seen nothing yet, on another clock, and of
    /// which nothing is told.
    #[cfg(feature = "simulate")]
    pub(crate) fn renewed(&self, time: Time) -> Self {
        let setup = Arc::new(self.resolve().setup.silent());
        let shared = Arc::new(SharedBreaker::new(&setup, time));
        Self::of_parts(shared, setup)
    }

    /// Makes a breaker with the same settings, that shares nothing with this, and that no list has.
    #[cfg(feature = "keyed")]
    pub(crate) fn fresh(&self) -> Self {
        let Own { shared, setup } = self.resolve();
        let fresh = Arc::new(SharedBreaker::new(setup, shared.time()));
        Self::of_parts(fresh, Arc::clone(setup))
    }

    /// Returns `true` if it makes no difference whether this breaker or a new one is asked.
    #[cfg(feature = "keyed")]
    pub(crate) fn equals_new(&self) -> bool {
        self.shared().equals_new()
    }

    /// Counts the handles of this breaker.
    #[cfg(feature = "keyed")]
    pub(crate) fn handles(&self) -> usize {
        Arc::strong_count(&self.resolve().shared)
    }

    /// Returns the name that [`CircuitBreakerBuilder::name`] gave it; for a breaker of a
    /// configuration file, the name of its table.
    ///
    /// ```
    /// use redress::CircuitBreaker;
    ///
    /// let breaker = CircuitBreaker::builder().name("payments").build()?;
    /// assert_eq!(breaker.name(), Some("payments"));
    /// assert_eq!(CircuitBreaker::new().name(), None);
    /// # Ok::<_, redress::ConfigError>(())
    /// ```
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.settings().name.as_deref()
    }

    /// Returns the state. It does not change by itself: an open breaker is open until a call comes
    /// after the recovery timeout and finds it half-open.
    #[must_use]
    pub fn state(&self) -> CircuitState {
        self.shared().state()
    }

    /// Returns the state with the counts and times behind it.
    #[must_use]
    pub fn snapshot(&self) -> CircuitSnapshot {
        self.shared().snapshot()
    }

    /// Refuses all calls from now on, until [`reset`](Self::reset) or another of these.
    ///
    /// A refused caller is told to ask again after the recovery timeout.
    ///
    /// ```
    /// let breaker = redress::CircuitBreaker::new();
    /// breaker.force_open();
    /// assert!(breaker.try_acquire().is_err());
    /// breaker.reset();
    /// assert!(breaker.try_acquire().is_ok());
    /// ```
    pub fn force_open(&self) {
        self.shared().force(Mode::ForcedOpen);
    }

    /// Admits all calls from now on and counts nothing, until [`reset`](Self::reset) or another of
    /// these.
    pub fn force_closed(&self) {
        self.shared().force(Mode::ForcedClosed);
    }

    /// Admits all calls from now on, but still counts them, until [`reset`](Self::reset) or another
    /// of these. What would have opened it shows in the [`snapshot`](Self::snapshot); failures
    /// are counted up to their threshold.
    pub fn metrics_only(&self) {
        self.shared().force(Mode::MetricsOnly);
    }

    /// Admits calls as a test says, until [`reset`](Self::reset) or another of these.
    #[cfg(feature = "testing")]
    pub(crate) fn follow(&self, admissions: Admissions) {
        self.shared().follow(admissions);
    }

    /// Starts again as built: closed, with nothing counted. Calls on their way decide nothing any
    /// more.
    pub fn reset(&self) {
        self.shared().reset();
    }
}

impl Clone for CircuitBreaker {
    fn clone(&self) -> Self {
        Self {
            own: OnceLock::from(self.resolve().clone()),
        }
    }
}

impl Default for CircuitBreaker {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for CircuitBreaker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CircuitBreaker")
            .field("state", &self.state())
            .field("settings", self.settings())
            .finish_non_exhaustive()
    }
}
