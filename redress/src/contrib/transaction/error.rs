use std::error::Error;
use std::fmt;

use crate::classify::{Classification, Classify, ErrorClass, classify_dyn};

/// An error of a driver or a pool.
pub type BoxError = Box<dyn Error + Send + Sync>;

/// Why a transaction failed. `E` is what its body fails with.
///
/// Unless it is [`CommitUnknown`](Self::CommitUnknown), nothing of the transaction has happened.
///
/// The default classifier goes by what is behind it. A policy with a classifier of its own takes one for
/// this type; where `E` is [`Classify`], it is `.classifier(TransactionError::<E>::classify)`.
///
/// ```
/// use redress::contrib::transaction::TransactionError;
/// use redress::{Classifier, DefaultClassifier, ErrorClass};
///
/// let broken = std::io::Error::from(std::io::ErrorKind::ConnectionReset);
/// let error = TransactionError::Body(broken);
/// assert_eq!(DefaultClassifier.classify(&error).class(), ErrorClass::Transient);
/// assert_eq!(error.to_string(), "the transaction was rolled back");
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub enum TransactionError<E> {
    /// There was no connection to be had.
    Acquire(BoxError),
    /// BEGIN failed.
    Begin(BoxError),
    /// The body failed, and the transaction was rolled back.
    Body(E),
    /// The body succeeded, but the server did not commit: a serialization failure, a deferred
    /// constraint, a connection that was gone before.
    Commit(BoxError),
    /// The body succeeded, but a statement in it had failed, and the body kept that to itself: the server
    /// could only roll back. Drivers report such a COMMIT as a success.
    Swallowed(BoxError),
    /// The connection was lost after COMMIT was sent and before its answer came.
    CommitUnknown(CommitUnknown),
}

/// A COMMIT without an answer: the transaction may have happened, or not.
///
/// It is UNKNOWN, and no policy repeats it. Where the call can look what became of it, it is TRANSIENT:
/// the next attempt looks first.
#[derive(Debug)]
pub struct CommitUnknown {
    source: Option<BoxError>,
    can_look: bool,
}

impl CommitUnknown {
    pub(super) const fn new(source: Option<BoxError>, can_look: bool) -> Self {
        Self { source, can_look }
    }
}

impl fmt::Display for CommitUnknown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the answer to COMMIT was lost: the transaction may have happened")
    }
}

impl Error for CommitUnknown {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_deref().map(|source| source as _)
    }
}

impl Classify for CommitUnknown {
    fn classify(&self) -> Classification {
        if self.can_look {
            ErrorClass::Transient.into()
        } else {
            Classification::new(ErrorClass::Unknown).no_retry()
        }
    }
}

impl<E> TransactionError<E> {
    /// Takes what the body failed with; `None` if it was something else that failed.
    #[must_use]
    pub fn into_body(self) -> Option<E> {
        match self {
            Self::Body(error) => Some(error),
            _ => None,
        }
    }

    /// Returns `true` if the transaction may have happened.
    #[must_use]
    pub const fn is_commit_unknown(&self) -> bool {
        matches!(self, Self::CommitUnknown(_))
    }
}

impl<E> fmt::Display for TransactionError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Acquire(_) => "there was no connection for the transaction",
            Self::Begin(_) => "the transaction was not begun",
            Self::Body(_) => "the transaction was rolled back",
            Self::Commit(_) => "the transaction was not committed",
            Self::Swallowed(_) => {
                "the transaction was rolled back: a statement failed, and its body returned no error"
            }
            Self::CommitUnknown(error) => return error.fmt(f),
        })
    }
}

impl<E: Error + 'static> Error for TransactionError<E> {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Body(error) => Some(error),
            Self::CommitUnknown(error) => Some(error),
            // What the server says of it is that the transaction is aborted, which is no reason.
            Self::Swallowed(_) => None,
            Self::Acquire(error) | Self::Begin(error) | Self::Commit(error) => Some(&**error),
        }
    }
}

impl<E: Classify> Classify for TransactionError<E> {
    fn classify(&self) -> Classification {
        match self {
            Self::Body(error) => error.classify(),
            Self::CommitUnknown(error) => error.classify(),
            Self::Swallowed(_) => ErrorClass::Unknown.into(),
            Self::Acquire(error) | Self::Begin(error) | Self::Commit(error) => {
                classify_dyn(&**error)
            }
        }
    }
}
