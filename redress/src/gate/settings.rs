use std::borrow::Cow;
use std::time::Duration;

use crate::classify::ErrorClass;
use crate::defaults::{self, with_defaults};

with_defaults! {
    /// The settings of a gate. The default is what [`Gate::new`](crate::Gate::new) has.
    ///
    /// ```
    /// use redress::{ErrorClass, Gate};
    ///
    /// let policy = redress::Policy::builder().gate(Gate::new()).build()?;
    /// let gate = policy.snapshot().gate.unwrap();
    /// assert_eq!(gate.arm_on, [ErrorClass::RateLimit]);
    /// # Ok::<_, redress::ConfigError>(())
    /// ```
    #[derive(Debug, Clone, PartialEq, Eq)]
    #[non_exhaustive]
    pub struct GateSettings {
        /// The name, for events and metrics.
        pub name: Option<Cow<'static, str>> = None,
        /// The classes of failure that close it.
        pub arm_on: Vec<ErrorClass> = vec![ErrorClass::RateLimit],
        /// The longest time that one hint closes it for.
        pub max_hint: Duration = defaults::SHARED_HINT_MAX,
    }
}

/// The state of a gate at one moment, for a dashboard or a health check.
///
/// ```
/// let snapshot = redress::Gate::new().snapshot();
/// assert_eq!(snapshot.retry_after, None);
/// assert_eq!(snapshot.calls_per_second, None);
/// assert_eq!(snapshot.waiting, 0);
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct GateSnapshot {
    /// The gate's name: [`GateBuilder::name`](super::GateBuilder::name).
    pub name: Option<String>,
    /// How long it is closed for every call; `None` if it is not.
    pub retry_after: Option<Duration>,
    /// The pace at which it lets calls go; `None` if there is no limit that it knows of.
    pub calls_per_second: Option<f64>,
    /// The calls that wait.
    pub waiting: usize,
}
