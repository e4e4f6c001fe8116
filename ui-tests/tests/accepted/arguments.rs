//! Every argument, in every form.
use std::io::{Error, ErrorKind};
use std::time::{Duration, Instant};

use redress::{BackoffContext, Strategy, retry, strategies};

use super::until;

const ATTEMPTS: u32 = 4;
const LIMIT: Duration = Duration::from_secs(30);
const SECONDS: f64 = 2.5;
static STATIC_ATTEMPTS: u32 = 2;

mod limits {
    pub(super) const ATTEMPTS: u32 = 5;
    pub(super) fn attempts() -> u32 {
        3
    }
}

fn fail(calls: &mut u32, kind: ErrorKind) -> Result<u32, Error> {
    *calls += 1;
    Err(kind.into())
}

macro_rules! counts {
    ($($test:ident: $expected:expr, ($($argument:tt)*);)*) => {$(
        #[test]
        fn $test() {
            #[retry($($argument)*)]
            fn attempt(calls: &mut u32) -> Result<u32, Error> {
                fail(calls, ErrorKind::TimedOut)
            }
            let mut calls = 0;
            attempt(&mut calls).unwrap_err();
            assert_eq!(calls, $expected);
        }
    )*};
}

counts! {
    attempts_as_a_number: 3, (strategy = instant(), max_attempts = 3);
    attempts_as_a_constant: 4, (strategy = instant(), max_attempts = ATTEMPTS);
    attempts_as_a_static: 2, (strategy = instant(), max_attempts = STATIC_ATTEMPTS);
    attempts_as_a_path: 5, (strategy = instant(), max_attempts = limits::ATTEMPTS);
    attempts_as_a_call: 3, (strategy = instant(), max_attempts = limits::attempts());
    attempts_as_an_expression: 5, (strategy = instant(), max_attempts = ATTEMPTS + 1);
    attempts_by_default: 6, (strategy = instant());
    attempts_without_a_limit: 1, (strategy = fixed(1h), max_attempts = none);
    deadline_lifted: 2, (strategy = instant(), deadline = none, max_attempts = 2);
    deadline_lifted_in_rust: 2, (strategy = instant(), deadline = None, max_attempts = 2);
    deadline_as_a_constant: 2, (strategy = instant(), deadline = LIMIT, max_attempts = 2);
    deadline_as_seconds: 2, (strategy = instant(), deadline = SECONDS, max_attempts = 2);
    deadline_as_an_expression: 2, (strategy = instant(), deadline = LIMIT * 2, max_attempts = 2);
    deadline_in_minutes: 2, (strategy = instant(), deadline = 1.5m, max_attempts = 2);
    delay_beyond_the_deadline: 1, (strategy = fixed(2s), deadline = 1s);
    strategy_decorrelated: 2, (strategy = decorrelated_jitter(base = 1us, max = 1ms), max_attempts = 2);
    strategy_full: 2, (strategy = full_jitter(1ms), max_attempts = 2);
    strategy_equal: 2, (strategy = equal_jitter(max = 1ms, base = 10us, factor = 3), max_attempts = 2);
    strategy_token: 2, (strategy = token_backoff(1ms, factor = 1.2), max_attempts = 2);
    strategy_exponential: 2, (strategy = exponential(10us, 1ms), max_attempts = 2);
    strategy_named: 2, (strategy = exponential(base = 10us, max = 1ms, factor = 1.5), max_attempts = 2);
    strategy_fixed: 2, (strategy = fixed(1ms), max_attempts = 2);
    strategy_with_setters: 2, (strategy = equal_jitter(1ms).base(10us).factor(2.0), max_attempts = 2);
    strategy_nested: 2, (strategy = retry_after_or(full_jitter(1ms), jitter = 0), max_attempts = 2);
    strategy_adaptive: 2, (strategy = adaptive(fixed(1ms), min_multiplier = 0.5, max_multiplier = 1), max_attempts = 2);
    strategy_adaptive_of_constants: 2, (strategy = adaptive(fixed(1ms), min_multiplier = HALF, target_success = HALF), max_attempts = 2);
    strategy_of_constants: 2, (strategy = equal_jitter(base = SHORT, max = LONG), max_attempts = 2);
    strategy_by_path: 2, (strategy = strategies::fixed(0.001), max_attempts = 2);
    strategy_of_ones_own: 2, (strategy = own_strategy, max_attempts = 2);
    strategy_of_ones_own_by_call: 2, (strategy = make_strategy(0.001), max_attempts = 2);
    strategy_as_a_closure: 2, (strategy = |ctx| 0.0001 * f64::from(ctx.attempt), max_attempts = 2);
    strategy_of_a_class: 3, (strategies(transient = instant()), max_attempts = 3);
    strategy_of_another_class: 1, (strategies(rate_limit = instant()), max_attempts = 3);
    cap_of_a_class: 2, (strategy = instant(), per_class_max_attempts(transient = 2));
    cap_of_a_class_as_a_constant: 2, (strategy = instant(), per_class_max_attempts(transient = STATIC_ATTEMPTS));
    trailing_commas: 2, (strategy = instant(), strategies(rate_limit = fixed(1s),), max_attempts = 2,);
    nothing_at_all_but_a_limit: 1, (max_attempts = 1);
    attempts_as_a_raw_name: 2, (strategy = instant(), r#max_attempts = 2);
}

const SHORT: Duration = Duration::from_micros(10);
const LONG: f64 = 0.001;
const HALF: f64 = 0.5;

fn own_strategy(ctx: &BackoffContext<'_>) -> Duration {
    Duration::from_micros(u64::from(ctx.attempt))
}

fn make_strategy(seconds: f64) -> impl Strategy {
    strategies::fixed(seconds)
}

#[test]
fn unknown_failures_have_a_cap_of_their_own() {
    #[derive(Debug)]
    struct Odd;
    #[retry(strategy = instant())]
    fn two(calls: &mut u32) -> Result<(), Odd> {
        *calls += 1;
        Err(Odd)
    }
    #[retry(strategy = instant(), max_unknown_attempts = 3)]
    fn three(calls: &mut u32) -> Result<(), Odd> {
        *calls += 1;
        Err(Odd)
    }
    #[retry(strategy = instant(), max_unknown_attempts = none)]
    fn six(calls: &mut u32) -> Result<(), Odd> {
        *calls += 1;
        Err(Odd)
    }
    let mut calls = [0; 3];
    two(&mut calls[0]).unwrap_err();
    three(&mut calls[1]).unwrap_err();
    six(&mut calls[2]).unwrap_err();
    assert_eq!(calls, [2, 3, 6]);
}

#[test]
fn a_lifted_timeout_interrupts_nothing() {
    // Sync, and with an error that is not made of an `Interrupt`.
    #[retry(strategy = instant(), max_attempts = 3, attempt_timeout = none)]
    fn attempt(calls: &mut u32) -> Result<(), std::fmt::Error> {
        *calls += 1;
        Err(std::fmt::Error)
    }
    let mut calls = 0;
    attempt(&mut calls).unwrap_err();
    assert_eq!(calls, 2);
}

#[test]
fn a_fixed_delay_is_waited() {
    #[retry(strategy = fixed(3ms))]
    fn attempt(calls: &mut u32) -> Result<u32, Error> {
        until(3, calls)
    }
    let started = Instant::now();
    assert_eq!(attempt(&mut 0).unwrap(), 3);
    assert!(started.elapsed() >= Duration::from_millis(6));
}

mod renamed {
    pub(super) use redress as again;
}

#[test]
fn a_renamed_crate() {
    #[retry(crate = renamed::again, strategy = instant(), max_attempts = 2)]
    fn attempt(calls: &mut u32) -> Result<u32, Error> {
        fail(calls, ErrorKind::TimedOut)
    }
    let mut calls = 0;
    attempt(&mut calls).unwrap_err();
    assert_eq!(calls, 2);
}
