//! Measures the cost of shared state for a success, on one thread and on two, beside other breakers
//! and a bare atomic load.
//!
//! `cargo bench --manifest-path redress/benches/field/Cargo.toml --bench shared`
//!
//! Each case guards the same small operation, so that a figure is the cost of a call and not that
//! of an empty loop. Rounds are interleaved; a figure is the median of its rounds. Compare figures
//! of one run only.

use std::hint::black_box;
use std::pin::pin;
use std::sync::Barrier;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, Waker};
use std::thread::ScopedJoinHandle;
use std::time::{Duration, Instant};

use redress::{Budget, CircuitBreaker, Policy, PolicyBuilder};
use redress_field::{Figures, rounds};

/// The number of calls in a round: enough that threads started at the same time overlap.
const CALLS: u32 = 100_000;

#[derive(Debug)]
struct Down;

impl std::fmt::Display for Down {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("down")
    }
}

impl std::error::Error for Down {}

/// The operation.
#[inline(never)]
fn operation() -> Result<u64, Down> {
    let mut value = black_box(7_u64);
    for _ in 0..4 {
        value = value.wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(7);
    }
    Ok(black_box(value))
}

struct Case {
    name: &'static str,
    call: Box<dyn Fn() + Sync>,
}

fn case(name: &'static str, call: impl Fn() + Sync + 'static) -> Case {
    Case {
        name,
        call: Box::new(call),
    }
}

fn guarded(name: &'static str, breaker: CircuitBreaker) -> Case {
    case(name, move || {
        if let Ok(permit) = breaker.try_acquire()
            && black_box(operation()).is_ok()
        {
            permit.success();
        }
    })
}

fn policy(name: &'static str, change: impl FnOnce(PolicyBuilder) -> PolicyBuilder) -> Case {
    let built = change(Policy::builder().no_deadline()).build();
    let policy = built.unwrap_or_else(|error| panic!("{name}: {error}"));
    case(name, move || {
        black_box(policy.call(operation)).ok();
    })
}

fn built(builder: redress::breaker::CircuitBreakerBuilder) -> CircuitBreaker {
    builder.build().unwrap_or_else(|error| panic!("{error}"))
}

static WORD: AtomicU64 = AtomicU64::new(0);
static BREAKER: CircuitBreaker = CircuitBreaker::new();

fn breakers() -> Vec<Case> {
    let backoff = failsafe::backoff::constant(Duration::from_secs(30));
    let failsafe = failsafe::Config::new()
        .failure_policy(failsafe::failure_policy::consecutive_failures(5, backoff))
        .build();
    let recloser = recloser::Recloser::custom().build();
    let in_a_row = execution_policy::CircuitBreaker::consecutive_failures(5);
    let execution_policy = execution_policy::ExecutionPolicyBuilder::<u64, Down>::new()
        .retry(execution_policy::Retry::none())
        .circuit_breaker(in_a_row)
        .build();
    vec![
        case("the operation alone", || {
            black_box(operation()).ok();
        }),
        case("one shared atomic load", || {
            if WORD.load(Ordering::Acquire) == 0 {
                black_box(operation()).ok();
            }
        }),
        case("redress, `static` default breaker", || {
            if let Ok(permit) = BREAKER.try_acquire()
                && black_box(operation()).is_ok()
            {
                permit.success();
            }
        }),
        guarded("redress, default breaker", built(CircuitBreaker::builder())),
        guarded(
            "redress, failures in a row",
            built(CircuitBreaker::builder().consecutive_failures(5)),
        ),
        guarded(
            "redress, failure rate",
            built(CircuitBreaker::builder().failure_rate(0.5, 20).window(10)),
        ),
        case("failsafe, failures in a row", move || {
            use failsafe::CircuitBreaker as _;
            black_box(failsafe.call(operation)).ok();
        }),
        case("recloser, failure rate", move || {
            black_box(recloser.call(operation)).ok();
        }),
        seatbelt(),
        case("execution-policy, failures in a row", move || {
            black_box(poll(execution_policy.run(async || operation()))).ok();
        }),
    ]
}

