use std::borrow::Cow;
use std::time::Duration;

use super::ErrorClass;

/// Says what one failure means: its class, and what else is known about it.
///
/// ```
/// use std::time::Duration;
/// use redress::{Classification, ErrorClass};
///
/// let busy = Classification::new(ErrorClass::RateLimit)
///     .retry_after(Duration::from_secs(7))
///     .detail("http_status", "429");
/// assert_eq!(busy.class(), ErrorClass::RateLimit);
/// assert_eq!(busy.retry_after_hint(), Some(Duration::from_secs(7)));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Classification {
    class: ErrorClass,
    abort: bool,
    retry_after: Option<Duration>,
    /// Boxed, since most failures have none and every failure moves this.
    details: Option<Box<Details>>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Details(Vec<(Cow<'static, str>, Cow<'static, str>)>);

impl Classification {
    /// Creates a classification with nothing but a class.
    #[must_use]
    pub const fn new(class: ErrorClass) -> Self {
        Self {
            class,
            abort: false,
            retry_after: None,
            details: None,
        }
    }

    /// Creates the classification that ends the call at once with
    /// [`StopReason::Aborted`](crate::StopReason::Aborted), under every policy.
    #[must_use]
    pub const fn abort() -> Self {
        Self {
            class: ErrorClass::Unknown,
            abort: true,
            retry_after: None,
            details: None,
        }
    }

    /// Adds how long the other side asked to wait; also takes an `Option`, of which `None` removes
    /// the hint. A strategy made with
    /// [`retry_after_or`](crate::strategies::retry_after_or) honours it.
    #[must_use]
    pub fn retry_after(mut self, hint: impl Into<Option<Duration>>) -> Self {
        self.retry_after = hint.into();
        self
    }

    /// Adds a small detail, such as a status code. Keep it short and free of secrets.
    ///
    /// Details are for strategies and sleep handlers, which find them in
    /// [`BackoffContext`](crate::BackoffContext). No event, timeline or message shows them.
    #[must_use]
    pub fn detail(
        mut self,
        key: impl Into<Cow<'static, str>>,
        value: impl Into<Cow<'static, str>>,
    ) -> Self {
        let details = self.details.get_or_insert_default();
        details.0.push((key.into(), value.into()));
        self
    }

    /// Returns the class.
    #[must_use]
    pub const fn class(&self) -> ErrorClass {
        self.class
    }

    /// Returns how long the other side asked to wait.
    #[must_use]
    pub const fn retry_after_hint(&self) -> Option<Duration> {
        self.retry_after
    }

    /// Returns the details in the order in which they were added.
    pub fn details(&self) -> impl Iterator<Item = (&str, &str)> {
        let details = self.details.iter().flat_map(|details| &details.0);
        details.map(|(key, value)| (key.as_ref(), value.as_ref()))
    }

    /// Returns `true` if the failure ends the call at once.
    #[must_use]
    pub const fn is_abort(&self) -> bool {
        self.abort
    }
}

impl From<ErrorClass> for Classification {
    fn from(class: ErrorClass) -> Self {
        Self::new(class)
    }
}
