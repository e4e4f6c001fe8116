//! Replicas of one service, of which each attempt goes to one that is well.

mod bad_replica;

use std::io::{Error, ErrorKind};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::{LazyLock, Mutex};
use std::task::{Context, Waker};
use std::time::Duration;

use redress::endpoints::{Endpoint, Endpoints};
use redress::testing::{VirtualClock, seed_jitter};
use redress::{
    Attempt, CircuitBreaker, CircuitState, Classification, ErrorClass, Policy, StopReason, retry,
    strategies,
};

use super::support::{Log, SECOND, down};

const NAMES: [&str; 10] = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"];

/// The first few of ten replicas, whose value is their place.
fn replicas(count: usize) -> Vec<(&'static str, usize)> {
    NAMES.into_iter().zip(0..count).collect()
}

fn list(count: usize, clock: &VirtualClock) -> Endpoints<usize> {
    let builder = Endpoints::builder().clock(clock.clone());
    builder.build(replicas(count)).unwrap()
}

/// Ejects the endpoints at these places.
fn eject(endpoints: &Endpoints<usize>, places: &[usize]) {
    let ejected = |place: &usize| endpoints.snapshot()[*place].ejected;
    while !places.iter().all(ejected) {
        let endpoint = endpoints.take();
        if places.contains(&endpoint) {
            endpoint.failure(ErrorClass::Transient);
        }
    }
}

#[test]
fn each_retry_goes_to_another_one_than_the_attempt_before() {
    let clock = VirtualClock::new();
    let policy = Policy::builder()
        .strategy(strategies::instant())
        .max_attempts(6)
        .clock(clock.clone())
        .build()
        .unwrap();
    for count in [2, 3, 10] {
        let endpoints = list(count, &clock);
        for _ in 0..200 {
            let (route, seen) = (endpoints.route(), Mutex::new(Vec::new()));
            let _ = policy.call(|| {
                let endpoint = route.take();
                seen.lock().unwrap().push(*endpoint);
                // An answer: ejects none.
                endpoint.success();
                Err::<(), _>(down())
            });
            let seen = seen.into_inner().unwrap();
            assert_eq!(seen.len(), 6);
            assert!(seen.windows(2).all(|two| two[0] != two[1]), "{seen:?}");
        }
    }
    // There is no other one.
    let one = list(1, &clock);
    let route = one.route();
    assert!((0..3).all(|_| *route.take() == 0));
}

static SHOPS: LazyLock<Endpoints<usize>> = LazyLock::new(|| Endpoints::new(replicas(4)).unwrap());

/// Takes its route as an argument: the body is one attempt.
#[retry(strategy = instant(), max_attempts = 4, attempt = at)]
async fn buy(
    route: &redress::endpoints::Route<'static, usize>,
    seen: &Mutex<Vec<(u32, usize)>>,
) -> Result<usize, Error> {
    let shop = route.take();
    seen.lock().unwrap().push((at.number(), *shop));
    tokio::task::yield_now().await;
    shop.record(if at.is_last() { Ok(*shop) } else { Err(down()) })
}

#[tokio::test]
async fn the_attribute_takes_one_in_its_body_and_its_future_is_send() {
    let seen = Mutex::new(Vec::new());
    let bought = tokio::spawn(async move {
        let route = SHOPS.route();
        let bought = buy(&route, &seen).await;
        (bought, seen.into_inner().unwrap())
    });
    let (bought, seen) = bought.await.unwrap();
    assert_eq!(bought.unwrap(), seen[3].1);
    let numbers: Vec<u32> = seen.iter().map(|(number, _)| *number).collect();
    assert_eq!(numbers, [1, 2, 3, 4]);
    assert!(seen.windows(2).all(|two| two[0].1 != two[1].1), "{seen:?}");
}

#[tokio::test]
async fn an_async_call_goes_on_elsewhere_and_knows_its_attempt() {
    let clock = VirtualClock::new();
    let endpoints = list(3, &clock);
    let policy = Policy::builder()
        .strategy(strategies::fixed(1))
        .tell_attempts()
        .clock(clock.clone())
        .build()
        .unwrap();
    let route = endpoints.route();
    let answer = policy.call_async(|| async {
        let endpoint = route.take();
        let number = Attempt::current().unwrap().number();
        tokio::task::yield_now().await;
        endpoint.record(if number < 3 {
            Err(down())
        } else {
            Ok(*endpoint)
        })
    });
    let answer = answer.await.unwrap();
    let failed: Vec<bool> = endpoints
        .snapshot()
        .iter()
        .map(|seen| seen.failed)
        .collect();
    assert_eq!(failed.iter().filter(|failed| **failed).count(), 2);
    assert!(!failed[answer]);
}