fn seatbelt() -> Case {
    use layered::{Execute, Service, Stack};
    use seatbelt::{RecoveryInfo, ResilienceContext, breaker::Breaker};

    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap_or_else(|error| panic!("{error}"));
    let context = runtime.block_on(async { ResilienceContext::new(tick::Clock::new_tokio()) });
    let breaker = Breaker::layer("breaker", &context)
        .recovery_with(|answer: &Result<u64, Down>, _| match answer {
            Ok(_) => RecoveryInfo::never(),
            Err(_) => RecoveryInfo::retry(),
        })
        .rejected_input_error(|(), _| Down)
        .failure_threshold(0.5);
    let service = (breaker, Execute::new(|()| async { operation() })).into_service();
    case("seatbelt, failure rate", move || {
        // The breaker's clock needs the runtime.
        let _alive = &runtime;
        black_box(poll(service.execute(()))).ok();
    })
}

/// Polls a future that is ready at once.
fn poll<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("the future should be ready at once"),
    }
}

fn policies() -> Vec<Case> {
    let rate = built(CircuitBreaker::builder().failure_rate(0.5, 20).window(10));
    let filling = Budget::success_ratio(0.1).reserve(1_000_000);
    // A budget that is not full accepts every deposit.
    for _ in 0..500_000 {
        if let Some(mut token) = filling.try_spend(redress::ErrorClass::Transient) {
            token.keep();
        }
    }
    vec![
        policy("Policy::call", |policy| policy),
        policy("... with a default breaker", |policy| {
            policy.circuit_breaker(CircuitBreaker::new())
        }),
        policy("... with a failure rate", |policy| {
            policy.circuit_breaker(rate)
        }),
        policy("... with a rolling budget", |policy| {
            policy.budget(Budget::rolling(1000, 60))
        }),
        policy("... funded by successes, full", |policy| {
            policy.budget(Budget::success_ratio(0.1))
        }),
        policy("... funded by successes, filling", |policy| {
            policy.budget(filling)
        }),
    ]
}

fn main() {
    let mut figures = Figures::new();
    measure("breakers", &breakers(), &mut figures);
    measure("policies", &policies(), &mut figures);
    figures.print();
}

fn measure(table: &str, cases: &[Case], figures: &mut Figures) {
    let mut samples = vec![(Vec::new(), Vec::new()); cases.len()];
    for _ in 0..rounds(101) {
        for (case, samples) in cases.iter().zip(&mut samples) {
            samples.0.push(rate(case, 1));
            samples.1.push(rate(case, 2));
        }
    }
    for (case, (one, two)) in cases.iter().zip(samples) {
        let (one, two) = (median(one), median(two));
        figures.push(table, case.name, "ns", 1e3 / one);
        figures.push(table, case.name, "M/s, 1 thread", one);
        figures.push(table, case.name, "M/s, 2 threads", two);
        figures.push(table, case.name, "scale", two / one);
    }
}

/// Returns the millions of calls per second of all threads together, from the start of the first
/// thread to the end of the last.
fn rate(case: &Case, threads: u32) -> f64 {
    let start = Barrier::new(threads as usize);
    let run = || {
        start.wait();
        let started = Instant::now();
        for _ in 0..CALLS {
            (case.call)();
        }
        (started, Instant::now())
    };
    let spans = std::thread::scope(|scope| {
        let runs: Vec<_> = (0..threads).map(|_| scope.spawn(run)).collect();
        let spans = runs.into_iter().map(ScopedJoinHandle::join);
        spans
            .map(|span| span.expect("no panic"))
            .collect::<Vec<_>>()
    });
    let started = spans.iter().map(|(started, _)| *started).min();
    let ended = spans.iter().map(|(_, ended)| *ended).max();
    let span = started.zip(ended).map(|(start, end)| end - start);
    f64::from(threads * CALLS) / span.unwrap_or(Duration::MAX).as_secs_f64() / 1e6
}

fn median(mut samples: Vec<f64>) -> f64 {
    samples.sort_by(f64::total_cmp);
    samples.get(samples.len() / 2).copied().unwrap_or(0.0)
}
