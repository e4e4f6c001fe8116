//! Compares the cost of redress with that of a hand-written loop with the same guarantees, in one
//! run.
//!
//! `cargo bench -p redress` prints medians of interleaved rounds. Compare the ratios: the absolute
//! figures belong to the machine. For a profiler, `-- --list` names the cases and
//! `-- --only "sync, success/Policy::call" 1000` runs one of them a thousand times.
#![allow(missing_docs, clippy::unwrap_used)]

use std::pin::pin;
use std::task::{Context, Poll, Waker};

mod by_hand;
mod cases;
mod guarded;
mod measure;
mod with_redress;

use measure::{Table, Work};

/// Polls a future that depends on no outside event until it is ready.
fn block_on<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let mut cx = Context::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(value) = future.as_mut().poll(&mut cx) {
            return value;
        }
    }
}

fn main() {
    let tables = tables();
    match Work::of_args() {
        Work::Measure => tables.iter().for_each(|table| table.measure(301).print()),
        Work::List => tables.iter().for_each(Table::list),
        Work::Only(case, times) => {
            for table in &tables {
                table.run(&case, times);
            }
        }
    }
}

fn tables() -> Vec<Table> {
    let sync = cases::FAILURES.map(|(n, title)| Table::new("sync", title, cases::sync(n)));
    let future = cases::FAILURES.map(|(n, title)| Table::new("async", title, cases::future(n)));
    sync.into_iter().chain(future).collect()
}
