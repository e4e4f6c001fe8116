//! The contention: all clients write to the same row. How much work does each strategy cost, and
//! how long does it take?
//!
//! This is the race of the AWS Architecture Blog, "Exponential Backoff And Jitter", 2015.

use std::cell::{Cell, RefCell};
use std::sync::Arc;
use std::time::Duration;

use redress::classify::ConcurrencyError;
use redress::testing::seed_jitter;
use redress::{Policy, Strategy, strategies as built_in};

use super::{Random, World};

/// The numbers of clients in a race.
pub const CLIENTS: [u32; 3] = [50, 100, 190];

/// The longest delay, and the cap after the first failure: 5 ms x 2.
const MAX: Duration = Duration::from_secs(2);
const BASE: Duration = Duration::from_millis(10);
/// The time that a message takes, in seconds: the mean and the standard deviation.
const HOP: (f64, f64) = (0.010, 0.002);

/// A named strategy.
#[derive(Debug, Clone, Copy)]
pub struct Contender {
    /// The name in tables.
    pub name: &'static str,
    strategy: fn(&World) -> Arc<dyn Strategy>,
}

/// All built-in strategies.
pub const STRATEGIES: [Contender; 9] = [
    Contender {
        name: "instant",
        strategy: |_| Arc::new(built_in::instant()),
    },
    Contender {
        name: "fixed",
        strategy: |_| Arc::new(built_in::fixed(BASE)),
    },
    Contender {
        name: "exponential",
        strategy: |_| Arc::new(built_in::exponential(BASE, MAX)),
    },
    Contender {
        name: "full_jitter",
        strategy: |_| Arc::new(built_in::full_jitter(MAX).base(BASE)),
    },
    Contender {
        name: "equal_jitter",
        strategy: |_| Arc::new(built_in::equal_jitter(MAX).base(BASE)),
    },
    Contender {
        name: "decorrelated_jitter",
        strategy: |_| Arc::new(built_in::decorrelated_jitter(MAX).base(BASE)),
    },
    Contender {
        name: "token_backoff",
        strategy: |_| Arc::new(built_in::token_backoff(MAX).base(BASE)),
    },
    Contender {
        name: "retry_after_or(full_jitter)",
        strategy: |_| {
            let fallback = built_in::full_jitter(MAX).base(BASE);
            Arc::new(built_in::retry_after_or(fallback))
        },
    },
    Contender {
        name: "adaptive(full_jitter)",
        strategy: |world| {
            let fallback = built_in::full_jitter(MAX).base(BASE);
            Arc::new(built_in::adaptive(fallback).clock(world.clone()))
        },
    },
];

/// The cost of a race.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Record {
    /// The number of attempted writes per client.
    pub writes: f64,
    /// The time until all clients had written.
    pub time: Duration,
}

impl Contender {
    /// Returns the means over `races` races.
    #[must_use]
    pub fn run(&self, clients: u32, races: u32) -> Record {
        let mut sum = Record::default();
        for seed in 0..races {
            let record = self.race(clients, seed.into());
            sum.writes += record.writes;
            sum.time += record.time;
        }
        Record {
            writes: sum.writes / f64::from(races),
            time: sum.time / races,
        }
    }

    #[expect(clippy::expect_used, reason = "the settings are constants")]
    fn race(&self, clients: u32, seed: u64) -> Record {
        seed_jitter(seed);
        let world = World::new();
        let policy = Policy::builder()
            .strategy((self.strategy)(&world))
            .unlimited_attempts()
            .no_deadline()
            .clock(world.clone())
            .build()
            .expect("valid settings");
        let network = RefCell::new(Random::new(seed));
        let hop = || network.borrow_mut().normal(HOP.0, HOP.1);
        let version = Cell::new(0_u32);
        let writes = Cell::new(0_u32);
        let end = Cell::new(Duration::ZERO);

        let client = async || {
            let attempt = || async {
                world.wait(hop()).await;
                let read = version.get();
                // The answer travels to the client, which sends its write at once.
                world.wait(hop() + hop()).await;
                writes.set(writes.get() + 1);
                let fits = version.get() == read;
                if fits {
                    version.set(read + 1);
                }
                world.wait(hop()).await;
                fits.then_some(())
                    .ok_or_else(|| ConcurrencyError::new("another version"))
            };
            let written = policy.call_async(attempt).await;
            written.expect("a client goes on until it has written");
            end.set(world.time());
        };
        world.run((0..clients).map(|_| (Duration::ZERO, client())));
        Record {
            writes: f64::from(writes.get()) / f64::from(clients),
            time: end.get(),
        }
    }
}
