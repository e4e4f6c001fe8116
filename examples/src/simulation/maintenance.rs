//! The maintenance: a server answers every request with 503 for ten seconds. How many requests do
//! its clients send meanwhile, with and without a Retry-After in the answer?

use std::cell::{Cell, RefCell};
use std::time::Duration;

use redress::testing::seed_jitter;
use redress::{Classification, ErrorClass, Policy};

use super::outage::ARRIVALS;
use super::{Random, World};

const DOWN: Duration = Duration::from_secs(30);
const UP: Duration = Duration::from_secs(40);
const END: Duration = Duration::from_secs(60);
/// The time that the server takes to answer.
const ANSWER: Duration = Duration::from_millis(5);

/// The result of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Record {
    /// Operations that failed.
    pub failed: u32,
    /// Attempts while the server was down.
    pub wasted: u32,
    /// The most attempts within one second.
    pub peak: u32,
}

/// Runs the recommended policy against a server that sends this Retry-After, or none. The same seed
/// gives the same run.
#[must_use]
#[expect(clippy::expect_used, reason = "the settings are constants")]
pub fn run(retry_after: Option<Duration>, seed: u64) -> Record {
    seed_jitter(seed);
    let world = World::new();
    let policy = Policy::builder()
        .recommended()
        .classifier(Classification::clone)
        .clock(world.clone())
        .build()
        .expect("valid settings");
    let (failed, wasted) = (Cell::new(0), Cell::new(0));
    let attempts = RefCell::new(vec![0_u32; 2 * END.as_secs() as usize]);
    let operation = async || {
        let attempt = || async {
            let now = world.time();
            if let Some(count) = attempts.borrow_mut().get_mut(now.as_secs() as usize) {
                *count += 1;
            }
            world.wait(ANSWER).await;
            if !(DOWN..UP).contains(&now) {
                return Ok(());
            }
            wasted.set(wasted.get() + 1);
            Err(Classification::new(ErrorClass::ServerError).retry_after(retry_after))
        };
        if policy.call_async(attempt).await.is_err() {
            failed.set(failed.get() + 1);
        }
    };
    let arrivals = Random::new(seed).arrivals(END, ARRIVALS, |_| ARRIVALS);
    world.run(arrivals.map(|arrival| (arrival, operation())));
    let peak = attempts.borrow().iter().copied().max().unwrap_or(0);
    Record {
        failed: failed.get(),
        wasted: wasted.get(),
        peak,
    }
}
