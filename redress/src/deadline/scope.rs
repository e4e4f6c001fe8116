use std::time::{Duration, Instant};

use super::InScope;
use super::current::{Entered, current};
use crate::clock::{Clock, Time};

/// What is known of whoever called this program: by when it gives up, and which of its attempts this is.
///
/// It is in force in a closure that it [runs](Self::run), or wherever a future that it is
/// [attached](Self::attach) to is polled. Where scopes are nested the nearer end counts.
///
/// ```
/// use std::time::Duration;
/// use redress::deadline::{Scope, remaining};
///
/// let outer = Scope::new(Duration::from_secs(1));
/// let left = outer.run(|| Scope::new(Duration::from_secs(60)).run(remaining));
/// assert!(left.unwrap() <= Duration::from_secs(1));
/// assert!(remaining().is_none());
/// ```
#[derive(Debug, Clone, Default)]
pub struct Scope {
    ends: Option<Ends>,
    attempt: Option<CallerAttempt>,
}

/// When a caller gives up.
#[derive(Debug, Clone)]
struct Ends {
    time: Time,
    at: Instant,
}

/// Which attempt of a caller's this is.
#[derive(Debug, Clone, Copy)]
struct CallerAttempt {
    number: u32,
    max: Option<u32>,
}

impl CallerAttempt {
    /// Returns `true` if there were others, or may be.
    fn repeats(self) -> bool {
        self.number > 1 || self.max != Some(1)
    }
}

impl Scope {
    /// Creates a scope that ends after `left`, counted from now. It goes by the machine's clock; inside
    /// tokio by its clock, which a test can pause.
    ///
    /// `Scope::default()` never ends.
    #[must_use]
    pub fn new(left: Duration) -> Self {
        Self::by(Time::System, left)
    }

    /// Creates a scope that goes by a clock of the program's own, as [`new`](Self::new) does by the
    /// machine's.
    #[must_use]
    pub fn with_clock(left: Duration, clock: impl Clock + 'static) -> Self {
        Self::by(Time::Custom(std::sync::Arc::new(clock)), left)
    }

    pub(crate) fn by(time: Time, left: Duration) -> Self {
        // What no clock can tell never comes.
        let at = time.now().checked_add(left);
        Self {
            ends: at.map(|at| Ends { time, at }),
            attempt: None,
        }
    }

    /// Says which attempt of the caller's this is, counted from 1, and how many it makes at most; `None`
    /// where that is not known, or there is no limit.
    #[must_use]
    pub const fn attempt(mut self, number: u32, max: Option<u32>) -> Self {
        self.attempt = Some(CallerAttempt { number, max });
        self
    }

    /// Returns how much time is left; `None` if the scope never ends. What is late has zero left.
    #[must_use]
    pub fn remaining(&self) -> Option<Duration> {
        let ends = self.ends.as_ref()?;
        Some(ends.at.saturating_duration_since(ends.time.now()))
    }

    /// Returns `true` if the caller makes more than one attempt, as far as it says.
    #[must_use]
    pub fn caller_retries(&self) -> bool {
        self.attempt.is_some_and(CallerAttempt::repeats)
    }

    /// Returns the number of the caller's attempt and how many there may be, if they are known.
    #[must_use]
    pub fn caller_attempt(&self) -> Option<(u32, Option<u32>)> {
        self.attempt.map(|attempt| (attempt.number, attempt.max))
    }

    /// Returns the scope in force; `None` outside of one.
    #[must_use]
    pub fn current() -> Option<Self> {
        current(Self::clone)
    }

    /// Runs a closure in this scope.
    pub fn run<T>(&self, run: impl FnOnce() -> T) -> T {
        let mut scope = Some(self.clone().within_current());
        let _entered = Entered::enter(&mut scope);
        run()
    }

    /// Makes a future run in this scope, wherever it is polled: also in a task or on a thread of its own.
    ///
    /// If a scope is in force where this is called, the nearer end counts. Dropping the future is safe at
    /// any time.
    ///
    /// ```
    /// use std::time::Duration;
    /// use redress::deadline::{Scope, remaining};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let scope = Scope::new(Duration::from_secs(1));
    /// let left = tokio::spawn(scope.attach(async { remaining() })).await.unwrap();
    /// assert!(left.unwrap() <= Duration::from_secs(1));
    /// # }
    /// ```
    pub fn attach<F: Future>(self, future: F) -> InScope<F> {
        InScope::new(Some(self.within_current()), future)
    }

    fn within_current(self) -> Self {
        match Self::current() {
            Some(outer) => self.within(outer),
            None => self,
        }
    }

    /// Returns the same with the nearer end of the two, and the attempt of the one that repeats.
    pub(crate) fn within(self, outer: Self) -> Self {
        let ends = match (self.ends, outer.ends) {
            (Some(own), Some(outer)) => {
                let left = |ends: &Ends| ends.at.saturating_duration_since(ends.time.now());
                Some(if left(&own) <= left(&outer) {
                    own
                } else {
                    outer
                })
            }
            (own, outer) => own.or(outer),
        };
        let repeats = self.attempt.filter(|attempt| attempt.repeats());
        Self {
            ends,
            attempt: repeats.or(outer.attempt).or(self.attempt),
        }
    }
}

/// Returns how much time the scope in force leaves; `None` outside of one, and in one that never ends.
#[must_use]
pub fn remaining() -> Option<Duration> {
    current(Scope::remaining).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn the_nearer_end_counts_and_the_caller_that_repeats() {
        let near = Scope::new(SECOND).attempt(1, Some(1));
        let far = Scope::new(60 * SECOND).attempt(2, Some(4));
        for both in [near.clone().within(far.clone()), far.within(near)] {
            assert!(both.remaining().unwrap() <= SECOND);
            assert_eq!(both.caller_attempt(), Some((2, Some(4))));
        }
        let endless = Scope::new(Duration::MAX);
        assert_eq!(endless.remaining(), None);
        assert!(endless.within(Scope::new(SECOND)).remaining().is_some());
    }

    #[test]
    fn who_says_nothing_of_other_attempts_does_not_repeat() {
        let scope = |number, max| Scope::default().attempt(number, max).caller_retries();
        assert!(!Scope::default().caller_retries() && !scope(1, Some(1)));
        assert!(scope(1, None) && scope(1, Some(2)) && scope(2, Some(2)));
    }

    #[test]
    fn a_scope_that_panics_is_left() {
        let panicked = std::panic::catch_unwind(|| Scope::new(SECOND).run(|| panic!("as asked")));
        assert!(panicked.is_err() && Scope::current().is_none());
    }
}
