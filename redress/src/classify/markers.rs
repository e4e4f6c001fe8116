//! Errors that say themselves what they mean.

use std::borrow::Cow;
use std::error::Error;
use std::fmt;
use std::time::Duration;

use super::{Classification, Classify, ErrorClass};

/// Defines a marker error: a message, a source, a class.
macro_rules! marker_error {
    ($(#[$doc:meta])* $Name:ident, $Class:ident $(, $field:ident: $Type:ty)?) => {
        $(#[$doc])*
        #[derive(Debug)]
        pub struct $Name {
            message: Cow<'static, str>,
            source: Option<Box<dyn Error + Send + Sync>>,
            $($field: $Type,)?
        }

        impl $Name {
            /// Creates the error from what it displays.
            #[must_use]
            pub fn new(message: impl Into<Cow<'static, str>>) -> Self {
                Self {
                    message: message.into(),
                    source: None,
                    $($field: None,)?
                }
            }

            /// Adds the error behind this one, for [`source`](Error::source).
            // Not `source`, as `retry_after` is not `with_retry_after`: it would hide the trait's.
            #[must_use]
            pub fn with_source(mut self, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
                self.source = Some(source.into());
                self
            }

            /// Returns what the error displays.
            #[must_use]
            pub fn message(&self) -> &str {
                &self.message
            }
        }

        impl fmt::Display for $Name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.message)
            }
        }

        impl Error for $Name {
            fn source(&self) -> Option<&(dyn Error + 'static)> {
                self.source.as_ref().map(|source| &**source as &(dyn Error + 'static))
            }
        }

        impl Classify for $Name {
            fn classify(&self) -> Classification {
                Classification::new(ErrorClass::$Class)$(.$field(self.$field))?
            }
        }
    };
}

marker_error! {
    /// Says that the same call can never succeed: PERMANENT.
    ///
    /// The default classifier finds it anywhere in a chain of sources, also inside an
    /// [`io::Error`](std::io::Error).
    ///
    /// ```
    /// use redress::classify::PermanentError;
    /// use redress::{Classifier, DefaultClassifier, ErrorClass};
    ///
    /// let error = PermanentError::new("no such account").with_source("row 7 is missing");
    /// assert_eq!(DefaultClassifier.classify(&error).class(), ErrorClass::Permanent);
    /// assert_eq!(error.to_string(), "no such account");
    /// ```
    PermanentError, Permanent
}

marker_error! {
    /// Says that the other side asks for fewer calls, and perhaps when to come back: RATE_LIMIT.
    ///
    /// The default classifier finds it anywhere in a chain of sources, with its hint.
    ///
    /// ```
    /// use std::time::Duration;
    /// use redress::classify::RateLimitError;
    /// use redress::{Classifier, DefaultClassifier};
    ///
    /// let error = RateLimitError::new("slow down").retry_after(Duration::from_secs(7));
    /// let hint = DefaultClassifier.classify(&error).retry_after_hint();
    /// assert_eq!(hint, Some(Duration::from_secs(7)));
    /// ```
    RateLimitError, RateLimit, retry_after: Option<Duration>
}

marker_error! {
    /// Says that the way to the other side failed, and perhaps when it may work again: TRANSIENT.
    ///
    /// The default classifier finds it anywhere in a chain of sources, with its hint.
    ///
    /// ```
    /// use redress::classify::TransientError;
    /// use redress::{Classifier, DefaultClassifier, ErrorClass};
    ///
    /// let error = TransientError::new("the replica is restarting");
    /// assert_eq!(DefaultClassifier.classify(&error).class(), ErrorClass::Transient);
    /// ```
    TransientError, Transient, retry_after: Option<Duration>
}

/// The setter and the getter of a hint.
macro_rules! hint {
    ($($Name:ident)*) => {$(
        impl $Name {
            /// Adds how long the other side asked to wait; also takes an `Option`, of which `None`
            /// removes the hint.
            #[must_use]
            pub fn retry_after(mut self, hint: impl Into<Option<Duration>>) -> Self {
                self.retry_after = hint.into();
                self
            }

            /// Returns how long the other side asked to wait.
            #[must_use]
            pub const fn retry_after_hint(&self) -> Option<Duration> {
                self.retry_after
            }
        }
    )*};
}

hint! { RateLimitError TransientError }

marker_error! {
    /// Says that the caller is not authenticated: AUTH.
    ///
    /// The default classifier finds it anywhere in a chain of sources.
    ///
    /// ```
    /// use redress::classify::AuthError;
    /// use redress::{Classifier, DefaultClassifier, ErrorClass};
    ///
    /// let error = AuthError::new("the token has expired");
    /// assert_eq!(DefaultClassifier.classify(&error).class(), ErrorClass::Auth);
    /// ```
    AuthError, Auth
}

marker_error! {
    /// Says that the caller is not allowed to do this: PERMISSION.
    ///
    /// The default classifier finds it anywhere in a chain of sources.
    ///
    /// ```
    /// use redress::classify::PermissionError;
    /// use redress::{Classifier, DefaultClassifier, ErrorClass};
    ///
    /// let error = PermissionError::new("only owners may delete");
    /// assert_eq!(DefaultClassifier.classify(&error).class(), ErrorClass::Permission);
    /// ```
    PermissionError, Permission
}

marker_error! {
    /// Says that another caller was faster, as in a conflict or a deadlock: CONCURRENCY.
    ///
    /// The default classifier finds it anywhere in a chain of sources.
    ///
    /// ```
    /// use redress::classify::ConcurrencyError;
    /// use redress::{Classifier, DefaultClassifier, ErrorClass};
    ///
    /// let error = ConcurrencyError::new("row version 3 is no longer the newest");
    /// assert_eq!(DefaultClassifier.classify(&error).class(), ErrorClass::Concurrency);
    /// ```
    ConcurrencyError, Concurrency
}

marker_error! {
    /// Says that the other side failed: SERVER_ERROR.
    ///
    /// The default classifier finds it anywhere in a chain of sources.
    ///
    /// ```
    /// use redress::classify::ServerError;
    /// use redress::{Classifier, DefaultClassifier, ErrorClass};
    ///
    /// let error = ServerError::new("the ledger answered with 502");
    /// assert_eq!(DefaultClassifier.classify(&error).class(), ErrorClass::ServerError);
    /// ```
    ServerError, ServerError
}

/// Ends the call at once, under every policy, when an operation fails with it.
///
/// The default classifier finds it anywhere in a chain of sources, also inside an
/// [`io::Error`](std::io::Error), and answers with [`Classification::abort`].
///
/// ```
/// use redress::{AbortRetry, Classifier, DefaultClassifier};
///
/// let error = std::io::Error::other(AbortRetry);
/// assert!(DefaultClassifier.classify(&error).is_abort());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct AbortRetry;

impl fmt::Display for AbortRetry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad("retry aborted")
    }
}

