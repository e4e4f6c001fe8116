//! Policies at scale: the memory of a million live ones, and the time of a call among a thousand
//! operations.
//!
//! `cargo bench --manifest-path redress/benches/field/Cargo.toml --bench scale`
//!
//! Bytes are those requested from the allocator, plus the handle itself; not resident memory.

use std::hint::black_box;
use std::time::Instant;

use allocation_counter::measure;
use redress::{Budget, CircuitBreaker, Policy};
use redress_field::{Figures, rounds};

const LIVE: usize = 1_000_000;
const OPERATIONS: usize = 1000;
const CALLS: usize = 10_000_000;

fn main() {
    let mut figures = Figures::new();
    weigh(&mut figures);
    call(&mut figures);
    figures.print();
}

fn weigh(figures: &mut Figures) {
    let mut bytes = |case, bytes| figures.push("live", case, "bytes each", bytes);
    bytes("redress Policy", each(LIVE, Policy::new));
    bytes("redress Policy, clones of one", {
        let policy = Policy::new();
        each(LIVE, move || policy.clone())
    });
    bytes(
        "redress Policy::recommended",
        each(LIVE, Policy::recommended),
    );
    bytes("redress CircuitBreaker", each(LIVE, redress_default));
    bytes(
        "redress CircuitBreaker, failure rate",
        each(LIVE, redress_rate),
    );
    bytes("redress Budget", each(LIVE, || Budget::success_ratio(0.1)));
    bytes(
        "failsafe, failures in a row",
        each(LIVE, failsafe_consecutive),
    );
    // A ring of a hundred results each.
    bytes("recloser", each(LIVE / 100, recloser::Recloser::default));
}

/// Returns the bytes of each value while all are live.
fn each<T>(count: usize, make: impl Fn() -> T) -> f64 {
    let mut live = Vec::new();
    let held = measure(|| {
        live.reserve_exact(count);
        live.extend((0..count).map(|_| make()));
    });
    drop(black_box(live));
    held.bytes_current as f64 / count as f64
}

/// Returns a breaker after a first call, which may allocate its state.
fn used(breaker: CircuitBreaker) -> CircuitBreaker {
    if let Ok(permit) = breaker.try_acquire() {
        permit.success();
    }
    breaker
}

fn redress_default() -> CircuitBreaker {
    used(CircuitBreaker::new())
}

fn redress_rate() -> CircuitBreaker {
    let built = CircuitBreaker::builder().failure_rate(0.5, 20).window(10);
    used(built.build().expect("valid settings"))
}

fn failsafe_consecutive() -> impl failsafe::CircuitBreaker {
    let backoff = failsafe::backoff::constant(std::time::Duration::from_secs(30));
    let policy = failsafe::failure_policy::consecutive_failures(5, backoff);
    failsafe::Config::new().failure_policy(policy).build()
}

/// Calls one operation, and a thousand in turn: ten million calls of each, in interleaved rounds.
fn call(figures: &mut Figures) {
    let operation = |n: usize| {
        let builder = Policy::builder().operation(format!("operation {n}"));
        let builder = builder.circuit_breaker(CircuitBreaker::new());
        builder.build().expect("valid settings")
    };
    let policies: Vec<Policy> = (0..OPERATIONS).map(operation).collect();
    let cases = [("one operation", 1), ("a thousand operations", OPERATIONS)];
    let rounds = rounds(101);
    let mut samples = cases.map(|_| Vec::new());
    for _ in 0..rounds {
        for ((_, operations), samples) in cases.iter().zip(&mut samples) {
            samples.push(nanoseconds(&policies[..*operations], CALLS / 101));
        }
    }
    for ((name, _), mut samples) in cases.into_iter().zip(samples) {
        samples.sort_by(f64::total_cmp);
        let median = samples[samples.len() / 2];
        figures.push("operations", name, "ns", median);
        let spread = samples[samples.len() * 3 / 4] - samples[samples.len() / 4];
        figures.push("operations", name, "spread", spread);
    }
}

fn nanoseconds(policies: &[Policy], calls: usize) -> f64 {
    let started = Instant::now();
    for policy in policies.iter().cycle().take(calls) {
        black_box(policy.call(|| Ok::<u64, std::io::Error>(black_box(7)))).ok();
    }
    started.elapsed().as_secs_f64() * 1e9 / calls as f64
}
