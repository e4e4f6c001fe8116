//! execution-policy. Async only; no classes.

use std::sync::LazyLock;
use std::sync::atomic::AtomicU32;
use std::time::Duration;

use ::execution_policy::{
    CircuitBreaker, ExecutionError, ExecutionPolicyBuilder, Jitter, Retry, RetryBudget,
};

use super::by_hand::{Down, operation_async};
use super::measure::{Case, keep};
use super::retryable;

type Builder = ExecutionPolicyBuilder<u64, Down>;
type Answer = Result<u64, ExecutionError<Down>>;

fn retry() -> Retry<u64, Down> {
    Retry::exponential()
        .max_attempts(6)
        .base_delay(Duration::ZERO)
        .jitter(Jitter::Full)
        .when(retryable)
}

/// Calls through a policy that is built once.
macro_rules! policy {
    ($name:ident = $policy:expr) => {
        async fn $name(left: &AtomicU32) -> Answer {
            static POLICY: LazyLock<Policy> = LazyLock::new(|| $policy);
            POLICY.run(async || operation_async(left).await).await
        }
    };
}

type Policy = ::execution_policy::ExecutionPolicy<::execution_policy::core::DefaultCore, u64, Down>;

policy!(bare = Builder::new().retry(retry()).build());
policy!(
    deadline = Builder::new()
        .retry(retry())
        .total_timeout(Duration::from_secs(60))
        .build()
);
policy!(
    everything = Builder::new()
        // Each success pays for the retry of the next call.
        .retry(retry().budget(RetryBudget::new(1.0, 100)))
        .attempt_timeout(Duration::from_secs(10))
        .total_timeout(Duration::from_secs(60))
        .circuit_breaker(CircuitBreaker::consecutive_failures(5))
        .on_event(|event| {
            keep(event);
        })
        .build()
);

pub(super) fn future(failures: u32) -> Vec<Case> {
    future!(failures;
        "execution-policy" = bare,
        "execution-policy, deadline" = deadline,
        "execution-policy, everything" = everything,
    )
}
