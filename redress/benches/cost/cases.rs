//! The measured cases: each form of call, sync and async, with any number of failures.

use std::sync::atomic::AtomicU32;

use super::measure::{Case, keep};
use super::{by_hand as hand, guarded, with_redress as redress};

/// The number of failures before a call succeeds, and its name in the titles of tables.
pub(crate) const FAILURES: [(u32, &str); 2] = [(0, "success"), (1, "one failure, no delay")];

/// Creates cases from sync functions.
macro_rules! sync {
    ($failures:expr; $($name:literal = $call:path),+ $(,)?) => {
        vec![$(Case::new($name, move |times| {
            for _ in 0..times {
                let _ = keep($call(&AtomicU32::new($failures)));
            }
        })),+]
    };
}

/// Creates cases from async functions, awaited in place: one task makes all calls.
macro_rules! future {
    ($failures:expr; $($name:literal = $call:path),+ $(,)?) => {
        vec![$(Case::new($name, move |times| super::block_on(async move {
            for _ in 0..times {
                let _ = keep($call(&AtomicU32::new($failures)).await);
            }
        })).future(&$call(&AtomicU32::new($failures)))),+]
    };
}

/// Returns the cases; ratios are to the first.
pub(crate) fn sync(failures: u32) -> Vec<Case> {
    sync!(failures;
        "hand-written loop with a deadline" = hand::deadline,
        "hand-written loop without a deadline" = hand::no_deadline,
        "direct call" = hand::direct,
        "#[retry]" = redress::attribute,
        "#[retry], no deadline" = redress::attribute_no_deadline,
        "retry_block!" = redress::block,
        "Policy::call" = redress::policy,
        "Policy::call, no deadline" = redress::policy_no_deadline,
        "Policy::call, breaker" = guarded::breaker,
        "Policy::call, gate" = guarded::gate,
        "Policy::call, breaker and gate" = guarded::breaker_and_gate,
        "Policy::call, traced, nobody listens" = guarded::traced,
        "Policy::call, everything but the timeline" = guarded::no_timeline,
        "Policy::execute, everything" = guarded::everything,
    )
}

pub(crate) fn future(failures: u32) -> Vec<Case> {
    future!(failures;
        "hand-written loop with a deadline" = hand::deadline_async,
        "hand-written loop without a deadline" = hand::no_deadline_async,
        "direct call" = hand::direct_async,
        "#[retry]" = redress::attribute_async,
        "#[retry], no deadline" = redress::attribute_no_deadline_async,
        "retry_block!" = redress::block_async,
        "Policy::call_async" = redress::policy_async,
        "Policy::call_async, no deadline" = redress::policy_no_deadline_async,
        "Policy::call_async, breaker" = guarded::breaker_async,
        "Policy::call_async, gate" = guarded::gate_async,
        "Policy::call_async, breaker and gate" = guarded::breaker_and_gate_async,
        "Policy::call_async, traced, nobody listens" = guarded::traced_async,
        "Policy::call_async, everything but the timeline" = guarded::no_timeline_async,
        "Policy::execute_async, everything" = guarded::everything_async,
    )
}
