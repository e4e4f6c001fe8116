//! What the parts of a world do.

use std::time::Duration;

use redress::simulate::{Run, Simulation, Spread, Trouble, World, WorldBuilder, simulate};
use redress::{ErrorClass, Policy, StopReason};

use super::{built, retries};

fn world(name: &'static str) -> WorldBuilder {
    World::builder(name).rate(100.0).duration(60)
}

#[test]
fn what_waits_in_a_queue_of_random_arrivals_waits_as_long_as_theory_says() {
    // M/M/1: with a load of 0.8 the time in the system is exponential, with a mean of 1 / (100 - 80).
    let world = world("queue")
        .rate(80.0)
        .workers(1)
        .service(Spread::exponential(0.01))
        .duration(1000);
    let report = simulate(&built(retries(0, 60)), world.build().unwrap());
    let quantile = |share| report.mean(|run| run.quantile(share).unwrap().as_secs_f64());
    for (share, seconds) in [(0.5, 0.05 * std::f64::consts::LN_2), (0.99, 0.05 * 4.605)] {
        let found = quantile(share);
        assert!(
            (found / seconds - 1.0).abs() < 0.1,
            "{share}: {found} {seconds}"
        );
    }
}

#[test]
fn a_full_queue_refuses_with_the_class_and_the_hint_of_the_server() {
    let world = world("full")
        .rate(200.0)
        .capacity(100.0)
        .queue(10)
        .refusal(ErrorClass::Permanent, None);
    let report = simulate(&Policy::new(), world.build().unwrap());
    for run in report.runs() {
        let [(reason, refused)] = run.stop_reasons()[..] else {
            panic!()
        };
        assert_eq!(reason, StopReason::NonRetryableClass);
        assert_eq!(refused, run.failed());
        assert!((run.success() - 0.5).abs() < 0.05, "{}", run.success());
        // Ten wait and one is worked on.
        assert!(run.quantile(1.0).unwrap() < Duration::from_millis(115));
    }
}

#[test]
fn a_server_without_patience_answers_what_has_waited_too_long() {
    let world = world("patience").rate(200.0).capacity(100.0).patience(0.2);
    let report = simulate(&built(retries(0, 60)), world.build().unwrap());
    for run in report.runs() {
        assert!((run.success() - 0.5).abs() < 0.05, "{}", run.success());
        assert!(run.quantile(1.0).unwrap() < Duration::from_millis(220));
        assert_eq!(run.wasted(), 0.0);
    }
}

#[test]
fn what_gets_lost_is_cut_off_by_the_timeout_of_the_policy_or_else_of_the_world() {
    let world = world("loss").loss(0.1).attempt_timeout(2).build().unwrap();
    for (policy, timeout) in [
        (Policy::builder(), 2.0),
        (Policy::builder().attempt_timeout(1), 1.0),
    ] {
        let report = simulate(
            &built(policy.strategy(redress::strategies::instant())),
            &world,
        );
        let run = &report.runs()[0];
        assert!((run.requests_per_call() - 1.0 / 0.9).abs() < 0.02);
        let slow = run.quantile(0.95).unwrap().as_secs_f64();
        assert!((slow / timeout - 1.01).abs() < 0.05, "{slow}");
    }
}

#[test]
fn a_restart_loses_what_is_worked_on() {
    let world = world("restart")
        .service(2)
        .during(30, 31, Trouble::Down)
        .build()
        .unwrap();
    let report = simulate(&built(retries(0, 60)), &world);
    // Two seconds of what is worked on, and one of what is refused.
    let failed = report.mean(|run| run.failed() as f64);
    assert!((failed - 300.0).abs() < 40.0, "{failed}");
    assert!(report.mean(Run::success_afterwards) == 1.0);
}

#[test]
fn one_replica_of_ten_gets_a_tenth_of_the_requests() {
    let fails = Trouble::Errors {
        class: ErrorClass::ServerError,
        share: 0.5,
    };
    let world = world("replica").replicas(10).on_replica(3, 0, 60, fails);
    let report = simulate(&built(retries(0, 1)), world.build().unwrap());
    let failed = 1.0 - report.mean(Run::success);
    assert!((failed - 0.05).abs() < 0.01, "{failed}");
}

#[test]
fn layers_multiply_and_each_instance_has_a_breaker_of_its_own() {
    let down = Trouble::Refuses {
        class: ErrorClass::Transient,
        retry_after: None,
    };
    // No call is left when the server is back.
    let world = world("layers")
        .rates([(0, 10.0), (50, 10.0), (50, 0.0)])
        .layers(3)
        .during(0, 60, down);
    let policy = Policy::builder()
        .strategy(redress::strategies::instant())
        .max_attempts(4);
    let report = simulate(&built(policy), world.build().unwrap());
    for run in report.runs() {
        assert_eq!(run.requests(), 64 * run.calls());
    }
    let opens = |instances| {
        let world = World::builder("instances").rate(20.0).instances(instances);
        let world = world.during(
            0,
            60,
            Trouble::Refuses {
                class: ErrorClass::Transient,
                retry_after: None,
            },
        );
        let report = simulate(&built(retries(0, 1).recommended()), world.build().unwrap());
        report.mean(|run| run.requests() as f64)
    };
    // Of 20 that a second brings none is enough in 5 s for 20 failures of each of ten.
    assert!(opens(1) < 0.2 * opens(10), "{} {}", opens(1), opens(10));
}

#[test]
fn clients_think_between_their_calls() {
    let world = World::builder("clients")
        .clients(10)
        .think(0.99)
        .service(0.01);
    let report = simulate(&Policy::new(), world.build().unwrap());
    for run in report.runs() {
        assert_eq!(run.success(), 1.0);
        assert!((run.goodput() - 10.0).abs() < 0.5, "{}", run.goodput());
    }
}

#[test]
fn clients_that_an_open_breaker_refuses_do_not_stop_the_time() {
    let world = World::builder("hot")
        .clients(10)
        .during(10, 30, Trouble::Down);
    let once = Simulation::new(&Policy::recommended()).seeds(1..=1);
    let report = once.run(world.build().unwrap());
    assert!(report.runs().iter().all(|run| run.calls() < 2_000_000));
    assert!(report.recovers_within().is_some());
}

#[test]
fn every_mistake_of_a_world_is_named() {
    let error = World::builder("wrong")
        .rate(f64::NAN)
        .duration(-1)
        .loss(1.5)
        .workers(0)
        .service(Spread::uniform(2, 1))
        .on_replica(1, 5, 2, Trouble::Slow(0.0))
        .build()
        .unwrap_err();
    let settings: Vec<_> = error.problems().iter().map(|p| p.setting()).collect();
    assert_eq!(
        settings,
        [
            "duration",
            "duration",
            "load.rate",
            "loss",
            "server.workers",
            "server.service",
            "script[0].until",
            "script[0].until",
            "script[0].replica",
            "script[0].factor",
        ]
    );
}
