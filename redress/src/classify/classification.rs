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
    said: Said,
    retry_after: Option<Duration>,
    /// Boxed, since most failures have none and every failure moves this.
    details: Option<Box<Details>>,
}

/// What is said beside the class. One byte, which every failure moves and is asked about with one
/// comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Said(u8);

impl Said {
    const NOTHING: Self = Self(0);
    const UNSENT: Self = Self(1);
    const NO_RETRY: Self = Self(1 << 1);
    const ABORT: Self = Self(1 << 2);

    const fn has(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Details(Vec<(Cow<'static, str>, Cow<'static, str>)>);

impl Classification {
    /// Creates a classification with nothing but a class.
    #[must_use]
    pub const fn new(class: ErrorClass) -> Self {
        Self {
            class,
            said: Said::NOTHING,
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
            said: Said::ABORT,
            retry_after: None,
            details: None,
        }
    }

    /// Says that nothing of the attempt can have been applied: the request was never written, or the
    /// other side refused it before it acted.
    ///
    /// The class stays what it is. A call that is [`once`](crate::PolicyBuilder::once) is retried only
    /// after such a failure. Say it only of what is certain, and of the whole attempt: a reset
    /// connection may have carried the request, and an operation that wrote to one server has applied
    /// something even if the next server refused it.
    ///
    /// An attempt that was cut off by its timeout is never unsent.
    ///
    /// ```
    /// use redress::{Classification, Classify, ErrorClass};
    ///
    /// enum PayError {
    ///     /// No connection was made.
    ///     NotConnected,
    ///     /// The answer did not come.
    ///     NoAnswer,
    /// }
    ///
    /// impl Classify for PayError {
    ///     fn classify(&self) -> Classification {
    ///         let transient = Classification::new(ErrorClass::Transient);
    ///         match self {
    ///             Self::NotConnected => transient.unsent(),
    ///             Self::NoAnswer => transient,
    ///         }
    ///     }
    /// }
    /// assert!(PayError::NotConnected.classify().is_unsent());
    /// assert!(!PayError::NoAnswer.classify().is_unsent());
    /// ```
    #[must_use]
    pub const fn unsent(mut self) -> Self {
        self.said = self.said.and(Said::UNSENT);
        self
    }

    /// Forbids a retry, as a server does that pushes back. The class stays what it is, and the failure
    /// counts like any other, for the breaker too; the call ends with
    /// [`StopReason::RetryForbidden`](crate::StopReason::RetryForbidden), under every policy. An
    /// [`abort`](Self::abort) stays one.
    ///
    /// ```
    /// use redress::{Classification, ErrorClass, Policy, StopReason};
    ///
    /// let policy = Policy::builder()
    ///     .classifier(|_: &&str| Classification::new(ErrorClass::ServerError).no_retry())
    ///     .build()?;
    /// let outcome = policy.execute(|| Err::<(), _>("overloaded, do not come back"));
    /// assert_eq!(outcome.stop_reason, Some(StopReason::RetryForbidden));
    /// assert_eq!(outcome.last_class, Some(ErrorClass::ServerError));
    /// # Ok::<_, redress::ConfigError>(())
    /// ```
    #[must_use]
    pub const fn no_retry(mut self) -> Self {
        self.said = self.said.and(Said::NO_RETRY);
        self
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
    /// [`BackoffContext`](crate::BackoffContext), and for observers of
    /// [events](crate::Event::classification) and attempts, as attributes of a span. No message, timeline
    /// or metric shows them.
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
        self.said.has(Said::ABORT)
    }

    /// Returns `true` if nothing of the attempt can have been applied.
    #[must_use]
    pub const fn is_unsent(&self) -> bool {
        self.said.has(Said::UNSENT)
    }

    /// Returns `true` if the failure must not be retried, whatever its class.
    #[must_use]
    pub const fn is_retry_forbidden(&self) -> bool {
        self.said.has(Said::NO_RETRY) && !self.is_abort()
    }

    /// Returns `true` if the failure ends its call, whatever the policy says: it aborts it, or forbids
    /// a retry.
    #[inline]
    pub(crate) const fn ends_call(&self) -> bool {
        self.said.has(Said::ABORT.and(Said::NO_RETRY))
    }
}

impl From<ErrorClass> for Classification {
    fn from(class: ErrorClass) -> Self {
        Self::new(class)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(target_pointer_width = "64")]
    fn what_is_said_beside_the_class_costs_no_space() {
        assert_eq!(size_of::<Classification>(), 32);
        assert_eq!(size_of::<Option<Classification>>(), 32);
    }

    #[test]
    fn unsent_and_no_retry_are_said_apart_and_keep_the_rest() {
        let plain = Classification::new(ErrorClass::RateLimit).retry_after(Duration::from_secs(7));
        assert!(!plain.is_unsent() && !plain.is_retry_forbidden());
        let unsent = plain.clone().unsent();
        assert!(unsent.is_unsent() && !unsent.is_retry_forbidden());
        let forbidden = plain.clone().no_retry();
        assert!(forbidden.is_retry_forbidden() && !forbidden.is_unsent());
        for said in [unsent, forbidden] {
            assert_ne!(said, plain);
            assert_eq!(said.class(), plain.class());
            assert_eq!(said.retry_after_hint(), plain.retry_after_hint());
            assert!(!said.is_abort());
        }
    }

    #[test]
    fn an_abort_stays_an_abort() {
        let abort = Classification::abort().no_retry();
        assert!(abort.is_abort() && !abort.is_retry_forbidden());
    }
}
