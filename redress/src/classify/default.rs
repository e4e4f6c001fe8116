//! The classifiers that need no configuration. Their rules are in `default_classifier/`, above
//! everything that they know: here are the types, so that what is below can name them.

use std::error::Error;

use super::{Classification, Classifier, Classify, ClassifyAny};

/// Classifies any [`std::error::Error`] by what it is, what is behind it, and what it is called.
///
/// It looks at the error, at its [`source`](Error::source), at the source of that, and so on for
/// up to 64 links, and into custom [`io::Error`](std::io::Error)s. The first rule that applies wins:
///
/// 1. An [`AbortRetry`](super::AbortRetry) anywhere ends the call, and so does an [`Interrupt`](crate::Interrupt) of an inner call that
///    was aborted.
/// 2. The outermost [`PermanentError`](super::PermanentError), [`RateLimitError`](super::RateLimitError) (with its hint), [`ConcurrencyError`](super::ConcurrencyError),
///    [`ServerError`](super::ServerError), [`TransientError`](super::TransientError) (with its hint),
///    [`AuthError`](super::AuthError), [`PermissionError`](super::PermissionError), [`Interrupt`](crate::Interrupt) or [`Rejected`](crate::breaker::Rejected): it says what the failure means, so it
///    counts more than what wraps it.
///    An `Interrupt` of a call without an attempt, and `Rejected`, are [unsent](Classification::unsent);
///    nothing else is that this classifier finds by itself.
/// 3. The outermost `Elapsed` of tokio (feature `tokio`), [`io::Error`](std::io::Error) with a kind that
///    [`io_error_kind`](super::io_error_kind) knows, or error of a receiver of [`std::sync::mpsc`]: a timeout and an empty
///    channel are TRANSIENT, but a channel without its other end is PERMANENT.
/// 4. The outermost name that suggests a class: of the struct or enum variant, as the derived
///    `Debug` prints it (`Timeout`, `RateLimited`, `NotFound`).
/// 5. The name of the error's type (`ConnectionError`), last because for an enum it only says where
///    something happened, not what.
/// 6. UNKNOWN.
///
/// Names are compared by whole words: `InvalidToken` is `Invalid`, `Parser` is not `Parse`. So the
/// errors of the standard library's parsers and UTF-8 decoders are PERMANENT, while
/// [`std::fmt::Error`] is UNKNOWN.
///
/// The other words of a name count, too. `ConnectionLost` and `DatabaseUnavailable` are TRANSIENT.
/// `UsernameUnavailable`, `ConnectionStringMissing` and `WrongNetwork` are UNKNOWN: their subject is
/// not the way to the other side, or they refuse. `ServerError` is UNKNOWN by its name: clients of
/// databases use it for every error that the server answers with, such as a wrong statement.
///
/// Errors of senders, and those of the channels and semaphores of tokio, crossbeam, flume,
/// async-channel and futures, are recognised by their names, too. Inside of another error a bare
/// `Disconnected` reads like that of a connection.
///
/// Messages are never read: they are written for people, change without notice, and may hold what a
/// stranger typed. [`StrictClassifier`] leaves the names out.
///
/// Errors that are not [`std::error::Error`] themselves but lead to one (`anyhow::Error`,
/// `Box<dyn Error>`) go through [`classify_dyn`](super::classify_dyn). `#[retry]` and
/// `#[derive(Classify)]` do so by themselves. A `.context(..)` of anyhow is not a link of a chain: that a
/// marker counts there needs the feature `anyhow-1`.
///
/// ```
/// use redress::{Classifier, DefaultClassifier, ErrorClass};
///
/// #[derive(Debug)]
/// enum ApiError { RateLimited, Other }
/// # impl std::fmt::Display for ApiError {
/// #     fn fmt(&self, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { Ok(()) }
/// # }
/// impl std::error::Error for ApiError {}
///
/// let class = |error| DefaultClassifier.classify(&error).class();
/// assert_eq!(class(ApiError::RateLimited), ErrorClass::RateLimit);
/// assert_eq!(class(ApiError::Other), ErrorClass::Unknown);
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct DefaultClassifier;

/// Classifies any [`std::error::Error`] by what it is and what is behind it, never by its name.
///
/// These are the rules of [`DefaultClassifier`] without the fourth and the fifth: what they do not
/// know is UNKNOWN.
///
/// ```
/// use std::io;
/// use redress::classify::StrictClassifier;
/// use redress::{Classifier, DefaultClassifier, ErrorClass};
///
/// let reset = io::Error::from(io::ErrorKind::ConnectionReset);
/// assert_eq!(StrictClassifier.classify(&reset).class(), ErrorClass::Transient);
///
/// let not_a_number = "x".parse::<i32>().unwrap_err(); // ParseIntError
/// assert_eq!(DefaultClassifier.classify(&not_a_number).class(), ErrorClass::Permanent);
/// assert_eq!(StrictClassifier.classify(&not_a_number).class(), ErrorClass::Unknown);
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct StrictClassifier;

/// Classifies an error whose type is not known, by the rules of [`DefaultClassifier`].
///
/// Only the rule about the type's name is lost. This is the way for `anyhow::Error` and for a
/// `Box<dyn Error>`, which is also [`Classify`](super::Classify):
/// `.classifier(<Box<dyn Error>>::classify)` is the classifier of a policy.
///
/// ```
/// use redress::ErrorClass;
/// use redress::classify::classify_dyn;
///
/// let error: Box<dyn std::error::Error + Send + Sync> = "x".parse::<i32>().unwrap_err().into();
/// assert_eq!(classify_dyn(&*error).class(), ErrorClass::Permanent);
/// ```
#[must_use]
pub fn classify_dyn(error: &(dyn Error + 'static)) -> Classification {
    DefaultClassifier.classify(error)
}

/// So that `Box<dyn Error>`, `Arc<dyn Error>` and `Rc<dyn Error>` say what is in them.
macro_rules! looked_through {
    ($($dyn:ty)*) => {$(
        impl Classify for $dyn {
            fn classify(&self) -> Classification {
                classify_dyn(self)
            }

            fn redress_classify_by(&self, known: ClassifyAny<'_>) -> Classification {
                known(self)
            }
        }
    )*};
}

looked_through! {
    dyn Error + 'static
    dyn Error + Send + 'static
    dyn Error + Sync + 'static
    dyn Error + Send + Sync + 'static
}

/// Classifies an error whose type is not known, by the rules of [`StrictClassifier`].
///
/// ```
/// use redress::ErrorClass;
/// use redress::classify::classify_dyn_strict;
///
/// let error: Box<dyn std::error::Error + Send + Sync> = "x".parse::<i32>().unwrap_err().into();
/// assert_eq!(classify_dyn_strict(&*error).class(), ErrorClass::Unknown);
/// ```
#[must_use]
pub fn classify_dyn_strict(error: &(dyn Error + 'static)) -> Classification {
    StrictClassifier.classify(error)
}