#[test]
fn the_one_with_fewer_attempts_in_flight_is_taken() {
    seed_jitter(1);
    let endpoints = list(4, &VirtualClock::new());
    let mut taken: Vec<Endpoint<'_, usize>> = Vec::new();
    for _ in 0..400 {
        taken.push(endpoints.take());
    }
    let in_flight: Vec<usize> = endpoints
        .snapshot()
        .iter()
        .map(|seen| seen.in_flight)
        .collect();
    assert!(
        in_flight.iter().all(|n| (95..=105).contains(n)),
        "{in_flight:?}"
    );
    taken.clear();
    assert!(endpoints.snapshot().iter().all(|seen| seen.in_flight == 0));
}

#[test]
fn failing_fast_is_not_fast() {
    seed_jitter(1);
    let clock = VirtualClock::new();
    // Its breaker never opens.
    let breaker = CircuitBreaker::builder().failure_threshold(65_536);
    let builder = Endpoints::builder().breaker(breaker).clock(clock.clone());
    let endpoints = builder.build(replicas(3)).unwrap();
    let mut black_hole = 0;
    for _ in 0..10_000 {
        let endpoint = endpoints.take();
        if *endpoint == 0 {
            black_hole += 1;
            endpoint.failure(ErrorClass::ServerError);
        } else {
            clock.advance(SECOND / 50);
            endpoint.success();
        }
    }
    assert!(black_hole > 3 && black_hole < 50, "{black_hole}");
}

#[test]
fn never_more_than_half_of_them_are_ejected() {
    for (count, ejected, used) in [
        (10, 5, 5),
        (10, 6, 10),
        (3, 1, 2),
        (3, 2, 3),
        (2, 2, 2),
        (1, 1, 1),
    ] {
        seed_jitter(3);
        let endpoints = list(count, &VirtualClock::new());
        let places: Vec<usize> = (0..ejected).collect();
        eject(&endpoints, &places);
        let mut seen: Vec<usize> = (0..5000).map(|_| *endpoints.take()).collect();
        seen.sort_unstable();
        seen.dedup();
        assert_eq!(seen.len(), used, "{ejected} of {count}");
    }
}

#[test]
fn one_that_is_well_again_is_used_again() {
    seed_jitter(4);
    let clock = VirtualClock::new();
    let log = Log::default();
    let write = log.clone();
    let endpoints: Endpoints<usize> = Endpoints::builder()
        .name("shops")
        .on_change(move |change| write.write(change.to_string()))
        .clock(clock.clone())
        .build(replicas(3))
        .unwrap();
    eject(&endpoints, &[1]);
    assert!(!(0..1000).any(|_| *endpoints.take() == 1));
    clock.advance(10 * SECOND);
    // It failed last, so it is asked seldom until it has answered once.
    for _ in 0..10_000 {
        let endpoint = endpoints.take();
        clock.advance(SECOND / 100);
        endpoint.success();
    }
    let seen = &endpoints.snapshot()[1];
    assert_eq!((seen.state, seen.failed), (CircuitState::Closed, false));
    let share = (0..3000).filter(|_| *endpoints.take() == 1).count();
    assert!((800..1200).contains(&share), "{share}");
    assert_eq!(
        log.take(),
        [
            "shops/b: closed -> open",
            "shops/b: open -> half_open",
            "shops/b: half_open -> closed"
        ]
    );
    let names: Vec<String> = redress::breaker::named()
        .iter()
        .filter_map(|seen| Some(seen.name()?.to_owned()))
        .filter(|name| name.starts_with("shops/"))
        .collect();
    assert_eq!(names, ["shops/a", "shops/b", "shops/c"]);
}

#[test]
fn what_another_one_would_have_said_too_is_an_answer() {
    let endpoints = list(1, &VirtualClock::new());
    for class in ErrorClass::ALL {
        let own = matches!(
            class,
            ErrorClass::Transient | ErrorClass::ServerError | ErrorClass::RateLimit
        );
        endpoints.take().failure(class);
        assert_eq!(endpoints.snapshot()[0].failed, own, "{class}");
        endpoints.take().failure(Classification::abort());
        assert_eq!(endpoints.snapshot()[0].failed, own, "{class}");
        endpoints.take().success();
        assert!(!endpoints.snapshot()[0].failed);
    }
}

#[test]
fn what_is_said_first_counts() {
    let endpoints = list(1, &VirtualClock::new());
    let endpoint = endpoints.take();
    endpoint.success();
    endpoint.failure(ErrorClass::Transient);
    drop(endpoint);
    assert!(!endpoints.snapshot()[0].failed);
}

#[test]
fn a_hint_keeps_it_out_for_as_long() {
    let clock = VirtualClock::new();
    let endpoints = list(2, &clock);
    let asked = Classification::new(ErrorClass::ServerError).retry_after(60 * SECOND);
    while !endpoints.snapshot()[0].ejected {
        let endpoint = endpoints.take();
        match *endpoint {
            0 => endpoint.failure(asked.clone()),
            _ => endpoint.success(),
        }
    }
    clock.advance(59 * SECOND);
    assert!(endpoints.snapshot()[0].ejected);
    clock.advance(2 * SECOND);
    assert!(!endpoints.snapshot()[0].ejected);
}

