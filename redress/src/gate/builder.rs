use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use super::{Gate, GateSettings};
use crate::classify::ErrorClass;
use crate::clock::{Clock, Time};
use crate::defaults;
use crate::delay::{Delay, GivenTimes};
use crate::problems::{ConfigError, Problems};
use crate::strategies::length;

/// Builds a [`Gate`]. [`build`](Self::build) names every mistake at once.
///
/// ```
/// use redress::{ErrorClass, Gate};
///
/// let gate = Gate::builder()
///     .name("openai")
///     .arm_on([ErrorClass::RateLimit, ErrorClass::ServerError]) // 503 with Retry-After, too
///     .max_hint(60)
///     .build()?;
/// # Ok::<_, redress::ConfigError>(())
/// ```
#[must_use = "a builder does nothing until `build` is called"]
pub struct GateBuilder {
    pub(super) settings: GateSettings,
    times: GivenTimes,
    time: Time,
}

impl GateBuilder {
    #[inline]
    pub(super) fn new() -> Self {
        Self {
            settings: GateSettings::default(),
            times: GivenTimes::default(),
            time: Time::System,
        }
    }

    /// Names the gate in snapshots, and for metrics: one of a few names, such as that of the
    /// dependency. Default: none.
    #[inline]
    pub fn name(mut self, name: impl Into<Cow<'static, str>>) -> Self {
        self.settings.name = Some(name.into());
        self
    }

    /// Sets the classes of failure whose hint closes the gate. Default: RATE_LIMIT, which also slows
    /// it down without a hint; a failure of another class has to have one.
    #[inline]
    pub fn arm_on(mut self, classes: impl IntoIterator<Item = ErrorClass>) -> Self {
        let classes: Vec<_> = classes.into_iter().collect();
        let all = ErrorClass::ALL.into_iter();
        self.settings.arm_on = all.filter(|class| classes.contains(class)).collect();
        self
    }

    /// Sets the longest time that one hint closes the gate for, as a `Duration` or in seconds, 5
    /// minutes at most: the hint of one answer holds all callers. Default: 5 minutes.
    #[inline]
    pub fn max_hint(mut self, max: impl Into<Delay>) -> Self {
        self.settings.max_hint = self.times.take("max_hint", max);
        self
    }

    /// Sets the clock. Default: the machine's monotonic clock; inside tokio its clock, which a test
    /// can pause. The clock of a policy is not that of its gate.
    #[inline]
    pub fn clock(mut self, clock: impl Clock + 'static) -> Self {
        self.time = Time::Custom(Arc::new(clock));
        self
    }

    /// Builds a gate of settings that are known to be right.
    #[inline]
    pub(crate) fn build_unchecked(self) -> Gate {
        Gate::of(self.settings, self.time)
    }

    /// Builds the gate.
    ///
    /// # Errors
    ///
    /// Names every mistake: no class, a longest hint that is zero, no length of time, or above 5
    /// minutes.
    ///
    /// ```
    /// let error = redress::Gate::builder().arm_on([]).max_hint(3600).build().unwrap_err();
    /// assert_eq!(error.problems().len(), 2);
    /// ```
    #[inline]
    pub fn build(self) -> Result<Gate, ConfigError> {
        let mut problems = Problems::default();
        self.check(&mut problems);
        problems.into_result()?;
        Ok(self.build_unchecked())
    }

    pub(crate) fn check(&self, problems: &mut Problems) {
        let max = self.settings.max_hint;
        self.times.check(problems, "max_hint", max, None);
        if max > defaults::SHARED_HINT_MAX {
            let longest = length(defaults::SHARED_HINT_MAX);
            let message = format!(
                "is {}: give at most {longest}, since one hint holds all callers",
                length(max)
            );
            problems.add("max_hint", message);
        }
        if self.settings.arm_on.is_empty() {
            let message = "names no class, so nothing could close it: name one, such as RATE_LIMIT";
            problems.add("arm_on", message);
        }
    }
}

impl fmt::Debug for GateBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GateBuilder")
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}
