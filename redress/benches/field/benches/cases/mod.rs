//! Every form of call beside those of other crates, each set up as its documentation shows and as
//! close to the hand-written loop as possible: six attempts, no delay, jitter where there is any,
//! no retry of permanent failures.
//!
//! All async cases run on one current-thread runtime of tokio.

#[path = "../../../cost/by_hand.rs"]
mod by_hand;
#[path = "../../../cost/guarded.rs"]
mod guarded;
#[path = "../../../cost/measure.rs"]
pub(crate) mod measure;
#[macro_use]
#[path = "../../../cost/cases.rs"]
mod own;
#[path = "../../../cost/with_redress.rs"]
mod with_redress;

mod backon;
mod breakers;
mod execution_policy;
mod relentless;
mod retry;
mod seatbelt;
mod tokio_retry2;
mod tower_resilience;

use std::rc::Rc;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use measure::{Case, Table, keep};
use tokio::runtime::{Builder, Runtime};

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
    let runtime = Builder::new_current_thread().enable_time().build();
    runtime.expect("a runtime")
});

pub(crate) fn block_on<F: Future>(future: F) -> F::Output {
    RUNTIME.block_on(future)
}

fn retryable(error: &by_hand::Down) -> bool {
    by_hand::class(error) > 2
}

/// Creates a case for a service whose requests must own their data, so the operation counts in a
/// static.
fn owned<F: Future>(
    name: &'static str,
    failures: u32,
    call: impl Fn(&'static AtomicU32) -> F + 'static,
) -> Case {
    static LEFT: AtomicU32 = AtomicU32::new(0);
    let call = Rc::new(call);
    let calls = Rc::clone(&call);
    let run = move |times| {
        block_on(async {
            for _ in 0..times {
                LEFT.store(failures, Relaxed);
                let _ = keep(calls(&LEFT).await);
            }
        });
    };
    // Created inside the runtime, because a service may look it up.
    block_on(async { Case::new(name, run).future(&call(&LEFT)) })
}

pub(crate) fn tables() -> Vec<Table> {
    let sync = own::FAILURES.map(|(failures, title)| {
        let mut cases = own::sync(failures);
        cases.extend(backon::sync(failures));
        cases.extend(retry::sync(failures));
        cases.extend(relentless::sync(failures));
        if failures == 0 {
            cases.extend(breakers::sync());
        }
        Table::new("sync", title, cases)
    });
    let future = own::FAILURES.map(|(failures, title)| {
        let mut cases = own::future(failures);
        cases.extend(backon::future(failures));
        cases.extend(tokio_retry2::future(failures));
        cases.extend(relentless::future(failures));
        cases.extend(seatbelt::future(failures));
        cases.extend(execution_policy::future(failures));
        cases.extend(tower_resilience::future(failures));
        if failures == 0 {
            cases.extend(breakers::future());
        }
        Table::new("async", title, cases)
    });
    sync.into_iter().chain(future).collect()
}
