use crate::policy::Policy;
use crate::strategies::{Fixed, instant};

/// Creates a strategy that never waits, for tests that count attempts.
///
/// ```
/// use redress::{Policy, testing::instant_retries};
///
/// let policy = Policy::builder().strategy(instant_retries()).max_attempts(3).build()?;
/// let outcome = policy.execute(|| Err::<(), _>(std::io::Error::from(std::io::ErrorKind::TimedOut)));
/// assert_eq!(outcome.attempts, 3);
/// # Ok::<_, redress::ConfigError>(())
/// ```
#[must_use]
pub const fn instant_retries() -> Fixed {
    instant()
}

/// Creates a policy that calls the operation once, for tests of the code that handles a failure.
///
/// ```
/// use redress::{StopReason, testing::no_retries};
///
/// let outcome = no_retries().execute(|| Err::<(), _>(std::io::Error::other("down")));
/// assert_eq!(outcome.attempts, 1);
/// assert_eq!(outcome.stop_reason, Some(StopReason::MaxAttemptsGlobal));
/// ```
#[must_use]
pub fn no_retries() -> Policy {
    Policy::builder().max_attempts(1).build_unchecked()
}
