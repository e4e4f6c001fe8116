//! The maintenance: a server refuses every request for ten seconds, then works again, with little more
//! capacity than it needs. Do clients send more meanwhile, or recover later, if the refusals say when
//! to come back?

use std::cell::{Cell, RefCell};
use std::time::Duration;

use redress::testing::seed_jitter;
use redress::{Classification, ErrorClass};

use super::outage::{ARRIVALS, CAPACITY, DOWN, UP};
use super::quota::Client;
use super::{Random, World};

const SECONDS: usize = 120;
/// The time that the server takes to refuse a request.
const REFUSAL: Duration = Duration::from_millis(5);
/// The seconds over which successes and arrivals are compared.
const WINDOW: usize = 3;

/// The answer to every request while the server is down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Answer {
    /// Its name in tables.
    pub name: &'static str,
    class: ErrorClass,
    retry_after: Option<Duration>,
}

/// A failure without a hint.
pub const PLAIN: Answer = Answer {
    name: "503",
    class: ErrorClass::ServerError,
    retry_after: None,
};

/// The same failure with a hint.
pub const HINTED: Answer = Answer {
    name: "503, Retry-After: 1",
    retry_after: Some(Duration::from_secs(1)),
    ..PLAIN
};

/// A rate limit, for which the recommended breaker does not open, with a hint.
pub const LIMITED: Answer = Answer {
    name: "429, Retry-After: 1",
    class: ErrorClass::RateLimit,
    ..HINTED
};

/// A rate limit with a hint that asks for no wait.
pub const AT_ONCE: Answer = Answer {
    name: "429, Retry-After: 0",
    retry_after: Some(Duration::ZERO),
    ..LIMITED
};

/// Lists the answers.
pub const ANSWERS: [Answer; 4] = [PLAIN, HINTED, LIMITED, AT_ONCE];

/// The result of a run: counts for each second.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    arrivals: Vec<u32>,
    /// By the second in which the operation arrived.
    successes: Vec<u32>,
    attempts: Vec<u32>,
}

impl Record {
    /// Returns how many operations failed.
    #[must_use]
    pub fn failed(&self) -> u32 {
        self.arrivals.iter().sum::<u32>() - self.successes.iter().sum::<u32>()
    }

    /// Returns how many attempts there were while the server was down.
    #[must_use]
    pub fn wasted(&self) -> u32 {
        while_down(&self.attempts)
    }

    /// Returns the attempts for each operation that arrived, while the server was down.
    #[must_use]
    pub fn amplification(&self) -> f64 {
        f64::from(self.wasted()) / f64::from(while_down(&self.arrivals))
    }

    /// Returns the most attempts within one second.
    #[must_use]
    pub fn peak(&self) -> u32 {
        self.attempts.iter().copied().max().unwrap_or(0)
    }

    /// Returns how many seconds after the server was back 95% of the operations that arrived within
    /// three seconds succeeded, or `None` if they never did.
    #[must_use]
    pub fn recovered(&self) -> Option<usize> {
        let sum = |counts: &[u32], from| counts.iter().skip(from).take(WINDOW).sum::<u32>();
        let recovered = (UP..=SECONDS - WINDOW).find(|from| {
            let arrivals = f64::from(sum(&self.arrivals, *from));
            f64::from(sum(&self.successes, *from)) >= 0.95 * arrivals
        });
        recovered.map(|second| second - UP)
    }
}

fn while_down(counts: &[u32]) -> u32 {
    counts.iter().take(UP).skip(DOWN).sum()
}

/// Runs a client against a server that refuses with this answer. The same seed gives the same run.
#[must_use]
#[expect(clippy::expect_used, reason = "the settings are constants")]
pub fn run(client: &Client, answer: Answer, seed: u64) -> Record {
    seed_jitter(seed);
    let world = World::new();
    let policy = (client.policy)(&world)
        .classifier(Classification::clone)
        .attempt_timeout(1)
        .clock(world.clone())
        .build()
        .expect("valid settings");
    let server = Server::default();
    let counts = || RefCell::new(vec![0; SECONDS]);
    let (arrivals, successes, attempts) = (counts(), counts(), counts());
    let operation = async |arrival: Duration| {
        count(&arrivals, arrival);
        let attempt = || async {
            count(&attempts, world.time());
            let Some(end) = server.answers_at(world.time()) else {
                world.wait(REFUSAL).await;
                return Err(Classification::new(answer.class).retry_after(answer.retry_after));
            };
            world.until(end).await;
            Ok(())
        };
        if policy.call_async(attempt).await.is_ok() {
            count(&successes, arrival);
        }
    };
    let end = Duration::from_secs(SECONDS as u64);
    let times = Random::new(seed).arrivals(end, ARRIVALS, |_| ARRIVALS);
    world.run(times.map(|arrival| (arrival, operation(arrival))));
    Record {
        arrivals: arrivals.into_inner(),
        successes: successes.into_inner(),
        attempts: attempts.into_inner(),
    }
}

/// Works on one request after the other, also on those whose clients have given up.
#[derive(Default)]
struct Server {
    free_at: Cell<Duration>,
}

impl Server {
    /// Takes a request, and returns when it will be answered; `None` refuses it.
    fn answers_at(&self, now: Duration) -> Option<Duration> {
        if (DOWN as u64..UP as u64).contains(&now.as_secs()) {
            return None;
        }
        let end = now.max(self.free_at.get()) + Duration::from_secs(1) / CAPACITY;
        self.free_at.set(end);
        Some(end)
    }
}

/// Adds one to the second of `time`; later ones than those of the run do not count.
fn count(counts: &RefCell<Vec<u32>>, time: Duration) {
    if let Some(count) = counts.borrow_mut().get_mut(time.as_secs() as usize) {
        *count += 1;
    }
}
