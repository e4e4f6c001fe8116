//! The attempt as the operation sees it: its number, its limits, the operation's key.

mod current;
mod key;

use std::time::Duration;

use crate::classify::ErrorClass;
use crate::clock::{Started, Time};
use crate::deadline::Scope;

pub use current::Current;
pub use key::{IdempotencyKey, IdempotencyKeyError};

/// One run of an operation, as the operation itself sees it: which it is, what may follow, how much time
/// is left.
///
/// | in | by |
/// |---|---|
/// | an operation of a [`Policy`](crate::Policy) that [tells its attempts](crate::PolicyBuilder::tell_attempts), sync or async; any [detached](crate::Policy::call_detached) one | [`Attempt::current`] |
/// | a function with `#[retry]`, a `retry_block!` | `#[retry(attempt = at)]`: a variable `at` in the body; and then [`Attempt::current`] as well |
///
/// It is for the number in a request (`http.request.resend_count`, `x-attempt`), for what only the last
/// attempt does, for a timeout that the server is told, and for the key of an operation that must not be
/// applied twice.
///
/// ```
/// use redress::{Attempt, Policy, strategies::instant};
///
/// let policy = Policy::builder().strategy(instant()).max_attempts(3).tell_attempts().build()?;
/// let answer = policy.call(|| {
///     let Some(attempt) = Attempt::current() else { return Ok("not in a call") };
///     if attempt.is_last() {
///         return Ok("from the cache");
///     }
///     Err(std::io::Error::from(std::io::ErrorKind::ConnectionRefused))
/// });
/// assert_eq!(answer.unwrap(), "from the cache");
/// # Ok::<_, redress::ConfigError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Attempt {
    pub(crate) number: u32,
    pub(crate) max: Option<u32>,
    pub(crate) previous: Option<ErrorClass>,
    pub(crate) key: IdempotencyKey,
    pub(crate) deadline: Option<Deadline>,
    pub(crate) timeout: Option<Duration>,
    /// Its call ends with the scope that it is in.
    pub(crate) inherits: bool,
}

/// A deadline, and the clock that goes towards it.
#[derive(Debug, Clone)]
pub(crate) struct Deadline {
    pub(crate) time: Time,
    pub(crate) started: Started,
    /// It goes by the machine's clock, also where a test has paused tokio's.
    pub(crate) unpaused: bool,
    /// The operation's time before the call, where it resumes one.
    pub(crate) before: Duration,
    pub(crate) limit: Duration,
}

impl Attempt {
    /// Returns the innermost attempt that runs on this thread, of a call to a policy that
    /// [tells its attempts](crate::PolicyBuilder::tell_attempts), of a
    /// [detached](crate::Policy::call_detached) call, or of a function that binds its attempts or
    /// [spans](macro@crate::retry) them; `None` outside of one. Calls that do not tell pay nothing for it,
    /// and are looked through.
    ///
    /// In an async operation it is found wherever the operation is polled; in a task or on a thread that
    /// the operation spawns it is not: hand it over.
    #[must_use]
    pub fn current() -> Option<Self> {
        current::current()
    }

    /// Returns its number, counted from 1; of a [resumed](crate::call::ResumeToken) operation, with the
    /// attempts of earlier calls.
    #[must_use]
    pub const fn number(&self) -> u32 {
        self.number
    }

    /// Returns how many attempts of the operation went before: 0 for the first. This is OpenTelemetry's
    /// `http.request.resend_count`, which is left out where it is 0.
    #[must_use]
    pub const fn retries(&self) -> u32 {
        self.number.saturating_sub(1)
    }

    /// Returns how many attempts there may be; `None` without a limit.
    #[must_use]
    pub const fn max(&self) -> Option<u32> {
        self.max
    }

    /// Returns `true` if no other attempt will follow, whatever happens, because this one is the last of
    /// [`max`](Self::max). It may be the last for other reasons, which are known only when it fails.
    #[must_use]
    pub const fn is_last(&self) -> bool {
        match self.max {
            Some(max) => self.number >= max,
            None => false,
        }
    }

    /// Returns how much time the deadline of the call leaves, from now on; `None` without a deadline. What
    /// is late has zero left.
    ///
    /// It is as exact as the [deadline](crate::PolicyBuilder::deadline): long ones are kept to some
    /// milliseconds.
    #[must_use]
    pub fn remaining(&self) -> Option<Duration> {
        let deadline = self.deadline.as_ref()?;
        let elapsed = deadline
            .started
            .elapsed(&deadline.time, || deadline.unpaused);
        let elapsed = deadline.before.saturating_add(elapsed);
        Some(deadline.limit.saturating_sub(elapsed))
    }

    /// Returns what a service that is asked in this attempt may know of it: how much time it has, which is
    /// what the deadline and the attempt timeout leave, and which attempt this is. Where this call makes one
    /// attempt only, and the scope that it is in is of a caller that makes more, it is that of the caller.
    ///
    /// [`http_1::write_scope`](crate::contrib) makes headers of it, for a client that does not by itself.
    ///
    /// ```
    /// use std::time::Duration;
    /// use redress::{Attempt, Policy};
    ///
    /// let policy = Policy::builder().deadline(5).max_attempts(3).tell_attempts().build()?;
    /// let scope = policy.call(|| Ok::<_, std::io::Error>(Attempt::current().map(|at| at.scope())));
    /// let scope = scope.unwrap().unwrap();
    /// assert!(scope.remaining().unwrap() <= Duration::from_secs(5));
    /// assert_eq!(scope.caller_attempt(), Some((1, Some(3))));
    /// # Ok::<_, redress::ConfigError>(())
    /// ```
    #[must_use]
    pub fn scope(&self) -> Scope {
        let left = self.remaining().into_iter().chain(self.timeout).min();
        let scope = match left {
            Some(left) => {
                let time = self.deadline.as_ref().map(|deadline| deadline.time.clone());
                Scope::by(time.unwrap_or_default(), left)
            }
            None => Scope::default(),
        };
        let scope = scope.attempt(self.number, self.max);
        match Scope::current() {
            Some(outer) if self.inherits => scope.within(outer),
            _ => scope,
        }
    }

    /// Returns the class of the failure before it; `None` for the first attempt.
    #[must_use]
    pub const fn previous_class(&self) -> Option<ErrorClass> {
        self.previous
    }

    /// Returns the key of the operation, which is the same in all of its attempts, in this process and
    /// after a [`ResumeToken`](crate::call::ResumeToken) elsewhere.
    ///
    /// ```
    /// use redress::{Attempt, Policy, strategies::instant};
    ///
    /// let policy = Policy::builder().strategy(instant()).max_attempts(3).tell_attempts().build()?;
    /// let mut keys = Vec::new();
    /// let _ = policy.call(|| {
    ///     keys.extend(Attempt::current().map(|attempt| attempt.idempotency_key()));
    ///     Err::<(), _>(std::io::Error::from(std::io::ErrorKind::TimedOut))
    /// });
    /// assert_eq!(keys.len(), 3);
    /// assert!(keys.iter().all(|key| *key == keys[0]));
    /// # Ok::<_, redress::ConfigError>(())
    /// ```
    #[must_use]
    pub const fn idempotency_key(&self) -> IdempotencyKey {
        self.key
    }
}
