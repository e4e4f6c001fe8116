use std::sync::Arc;
use std::time::Duration;

use super::log::Log;
use crate::classify::Classification;
use crate::delay::Delay;
use crate::problems::Problems;
use crate::reason::Cause;
use crate::strategies::{BackoffContext, DelayBounds, Description, Strategy};

/// A strategy with fixed delays that records each request.
///
/// Each call starts with the first delay, and the last one repeats. The strategy of a class counts
/// only the call's failures of that class. Clones share the record.
///
/// ```
/// use std::time::Duration;
/// use redress::Policy;
/// use redress::testing::{DeterministicStrategy, VirtualClock};
///
/// let clock = VirtualClock::new();
/// let strategy = DeterministicStrategy::new([0.5, 1.0]); // seconds, or Durations
/// let policy = Policy::builder()
///     .strategy(strategy.clone())
///     .max_attempts(4)
///     .clock(clock.clone())
///     .build()?;
/// let down = || Err::<(), _>(std::io::Error::from(std::io::ErrorKind::ConnectionRefused));
/// policy.call(down).unwrap_err();
/// let (half, one) = (Duration::from_millis(500), Duration::from_secs(1));
/// assert_eq!(clock.sleeps(), [half, one, one]);
/// assert_eq!(strategy.calls()[1].prev_sleep, Some(half));
/// # Ok::<_, redress::ConfigError>(())
/// ```
#[derive(Debug, Clone)]
pub struct DeterministicStrategy {
    delays: Arc<[Delay]>,
    calls: Log<RecordedBackoff>,
}

impl DeterministicStrategy {
    /// Creates a strategy of `delays`, each a `Duration` or a number of seconds. If the list is
    /// empty, or a delay is negative, infinite or NaN, building the policy fails.
    #[must_use]
    pub fn new<D: Into<Delay>>(delays: impl IntoIterator<Item = D>) -> Self {
        Self {
            delays: delays.into_iter().map(Into::into).collect(),
            calls: Log::default(),
        }
    }

    /// Returns the requests and their answers, in order.
    #[must_use]
    pub fn calls(&self) -> Vec<RecordedBackoff> {
        self.calls.entries()
    }

    /// Clears the record.
    pub fn clear(&self) {
        self.calls.clear();
    }

    fn after(&self, failures: u32) -> Delay {
        let before = usize::try_from(failures.saturating_sub(1)).unwrap_or(usize::MAX);
        let delay = self.delays.get(before).or(self.delays.last());
        // No policy is built with an empty list. A direct request has no answer.
        delay.copied().unwrap_or(Delay::from(f64::NAN))
    }
}

impl Strategy for DeterministicStrategy {
    fn delay(&self, ctx: &BackoffContext<'_>) -> Delay {
        let delay = self.after(ctx.slot_attempt);
        self.calls.push(RecordedBackoff::new(ctx, delay));
        delay
    }

    fn describe(&self) -> Description {
        let delays = self.delays.iter().enumerate();
        let described = delays.fold(Description::new("deterministic"), |all, (n, delay)| {
            all.time(format!("delays[{n}]"), delay.saturate())
        });
        described.with_jitter(false)
    }

    fn delay_bounds(&self, failures: u32, _previous: Option<DelayBounds>) -> Option<DelayBounds> {
        Some(DelayBounds::exactly(self.after(failures).saturate()))
    }

    fn check(&self, problems: &mut Problems) {
        if self.delays.is_empty() {
            problems.add(
                "delays",
                "is empty: give at least one delay, 0.0 for no wait",
            );
        }
        for (n, delay) in self.delays.iter().enumerate() {
            if let Err(seconds) = delay.checked() {
                problems.add(
                    &format!("delays[{n}]"),
                    format!("{seconds} s is no length of time: give a Duration or seconds"),
                );
            }
        }
    }
}

/// A request to a [`DeterministicStrategy`], as in [`BackoffContext`], and its answer.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct RecordedBackoff {
    /// The attempt that failed, counted from 1.
    pub attempt: u32,
    /// The number of the call's failures of this class, this one included.
    pub class_attempt: u32,
    /// The number of the call's failures in the strategy's slot, this one included.
    pub slot_attempt: u32,
    /// The classification of the failure.
    pub classification: Classification,
    /// The previous delay of the slot in the call.
    pub prev_sleep: Option<Duration>,
    /// The time left until the deadline, if there was one.
    pub remaining: Option<Duration>,
    /// The cause of the failure: an error, a value or a timeout.
    pub cause: Cause,
    /// The strategy's answer.
    pub delay: Delay,
}

impl RecordedBackoff {
    fn new(ctx: &BackoffContext<'_>, delay: Delay) -> Self {
        Self {
            attempt: ctx.attempt,
            class_attempt: ctx.class_attempt,
            slot_attempt: ctx.slot_attempt,
            classification: ctx.classification.clone(),
            prev_sleep: ctx.prev_sleep,
            remaining: ctx.remaining,
            cause: ctx.cause,
            delay,
        }
    }
}
