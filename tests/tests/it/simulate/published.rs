//! What the documentation says of outages, of collapses and of contention, and what others published.
//!
//! The bounds leave room for another generator of jitter, but not for another outcome.

use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::Duration;

use redress::simulate::worlds::{COLLAPSE, CONTENTION, OUTAGE, QUOTA};
use redress::simulate::{Report, Run, Simulation, Trouble, World, simulate};
use redress::strategies::{
    adaptive, decorrelated_jitter, equal_jitter, exponential, fixed, full_jitter, instant,
};
use redress::{Budget, ErrorClass, Policy, PolicyBuilder, Strategy};

use super::{breaker, built, funded, retries};

#[track_caller]
fn assert_recovers(policy: PolicyBuilder, seconds: RangeInclusive<u64>) -> Report {
    let report = simulate(&built(policy), OUTAGE);
    for run in report.runs() {
        let recovered = run.recovered().unwrap().as_secs();
        assert!(seconds.contains(&recovered), "{recovered} s");
    }
    report
}

#[track_caller]
fn assert_never_recovers(policy: PolicyBuilder) {
    // Three minutes tell as much as five, and one seed is work enough.
    let world = OUTAGE.world().to_builder().duration(180).build().unwrap();
    let report = Simulation::new(&built(policy)).seeds(1..=1).run(world);
    for run in report.runs() {
        assert_eq!(run.recovered(), None);
        assert!(run.success_afterwards() < 0.05);
    }
}

#[test]
fn without_retries_an_outage_lasts_until_its_queue_is_gone() {
    assert_recovers(retries(0, 1), 105..=145);
}

#[test]
fn with_retries_alone_an_outage_never_ends() {
    assert_never_recovers(retries(3, 1));
}

#[test]
fn neither_does_it_with_a_budget_that_failures_cannot_empty() {
    assert_never_recovers(retries(3, 1).budget(Budget::rolling(600, 60)));
}

#[test]
fn a_budget_by_successes_costs_no_more_than_no_retries() {
    assert_recovers(retries(3, 1).budget(funded(100)), 105..=150);
}

#[test]
fn a_breaker_ends_it_but_retries_find_it_first() {
    let report = assert_recovers(retries(3, 1).circuit_breaker(breaker()), 9..=13);
    for run in report.runs() {
        assert!(run.success_afterwards() > 0.95);
        assert!((780..1100).contains(&run.peak()), "{}", run.peak());
        assert!(run.breaker_open().0 > 0.03);
    }
}

#[test]
fn breaker_and_budget_end_it_without_a_storm() {
    let policy = retries(3, 1).circuit_breaker(breaker()).budget(funded(100));
    for run in assert_recovers(policy, 5..=7).runs() {
        assert!(run.success_afterwards() > 0.973);
        assert!(run.peak() < 425, "{}", run.peak());
    }
}

#[test]
fn the_recommended_policy_does_better_with_any_retries() {
    let recommended = Policy::builder().recommended().attempt_timeout(1);
    for policy in [retries(3, 1).recommended(), recommended] {
        for run in assert_recovers(policy, 0..=4).runs() {
            assert!(run.success_afterwards() > 0.982);
            assert!(run.peak() < 425, "{}", run.peak());
        }
    }
}

#[test]
fn the_recommended_policy_rides_out_a_blip() {
    let recommended = Policy::builder().recommended().attempt_timeout(1);
    let (recommended, none) = (built(recommended), built(retries(0, 1)));
    let failed = |policy: &Policy, until: f64| {
        let blip = World::builder("blip")
            .rate(280.0)
            .service(0.005)
            .refusal_time(0.005)
            .during(30, until, Trouble::Down)
            .build();
        simulate(policy, blip.unwrap()).mean(|run| run.failed() as f64)
    };
    assert_eq!(failed(&recommended, 30.1), 0.0);
    // Up to this length the breaker refuses no call that would have succeeded.
    assert!(failed(&recommended, 32.0) <= failed(&none, 32.0));
}

/// Returns the mean share of successes and of requests for each call, and how many runs recover.
fn collapse(policy: PolicyBuilder) -> (f64, f64, usize) {
    let report = Simulation::new(&built(policy)).seeds(1..=10).run(COLLAPSE);
    let recovered = report.runs().iter().filter(|run| run.recovered().is_some());
    (
        report.mean(Run::success),
        report.mean(Run::requests_per_call),
        recovered.count(),
    )
}

