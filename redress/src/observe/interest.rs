/// Says what an [`Observer`](super::Observer) wants to see, so that calls do not pay for the rest.
///
/// A policy asks for it once, when it is built. Where several observers watch a policy, its calls pay
/// for all that any of them wants, and each sees only what it wants itself.
///
/// | not wanted | what follows |
/// |---|---|
/// | [`successes`](Self::without_successes) | the observer sees a call from its first failure on: a call that succeeds at its first attempt is not shown to it, and costs next to nothing |
/// | [`attempts`](Self::without_attempts) | starts and ends of attempts are not shown |
/// | [`starts`](Self::without_starts) | starts of calls are not shown, so nothing watches one call alone |
/// | [events of ends](Self::without_end_events) | the last event of a call is not shown: its [end](super::Observer::on_call_end) is, and says more |
/// | [`times`](Self::without_times) | times may be those of the coarse clock by which long deadlines are kept, some milliseconds off; reading the exact one is much of what watching costs |
///
/// ```
/// use redress::observe::Interest;
/// use redress::{Event, Observer, Policy};
///
/// struct Failures;
///
/// impl Observer for Failures {
///     fn on_event(&self, event: &Event<'_>) {
///         eprintln!("{} after attempt {}", event.name(), event.attempt());
///     }
///     fn interest(&self) -> Interest {
///         Interest::FAILURES
///     }
/// }
/// let policy = Policy::builder().on_event(Failures).build()?;
/// # Ok::<_, redress::ConfigError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Interest {
    pub(super) successes: bool,
    pub(super) attempts: bool,
    pub(super) starts: bool,
    pub(super) end_events: bool,
    pub(super) times: bool,
}

impl Interest {
    /// Everything. The default.
    pub const ALL: Self = Self {
        successes: true,
        attempts: true,
        starts: true,
        end_events: true,
        times: true,
    };

    /// Only what goes wrong: neither calls that succeed at once, nor single attempts, nor exact times.
    pub const FAILURES: Self = Self::ALL
        .without_successes()
        .without_attempts()
        .without_times();

    /// Leaves out calls that succeed at their first attempt. A call that fails is shown from its first
    /// failure on, its start and the start of its attempt included; one that is stopped before its first
    /// attempt, as it stops.
    #[must_use]
    pub const fn without_successes(mut self) -> Self {
        self.successes = false;
        self
    }

    /// Leaves out the starts and ends of attempts.
    #[must_use]
    pub const fn without_attempts(mut self) -> Self {
        self.attempts = false;
        self
    }

    /// Leaves out the starts of calls. It then [watches](super::CallObserver) no call alone.
    #[must_use]
    pub const fn without_starts(mut self) -> Self {
        self.starts = false;
        self
    }

    /// Leaves out the events that [end a call](super::EventName::is_terminal), for an observer that looks
    /// at the ends of calls.
    ///
    /// ```
    /// use std::sync::atomic::{AtomicU32, Ordering};
    /// use redress::observe::{CallEnd, Interest};
    /// use redress::{Event, Observer, Policy};
    ///
    /// static EVENTS: AtomicU32 = AtomicU32::new(0);
    /// static ENDS: AtomicU32 = AtomicU32::new(0);
    ///
    /// struct Ends;
    ///
    /// impl Observer for Ends {
    ///     fn on_event(&self, _event: &Event<'_>) {
    ///         EVENTS.fetch_add(1, Ordering::Relaxed);
    ///     }
    ///     fn on_call_end(&self, _call: &CallEnd<'_>) {
    ///         ENDS.fetch_add(1, Ordering::Relaxed);
    ///     }
    ///     fn interest(&self) -> Interest {
    ///         Interest::ALL.without_starts().without_end_events()
    ///     }
    /// }
    /// let policy = Policy::builder().on_event(Ends).build()?;
    /// policy.call(|| Ok::<_, std::io::Error>(()))?;
    /// assert_eq!((EVENTS.load(Ordering::Relaxed), ENDS.load(Ordering::Relaxed)), (0, 1));
    /// # Ok::<_, Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub const fn without_end_events(mut self) -> Self {
        self.end_events = false;
        self
    }

    /// Leaves the exactness of times to the limits of the policy: see
    /// [`deadline`](crate::PolicyBuilder::deadline).
    #[must_use]
    pub const fn without_times(mut self) -> Self {
        self.times = false;
        self
    }

    /// Returns `true` if calls that succeed at once are wanted.
    #[must_use]
    pub const fn successes(self) -> bool {
        self.successes
    }

    /// Returns `true` if attempts are wanted.
    #[must_use]
    pub const fn attempts(self) -> bool {
        self.attempts
    }

    /// Returns `true` if the starts of calls are wanted.
    #[must_use]
    pub const fn starts(self) -> bool {
        self.starts
    }

    /// Returns `true` if the events that end a call are wanted.
    #[must_use]
    pub const fn end_events(self) -> bool {
        self.end_events
    }

    /// Returns `true` if exact times are wanted.
    #[must_use]
    pub const fn times(self) -> bool {
        self.times
    }

    /// Returns what either of two wants.
    #[must_use]
    pub const fn or(self, other: Self) -> Self {
        Self {
            successes: self.successes || other.successes,
            attempts: self.attempts || other.attempts,
            starts: self.starts || other.starts,
            end_events: self.end_events || other.end_events,
            times: self.times || other.times,
        }
    }
}

impl Default for Interest {
    /// [`ALL`](Self::ALL).
    fn default() -> Self {
        Self::ALL
    }
}
