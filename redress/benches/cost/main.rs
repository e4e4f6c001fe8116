//! What redress costs beside a hand-written loop with the same guarantees, in one run.
//!
//! `cargo bench -p redress` prints medians of interleaved rounds. Compare the ratios: the absolute
//! figures belong to the machine.
#![allow(missing_docs, clippy::unwrap_used)]

mod by_hand;
mod measure;
mod with_redress;

use std::cell::Cell;

use measure::{Case, Table, block_on};

/// One call of a sync function that fails so often before it succeeds.
macro_rules! sync {
    ($name:literal, $call:path, $failures:literal) => {
        Case::new($name, || {
            measure::keep($call(&Cell::new($failures))).ok();
        })
    };
}

/// One call of an async function, awaited where it stands: one task makes them all.
macro_rules! future {
    ($name:literal, $call:path, $failures:literal) => {
        Case::repeated($name, |times| {
            block_on(async move {
                for _ in 0..times {
                    measure::keep($call(&Cell::new($failures)).await).ok();
                }
            });
        })
    };
}

/// The same cases for any number of failures.
macro_rules! table {
    ($title:literal, $case:ident, $failures:literal: $($name:literal = $call:path),+ $(,)?) => {
        Table::new($title)$(.case($case!($name, $call, $failures)))+
    };
}

fn main() {
    let tables = tables();
    let mut args = std::env::args().skip_while(|arg| arg != "--only").skip(1);
    match (
        args.next(),
        args.next().and_then(|times| times.parse().ok()),
    ) {
        (Some(case), Some(times)) => {
            for table in tables {
                table.run(&case, times);
            }
        }
        _ => tables.into_iter().for_each(Table::print),
    }
}

/// What is measured. `-- --only "sync, success/Policy::call" 1000` runs one case a thousand times,
/// for a profiler.
fn tables() -> Vec<Table> {
    use by_hand as hand;
    use with_redress as redress;

    vec![
        table!("sync, success", sync, 0:
            "hand-written loop with a deadline" = hand::deadline,
            "hand-written loop without a deadline" = hand::no_deadline,
            "#[retry]" = redress::attribute,
            "#[retry], no deadline" = redress::attribute_no_deadline,
            "Policy::call" = redress::policy,
            "Policy::call, no deadline" = redress::policy_no_deadline,
        ),
        table!("sync, one failure, no delay", sync, 1:
            "hand-written loop with a deadline" = hand::deadline,
            "hand-written loop without a deadline" = hand::no_deadline,
            "#[retry]" = redress::attribute,
            "#[retry], no deadline" = redress::attribute_no_deadline,
            "Policy::call" = redress::policy,
            "Policy::call, no deadline" = redress::policy_no_deadline,
        ),
        table!("async, success", future, 0:
            "hand-written loop with a deadline" = hand::deadline_async,
            "hand-written loop without a deadline" = hand::no_deadline_async,
            "#[retry]" = redress::attribute_async,
            "#[retry], no deadline" = redress::attribute_no_deadline_async,
            "Policy::call_async" = redress::policy_async,
            "Policy::call_async, no deadline" = redress::policy_no_deadline_async,
        ),
        table!("async, one failure, no delay", future, 1:
            "hand-written loop with a deadline" = hand::deadline_async,
            "hand-written loop without a deadline" = hand::no_deadline_async,
            "#[retry]" = redress::attribute_async,
            "#[retry], no deadline" = redress::attribute_no_deadline_async,
            "Policy::call_async" = redress::policy_async,
            "Policy::call_async, no deadline" = redress::policy_no_deadline_async,
        ),
    ]
}