#[test]
fn retries_alone_make_a_slow_server_collapse_for_good() {
    let (success, attempts, recovered) = collapse(retries(2, 3));
    assert!((0.25..0.35).contains(&success), "{success}");
    assert!((2.3..2.5).contains(&attempts), "{attempts}");
    assert_eq!(recovered, 0);
}

#[test]
fn a_budget_by_successes_lets_a_slow_server_recover() {
    let (success, attempts, recovered) = collapse(retries(2, 3).budget(funded(10)));
    assert!((0.55..0.63).contains(&success), "{success}");
    assert!(attempts < 1.05, "{attempts}");
    assert_eq!(recovered, 10);
}

#[test]
fn breaker_and_budget_get_more_out_of_a_slow_server_than_no_retries() {
    assert!(collapse(retries(0, 3)).0 < 0.63);
    let both = retries(2, 3).circuit_breaker(breaker()).budget(funded(10));
    for (policy, least) in [(both, 0.70), (retries(2, 3).recommended(), 0.72)] {
        let (success, attempts, recovered) = collapse(policy);
        assert!(success > least, "{success}");
        assert!(attempts < 1.01, "{attempts}");
        assert_eq!(recovered, 10);
    }
}

/// Returns the writes of each client, and the time until all have written.
fn contention(strategy: impl Strategy + 'static, clients: u32, races: u64) -> (f64, f64) {
    let policy = Policy::builder()
        .strategy(strategy)
        .unlimited_attempts()
        .no_deadline();
    let world = CONTENTION.world().to_builder().clients(clients).build();
    let simulation = Simulation::new(&built(policy)).seeds(0..=races - 1);
    let report = simulation.run(world.unwrap());
    assert_eq!(report.mean(Run::success), 1.0);
    let seconds = |run: &Run| run.recovered().unwrap().as_secs_f64();
    (report.mean(Run::requests_per_call), report.mean(seconds))
}

const BASE: Duration = Duration::from_millis(10);

/// AWS Architecture Blog, "Exponential Backoff And Jitter", 2015.
#[test]
fn full_jitter_spreads_contending_clients_as_published() {
    for (clients, writes, millis) in [(50, 6.66, 2885.0), (100, 7.97, 4955.0), (190, 9.32, 7480.0)]
    {
        let (found, seconds) = contention(full_jitter(2).base(BASE), clients, 100);
        let near = |measured: f64, reference: f64| (measured / reference - 1.0).abs() < 0.03;
        assert!(near(found, writes), "{clients}: {found} writes");
        assert!(near(seconds * 1e3, millis), "{clients}: {seconds} s");
    }
}

#[test]
fn jitter_saves_writes() {
    let writes = |strategy: Arc<dyn Strategy>| contention(strategy, 100, 3).0;
    let jittered = writes(Arc::new(full_jitter(2).base(BASE)));
    for other in [
        writes(Arc::new(exponential(BASE, 2))),
        writes(Arc::new(fixed(BASE))),
        writes(Arc::new(instant())),
    ] {
        assert!(2.0 * jittered < other, "{jittered} {other}");
    }
    assert!(writes(Arc::new(equal_jitter(2).base(BASE))) < 1.1 * jittered);
    assert!(writes(Arc::new(decorrelated_jitter(2).base(BASE))) < 1.2 * jittered);
    // It learns anew in each run, by the world's clock.
    assert!(writes(Arc::new(adaptive(full_jitter(2).base(BASE)))) < jittered);
}

/// The lost requests of ten runs.
fn quota_lost(policy: PolicyBuilder, tasks: u32) -> u64 {
    let world = QUOTA.world().to_builder().clients(tasks).build();
    let report = Simulation::new(&built(policy)).seeds(1..=10);
    let report = report.run(world.unwrap());
    report.runs().iter().map(Run::failed).sum()
}

#[test]
fn the_recommended_policy_loses_no_request_to_a_rate_limit() {
    for tasks in [20, 100] {
        assert_eq!(quota_lost(Policy::builder().recommended(), tasks), 0);
    }
}

