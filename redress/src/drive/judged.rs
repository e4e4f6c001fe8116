use crate::Classification;
use crate::engine::Attempted;

/// What an attempt came to, and whose error it was.
#[derive(Debug)]
pub struct Judged {
    pub(crate) attempted: Attempted,
    pub(crate) error_type: Option<&'static str>,
}

impl Judged {
    /// An attempt that was cut off.
    pub(crate) const TIMED_OUT: Self = Self {
        attempted: Attempted::TimedOut,
        error_type: None,
    };

    /// An attempt that returned a success.
    pub(crate) const SUCCEEDED: Self = Self {
        attempted: Attempted::Succeeded,
        error_type: None,
    };

    #[inline]
    pub(crate) fn failed<E: ?Sized>(classification: Classification) -> Self {
        Self {
            attempted: Attempted::Failed(classification),
            error_type: Some(std::any::type_name::<E>()),
        }
    }

    #[inline]
    pub(crate) fn value(classification: Option<Classification>) -> Self {
        Self {
            attempted: classification.map_or(Attempted::Succeeded, Attempted::BadResult),
            error_type: None,
        }
    }

    #[inline]
    pub(crate) const fn is_success(&self) -> bool {
        matches!(self.attempted, Attempted::Succeeded)
    }
}

/// Says what an attempt came to.
pub trait Judge<T> {
    /// Judges what it returned.
    fn judge(self, returned: &T) -> Judged;
}

/// What is judged already.
impl<T> Judge<T> for Judged {
    #[inline]
    fn judge(self, _returned: &T) -> Judged {
        self
    }
}
