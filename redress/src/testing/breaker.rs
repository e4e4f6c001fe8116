use super::VirtualClock;
use crate::breaker::{Admissions, CircuitBreaker, CircuitState};
use crate::classify::ErrorClass;
use crate::clock::nanos;
use crate::defaults;
use crate::delay::Delay;
use crate::problems::{ConfigError, Problems};

/// Creates a circuit breaker that is in `state`.
///
/// | state | calls |
/// |---|---|
/// | closed | are admitted; five failures open it, as by default |
/// | open | are always refused, with a `retry_after` of 30 s |
/// | half-open | the next one is admitted as the probe: its success closes the breaker, its failure opens it for good |
///
/// The breaker's clock stands still, so its state does not change by itself.
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
            // A probe that is dropped without a verdict leaves the breaker half-open.
            drop(breaker.try_acquire());
            breaker
        }
    }
}

/// A scripted breaker's answer to one call.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum Admission {
    /// The call is admitted. Its result changes nothing.
    Admit,
    /// The call is refused, with this time as its `retry_after`.
    Reject(Delay),
}

/// Makes `breaker` answer the next calls as `script` says, whatever it has counted; the last answer
/// repeats. Any breaker will do, such as the one of
/// [`Policy::circuit_breaker`](crate::Policy::circuit_breaker). The script ends with
/// [`reset`](CircuitBreaker::reset), or when the breaker is forced into a state.
///
/// A breaker with [`observe_attempts`](crate::breaker::CircuitBreakerBuilder::observe_attempts) is asked
/// before each attempt, any other breaker before each call. Its state is that of the next answer:
/// open for a rejection, otherwise closed.
///
/// # Errors
///
/// Returns an error if the script is empty, or a time to wait is negative, infinite or NaN.
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
