//! The collapse: a server slows down as its requests increase, under a load that rises and falls
//! again. Does it recover when the load has gone?

use std::cell::RefCell;
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::convert::Infallible;
use std::time::Duration;

use redress::strategies::full_jitter;
use redress::testing::seed_jitter;
use redress::{Budget, Policy, PolicyBuilder};

use super::ways::breaker;
use super::{Random, World};

const SECONDS: u64 = 80;
/// The peak of the load: its time in seconds, and its arrivals per second.
const PEAK: (f64, f64) = (25.0, 80.0);
/// The decrease of the arrivals per second with each second before and after the peak.
const SLOPE: f64 = 1.6;
/// The number of seconds at the end that show whether the server has recovered.
const LAST: u64 = 20;
/// The mean delay of the network each way, in seconds.
const DELAY: f64 = 0.1;
/// The time that the server takes for a request: alone, and in addition for each concurrent one.
const ALONE: Duration = Duration::from_secs(1);
const SLOWER: Duration = Duration::from_millis(10);

/// A named way to handle failures.
#[derive(Debug, Clone, Copy)]
pub struct Way {
    /// The name in tables.
    pub name: &'static str,
    setup: fn(&World) -> PolicyBuilder,
}

/// The ways, from no retries to the recommended one.
pub const WAYS: [Way; 6] = [
    Way {
        name: "no retries",
        setup: |_| Policy::builder().max_attempts(1),
    },
    Way {
        name: "2 retries",
        setup: |_| retries(),
    },
    Way {
        name: "2 retries, budget by successes",
        setup: |world| retries().budget(funded(world)),
    },
    Way {
        name: "2 retries, breaker",
        setup: |world| retries().circuit_breaker(breaker(world)),
    },
    Way {
        name: "2 retries, breaker and budget",
        setup: |world| {
            let policy = retries().circuit_breaker(breaker(world));
            policy.budget(funded(world))
        },
    },
    Way {
        name: "2 retries, recommended",
        setup: |_| retries().recommended(),
    },
];

fn retries() -> PolicyBuilder {
    let strategy = full_jitter(20).base(0.1);
    Policy::builder().strategy(strategy).max_attempts(3)
}

fn funded(world: &World) -> Budget {
    Budget::success_ratio(0.1).reserve(10).clock(world.clone())
}

/// The counts of a run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Record {
    arrivals: u32,
    successes: u32,
    attempts: u32,
    last_arrivals: u32,
    last_successes: u32,
}

impl Record {
    /// Returns the share of the operations that succeeded.
    #[must_use]
    pub fn success(&self) -> f64 {
        f64::from(self.successes) / f64::from(self.arrivals)
    }

    /// Returns the mean number of attempts per operation.
    #[must_use]
    pub fn attempts(&self) -> f64 {
        f64::from(self.attempts) / f64::from(self.arrivals)
    }

    /// Returns `true` if more than 90% of the operations of the last 20 s succeeded.
    #[must_use]
    pub fn recovered(&self) -> bool {
        f64::from(self.last_successes) > 0.9 * f64::from(self.last_arrivals)
    }
}

impl Way {
    /// Runs the simulation. The same seed gives the same run.
    #[must_use]
    #[expect(clippy::expect_used, reason = "the settings are constants")]
    pub fn run(&self, seed: u64) -> Record {
        seed_jitter(seed);
        let world = World::new();
        let policy = (self.setup)(&world).no_deadline().attempt_timeout(3);
        let policy = policy.clock(world.clone()).build();
        let policy = policy.expect("valid settings");
        let server = Server::default();
        let network = RefCell::new(Random::new(!seed));
        let record = RefCell::new(Record::default());
        let operation = async |arrival: Duration| {
            let attempt = || async {
                record.borrow_mut().attempts += 1;
                let there = network.borrow_mut().exponential(DELAY);
                let back = network.borrow_mut().exponential(DELAY);
                world.wait(there).await;
                world.until(server.answers_at(world.time()) + back).await;
                Ok::<_, Infallible>(())
            };
            let succeeded = policy.call_async(attempt).await.is_ok();
            let mut record = record.borrow_mut();
            record.arrivals += 1;
            record.successes += u32::from(succeeded);
            if arrival >= Duration::from_secs(SECONDS - LAST) {
                record.last_arrivals += 1;
                record.last_successes += u32::from(succeeded);
            }
        };
        let rate = |time: f64| PEAK.1 - SLOPE * (time - PEAK.0).abs();
        let end = Duration::from_secs(SECONDS);
        let arrivals = Random::new(seed).arrivals(end, PEAK.1, rate);
        world.run(arrivals.map(|arrival| (arrival, operation(arrival))));
        record.into_inner()
    }
}

/// A server that works on all requests at the same time, more slowly the more there are, including
/// those that the client has given up.
#[derive(Default)]
struct Server {
    /// The times at which the current requests are done.
    ends: RefCell<BinaryHeap<Reverse<Duration>>>,
}

impl Server {
    /// Takes a request and returns the time of its answer.
    fn answers_at(&self, now: Duration) -> Duration {
        let mut ends = self.ends.borrow_mut();
        while ends.peek().is_some_and(|Reverse(end)| *end <= now) {
            ends.pop();
        }
        let others = u32::try_from(ends.len()).unwrap_or(u32::MAX);
        let end = now + ALONE + SLOWER * others;
        ends.push(Reverse(end));
        end
    }
}
