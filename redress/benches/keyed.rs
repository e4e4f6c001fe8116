//! Measures what it costs to find the breaker of a key, on one thread and on two, and what a million keys
//! take of memory.
//!
//! `cargo bench -p redress --bench keyed --features keyed`
//!
//! Rounds are interleaved; a figure is the median of its rounds. Compare figures of one run only. *ratio*
//! is to the row above it that names one breaker.

#![expect(
    clippy::expect_used,
    reason = "a benchmark of wrong settings cannot run"
)]

use std::hint::black_box;
use std::sync::{Barrier, LazyLock};
use std::time::{Duration, Instant};

use redress::keyed::Keyed;
use redress::{CircuitBreaker, Policy, retry};

/// The number of calls of a round: enough that threads which are started at the same time overlap.
const CALLS: u32 = 200_000;
const ROUNDS: usize = 31;

static BREAKER: CircuitBreaker = CircuitBreaker::new();
static NUMBERS: LazyLock<Keyed<u64, CircuitBreaker>> =
    LazyLock::new(|| Keyed::new(CircuitBreaker::new(), 10_000).expect("above 0"));
static HOSTS: LazyLock<Keyed<String, CircuitBreaker>> =
    LazyLock::new(|| Keyed::new(CircuitBreaker::new(), 10_000).expect("above 0"));
static POLICY: LazyLock<Policy> = LazyLock::new(Policy::new);
const HOST: &str = "api.example.com";

fn operation() -> Result<u64, std::io::Error> {
    let mut value = black_box(7_u64);
    for _ in 0..4 {
        value = value.wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(7);
    }
    Ok(black_box(value))
}

#[retry(circuit_breaker = BREAKER)]
fn one() -> Result<u64, std::io::Error> {
    operation()
}

#[retry(circuit_breaker = NUMBERS.get(&key))]
fn number(key: u64) -> Result<u64, std::io::Error> {
    operation()
}

#[retry(circuit_breaker = HOSTS.get(host))]
fn host(host: &str) -> Result<u64, std::io::Error> {
    operation()
}

/// Rows; the second is whether it is what the rows below it are compared with.
const CASES: [(&str, bool, fn()); 8] = [
    ("#[retry], one breaker", true, || drop(black_box(one()))),
    ("#[retry], by number", false, || {
        drop(black_box(number(black_box(7))));
    }),
    ("#[retry], by host", false, || {
        drop(black_box(host(black_box(HOST))));
    }),
    ("the lookup alone, by number", false, || {
        drop(black_box(NUMBERS.get(&black_box(7))));
    }),
    ("the lookup alone, by host", false, || {
        drop(black_box(HOSTS.get(black_box(HOST))));
    }),
    ("context, one breaker", true, || {
        let context = POLICY.context().circuit_breaker(BREAKER.clone());
        drop(black_box(context.call(operation)));
    }),
    ("context, by number", false, || {
        let context = POLICY.context().circuit_breaker(NUMBERS.get(&black_box(7)));
        drop(black_box(context.call(operation)));
    }),
    ("context, by host", false, || {
        let context = POLICY.context().circuit_breaker(HOSTS.get(black_box(HOST)));
        drop(black_box(context.call(operation)));
    }),
];

fn main() {
    let mut times = vec![[Vec::new(), Vec::new()]; CASES.len()];
    for _ in 0..ROUNDS {
        for ((_, _, call), times) in CASES.iter().zip(&mut times) {
            for (threads, times) in [1, 2].into_iter().zip(times) {
                times.push(round(threads, *call));
            }
        }
    }
    let is_tsv = std::env::args().any(|arg| arg == "--tsv");
    if !is_tsv {
        println!(
            "{:30}{:>12}{:>8}{:>14}{:>8}",
            "", "ns, 1 thread", "ratio", "ns, 2 threads", "ratio"
        );
    }
    let (mut table, mut base) = ("", [f64::NAN; 2]);
    for ((name, is_base, _), times) in CASES.iter().zip(times) {
        let ns = times.map(median);
        if *is_base {
            let is_context = name.starts_with("context");
            table = if is_context {
                "keys, a context"
            } else {
                "keys, an attribute"
            };
            base = ns;
        }
        let (one, two) = (ns[0] / base[0], ns[1] / base[1]);
        if is_tsv {
            for (column, value) in [
                ("ns", ns[0]),
                ("ns, 2 threads", ns[1]),
                ("ratio, 2 threads", two),
            ] {
                println!("{table}\t{name}\t{column}\t{value}");
            }
        } else {
            println!(
                "{name:30}{:>12.1}{one:>8.2}{:>14.1}{two:>8.2}",
                ns[0], ns[1]
            );
        }
    }
    if !is_tsv {
        many();
    }
}

/// Returns the nanoseconds of a call of each of so many threads.
fn round(threads: usize, call: fn()) -> f64 {
    let barrier = Barrier::new(threads);
    let longest = std::thread::scope(|scope| {
        let run = || {
            barrier.wait();
            let started = Instant::now();
            for _ in 0..CALLS {
                call();
            }
            started.elapsed()
        };
        let running: Vec<_> = (0..threads).map(|_| scope.spawn(run)).collect();
        let ended = running.into_iter().filter_map(|thread| thread.join().ok());
        ended.max().unwrap_or(Duration::MAX)
    });
    longest.as_secs_f64() * 1e9 / f64::from(CALLS)
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

/// Unique keys, as an attacker would send them.
fn many() {
    let hosts = Keyed::<u64, _>::new(CircuitBreaker::new(), 10_000).expect("above 0");
    let started = Instant::now();
    for key in 0..1_000_000 {
        hosts.get(&key);
    }
    let each = started.elapsed().as_secs_f64() * 1e9 / 1e6;
    println!(
        "\na million keys, each asked for once: {} kept, {each:.0} ns each",
        hosts.len()
    );
}
