use std::error::Error as StdError;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::{BoxError, CommitUnknown, TransactionError};
use crate::classify::{Classification, says_itself};
use crate::error::Error;
use crate::policy::Execute;

/// What one call of a transaction remembers from attempt to attempt: whether a COMMIT was sent that has
/// no answer yet. It stands outside of the attempts, so that one that is cut off while it commits is
/// known to have been.
#[derive(Debug)]
pub(in super::super) struct Call<T, N> {
    can_look: bool,
    committing: Mutex<Option<(T, N)>>,
}

/// What is known of an earlier attempt when the next one begins.
#[derive(Debug)]
pub(in super::super) enum Settled<T> {
    /// Its COMMIT did happen.
    Committed(T),
    /// Nothing of it happened, or it may happen again.
    Nothing,
}

impl<T, N> Call<T, N> {
    pub(in super::super) const fn new(can_look: bool) -> Self {
        Self {
            can_look,
            committing: Mutex::new(None),
        }
    }

    fn state(&self) -> MutexGuard<'_, Option<(T, N)>> {
        // Nothing that runs under it can leave it halfway.
        self.committing
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Says that COMMIT is about to be sent. `note` is what helps to look for it.
    pub(in super::super) fn commits(&self, value: T, note: N) {
        *self.state() = Some((value, note));
    }

    /// Says that the answer has come, or that none is needed, and takes the value.
    pub(in super::super) fn answered(&self) -> Option<T> {
        self.state().take().map(|(value, _)| value)
    }

    /// Returns what was noted for a COMMIT that has no answer.
    pub(in super::super) fn note(&self) -> Option<N>
    where
        N: Clone,
    {
        self.state().as_ref().map(|(_, note)| note.clone())
    }

    /// Judges what a look at the database has found.
    pub(in super::super) fn settle<E>(
        &self,
        happened: Result<bool, BoxError>,
    ) -> Result<Settled<T>, TransactionError<E>> {
        match happened {
            Err(error) => Err(self.unknown(Some(error))),
            Ok(happened) => Ok(match self.answered() {
                Some(value) if happened => Settled::Committed(value),
                _ => Settled::Nothing,
            }),
        }
    }

    /// The error for a COMMIT without an answer.
    pub(in super::super) fn unknown<E>(&self, source: Option<BoxError>) -> TransactionError<E> {
        TransactionError::CommitUnknown(CommitUnknown::new(source, self.can_look))
    }

    /// Runs attempts under a policy.
    pub(in super::super) async fn run<P, E, F>(
        &self,
        policy: &P,
        attempt: impl FnMut() -> F + Send,
    ) -> Result<T, Error<TransactionError<E>>>
    where
        P: Execute<TransactionError<E>>,
        F: Future<Output = Result<T, TransactionError<E>>> + Send,
        T: Send,
        E: Send,
    {
        match policy.call_send(attempt).await {
            // The last attempt, or the deadline, was cut off while it committed: whatever an attempt
            // said before is not what the caller has to know.
            Err(error) if self.state().is_some() => Err(error.with_source(self.unknown(None))),
            ended => ended,
        }
    }
}

pub(in super::super) fn classify_link(link: &(dyn StdError + 'static)) -> Option<Classification> {
    says_itself::<CommitUnknown>(link)
}
