//! Measures how long a service takes to stop while a thousand of its calls sleep before their next
//! attempt.
//!
//! `cargo run --release -p redress-examples --bin shutdown` fails if it takes more than 10 ms.

use std::future::{pending, ready};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use redress::{Policy, StopReason, strategies::fixed};
use tokio::sync::watch;

const CALLS: usize = 1000;
const LIMIT: Duration = Duration::from_millis(10);

#[tokio::main]
async fn main() -> ExitCode {
    let Ok(policy) = Policy::builder().strategy(fixed(30)).build() else {
        return ExitCode::FAILURE;
    };
    let (stop, stopping) = watch::channel(false);
    let (failed, mut failures) = tokio::sync::mpsc::channel(CALLS);
    let calls: Vec<_> = (0..CALLS)
        .map(|_| tokio::spawn(call(policy.clone(), stopping.clone(), failed.clone())))
        .collect();
    for _ in 0..CALLS {
        failures.recv().await;
    }
    // Every call has failed once, and is asleep or about to sleep.
    let started = Instant::now();
    stop.send_replace(true);
    let mut aborted = 0;
    for call in calls {
        aborted += usize::from(matches!(call.await, Ok(Some(StopReason::Aborted))));
    }
    let took = started.elapsed();
    println!("{aborted} of {CALLS} sleeping calls stopped after {took:?}, 30 s before their time");
    if aborted == CALLS && took <= LIMIT {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

async fn call(
    policy: Policy,
    stopping: watch::Receiver<bool>,
    failed: tokio::sync::mpsc::Sender<()>,
) -> Option<StopReason> {
    let down = || {
        // The channel has room for every call.
        let _told = failed.try_send(());
        ready(Err::<(), _>(std::io::Error::from(
            std::io::ErrorKind::ConnectionRefused,
        )))
    };
    let context = policy.context().abort_on(|| told(stopping.clone()));
    context.execute_async(down).await.stop_reason
}

async fn told(mut stop: watch::Receiver<bool>) {
    if stop.wait_for(|stop| *stop).await.is_err() {
        pending::<()>().await;
    }
}
