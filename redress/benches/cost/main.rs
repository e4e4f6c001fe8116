//! What redress costs beside a hand-written loop with the same guarantees, in one run.
//!
//! `cargo bench -p redress` prints medians of interleaved rounds. Compare the ratios: the absolute
//! figures belong to the machine.
#![allow(missing_docs, clippy::unwrap_used)]

mod by_hand;
mod measure;
mod with_redress;

use measure::{Case, Table, block_on};

/// One call of an async function, driven to its end.
macro_rules! future {
    ($name:literal, $call:expr) => {
        Case::new($name, || {
            measure::keep(block_on($call)).ok();
        })
    };
}

/// One call of a sync function.
macro_rules! sync {
    ($name:literal, $call:expr) => {
        Case::new($name, || {
            measure::keep($call).ok();
        })
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
        Table::new("sync, success")
            .case(sync!(
                "hand-written loop with a deadline",
                hand::deadline(0)
            ))
            .case(sync!(
                "hand-written loop without a deadline",
                hand::no_deadline(0)
            ))
            .case(sync!("Policy::call", redress::policy(0)))
            .case(sync!(
                "Policy::call, no deadline",
                redress::policy_no_deadline(0)
            )),
        Table::new("sync, one failure, no delay")
            .case(sync!(
                "hand-written loop with a deadline",
                hand::deadline(1)
            ))
            .case(sync!(
                "hand-written loop without a deadline",
                hand::no_deadline(1)
            ))
            .case(sync!("Policy::call", redress::policy(1)))
            .case(sync!(
                "Policy::call, no deadline",
                redress::policy_no_deadline(1)
            )),
        Table::new("async, success")
            .case(future!(
                "hand-written loop with a deadline",
                hand::deadline_async(0)
            ))
            .case(future!(
                "hand-written loop without a deadline",
                hand::no_deadline_async(0)
            ))
            .case(future!("Policy::call_async", redress::policy_async(0)))
            .case(future!(
                "Policy::call_async, no deadline",
                redress::policy_no_deadline_async(0)
            )),
        Table::new("async, one failure, no delay")
            .case(future!(
                "hand-written loop with a deadline",
                hand::deadline_async(1)
            ))
            .case(future!(
                "hand-written loop without a deadline",
                hand::no_deadline_async(1)
            ))
            .case(future!("Policy::call_async", redress::policy_async(1)))
            .case(future!(
                "Policy::call_async, no deadline",
                redress::policy_no_deadline_async(1)
            )),
    ]
}