impl Error for AbortRetry {}

impl Classify for AbortRetry {
    fn classify(&self) -> Classification {
        Classification::abort()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::classify::{Classifier, StrictClassifier};

    #[test]
    fn a_marker_keeps_its_message_and_source() {
        let inner = std::io::Error::from(std::io::ErrorKind::NotFound);
        let error = ServerError::new(format!("shard {}", 7)).with_source(inner);
        assert_eq!(
            (error.message(), error.to_string()),
            ("shard 7", "shard 7".into())
        );
        let source = error.source().unwrap();
        assert!(source.is::<std::io::Error>());
        assert!(PermanentError::new("alone").source().is_none());
    }

    #[test]
    fn a_hint_can_be_given_and_taken_away() {
        let seven = Duration::from_secs(7);
        let error = RateLimitError::new("later").retry_after(seven);
        assert_eq!(error.classify().retry_after_hint(), Some(seven));
        assert_eq!(error.retry_after(None).retry_after_hint(), None);
        let error = TransientError::new("restarting").retry_after(seven);
        assert_eq!(error.classify().retry_after_hint(), Some(seven));
    }

    #[test]
    fn there_is_a_marker_for_each_class_but_unknown_which_is_found_inside_others() {
        let markers: [Box<dyn Error + Send + Sync>; 7] = [
            Box::new(AuthError::new("")),
            Box::new(PermissionError::new("")),
            Box::new(PermanentError::new("")),
            Box::new(ConcurrencyError::new("")),
            Box::new(RateLimitError::new("")),
            Box::new(ServerError::new("")),
            Box::new(TransientError::new("")),
        ];
        let classes = markers.map(|marker| {
            let error = std::io::Error::new(std::io::ErrorKind::InvalidInput, marker);
            StrictClassifier.classify(&error).class()
        });
        assert_eq!(classes, ErrorClass::ALL[..7]);
    }
}
