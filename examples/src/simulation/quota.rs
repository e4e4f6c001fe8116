//! The quota: many tasks share the rate limit of one server, which answers everything above it with
//! "come back in a second". How many of their requests are lost?

use std::cell::{Cell, RefCell};
use std::time::Duration;

use redress::testing::seed_jitter;
use redress::{Budget, Classification, ErrorClass, Policy, PolicyBuilder};

use super::{Random, World};

/// How many tasks there are.
pub const TASKS: [u32; 2] = [20, 100];
/// How many requests each task makes, one after the other.
pub const REQUESTS: u32 = 5;
/// How many requests the server grants in a second, and at once.
pub const RATE: f64 = 10.0;

/// How long the server takes to answer.
const LATENCY: Duration = Duration::from_millis(50);
/// The wait that it asks for.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// A policy, by its name.
#[derive(Debug, Clone, Copy)]
pub struct Client {
    /// Its name in tables.
    pub name: &'static str,
    pub(super) policy: fn(&World) -> PolicyBuilder,
}

/// Lists the policies.
pub const CLIENTS: [Client; 4] = [
    Client {
        name: "defaults",
        policy: |_| Policy::builder(),
    },
    Client {
        name: "recommended",
        policy: |_| Policy::builder().recommended(),
    },
    Client {
        name: "recommended, hinted retries paid",
        policy: |world| {
            let budget = Budget::success_ratio(0.1).reserve(100).clock(world.clone());
            Policy::builder().recommended().budget(budget)
        },
    },
    Client {
        name: "recommended, unlimited attempts",
        policy: |_| Policy::builder().recommended().unlimited_attempts(),
    },
];

/// The result of a run.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Record {
    /// Requests whose calls failed.
    pub lost: u32,
    /// Attempts that the server refused.
    pub refused: u32,
    /// The time of the last success.
    pub end: Duration,
}

impl Client {
    /// Returns the policy with this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        CLIENTS.into_iter().find(|client| client.name == name)
    }

    /// Runs so many tasks. The same seed is the same run.
    #[must_use]
    #[expect(clippy::expect_used, reason = "the settings are constants")]
    pub fn run(&self, tasks: u32, seed: u64) -> Record {
        seed_jitter(seed);
        let world = World::new();
        let policy = (self.policy)(&world)
            .classifier(Classification::clone)
            .clock(world.clone())
            .build()
            .expect("valid settings");
        let server = Server::new(&world);
        let (lost, end) = (Cell::new(0), Cell::new(Duration::ZERO));
        let task = async || {
            for _ in 0..REQUESTS {
                match policy.call_async(|| server.request()).await {
                    Ok(()) => end.set(world.time()),
                    Err(_) => lost.set(lost.get() + 1),
                }
            }
        };
        let random = RefCell::new(Random::new(seed));
        let start = || Duration::from_secs_f64(0.1 * random.borrow_mut().uniform());
        let mut starts: Vec<_> = (0..tasks).map(|_| start()).collect();
        starts.sort();
        world.run(starts.into_iter().map(|at| (at, task())));
        Record {
            lost: lost.get(),
            refused: server.refused.get(),
            end: end.get(),
        }
    }
}

/// Grants requests from a bucket of tokens that fills at its rate.
struct Server<'w> {
    world: &'w World,
    tokens: Cell<f64>,
    filled: Cell<Duration>,
    refused: Cell<u32>,
}

impl<'w> Server<'w> {
    const fn new(world: &'w World) -> Self {
        Self {
            world,
            tokens: Cell::new(RATE),
            filled: Cell::new(Duration::ZERO),
            refused: Cell::new(0),
        }
    }

    async fn request(&self) -> Result<(), Classification> {
        let granted = self.take_token();
        self.world.wait(LATENCY).await;
        if granted {
            return Ok(());
        }
        self.refused.set(self.refused.get() + 1);
        Err(Classification::new(ErrorClass::RateLimit).retry_after(RETRY_AFTER))
    }

    fn take_token(&self) -> bool {
        let now = self.world.time();
        let since = now.saturating_sub(self.filled.replace(now)).as_secs_f64();
        let tokens = (self.tokens.get() + RATE * since).min(RATE);
        let granted = tokens >= 1.0;
        self.tokens.set(tokens - f64::from(u8::from(granted)));
        granted
    }
}
