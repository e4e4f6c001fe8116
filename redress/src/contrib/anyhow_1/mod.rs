//! Errors of [`anyhow`](::anyhow_1) 1. Feature `anyhow-1`.
//!
//! Without this feature an `anyhow::Error` is classified, too: by the chain of errors that it shows.
//! A context is not a link of that chain: anyhow alone can tell what it is. With the feature an
//! [`AbortRetry`] and the marker errors count as a context, too:
//!
//! ```
//! # extern crate anyhow_1 as anyhow; // as users name it
//! use anyhow::Context as _;
//! use redress::classify::PermanentError;
//! use redress::{Classify, ErrorClass, Policy};
//!
//! fn read() -> anyhow::Result<u32> {
//!     let reset = std::io::Error::from(std::io::ErrorKind::ConnectionReset);
//!     Err(reset).context(PermanentError::new("the upload cannot be resumed"))
//! }
//! assert_eq!(read().unwrap_err().classify().class(), ErrorClass::Permanent);
//!
//! // `#[retry]` asks by itself; a policy is told to:
//! let policy = Policy::builder().classifier(anyhow::Error::classify).build()?;
//! let outcome = policy.execute(read);
//! assert_eq!((outcome.attempts, outcome.last_class), (1, Some(ErrorClass::Permanent)));
//! # Ok::<_, redress::ConfigError>(())
//! ```
//!
//! A context stands outside of the error that it was added to, so that it counts more. Of contexts
//! of several kinds on one error, an [`AbortRetry`] counts first, then [`PermanentError`],
//! [`AuthError`], [`PermissionError`], [`RateLimitError`], [`ConcurrencyError`], [`ServerError`],
//! [`TransientError`]: anyhow does not say which of them is the outer one.
//!
//! # Sources
//!
//! | what | where |
//! |---|---|
//! | that a context is found by `downcast_ref` of the error, and not in the chain | [`anyhow::Error::context`](::anyhow_1::Error::context) |

use std::error::Error as StdError;

use ::anyhow_1::Error;

use crate::classify::{
    AbortRetry, AuthError, Classification, Classify, ClassifyAny, ConcurrencyError, PermanentError,
    PermissionError, RateLimitError, ServerError, TransientError, classify_dyn,
};

impl Classify for Error {
    fn classify(&self) -> Classification {
        self.redress_classify_by(&classify_dyn)
    }

    fn redress_classify_by(&self, known: ClassifyAny<'_>) -> Classification {
        if self.downcast_ref::<AbortRetry>().is_some() {
            return Classification::abort();
        }
        let rest = known(self.as_ref());
        if rest.is_abort() {
            return rest;
        }
        context::<PermanentError>(self)
            .or_else(|| context::<AuthError>(self))
            .or_else(|| context::<PermissionError>(self))
            .or_else(|| context::<RateLimitError>(self))
            .or_else(|| context::<ConcurrencyError>(self))
            .or_else(|| context::<ServerError>(self))
            .or_else(|| context::<TransientError>(self))
            .unwrap_or(rest)
    }
}

/// Asks a marker that is a context; one that is a link of the chain has its place there.
fn context<M: Classify + StdError + Send + Sync + 'static>(
    error: &Error,
) -> Option<Classification> {
    let marker = error.downcast_ref::<M>()?;
    let mut links = error.chain().filter_map(|link| link.downcast_ref::<M>());
    (!links.any(|link| std::ptr::eq(link, marker))).then(|| marker.classify())
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::time::Duration;

    use super::*;
    use crate::classify::ErrorClass;

    fn class(error: &Error) -> ErrorClass {
        error.classify().class()
    }

    fn reset() -> Error {
        io::Error::from(io::ErrorKind::ConnectionReset).into()
    }

    #[test]
    fn without_a_context_the_chain_decides() {
        assert_eq!(class(&reset()), ErrorClass::Transient);
        assert_eq!(class(&reset().context("reading")), ErrorClass::Transient);
        assert_eq!(class(&Error::msg("odd")), ErrorClass::Unknown);
        let outer = ServerError::new("outer").with_source(PermanentError::new("inner"));
        assert_eq!(class(&outer.into()), ErrorClass::ServerError);
    }

    #[test]
    fn a_marker_counts_as_a_context_however_deep() {
        let busy = RateLimitError::new("busy").retry_after(Duration::from_secs(3));
        let error = reset().context("inner").context(busy).context("outer");
        assert_eq!(class(&error), ErrorClass::RateLimit);
        assert_eq!(
            error.classify().retry_after_hint(),
            Some(Duration::from_secs(3))
        );
        let missing = || Error::from(io::Error::from(io::ErrorKind::NotFound));
        for (error, expected) in [
            (
                reset().context(PermanentError::new("")),
                ErrorClass::Permanent,
            ),
            (reset().context(AuthError::new("")), ErrorClass::Auth),
            (
                reset().context(PermissionError::new("")),
                ErrorClass::Permission,
            ),
            (
                reset().context(ConcurrencyError::new("")),
                ErrorClass::Concurrency,
            ),
            (
                reset().context(ServerError::new("")),
                ErrorClass::ServerError,
            ),
            (
                missing().context(TransientError::new("")),
                ErrorClass::Transient,
            ),
        ] {
            assert_eq!(class(&error), expected);
        }
        assert!(reset().context(AbortRetry).classify().is_abort());
    }

    #[test]
    fn types_that_are_known_are_found_beside_it() {
        let known = |_: &(dyn StdError + 'static)| ErrorClass::Auth.into();
        let class = |error: Error| error.redress_classify_by(&known).class();
        assert_eq!(class(reset()), ErrorClass::Auth);
        let marked = reset().context(ServerError::new("outer"));
        assert_eq!(class(marked), ErrorClass::ServerError);
    }

    #[test]
    fn a_context_counts_more_than_what_it_was_added_to() {
        let error = Error::new(PermanentError::new("inner")).context(ServerError::new("outer"));
        assert_eq!(class(&error), ErrorClass::ServerError);
        let abort = Error::new(AbortRetry).context(PermanentError::new("outer"));
        assert!(abort.classify().is_abort());
        let abort = Error::new(io::Error::other(AbortRetry)).context(PermanentError::new("outer"));
        assert!(abort.classify().is_abort());
    }
}
