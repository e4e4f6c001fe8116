//! relentless, with its deadline. No classes, no breaker, no budget.

use std::sync::LazyLock;
use std::sync::atomic::AtomicU32;
use std::time::Duration;

use ::relentless::clock::TokioClock;
use ::relentless::{RetryError, Wait, predicate, retry, retry_async, stop, wait};

use super::by_hand::{Down, operation, operation_async};
use super::measure::{Case, keep};
use super::retryable;

const DEADLINE: Duration = Duration::from_secs(60);

fn blocking(left: &AtomicU32) -> Result<u64, RetryError<Down, Result<u64, Down>>> {
    retry(|_| operation(left))
        .when(predicate::error(retryable))
        .wait(wait::exponential(Duration::ZERO).full_jitter())
        .stop(stop::attempts(6))
        .timeout(DEADLINE)
        .call()
}

fn with_tokio(
    left: &AtomicU32,
) -> impl Future<Output = Result<u64, RetryError<Down, Result<u64, Down>>>> {
    static CLOCK: LazyLock<TokioClock> = LazyLock::new(TokioClock::new);
    retry_async(|_| operation_async(left))
        .when(predicate::error(retryable))
        .wait(wait::exponential(Duration::ZERO).full_jitter())
        .stop(stop::attempts(6))
        .timeout(DEADLINE)
        .clock(&*CLOCK)
        .call()
}

pub(super) fn sync(failures: u32) -> Vec<Case> {
    sync!(failures; "relentless" = blocking)
}

pub(super) fn future(failures: u32) -> Vec<Case> {
    future!(failures; "relentless" = with_tokio)
}
