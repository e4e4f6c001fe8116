use super::VirtualClock;
use crate::breaker::{Admissions, CircuitBreaker, CircuitState, nanos};
use crate::classify::ErrorClass;
use crate::defaults;
use crate::delay::Delay;
use crate::problems::{ConfigError, Problems};

/// Creates a circuit breaker that is in `state`.
///
/// | state | calls |
/// |---|---|
/// | closed | go; five failures open it, as usual |
/// | open | are refused, whatever happens, and told to ask again in 30 s |
/// | half-open | the next one goes as the probe: its success closes the breaker, its failure opens it for good |
///
/// Its time stands still, so nothing changes by itself.
///
/// ```
/// use redress::testing::breaker_in;
/// use redress::{CircuitState, Policy, StopReason};
///
/// let breaker = breaker_in(CircuitState::Open);
/// let policy = Policy::builder().circuit_breaker(breaker).build()?;
/// let outcome = policy.execute(|| Ok::<_, std::io::Error>(()));
/// assert_eq!(outcome.stop_reason, Some(StopReason::CircuitOpen));
///
/// let breaker = breaker_in(CircuitState::HalfOpen);
/// let policy = Policy::builder().circuit_breaker(breaker.clone()).build()?;
/// policy.call(|| Ok::<_, std::io::Error>(())).unwrap();
/// assert_eq!(breaker.state(), CircuitState::Closed);
/// # Ok::<_, redress::ConfigError>(())
/// ```
#[must_use]
pub fn breaker_in(state: CircuitState) -> CircuitBreaker {
    let clock = VirtualClock::new();
    let builder = CircuitBreaker::builder().clock(clock.clone());
    match state {
        CircuitState::Closed => builder.build_unchecked(),
        CircuitState::Open => {
            let breaker = builder.build_unchecked();
            breaker.force_open();
            breaker
        }
        CircuitState::HalfOpen => {
            let breaker = builder.build_unchecked();
            for _ in 0..defaults::BREAKER_FAILURES {
                if let Ok(permit) = breaker.try_acquire() {
                    permit.failure(ErrorClass::Transient);
                }
            }
            if let Some(wait) = breaker.snapshot().retry_after {
                clock.advance(wait);
            }
            // A probe without a verdict leaves it half-open.
            drop(breaker.try_acquire());
            breaker
        }
    }
}

/// What a breaker answers to one call in a script.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum Admission {
    /// The call goes. How it ends decides nothing.
    Admit,
    /// The call is refused, and told to ask again after this time.
    Reject(Delay),
}

/// Makes `breaker` answer the next calls as `script` says, whatever it has counted; the last answer
/// repeats. Any breaker will do, such as the one of
/// [`Policy::circuit_breaker`](crate::Policy::circuit_breaker). It lasts until
/// [`reset`](CircuitBreaker::reset) or a force of another kind.
///
/// A breaker with [`observe_attempts`](crate::CircuitBreakerBuilder::observe_attempts) is asked
/// before each attempt, every other one before each call. Its state is that of the next answer:
/// open for a rejection, else closed.
///
/// # Errors
///
/// An empty script, and a time to wait that is negative, infinite or NaN.
///
/// ```
/// use std::time::Duration;
/// use redress::testing::Admission::{Admit, Reject};
/// use redress::testing::script_breaker;
/// use redress::{CircuitBreaker, Policy};
///
/// let breaker = CircuitBreaker::new();
/// script_breaker(&breaker, [Admit, Reject(5.into()), Admit])?;
/// let policy = Policy::builder().circuit_breaker(breaker).build()?;
/// let work = || Ok::<_, std::io::Error>(());
/// assert!(policy.call(work).is_ok());
/// let refused = policy.call(work).unwrap_err();
/// assert_eq!(refused.retry_after(), Some(Duration::from_secs(5)));
/// assert!(policy.call(work).is_ok());
/// # Ok::<_, redress::ConfigError>(())
/// ```
pub fn script_breaker(
    breaker: &CircuitBreaker,
    script: impl IntoIterator<Item = Admission>,
) -> Result<(), ConfigError> {
    let script: Vec<_> = script.into_iter().collect();
    let mut problems = Problems::default();
    if script.is_empty() {
        problems.add("script", "is empty: give at least one answer");
    }
    let mut answers = Vec::new();
    for (n, admission) in script.into_iter().enumerate() {
        answers.push(match admission {
            Admission::Admit => Ok(()),
            Admission::Reject(wait) => {
                if let Err(seconds) = wait.checked() {
                    problems.add(
                        &format!("script[{n}]"),
                        format!("{seconds} s is no length of time: give a Duration or seconds"),
                    );
                }
                Err(nanos(wait.saturate()))
            }
        });
    }
    problems.into_result()?;
    breaker.follow(Admissions::new(answers));
    Ok(())
}