/// A replica whose breaker is due for its one probe.
fn due_for_a_probe(clock: &VirtualClock) -> Endpoints<usize> {
    let endpoints = list(1, clock);
    for _ in 0..3 {
        endpoints.take().failure(ErrorClass::Transient);
    }
    clock.advance(10 * SECOND);
    endpoints
}

#[tokio::test]
async fn a_drop_or_a_panic_at_any_place_leaves_nothing_behind() {
    let clock = VirtualClock::new();
    let left = |endpoints: &Endpoints<usize>| {
        let seen = &endpoints.snapshot()[0];
        assert_eq!(seen.in_flight, 0);
        // The probe is free: it can be made, and closes the breaker.
        endpoints.take().success();
        assert_eq!(endpoints.snapshot()[0].state, CircuitState::Closed);
    };
    // Dropped while it waits.
    let endpoints = due_for_a_probe(&clock);
    {
        let mut attempt = pin!(async {
            let endpoint = endpoints.take();
            std::future::pending::<()>().await;
            endpoint.success();
        });
        let mut cx = Context::from_waker(Waker::noop());
        assert!(attempt.as_mut().poll(&mut cx).is_pending());
        assert_eq!(endpoints.snapshot()[0].in_flight, 1);
        assert_eq!(endpoints.snapshot()[0].state, CircuitState::HalfOpen);
    }
    left(&endpoints);
    // In a panic of the operation, and in one of the classifier.
    let endpoints = due_for_a_probe(&clock);
    let caught = catch_unwind(AssertUnwindSafe(|| {
        let _endpoint = endpoints.take();
        std::panic::resume_unwind(Box::new("as asked"));
    }));
    assert!(caught.is_err());
    left(&endpoints);
    let builder = Endpoints::builder().clock(clock.clone());
    let panics = |_: &Error| -> ErrorClass { std::panic::resume_unwind(Box::new("as asked")) };
    let endpoints = builder.classifier(panics).build(replicas(1)).unwrap();
    let caught = catch_unwind(AssertUnwindSafe(|| {
        endpoints.take().record(Err::<(), _>(down()))
    }));
    assert!(caught.is_err());
    assert_eq!(endpoints.snapshot()[0].in_flight, 0);
}

#[tokio::test]
async fn a_call_that_is_cut_off_says_that_its_endpoint_is_slow() {
    let clock = VirtualClock::new();
    let breaker = CircuitBreaker::builder()
        .slow_call(1, 0.5)
        .recovery_timeout(10);
    let builder = Endpoints::builder().breaker(breaker).clock(clock.clone());
    let endpoints = builder.build(replicas(1)).unwrap();
    let policy = Policy::builder()
        .attempt_timeout(2)
        .max_attempts(1)
        .clock(clock.clone())
        .build()
        .unwrap();
    for _ in 0..20 {
        let answer = policy.call_async(|| async {
            let endpoint = endpoints.take();
            super::session::pass(&clock, 60.0).await;
            endpoint.record(Ok::<_, Error>(()))
        });
        assert_eq!(
            answer.await.unwrap_err().stop_reason(),
            StopReason::MaxAttemptsGlobal
        );
    }
    let seen = &endpoints.snapshot()[0];
    assert_eq!(seen.usual_time, Some(2 * SECOND));
    assert_eq!(seen.state, CircuitState::Open);
}

#[test]
fn mistakes_are_all_named() {
    let wrong = Endpoints::builder()
        .breaker(CircuitBreaker::builder().window(-1))
        .build([("a", 1), ("b", 2), ("a", 3)]);
    let error = wrong.unwrap_err();
    let problems: Vec<_> = error.problems().iter().map(ToString::to_string).collect();
    assert_eq!(problems.len(), 2, "{problems:?}");
    assert!(problems[0].starts_with("breaker.window"), "{problems:?}");
    assert_eq!(
        problems[1],
        "endpoints: two have the name `a`: rename one of them"
    );
    let none = Endpoints::builder().build(Vec::<(String, usize)>::new());
    assert_eq!(
        none.unwrap_err().to_string(),
        "invalid configuration: endpoints: there is none: give at least one"
    );
}

#[tokio::test]
async fn threads_that_take_and_drop_at_once_leave_nothing_in_flight() {
    let endpoints = std::sync::Arc::new(Endpoints::new(replicas(5)).unwrap());
    let tasks: Vec<_> = (0..4)
        .map(|task| {
            let endpoints = std::sync::Arc::clone(&endpoints);
            std::thread::spawn(move || {
                for n in 0..5000 {
                    let endpoint = endpoints.take();
                    match (n + task) % 4 {
                        0 => endpoint.success(),
                        1 => endpoint.failure(ErrorClass::Transient),
                        2 => drop(endpoint.record(Err::<(), _>(Error::from(ErrorKind::NotFound)))),
                        _ => {}
                    }
                }
            })
        })
        .collect();
    for task in tasks {
        task.join().unwrap();
    }
    let seen = endpoints.snapshot();
    assert!(seen.iter().all(|seen| seen.in_flight == 0), "{seen:?}");
    assert!(
        seen.iter()
            .all(|seen| seen.usual_time < Some(Duration::from_secs(5)))
    );
}
