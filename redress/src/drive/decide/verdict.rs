use std::time::Duration;

use crate::classify::{Classification, ErrorClass};
use crate::engine::Failed;
use crate::reason::Cause;

/// The verdict on an attempt: a failure, or `None` for a success.
#[derive(Debug)]
pub struct Verdict(pub(crate) Option<Failed>);

impl Verdict {
    /// An attempt that was cut off.
    pub(crate) const TIMED_OUT: Self = Self(Some(Failed {
        classification: Classification::new(ErrorClass::Transient),
        cause: Cause::Timeout,
        error_type: None,
    }));

    /// A session that returned no error.
    pub(crate) const ENDED: Self = Self(Some(Failed {
        classification: Classification::new(ErrorClass::Transient),
        cause: Cause::Ended,
        error_type: None,
    }));

    /// A value that is not ready yet, which the other side has asked to look at after `hint`.
    pub(crate) fn not_ready(hint: Option<Duration>) -> Self {
        let classification = Classification::new(ErrorClass::Transient);
        Self(Some(Failed {
            classification: match hint {
                Some(hint) => classification.retry_after(hint),
                None => classification,
            },
            cause: Cause::NotReady,
            error_type: None,
        }))
    }

    /// An attempt that returned a success. No constant: the compiler would write its unused bytes
    /// beside those of each failure.
    #[inline]
    pub(crate) const fn succeeded() -> Self {
        Self(None)
    }

    #[inline]
    pub(crate) fn failed<E: ?Sized>(classification: Classification) -> Self {
        Self(Some(Failed {
            classification,
            cause: Cause::Error,
            error_type: Some(std::any::type_name::<E>()),
        }))
    }

    #[inline]
    pub(crate) fn value(classification: Option<Classification>) -> Self {
        Self(classification.map(|classification| Failed {
            classification,
            cause: Cause::Result,
            error_type: None,
        }))
    }
}

/// Says whether what an attempt returned is a success.
pub trait Judge<T> {
    /// Returns the verdict.
    fn judge(self, returned: &T) -> Verdict;
}

/// A verdict that has been reached already.
impl<T> Judge<T> for Verdict {
    #[inline]
    fn judge(self, _returned: &T) -> Verdict {
        self
    }
}
