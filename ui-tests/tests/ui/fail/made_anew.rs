//! What counts across calls cannot be made at each of them.

use std::io;
use std::sync::OnceLock;

use redress::{Budget, CircuitBreaker, Gate, Policy, retry};

static POLICY: OnceLock<Policy> = OnceLock::new();

#[retry(policy = Policy::recommended())]
fn policy() -> io::Result<()> {
    Ok(())
}

#[retry(
    circuit_breaker = CircuitBreaker::builder().failure_threshold(3).build()?,
    budget = redress::Budget::success_ratio(0.1),
    gate = &Gate::new(),
)]
fn parts() -> io::Result<()> {
    Ok(())
}

#[retry(policy = Policy::builder().budget(Budget::rolling(10, 60)).build().unwrap())]
fn within() -> io::Result<()> {
    Ok(())
}

// It is made once.
#[retry(policy = POLICY.get_or_init(|| Policy::builder().circuit_breaker(CircuitBreaker::new()).build().unwrap()))]
fn kept() -> io::Result<()> {
    Ok(())
}

fn main() {}
