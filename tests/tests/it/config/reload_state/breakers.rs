//! Breakers.

use std::time::Duration;

use redress::breaker::CircuitSnapshot;
use redress::{CircuitBreaker, CircuitState, ErrorClass};

use super::super::failing;
use super::{BUDGET, File, fail, seconds};

/// A file whose breaker has these settings.
fn breaker_of(settings: &str) -> File {
    File::new(settings, BUDGET)
}

fn succeed(breaker: &CircuitBreaker) {
    breaker.try_acquire().unwrap().success();
}

fn wait(snapshot: &CircuitSnapshot) -> u64 {
    snapshot.retry_after.unwrap().as_secs()
}

#[tokio::test(start_paused = true)]
async fn an_open_breaker_stays_open_for_its_time_or_the_new_one_if_that_is_shorter() {
    for (other, left) in [
        ("failure_threshold = 9", 20),
        ("failure_threshold = 1\nwindow = '5s'", 20),
        ("failure_rate = 0.5\nminimum_calls = 10", 20),
        ("consecutive_failures = 3", 20),
        ("recovery_timeout = '60s'", 20),
        ("recovery_strategy = 'fixed(90s)'", 20),
        ("recovery_timeout = '15s'", 5),
        ("recovery_timeout = '5s'", 0),
        ("half_open_probes = 3\nprobe_lease = '1s'", 20),
        ("trip_on = ['rate_limit']", 20),
    ] {
        let file = breaker_of("failure_threshold = 1");
        let before = file.breaker();
        fail(&before);
        let opened = before.snapshot().opened_at;
        seconds(10).await;
        file.reload(other, BUDGET);
        let now = file.breaker().snapshot();
        assert_eq!(now.state, CircuitState::Open, "{other}");
        assert_eq!((wait(&now), now.opened_at), (left, opened), "{other}");
        for breaker in [&before, &file.breaker()] {
            assert!(left == 0 || breaker.try_acquire().is_err(), "{other}");
        }
        seconds(left).await;
        succeed(&before);
        assert_eq!(file.breaker().state(), CircuitState::Closed, "{other}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_breaker_that_was_forced_stays_so_until_it_is_reset() {
    type Force = fn(&CircuitBreaker);
    for (force, state) in [
        (CircuitBreaker::force_open as Force, CircuitState::Open),
        (CircuitBreaker::force_closed, CircuitState::Closed),
        (CircuitBreaker::metrics_only, CircuitState::Closed),
    ] {
        let file = breaker_of("failure_threshold = 1\nrecovery_timeout = '20s'");
        force(&file.breaker());
        let admits = file.breaker().try_acquire().is_ok();
        for other in [
            "recovery_timeout = '1s'",
            "metrics_only = true",
            "window = '1s'",
        ] {
            file.reload(&format!("failure_threshold = 1\n{other}"), BUDGET);
            seconds(100).await;
            let breaker = file.breaker();
            assert_eq!(breaker.state(), state, "{other}");
            assert_eq!(breaker.try_acquire().is_ok(), admits, "{other}");
            if admits {
                fail(&breaker);
                assert_eq!(breaker.state(), CircuitState::Closed, "{other}");
            }
        }
        file.breaker().reset();
        fail(&file.breaker());
        assert_eq!(file.breaker().state(), CircuitState::Open);
    }
}

#[tokio::test(start_paused = true)]
async fn who_is_refused_by_a_forced_breaker_hears_of_the_new_recovery_timeout() {
    let file = breaker_of("recovery_timeout = '20s'");
    let before = file.breaker();
    before.force_open();
    file.reload("recovery_timeout = '7s'", BUDGET);
    for breaker in [before, file.breaker()] {
        let refused = breaker.try_acquire().unwrap_err();
        assert_eq!(refused.retry_after(), Duration::from_secs(7));
    }
}

#[tokio::test(start_paused = true)]
async fn failures_that_are_counted_count_for_the_new_threshold() {
    let file = breaker_of("failure_threshold = 5");
    for _ in 0..3 {
        fail(&file.breaker());
    }
    file.reload("failure_threshold = 10", BUDGET);
    assert_eq!(file.breaker().snapshot().failures, 3);
    file.reload("failure_threshold = 4", BUDGET);
    assert_eq!(file.breaker().snapshot().failures, 3);
    fail(&file.breaker());
    assert_eq!(file.breaker().state(), CircuitState::Open);
}

#[tokio::test(start_paused = true)]
async fn failures_are_as_old_in_another_window() {
    let file = breaker_of("failure_threshold = 9\nwindow = '60s'");
    fail(&file.breaker());
    seconds(20).await;
    fail(&file.breaker());
    for (window, failures) in [(10, 1), (30, 2), (5, 1), (90, 2)] {
        let settings = format!("failure_threshold = 9\nwindow = {window}");
        file.reload(&settings, BUDGET);
        assert_eq!(file.breaker().snapshot().failures, failures, "{window}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_rate_goes_on_in_the_same_window_and_starts_anew_in_another() {
    let file = breaker_of("failure_rate = 0.9\nminimum_calls = 10");
    for _ in 0..4 {
        succeed(&file.breaker());
        fail(&file.breaker());
    }
    file.reload("failure_rate = 0.5\nminimum_calls = 9", BUDGET);
    let counted = file.breaker().snapshot();
    assert_eq!((counted.failures, counted.successes), (4, Some(4)));
    file.reload("failure_rate = 0.5\nminimum_calls = 9\nwindow = 30", BUDGET);
    let anew = file.breaker().snapshot();
    assert_eq!((anew.failures, anew.successes), (0, Some(0)));
    for _ in 0..4 {
        succeed(&file.breaker());
        fail(&file.breaker());
    }
    fail(&file.breaker());
    assert_eq!(file.breaker().state(), CircuitState::Open);
}

#[tokio::test(start_paused = true)]
async fn a_rate_that_is_new_counts_from_then_on_and_only_calls_whose_success_would_count() {
    let file = breaker_of("failure_threshold = 50");
    let breaker = file.breaker();
    let under_way: Vec<_> = (0..10).map(|_| breaker.try_acquire().unwrap()).collect();
    fail(&breaker);
    file.reload(
        "failure_rate = 0.5\nminimum_calls = 2\nconsecutive_failures = 3",
        BUDGET,
    );
    for (n, permit) in under_way.into_iter().enumerate() {
        if n < 5 {
            permit.failure(ErrorClass::Transient);
        } else {
            permit.success();
        }
    }
    let now = file.breaker().snapshot();
    assert_eq!((now.state, now.failures), (CircuitState::Closed, 0));
    succeed(&breaker);
    fail(&breaker);
    assert_eq!(file.breaker().state(), CircuitState::Open);
}

#[tokio::test(start_paused = true)]
async fn failures_in_a_row_and_of_a_class_go_on() {
    let file = breaker_of("consecutive_failures = 5\nclass_thresholds = { rate_limit = 5 }");
    let limited = |breaker: &CircuitBreaker| {
        breaker
            .try_acquire()
            .unwrap()
            .failure(ErrorClass::RateLimit);
    };
    fail(&file.breaker());
    fail(&file.breaker());
    limited(&file.breaker());
    file.reload(
        "consecutive_failures = 3\nclass_thresholds = { rate_limit = 3 }",
        BUDGET,
    );
    let now = file.breaker().snapshot();
    assert_eq!(
        (now.failures, now.class_failures),
        (2, vec![(ErrorClass::RateLimit, 1)])
    );
    limited(&file.breaker());
    assert_eq!(file.breaker().state(), CircuitState::Closed);
    fail(&file.breaker());
    assert_eq!(file.breaker().state(), CircuitState::Open);
}

#[tokio::test(start_paused = true)]
async fn counts_that_mean_another_thing_start_anew() {
    for other in [
        "failure_threshold = 3\nobserve_attempts = true",
        "failure_threshold = 3\ntrip_on = ['server_error']",
        "failure_threshold = 3\nclass_thresholds = { transient = 3 }",
    ] {
        let file = breaker_of("failure_threshold = 3");
        fail(&file.breaker());
        fail(&file.breaker());
        file.reload(other, BUDGET);
        assert_eq!(file.breaker().snapshot().failures, 0, "{other}");
    }
    // One more class leaves those that are counted as they are.
    let file = breaker_of("failure_threshold = 3\ntrip_on = ['transient']");
    fail(&file.breaker());
    file.reload("failure_threshold = 3", BUDGET);
    assert_eq!(file.breaker().snapshot().failures, 1);
}

#[tokio::test(start_paused = true)]
async fn a_call_that_came_in_before_gives_its_verdict_once() {
    let file = breaker_of("failure_threshold = 5");
    let before = file.breaker();
    let permit = before.try_acquire().unwrap();
    file.reload("failure_threshold = 2", BUDGET);
    fail(&file.breaker());
    permit.failure(ErrorClass::Transient);
    assert_eq!(before.state(), CircuitState::Open);
    assert_eq!(file.breaker().state(), CircuitState::Open);
}

#[tokio::test(start_paused = true)]
async fn a_probe_on_its_way_keeps_its_slot_and_decides() {
    for good in [true, false] {
        let file = breaker_of("failure_threshold = 1\nrecovery_timeout = '10s'");
        let before = file.breaker();
        fail(&before);
        seconds(10).await;
        let probe = before.try_acquire().unwrap();
        file.reload("failure_threshold = 7\nrecovery_timeout = '20s'", BUDGET);
        let now = file.breaker();
        let snapshot = now.snapshot();
        assert_eq!(
            (snapshot.state, snapshot.probes),
            (CircuitState::HalfOpen, 1)
        );
        assert!(now.try_acquire().is_err() && before.try_acquire().is_err());
        if good {
            probe.success();
            assert_eq!(now.state(), CircuitState::Closed);
        } else {
            probe.failure(ErrorClass::Transient);
            assert_eq!(wait(&now.snapshot()), 20);
        }
        assert_eq!(before.state(), now.state());
    }
}

#[tokio::test(start_paused = true)]
async fn there_are_never_more_probes_than_the_new_number_but_for_those_on_their_way() {
    let settings = |probes: u32| {
        format!("failure_threshold = 1\nrecovery_timeout = 10\nhalf_open_probes = {probes}")
    };
    let file = breaker_of(&settings(3));
    let before = file.breaker();
    fail(&before);
    seconds(10).await;
    let mut probes: Vec<_> = (0..3).map(|_| before.try_acquire().unwrap()).collect();
    file.reload(&settings(2), BUDGET);
    let now = file.breaker();
    assert_eq!(now.snapshot().probes, 3);
    probes.pop();
    assert!(now.try_acquire().is_err());
    probes.pop();
    let next = now.try_acquire().unwrap();
    assert!(now.try_acquire().is_err());
    file.reload(&settings(4), BUDGET);
    let more: Vec<_> = std::iter::from_fn(|| now.try_acquire().ok())
        .take(9)
        .collect();
    assert_eq!(more.len(), 2);
    drop((next, probes));
    assert_eq!(now.snapshot().probes, 2);
}

#[tokio::test(start_paused = true)]
async fn a_good_probe_from_before_counts_for_the_new_success_threshold() {
    let settings = "failure_threshold = 1\nrecovery_timeout = 10\nsuccess_threshold = ";
    let file = breaker_of(&format!("{settings}3"));
    fail(&file.breaker());
    seconds(10).await;
    succeed(&file.breaker());
    file.reload(&format!("{settings}2"), BUDGET);
    assert_eq!(file.breaker().state(), CircuitState::HalfOpen);
    succeed(&file.breaker());
    assert_eq!(file.breaker().state(), CircuitState::Closed);
}

#[tokio::test(start_paused = true)]
async fn metrics_only_in_the_file_is_heeded_at_once() {
    let file = breaker_of("failure_threshold = 1");
    fail(&file.breaker());
    file.reload("failure_threshold = 1\nmetrics_only = true", BUDGET);
    fail(&file.breaker());
    assert_eq!(file.breaker().state(), CircuitState::Closed);
    file.reload("failure_threshold = 2", BUDGET);
    assert_eq!(file.breaker().snapshot().failures, 1);
    fail(&file.breaker());
    assert_eq!(file.breaker().state(), CircuitState::Open);
}

#[tokio::test(start_paused = true)]
async fn a_ramp_ends_with_the_shorter_time() {
    let settings = "failure_threshold = 1\nrecovery_timeout = 1";
    for (ramp, end) in [("ramp = 100", 100), ("ramp = 40", 40), ("", 0)] {
        let file = breaker_of(&format!("{settings}\nramp = 60"));
        fail(&file.breaker());
        seconds(1).await;
        succeed(&file.breaker());
        file.reload(&format!("{settings}\n{ramp}"), BUDGET);
        let now = file.breaker();
        let mut asked = (0..100).map(|_| now.try_acquire());
        let refused = asked.find_map(Result::err);
        let wait = refused.map_or(0, |refused| refused.retry_after().as_secs());
        assert_eq!(wait, end.min(60), "{ramp}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_running_call_tells_the_breaker_that_took_its_place() {
    let file = breaker_of("failure_threshold = 9");
    let a = file.policies.get("a").unwrap();
    let mut first = true;
    let outcome = a.execute(|| {
        if std::mem::take(&mut first) {
            file.reload(
                "failure_threshold = 1",
                "kind = 'rolling'\nmax_retries = 3\nwindow = 9",
            );
            fail(&file.breaker());
        }
        failing()
    });
    assert!(
        outcome.attempts > 1,
        "it has its own budget and number of attempts"
    );
    assert_eq!(file.breaker().state(), CircuitState::Open);
}