#[test]
fn a_budget_that_does_not_pay_hinted_retries_loses_no_request_to_a_rate_limit() {
    let free = || Policy::builder().budget(funded(100).free_hinted_retries());
    for tasks in [20, 100] {
        let defaults = quota_lost(Policy::builder(), tasks);
        let free = quota_lost(free(), tasks);
        assert!(free <= defaults, "{free} {defaults}");
    }
    // What it would lose if the retries that the server asks for were paid.
    let paid = Policy::builder().budget(funded(100));
    assert!(quota_lost(free(), 100) * 2 < quota_lost(paid, 100));
}

#[test]
fn a_rate_limit_costs_nothing_if_calls_may_wait_until_their_deadline() {
    for tasks in [20, 100] {
        let policy = Policy::builder().unlimited_attempts();
        assert_eq!(quota_lost(policy, tasks), 0);
    }
}

/// Runs a server that refuses everything for ten seconds, so many times.
fn maintenance(
    policy: PolicyBuilder,
    class: ErrorClass,
    retry_after: Option<u64>,
    runs: u64,
) -> Report {
    let retry_after = retry_after.map(Duration::from_secs);
    let world = World::builder("maintenance")
        .rate(280.0)
        .capacity(300.0)
        .refusal_time(0.005)
        .duration(120)
        .during(30, 40, Trouble::Refuses { class, retry_after })
        .build()
        .unwrap();
    let policy = built(policy.attempt_timeout(1));
    Simulation::new(&policy).seeds(1..=runs).run(world)
}

/// Returns the requests of a run while the server is down.
fn wasted(run: &Run) -> u64 {
    let down = run.seconds().iter().take(40).skip(30);
    down.map(|second| u64::from(second.requests)).sum()
}

#[test]
fn hints_of_a_server_that_is_down_do_not_multiply_its_load() {
    let recommended = || Policy::builder().recommended();
    let with = maintenance(recommended(), ErrorClass::ServerError, Some(1), 3);
    let without = maintenance(recommended(), ErrorClass::ServerError, None, 3);
    for (with, without) in with.runs().iter().zip(without.runs()) {
        assert!(wasted(with) * 5 < wasted(without) * 6);
        assert!(with.peak() < 560, "{}", with.peak());
        assert!(with.recovered().unwrap() <= Duration::from_secs(2));
    }
    let (with, without) = (with.mean(Run::success), without.mean(Run::success));
    assert!(1.0 - with < 1.1 * (1.0 - without), "{with} {without}");
}

#[test]
fn a_rate_limit_for_every_request_ends_when_it_ends() {
    let defaults = maintenance(Policy::builder(), ErrorClass::RateLimit, Some(1), 2);
    let recommended = maintenance(
        Policy::builder().recommended(),
        ErrorClass::RateLimit,
        Some(1),
        2,
    );
    for (defaults, recommended) in defaults.runs().iter().zip(recommended.runs()) {
        assert_eq!(defaults.recovered(), None);
        assert!(recommended.recovered().unwrap() <= Duration::from_secs(2));
        assert!(wasted(recommended) < 30, "{}", wasted(recommended));
        assert!(wasted(defaults) > 100 * wasted(recommended));
    }
    let at_once = maintenance(
        Policy::builder().recommended(),
        ErrorClass::RateLimit,
        Some(0),
        2,
    );
    for run in at_once.runs() {
        assert!(wasted(run) < 2800, "{}", wasted(run));
        assert!(run.recovered().unwrap() <= Duration::from_secs(1));
    }
}

/// Dean and Barroso, "The Tail at Scale", 2013: where one server in a hundred takes a second, 63% of
/// the requests to a hundred of them do.
#[test]
fn a_request_to_many_servers_is_as_slow_as_the_slowest() {
    use redress::simulate::Spread;
    let slow = |parts: u32| {
        let world = World::builder("tail")
            .service(Spread::either(0.01, 1, 0.01))
            .fan_out(parts)
            .duration(100)
            .build();
        let report = simulate(&built(retries(0, 5)), world.unwrap());
        report.mean(|run| {
            let fast = (0..=1000).rev().find(|n| {
                let time = run.quantile(f64::from(*n) / 1000.0);
                time.is_none_or(|time| time < Duration::from_millis(500))
            });
            1.0 - f64::from(fast.unwrap()) / 1000.0
        })
    };
    assert!((slow(1) - 0.01).abs() < 0.005, "{}", slow(1));
    assert!((slow(100) - 0.634).abs() < 0.015, "{}", slow(100));
}
