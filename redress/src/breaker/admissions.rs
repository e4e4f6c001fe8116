//! The answers of a breaker that a test scripts.

#[cfg(feature = "testing")]
use std::collections::VecDeque;

/// Which calls a test wants admitted, in order: an error is how long to wait, in nanoseconds. The
/// last answer repeats.
#[cfg(feature = "testing")]
#[derive(Debug)]
pub(crate) struct Admissions(VecDeque<Result<(), u64>>);

/// Without the testing kit there are none: the compiler drops all that follows a script.
#[cfg(not(feature = "testing"))]
#[derive(Debug)]
pub(super) enum Admissions {}

#[cfg(feature = "testing")]
impl Admissions {
    /// Takes the answers; of none at all, every call is admitted.
    pub(crate) fn new(answers: impl IntoIterator<Item = Result<(), u64>>) -> Self {
        Self(answers.into_iter().collect())
    }

    pub(super) fn next(&mut self) -> Result<(), u64> {
        let next = self.peek();
        if self.0.len() > 1 {
            self.0.pop_front();
        }
        next
    }

    pub(super) fn peek(&self) -> Result<(), u64> {
        self.0.front().copied().unwrap_or(Ok(()))
    }
}

#[cfg(not(feature = "testing"))]
impl Admissions {
    pub(super) const fn next(&self) -> Result<(), u64> {
        match *self {}
    }

    pub(super) const fn peek(&self) -> Result<(), u64> {
        match *self {}
    }
}
