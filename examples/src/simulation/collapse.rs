//! The collapse: a server that gets slower the more it has to do, under a load that rises and falls
//! again. Do its clients leave it when the load has gone?

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
/// The load is highest here, in seconds and in arrivals a second.
const PEAK: (f64, f64) = (25.0, 80.0);
/// By how much the arrivals a second are fewer for each second before and after.
const SLOPE: f64 = 1.6;
/// The last seconds, which show whether it recovered.
const LAST: u64 = 20;
/// The mean delay of the network each way, in seconds.
const DELAY: f64 = 0.1;
/// How long the server takes for a request, alone and for each other one that it has.
const ALONE: Duration = Duration::from_secs(1);
const SLOWER: Duration = Duration::from_millis(10);

/// A way to handle it, by its name.
#[derive(Debug, Clone, Copy)]
pub struct Way {
    /// What a table calls it.
    pub name: &'static str,
    setup: fn(&World) -> PolicyBuilder,
}

/// Lists the ways, from none to the recommended one.
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

/// What happened in a run.
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

    /// Returns how many attempts there were for each operation.
    #[must_use]
    pub fn attempts(&self) -> f64 {
        f64::from(self.attempts) / f64::from(self.arrivals)
    }

    /// Tells whether more than 90% of the operations of the last 20 s succeeded.
    #[must_use]
    pub fn recovered(&self) -> bool {
        f64::from(self.last_successes) > 0.9 * f64::from(self.last_arrivals)
    }
}

impl Way {
    /// Runs it. The same seed is the same run.
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

/// Works on all requests at the same time, the slower the more there are, and on those, too, that
/// nobody waits for any more.
#[derive(Default)]
struct Server {
    /// When each request that it works on is done.
    ends: RefCell<BinaryHeap<Reverse<Duration>>>,
}

impl Server {
    /// Takes a request, and tells when it will be answered.
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
