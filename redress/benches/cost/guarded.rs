//! Calls with a breaker, calls that are traced, and calls with every feature of redress.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

use redress::classify::AnyValue;
use redress::contrib::tracing_0_1::{events, spans};
use redress::strategies::instant;
use redress::time::Clock;
use redress::{Budget, CallContext, CircuitBreaker, Event, Gate, Outcome, Policy, PolicyBuilder};

use super::by_hand::{Down, operation, operation_async};
use super::measure::keep;
use super::with_redress::{Classifier, classify};

static BREAKER: LazyLock<Policy<Classifier>> = LazyLock::new(|| {
    Policy::builder()
        .classifier(classify as Classifier)
        .strategy(instant())
        .circuit_breaker(CircuitBreaker::new())
        .build()
        .unwrap()
});

static GATE: LazyLock<Policy<Classifier>> = LazyLock::new(|| gated(Policy::builder()));

static BREAKER_AND_GATE: LazyLock<Policy<Classifier>> =
    LazyLock::new(|| gated(Policy::builder().circuit_breaker(CircuitBreaker::new())));

/// The gate is open: calls have succeeded for longer than it lets few calls in at a time.
fn gated(builder: PolicyBuilder) -> Policy<Classifier> {
    /// The machine's clock, put forward.
    #[derive(Debug)]
    struct Later(Instant, Arc<AtomicU64>);
    impl Clock for Later {
        fn now(&self) -> Instant {
            self.0 + Duration::from_secs(self.1.load(Ordering::Relaxed))
        }
    }
    let later = Arc::new(AtomicU64::new(0));
    let clock = Later(Instant::now(), Arc::clone(&later));
    let policy = builder
        .classifier(classify as Classifier)
        .strategy(instant())
        .gate(Gate::builder().clock(clock).build().unwrap())
        .build()
        .unwrap();
    for _ in 0..3 {
        policy.call(|| operation(&AtomicU32::new(0))).unwrap();
        later.fetch_add(60, Ordering::Relaxed);
    }
    policy
}

/// There is no subscriber: what tracing costs a program that does not look at it.
static TRACED: LazyLock<Policy<Classifier>> = LazyLock::new(|| {
    Policy::builder()
        .classifier(classify as Classifier)
        .strategy(instant())
        .on_event((events(), spans()))
        .build()
        .unwrap()
});

static EVERYTHING: LazyLock<Policy<Classifier>> = LazyLock::new(|| {
    Policy::builder()
        .classifier(classify as Classifier)
        .strategy(instant())
        .circuit_breaker(CircuitBreaker::new())
        // Each success pays for the retry of the next call, so no retry is ever refused.
        .budget(Budget::success_ratio(1.0))
        .attempt_timeout(10)
        .on_event(|event: &Event<'_>| {
            keep(event.attempt());
        })
        .build()
        .unwrap()
});

static CONTEXT: LazyLock<CallContext<'static, Classifier, AnyValue>> =
    LazyLock::new(|| EVERYTHING.context().capture_timeline());

pub(crate) fn breaker(failures: &AtomicU32) -> Result<u64, redress::Error<Down>> {
    BREAKER.call(|| operation(failures))
}

pub(crate) fn breaker_async(
    failures: &AtomicU32,
) -> impl Future<Output = Result<u64, redress::Error<Down>>> {
    BREAKER.call_async(|| operation_async(failures))
}

pub(crate) fn gate(failures: &AtomicU32) -> Result<u64, redress::Error<Down>> {
    GATE.call(|| operation(failures))
}

pub(crate) fn gate_async(
    failures: &AtomicU32,
) -> impl Future<Output = Result<u64, redress::Error<Down>>> {
    GATE.call_async(|| operation_async(failures))
}

pub(crate) fn breaker_and_gate(failures: &AtomicU32) -> Result<u64, redress::Error<Down>> {
    BREAKER_AND_GATE.call(|| operation(failures))
}

pub(crate) fn breaker_and_gate_async(
    failures: &AtomicU32,
) -> impl Future<Output = Result<u64, redress::Error<Down>>> {
    BREAKER_AND_GATE.call_async(|| operation_async(failures))
}

pub(crate) fn traced(failures: &AtomicU32) -> Result<u64, redress::Error<Down>> {
    TRACED.call(|| operation(failures))
}

pub(crate) fn traced_async(
    failures: &AtomicU32,
) -> impl Future<Output = Result<u64, redress::Error<Down>>> {
    TRACED.call_async(|| operation_async(failures))
}

/// The outcome holds the timeline.
pub(crate) fn everything(failures: &AtomicU32) -> Outcome<u64, Down> {
    CONTEXT.execute(|| operation(failures))
}

pub(crate) fn everything_async(failures: &AtomicU32) -> impl Future<Output = Outcome<u64, Down>> {
    CONTEXT.execute_async(|| operation_async(failures))
}

/// Without the timeline, which is the only part that allocates.
pub(crate) fn no_timeline(failures: &AtomicU32) -> Result<u64, redress::Error<Down>> {
    EVERYTHING.call(|| operation(failures))
}

pub(crate) fn no_timeline_async(
    failures: &AtomicU32,
) -> impl Future<Output = Result<u64, redress::Error<Down>>> {
    EVERYTHING.call_async(|| operation_async(failures))
}
