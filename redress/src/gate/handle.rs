use std::borrow::Cow;
use std::fmt;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use super::{GateBuilder, GateSettings, GateSnapshot, SharedGate};
use crate::clock::Time;
use crate::delay::Delay;

/// Holds all callers of what is limited, when one of them is told to come back later.
///
/// Each call by itself obeys the hint that it got (Retry-After), and then all come back at once. A gate
/// is shared: the first call that meets a rate limit closes it for the time of its hint, and when it
/// opens it lets the waiting go one by one, at the pace that has succeeded before. Nobody has to tell
/// it the limit. Waiting at the gate is neither an attempt nor a retry, and spends nothing.
///
/// | the gate is | when | calls |
/// |---|---|---|
/// | new | until it has been used for 2 s, or a limit is met | few at a time, more with each answer |
/// | open | as long as no limit is met | all go |
/// | closed | for the longest hint that it was given, up to 5 minutes | wait, first come first served |
/// | paced | after that | go at the pace that succeeded between the last two limits, a little more each second |
///
/// Without a hint it is never closed, only paced. After a minute without a limit, and without a call
/// that had to wait, it is open again. A call that has been let in before goes first.
///
/// A call waits within its deadline. One that would wait longer than that, even at twice the pace, stops
/// at once with [`StopReason::DeadlineExceeded`](crate::StopReason::DeadlineExceeded) and a `retry_after`.
/// Where several limits in a row come without a success between, the other side grants nothing: each halves
/// the number of calls that may wait, and the first success lets calls go as they come.
///
/// A handle is cheap to clone, and clones share one gate. Give one gate to all policies that call what
/// one limit is about: an account, a model, a host. While it is open, a call costs it one relaxed load.
///
/// ```
/// use std::time::Duration;
/// use redress::classify::RateLimitError;
/// use redress::{Gate, Policy, testing::VirtualClock};
///
/// let clock = VirtualClock::new();
/// let gate = Gate::builder().clock(clock.clone()).build()?;
/// let policy = Policy::builder().gate(gate.clone()).clock(clock.clone()).build()?;
///
/// let mut answers = [Some(30), None].into_iter(); // limited for 30 s, then not
/// let call = policy.call(|| match answers.next().flatten() {
///     Some(seconds) => {
///         Err(RateLimitError::new("slow down").retry_after(Some(Duration::from_secs(seconds))))
///     }
///     None => Ok("done"),
/// });
/// assert_eq!(call.unwrap(), "done");
/// assert_eq!(gate.snapshot().retry_after, None); // its time is over
/// assert!(gate.snapshot().calls_per_second.is_some()); // and others follow at a pace
/// # Ok::<_, redress::ConfigError>(())
/// ```
///
/// As a `static`, where attributes find it:
///
/// ```
/// use redress::{Gate, retry};
///
/// static OPENAI: Gate = Gate::new();
///
/// #[retry(gate = OPENAI)]
/// fn complete() -> std::io::Result<u32> {
///     Ok(5)
/// }
/// # complete().unwrap();
/// ```
pub struct Gate {
    // What `new` leaves empty: an `Arc` cannot be made in a constant.
    own: OnceLock<Arc<SharedGate>>,
}

impl Gate {
    /// Creates a gate with all defaults. As a constant expression, it can be a `static`.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            own: OnceLock::new(),
        }
    }

    /// Starts to build a gate.
    pub fn builder() -> GateBuilder {
        GateBuilder::new()
    }

    /// Creates a gate with all defaults and a name.
    ///
    /// ```
    /// assert_eq!(redress::Gate::named("openai").name(), Some("openai"));
    /// ```
    #[must_use]
    pub fn named(name: impl Into<Cow<'static, str>>) -> Self {
        Self::builder().name(name).build_unchecked()
    }

    /// Creates a gate with all defaults, in this time.
    pub(crate) fn timed(time: Time) -> Self {
        Self::of(GateSettings::default(), time)
    }

    pub(super) fn of(settings: GateSettings, time: Time) -> Self {
        Self {
            own: OnceLock::from(Arc::new(SharedGate::new(settings, time))),
        }
    }

    /// Returns a gate that was built in the same way, new and in another time.
    #[cfg(feature = "simulate")]
    pub(crate) fn renewed(&self, time: Time) -> Self {
        Self::of(self.settings().clone(), time)
    }

    #[inline]
    pub(crate) fn shared(&self) -> &SharedGate {
        self.resolve()
    }

    #[inline]
    fn resolve(&self) -> &Arc<SharedGate> {
        self.own
            .get_or_init(|| Arc::new(SharedGate::new(GateSettings::default(), Time::System)))
    }

    /// Puts itself in the place of `before`: it stays closed as long.
    #[cfg(feature = "config")]
    pub(crate) fn in_place_of(self, before: &Self) -> Self {
        if let Some(closed) = before.retry_after() {
            self.close_for(closed);
        }
        self
    }

    /// Makes a gate with the same settings, that shares nothing with this.
    #[cfg(feature = "keyed")]
    pub(crate) fn fresh(&self) -> Self {
        Self::of(self.settings().clone(), self.shared().time())
    }

    /// Returns `true` if it has nothing to forget but that it was open.
    #[cfg(feature = "keyed")]
    pub(crate) fn knows_no_limit(&self) -> bool {
        self.shared().knows_no_limit()
    }

    /// Counts the handles of this gate.
    #[cfg(feature = "keyed")]
    pub(crate) fn handles(&self) -> usize {
        Arc::strong_count(self.resolve())
    }

    /// Returns what it was built with.
    pub(crate) fn settings(&self) -> &GateSettings {
        &self.shared().settings
    }

    /// Returns the name that it was given.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.settings().name.as_deref()
    }

    /// Returns how long it is closed for every call; `None` if it is not.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        self.snapshot().retry_after
    }

    /// Returns its state with the numbers behind it.
    #[must_use]
    pub fn snapshot(&self) -> GateSnapshot {
        self.shared().snapshot()
    }

    /// Closes it for this time at least, as a `Duration` or in seconds, as the hint of a failure does:
    /// for what is known from elsewhere, such as a header that says that nothing remains.
    ///
    /// ```
    /// let gate = redress::Gate::new();
    /// gate.close_for(0.5);
    /// assert!(gate.retry_after().is_some());
    /// gate.reset();
    /// assert!(gate.try_enter().is_ok());
    /// ```
    pub fn close_for(&self, time: impl Into<Delay>) {
        self.shared().close(time.into().saturate());
    }

    /// Opens it, and forgets its pace.
    pub fn reset(&self) {
        self.shared().reset();
    }
}

impl Clone for Gate {
    fn clone(&self) -> Self {
        Self {
            own: OnceLock::from(Arc::clone(self.resolve())),
        }
    }
}

impl Default for Gate {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let snapshot = self.snapshot();
        f.debug_struct("Gate")
            .field("name", &snapshot.name)
            .field("retry_after", &snapshot.retry_after)
            .field("calls_per_second", &snapshot.calls_per_second)
            .field("waiting", &snapshot.waiting)
            .finish_non_exhaustive()
    }
}
