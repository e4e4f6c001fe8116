//! A shop with two operations, each of which has its own server.

use std::cell::RefCell;
use std::time::Duration;

use redress::breaker::CircuitBreakerBuilder;
use redress::strategies::{full_jitter, retry_after_or};
use redress::testing::seed_jitter;
use redress::{Budget, CircuitBreaker, Classification, ConfigError, ErrorClass, Policy};
use redress_examples::simulation::{Random, World};

use crate::recorder::{Record, Recorder};

/// The length of the run, in seconds.
pub(crate) const SECONDS: u64 = 300;
/// When the search is down.
pub(crate) const DOWN: std::ops::Range<u64> = 60..100;
/// When the payments are refused by a rate limit.
pub(crate) const LIMITED: std::ops::Range<u64> = 180..220;

/// Calls per second.
const SEARCHES: f64 = 60.0;
const PAYMENTS: f64 = 20.0;

/// Runs the shop. The same seed gives the same run.
pub(crate) fn run(seed: u64) -> Result<Record, ConfigError> {
    let world = World::new();
    let recorder = Recorder::new(&world);
    seed_jitter(seed);
    let policy = |operation: &'static str, breaker: &'static str| {
        let budget = Budget::success_ratio(0.1).reserve(30).free_hinted_retries();
        Policy::builder()
            .operation(operation)
            .classifier(Clone::clone as fn(&Classification) -> Classification)
            .strategy(retry_after_or(full_jitter(5).base(0.2)))
            .max_attempts(4)
            .attempt_timeout(1)
            .deadline(15)
            .budget(budget.clock(world.clone()))
            .circuit_breaker(breaker_named(breaker, &world, &recorder)?)
            .on_event(recorder.clone())
            .clock(world.clone())
            .build()
    };
    let search = policy("search", "search-index")?;
    let pay = policy("pay", "bank")?;

    let random = RefCell::new(Random::new(seed + 1));
    let call = async |is_search: bool| {
        // How an operation's own calls end is the recorder's matter.
        if is_search {
            let _ = search.call_async(|| index(&world, &random)).await;
        } else {
            let _ = pay.call_async(|| bank(&world, &random)).await;
        }
    };
    let end = Duration::from_secs(SECONDS);
    let arrivals = |seed, rate| Random::new(seed).arrivals(end, rate, move |_| rate);
    let searches = arrivals(seed + 2, SEARCHES).map(|at| (at, true));
    let payments = arrivals(seed + 3, PAYMENTS).map(|at| (at, false));
    let mut all: Vec<_> = searches.chain(payments).collect();
    all.sort();
    world.run(all.into_iter().map(|(at, is_search)| (at, call(is_search))));
    Ok(recorder.record())
}

fn breaker_named(
    name: &'static str,
    world: &World,
    recorder: &Recorder,
) -> Result<CircuitBreaker, ConfigError> {
    let recorder = recorder.clone();
    let builder: CircuitBreakerBuilder = CircuitBreaker::builder()
        .name(name)
        .failure_rate(0.5, 20)
        .window(10)
        .recovery_timeout(5)
        .on_change(move |change| recorder.changed(name, change.to()));
    builder.clock(world.clone()).build()
}

fn is_within(world: &World, seconds: &std::ops::Range<u64>) -> bool {
    seconds.contains(&world.time().as_secs())
}

/// The server of the search: one answer in a hundred is an error. While it is down it does not answer,
/// and in the ten seconds after that every second answer is an error.
async fn index(world: &World, random: &RefCell<Random>) -> Result<(), Classification> {
    let (mut time, chance) = {
        let mut random = random.borrow_mut();
        (random.exponential(0.05), random.uniform())
    };
    if is_within(world, &DOWN) {
        time = Duration::from_secs(60);
    }
    let fails = if is_within(world, &(DOWN.end..DOWN.end + 10)) {
        0.5
    } else {
        0.01
    };
    world.wait(time).await;
    if chance < fails {
        Err(ErrorClass::ServerError.into())
    } else {
        Ok(())
    }
}

/// The bank: one card in fifty is refused. While its rate limit is reached, it refuses two requests of
/// five, and says to come back in a second.
async fn bank(world: &World, random: &RefCell<Random>) -> Result<(), Classification> {
    let (time, chance) = {
        let mut random = random.borrow_mut();
        (random.exponential(0.12), random.uniform())
    };
    world.wait(time).await;
    if chance < 0.02 {
        Err(ErrorClass::Permanent.into())
    } else if chance < 0.42 && is_within(world, &LIMITED) {
        let hint = Duration::from_secs(1);
        Err(Classification::new(ErrorClass::RateLimit).retry_after(hint))
    } else {
        Ok(())
    }
}
