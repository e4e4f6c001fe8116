//! The blip: a server refuses everything for a moment, as during a restart. Retries ride it out,
//! unless something stops them too soon.

use std::cell::Cell;
use std::io;
use std::time::Duration;

use super::outage::ARRIVALS;
use super::{Random, Way, World};

/// The lengths of the blips, in milliseconds.
pub const LENGTHS: [u64; 6] = [50, 100, 300, 1000, 2000, 5000];

const START: Duration = Duration::from_secs(30);
const END: Duration = Duration::from_secs(60);
/// The time until an answer or a refusal.
const ANSWER: Duration = Duration::from_millis(5);

/// Runs a setup through a blip and returns the number of operations that failed. The same seed
/// gives the same run.
#[must_use]
pub fn run(way: &Way, length: Duration, seed: u64) -> u32 {
    let world = World::new();
    let (policy, paid_by_all) = way.policy(&world, seed);
    let failed = Cell::new(0);
    let operation = async || {
        let attempt = || async {
            let refused = (START..START + length).contains(&world.time());
            world.wait(ANSWER).await;
            if refused {
                Err(io::Error::from(io::ErrorKind::ConnectionRefused))
            } else {
                Ok(())
            }
        };
        if policy.call_async(attempt).await.is_err() {
            failed.set(failed.get() + 1);
            if let Some(budget) = &paid_by_all {
                budget.on_success();
            }
        }
    };
    let arrivals = Random::new(seed).arrivals(END, ARRIVALS, |_| ARRIVALS);
    world.run(arrivals.map(|arrival| (arrival, operation())));
    failed.get()
}
