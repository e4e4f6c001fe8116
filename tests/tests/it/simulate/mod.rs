//! Simulated worlds: the published figures, and what reports say.

mod files;
mod limits;
mod metastable;
mod picture;
mod published;
mod real;
mod reports;
mod same;
mod worlds;

use redress::strategies::full_jitter;
use redress::{Budget, CircuitBreaker, Policy, PolicyBuilder};

/// So many retries with full jitter from 100 ms on, attempts of at most `timeout` seconds, no deadline.
fn retries(retries: u32, timeout: i32) -> PolicyBuilder {
    Policy::builder()
        .strategy(full_jitter(20).base(0.1))
        .max_attempts(retries + 1)
        .no_deadline()
        .attempt_timeout(timeout)
}

fn breaker() -> CircuitBreaker {
    CircuitBreaker::builder()
        .failure_rate(0.5, 20)
        .window(10)
        .recovery_timeout(5)
        .observe_attempts()
        .build()
        .unwrap()
}

fn funded(reserve: u32) -> Budget {
    Budget::success_ratio(0.1).reserve(reserve)
}

fn built(builder: PolicyBuilder) -> Policy {
    builder.build().unwrap()
}
