//! The library's claims about breakers, budgets and strategies, tested in virtual time.
//!
//! The bounds leave room for a different jitter generator, but not for a different outcome.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::time::Duration;

use redress_examples::simulation::outage::Record;
use redress_examples::simulation::{
    WAYS, Way, blip, collapse, contention, maintenance, outage, quota,
};

const SEEDS: std::ops::RangeInclusive<u64> = 1..=3;

fn outage(name: &str) -> [Record; 3] {
    let way = Way::named(name).unwrap();
    [1, 2, 3].map(|seed| outage::run(&way, seed))
}

#[track_caller]
fn assert_recovers(name: &str, seconds: std::ops::RangeInclusive<usize>) {
    for record in outage(name) {
        let recovered = record.recovered().unwrap();
        assert!(seconds.contains(&recovered), "{name}: {recovered} s");
    }
}

#[track_caller]
fn assert_never_recovers(name: &str) {
    for record in outage(name) {
        assert_eq!(record.recovered(), None, "{name}");
        assert!(record.success() < 0.05, "{name}: {}", record.success());
    }
}

#[test]
fn a_run_is_the_same_for_the_same_seed_only() {
    let way = Way::named("3 retries, recommended").unwrap();
    let run = |seed| outage::run(&way, seed);
    let first = run(1);
    assert_eq!(run(1), first);
    assert_ne!(run(2), first);
}

#[test]
fn every_count_goes_on_to_the_end_of_the_run() {
    for way in WAYS {
        let record = outage::run(&way, 1);
        for counts in [&record.arrivals, &record.successes, &record.attempts] {
            assert!(
                counts.len() >= outage::SECONDS,
                "{}: {}",
                way.name,
                counts.len()
            );
        }
    }
}

#[test]
fn without_retries_an_outage_lasts_until_its_queue_is_gone() {
    assert_recovers("no retries", 105..=145);
}

#[test]
fn with_retries_alone_an_outage_never_ends() {
    assert_never_recovers("3 retries");
}

#[test]
fn neither_does_it_with_a_budget_that_failures_cannot_empty() {
    assert_never_recovers("3 retries, rolling budget");
    assert_never_recovers("3 retries, budget by requests");
}

#[test]
fn a_budget_by_successes_costs_no_more_than_no_retries() {
    assert_recovers("3 retries, budget by successes", 105..=150);
}

#[test]
fn a_breaker_ends_it_but_retries_find_it_first() {
    assert_recovers("3 retries, breaker", 9..=13);
    for record in outage("3 retries, breaker") {
        assert!(record.success() > 0.95);
        assert!((800..1100).contains(&record.peak()), "{}", record.peak());
    }
}

#[test]
fn breaker_and_budget_end_it_without_a_storm() {
    assert_recovers("3 retries, breaker and budget", 5..=7);
    for record in outage("3 retries, breaker and budget") {
        assert!(record.success() > 0.973, "{}", record.success());
        assert!(record.peak() < 425, "{}", record.peak());
    }
}

#[test]
fn the_recommended_policy_does_better_with_any_retries() {
    for name in ["3 retries, recommended", "recommended"] {
        assert_recovers(name, 0..=4);
        for record in outage(name) {
            assert!(record.success() > 0.982, "{}", record.success());
            assert!(record.peak() < 425, "{}", record.peak());
        }
    }
}

#[test]
fn the_recommended_policy_rides_out_a_blip() {
    let recommended = Way::named("recommended").unwrap();
    let none = Way::named("no retries").unwrap();
    for seed in SEEDS {
        let failed = |way, millis| blip::run(way, Duration::from_millis(millis), seed);
        assert_eq!(failed(&recommended, 100), 0);
        // Up to this length the breaker refuses no call that would have succeeded; a longer blip
        // opens it.
        assert!(failed(&recommended, 2000) <= failed(&none, 2000));
    }
}

/// Returns the mean share of successes, the mean number of attempts, and the number of runs that
/// recovered.
fn collapse(name: &str) -> (f64, f64, usize) {
    let way = collapse::WAYS.into_iter().find(|way| way.name == name);
    let records: Vec<_> = (1..=10).map(|seed| way.unwrap().run(seed)).collect();
    let mean = |of: fn(&collapse::Record) -> f64| records.iter().map(of).sum::<f64>() / 10.0;
    let recovered = records.iter().filter(|record| record.recovered()).count();
    let (success, attempts) = (
        mean(collapse::Record::success),
        mean(collapse::Record::attempts),
    );
    println!("{name}: {success} {attempts} {recovered}");
    (success, attempts, recovered)
}

#[test]
fn retries_alone_make_a_slow_server_collapse_for_good() {
    let (success, attempts, recovered) = collapse("2 retries");
    assert!((0.25..0.35).contains(&success));
    assert!((2.3..2.5).contains(&attempts));
    assert_eq!(recovered, 0);
}

