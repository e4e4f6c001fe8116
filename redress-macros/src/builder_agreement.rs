//! The macro refuses the values that the builder refuses, and no others.

use redress::Policy;
use redress::strategies::{adaptive, equal_jitter, exponential, fixed, full_jitter, token_backoff};

/// Returns `true` if the attribute takes this strategy.
fn macro_takes(strategy: &str) -> bool {
    let function = "fn call() -> Result<(), Error> { Ok(()) }";
    let arguments = format!("strategy = {strategy}");
    let expanded = crate::retry::retry(arguments.parse().unwrap(), function.parse().unwrap());
    !expanded.to_string().contains("compile_error")
}

/// Returns `true` if a policy can be built with this strategy.
fn builder_takes(strategy: impl redress::Strategy + 'static) -> bool {
    Policy::builder().strategy(strategy).build().is_ok()
}

#[test]
fn numbers_of_strategies() {
    for n in [0.0, 0.001, 0.5, 1.0, 1.5, 5.0, 5.5, 100.0] {
        for (strategy, expected) in [
            (
                format!("equal_jitter(5s, factor = {n:?})"),
                builder_takes(equal_jitter(5).factor(n)),
            ),
            (
                format!("full_jitter(5s, factor = {n:?})"),
                builder_takes(full_jitter(5).factor(n)),
            ),
            (
                format!("token_backoff(5s, factor = {n:?})"),
                builder_takes(token_backoff(5).factor(n)),
            ),
            (
                format!("exponential(1s, 5s, factor = {n:?})"),
                builder_takes(exponential(1, 5).factor(n)),
            ),
            (
                format!("adaptive(fixed(1s), target_success = {n:?})"),
                builder_takes(adaptive(fixed(1)).target_success(n)),
            ),
            (
                format!("adaptive(fixed(1s), min_multiplier = {n:?})"),
                builder_takes(adaptive(fixed(1)).min_multiplier(n)),
            ),
            (
                format!("adaptive(fixed(1s), max_multiplier = {n:?})"),
                builder_takes(adaptive(fixed(1)).max_multiplier(n)),
            ),
            (
                format!("adaptive(fixed(1s), min_multiplier = 0.25, max_multiplier = {n:?})"),
                builder_takes(adaptive(fixed(1)).min_multiplier(0.25).max_multiplier(n)),
            ),
        ] {
            assert_eq!(macro_takes(&strategy), expected, "{strategy}");
        }
    }
}