#[test]
fn a_budget_by_successes_lets_a_slow_server_recover() {
    assert!(collapse("no retries").0 < 0.63);
    let (success, attempts, recovered) = collapse("2 retries, budget by successes");
    assert!(success > 0.557);
    assert!(attempts < 1.05);
    assert_eq!(recovered, 10);
}

#[test]
fn breaker_and_budget_get_more_out_of_a_slow_server_than_no_retries() {
    let (success, attempts, recovered) = collapse("2 retries, breaker and budget");
    assert!(success > 0.712);
    assert!(attempts < 1.01);
    assert_eq!(recovered, 10);
    let (success, attempts, recovered) = collapse("2 retries, recommended");
    assert!(success > 0.72);
    assert!(attempts < 1.01);
    assert_eq!(recovered, 10);
}

fn contention(strategy: &str, clients: u32, races: u32) -> contention::Record {
    let mut all = contention::STRATEGIES.into_iter();
    let contender = all.find(|contender| contender.name == strategy);
    contender.unwrap().run(clients, races)
}

#[test]
fn full_jitter_spreads_contending_clients_as_published() {
    for (clients, writes, millis) in [(50, 6.66, 2885.0), (100, 7.97, 4955.0), (190, 9.32, 7480.0)]
    {
        let record = contention("full_jitter", clients, 100);
        let near = |measured: f64, reference: f64| (measured / reference - 1.0).abs() < 0.03;
        assert!(near(record.writes, writes), "{record:?}");
        assert!(near(record.time.as_secs_f64() * 1e3, millis), "{record:?}");
    }
}

#[test]
fn jitter_saves_writes_and_time() {
    let writes = |strategy| contention(strategy, 100, 3).writes;
    let jittered = writes("full_jitter");
    assert!(2.0 * jittered < writes("exponential"));
    assert!(2.0 * jittered < writes("fixed"));
    assert!(writes("adaptive(full_jitter)") < jittered);
}

/// The lost requests of ten runs.
fn quota_lost(client: &str, tasks: u32) -> u32 {
    let client = quota::Client::named(client).unwrap();
    (1..=10).map(|seed| client.run(tasks, seed).lost).sum()
}

#[test]
fn the_budget_of_the_recommended_policy_loses_no_request_to_a_rate_limit() {
    for tasks in quota::TASKS {
        let (defaults, recommended) = (
            quota_lost("defaults", tasks),
            quota_lost("recommended", tasks),
        );
        assert!(
            recommended <= defaults,
            "{tasks} tasks: {recommended}, {defaults} without a budget"
        );
    }
    // What it would lose if the retries that the server asks for were paid.
    assert!(
        quota_lost("recommended", 100) * 2 < quota_lost("recommended, hinted retries paid", 100)
    );
}

#[test]
fn a_rate_limit_costs_nothing_if_calls_may_wait_until_their_deadline() {
    for tasks in quota::TASKS {
        assert_eq!(quota_lost("recommended, unlimited attempts", tasks), 0);
    }
}

fn maintenance(client: &str, answer: maintenance::Answer, seed: u64) -> maintenance::Record {
    let client = quota::Client::named(client).unwrap();
    maintenance::run(&client, answer, seed)
}

#[test]
fn hints_of_a_server_that_is_down_do_not_multiply_its_load() {
    for seed in SEEDS {
        let without = maintenance("recommended", maintenance::PLAIN, seed);
        let with = maintenance("recommended", maintenance::HINTED, seed);
        let (wasted, before) = (with.wasted(), without.wasted());
        assert!(wasted * 5 < before * 6, "{wasted}, {before} without hints");
        assert!(
            f64::from(with.peak()) < 2.0 * outage::ARRIVALS,
            "{}",
            with.peak()
        );
    }
}

#[test]
fn hints_of_a_server_that_is_down_do_not_delay_its_recovery() {
    let (mut with, mut without) = (0, 0);
    for seed in SEEDS {
        let plain = maintenance("recommended", maintenance::PLAIN, seed);
        let hinted = maintenance("recommended", maintenance::HINTED, seed);
        // The breaker stays open for up to 2 s.
        assert!(hinted.recovered().unwrap() <= 2);
        with += hinted.failed();
        without += plain.failed();
    }
    assert!(
        f64::from(with) < 1.05 * f64::from(without),
        "{with} {without}"
    );
}

#[test]
fn a_rate_limit_for_every_request_is_bounded_by_the_attempts_of_each_call() {
    for seed in SEEDS {
        let defaults = maintenance("defaults", maintenance::LIMITED, seed);
        let recommended = maintenance("recommended", maintenance::LIMITED, seed);
        assert_eq!(defaults.recovered(), None);
        assert!(recommended.recovered().unwrap() <= 10);
        assert!(recommended.amplification() <= defaults.amplification());
    }
}

#[test]
fn a_hint_of_zero_does_not_multiply_the_load() {
    for seed in SEEDS {
        let record = maintenance("recommended", maintenance::AT_ONCE, seed);
        let amplification = record.amplification();
        assert!(amplification < 1.1, "{amplification}");
        assert!(record.recovered().unwrap() <= 1);
    }
}
