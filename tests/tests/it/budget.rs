//! Budgets and learning strategies through policies.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

use redress::strategies::{Learner, adaptive, fixed, instant, retry_after_or};
use redress::testing::VirtualClock;
use redress::time::Delay;
use redress::{
    Attempted, BackoffContext, Budget, ErrorClass, EventName, Policy, SleepDecision, Step,
    StopReason, Strategy,
};

type Down = std::io::Error;

fn down() -> Result<(), Down> {
    Err(std::io::ErrorKind::ConnectionRefused.into())
}

fn failed() -> Attempted {
    Attempted::Failed(ErrorClass::Transient.into())
}

fn policy(budget: &Budget, strategy: impl Strategy + 'static) -> Policy {
    Policy::builder()
        .strategy(strategy)
        .max_attempts(3)
        .budget(budget.clone())
        .clock(VirtualClock::new())
        .build()
        .unwrap()
}

#[test]
fn the_last_error_is_kept_and_nothing_is_announced_that_does_not_come() {
    let budget = Budget::rolling(1, 60);
    let policy = policy(&budget, instant());
    let outcome = policy.context().capture_timeline().execute(down);
    assert_eq!(outcome.stop_reason, Some(StopReason::BudgetExhausted));
    assert_eq!(
        outcome.last_error.unwrap().kind(),
        std::io::ErrorKind::ConnectionRefused
    );
    let timeline = outcome.timeline.unwrap();
    let names: Vec<_> = timeline.events().iter().map(|event| event.name).collect();
    assert_eq!(names, [EventName::Retry, EventName::BudgetExhausted]);
}

#[test]
fn first_attempts_are_never_refused_and_policies_of_any_error_share() {
    #[derive(Debug)]
    struct Other;
    let budget = Budget::rolling(0, 60);
    let other = Policy::builder()
        .classifier(|_: &Other| ErrorClass::Transient)
        .budget(budget.clone())
        .build()
        .unwrap();
    for _ in 0..3 {
        assert_eq!(policy(&budget, instant()).execute(down).attempts, 1);
        assert_eq!(other.execute(|| Err::<(), _>(Other)).attempts, 1);
    }
}

#[test]
fn what_a_class_costs_is_spent() {
    let budget = Budget::rolling(10, 60).cost(ErrorClass::Transient, 3);
    assert_eq!(policy(&budget, instant()).execute(down).attempts, 3);
    assert_eq!(budget.remaining(), 4);
}

#[test]
fn a_retry_that_was_decided_on_stays_spent_when_the_call_is_stopped() {
    for decision in [SleepDecision::Defer, SleepDecision::Abort] {
        let budget = Budget::rolling(5, 60);
        let policy = policy(&budget, instant());
        let context = policy.context().sleep_handler(move |_, _| decision);
        assert_eq!(context.execute(down).attempts, 1);
        assert_eq!(budget.remaining(), 4);
    }
}

#[test]
fn the_last_attempt_spends_nothing() {
    let budget = Budget::rolling(5, 60);
    assert_eq!(policy(&budget, instant()).execute(down).attempts, 3);
    assert_eq!(budget.remaining(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_dropped_while_it_waits_gives_its_token_back() {
    for (budget, left) in [
        (Budget::rolling(5, 60), 4),
        (Budget::success_ratio(0.1).reserve(5), 4),
        (Budget::in_flight_share(0.5).min_in_flight(5), 5),
    ] {
        let policy = Policy::builder().strategy(fixed(10)).budget(budget.clone());
        let policy = policy.build().unwrap();
        let call = policy.call_async(|| async { down() });
        assert!(
            tokio::time::timeout(Duration::from_secs(5), call)
                .await
                .is_err()
        );
        assert_eq!(budget.remaining(), 5);
        // The first retry runs, and the call waits for the second.
        let call = policy.call_async(|| async { down() });
        let limit = Duration::from_secs(15);
        assert!(tokio::time::timeout(limit, call).await.is_err());
        assert_eq!(budget.remaining(), left);
    }
}

#[test]
fn a_panic_of_a_callback_gives_the_token_back() {
    struct Broken;
    impl redress::time::Clock for Broken {
        fn now(&self) -> std::time::Instant {
            std::time::Instant::now()
        }
        fn sleep(&self, _: Duration) {
            panic!("the clock is broken");
        }
    }
    let budget = Budget::rolling(5, 60);
    let policy = Policy::builder().strategy(fixed(1)).budget(budget.clone());
    let policy = policy.clock(Broken).build().unwrap();
    let call = std::panic::AssertUnwindSafe(|| policy.execute(down));
    assert!(std::panic::catch_unwind(call).is_err());
    assert_eq!(budget.remaining(), 5);
}

#[test]
fn a_retry_in_flight_ends_with_its_attempt_and_a_call_with_its_return() {
    let budget = Budget::in_flight_share(1.0).min_in_flight(0);
    let policy = policy(&budget, instant());
    let seen = std::cell::RefCell::new(Vec::new());
    let outcome = policy.execute(|| {
        seen.borrow_mut().push(budget.remaining());
        down()
    });
    // Only one retry may be in flight; the second and the third attempt are that retry.
    assert_eq!((outcome.attempts, seen.into_inner()), (3, vec![1, 0, 0]));
    assert_eq!(budget.remaining(), 0);
}

#[test]
fn steps_spend_as_calls_do() {
    let now = std::time::Instant::now();
    for budget in [
        Budget::rolling(1, 60),
        Budget::success_ratio(1.0).reserve(1),
        Budget::in_flight_share(1.0).min_in_flight(1),
    ] {
        let policy = policy(&budget, fixed(1));
        let mut waiting = policy.start(now);
        waiting.next_attempt(now);
        assert_eq!(
            waiting.record(failed(), now),
            Step::RetryAfter(Duration::from_secs(1))
        );
        assert_eq!(budget.remaining(), 0);
        let mut refused = waiting.clone();
        drop(waiting);
        assert_eq!(budget.remaining(), 1);

        assert_eq!(
            refused.record(failed(), now),
            Step::RetryAfter(Duration::from_secs(1))
        );
        refused.next_attempt(now);
        assert_eq!(budget.remaining(), 0);
        assert_eq!(refused.record(Attempted::Succeeded, now), Step::Done);
        drop(refused);
        let rolling = format!("{budget:?}").contains("Rolling");
        assert_eq!(budget.remaining(), u32::from(!rolling));
    }
}

#[test]
fn every_learner_is_told_of_every_success_once() {
    #[derive(Default)]
    struct Counts {
        successes: AtomicU32,
        failures: AtomicU32,
    }
    impl Strategy for Counts {
        fn delay(&self, _: &BackoffContext<'_>) -> Delay {
            Delay::ZERO
        }
        fn learner(&self) -> Option<&dyn Learner> {
            Some(self)
        }
    }
    impl Learner for Counts {
        fn on_success(&self) {
            self.successes.fetch_add(1, Relaxed);
        }
        fn on_failure(&self, _: &BackoffContext<'_>) {
            self.failures.fetch_add(1, Relaxed);
        }
    }
    let counts = Arc::new(Counts::default());
    let observed = Arc::new(AtomicUsize::new(0));
    for watched in [false, true] {
        let mut builder = Policy::builder()
            .strategy(Arc::clone(&counts))
            .class_strategy(ErrorClass::RateLimit, retry_after_or(Arc::clone(&counts)))
            .class_strategy(ErrorClass::ServerError, adaptive(instant()))
            .max_attempts(2);
        if watched {
            let observed = Arc::clone(&observed);
            builder = builder.on_event(move |_: &redress::Event<'_>| {
                observed.fetch_add(1, Relaxed);
            });
        }
        let policy = builder.build().unwrap();
        policy.call(|| Ok::<_, Down>(())).unwrap();
        policy.call(down).unwrap_err();
        let mut steps = policy.start(std::time::Instant::now());
        steps.next_attempt(std::time::Instant::now());
        steps.record(Attempted::Succeeded, std::time::Instant::now());
    }
    let seen = (
        counts.successes.load(Relaxed),
        counts.failures.load(Relaxed),
    );
    // Two successes, a retry and a stop: a call by steps is shown, too.
    assert_eq!((seen, observed.load(Relaxed)), ((4, 4), 4));
}

#[test]
fn a_hinted_retry_is_free_where_the_budget_says_so_and_only_if_it_waits_that_long() {
    use redress::Classification;
    use redress::classify::RateLimitError;

    let second = Duration::from_secs(1);
    let spent = |budget: Budget, strategy: Arc<dyn Strategy>, hint: Option<Duration>| {
        let policy = Policy::builder()
            .strategy(strategy)
            .max_attempts(2)
            .budget(budget.clone())
            .clock(VirtualClock::new())
            .build()
            .unwrap();
        let before = budget.remaining();
        let outcome =
            policy.execute(|| Err::<(), _>(RateLimitError::new("slow down").retry_after(hint)));
        assert_eq!(outcome.attempts, 2);
        // The engine without a loop decides alike.
        let now = std::time::Instant::now();
        let mut steps = policy.start(now);
        steps.next_attempt(now);
        let limited = Classification::new(ErrorClass::RateLimit).retry_after(hint);
        let step = steps.record(Attempted::Failed(limited), now);
        assert!(matches!(step, Step::RetryAfter(_)), "{step:?}");
        steps.next_attempt(now);
        (before - budget.remaining()) / 2
    };
    let budgets = [
        Budget::rolling(10, 60),
        Budget::success_ratio(0.1).reserve(10),
    ];
    for budget in budgets {
        let free = || budget.clone().free_hinted_retries();
        let waits = || Arc::new(retry_after_or(fixed(5))) as Arc<dyn Strategy>;
        let does_not = || Arc::new(fixed(0.5)) as Arc<dyn Strategy>;
        assert_eq!(spent(free(), waits(), Some(second)), 0);
        assert_eq!(spent(budget.clone(), waits(), Some(second)), 1);
        assert_eq!(spent(free(), does_not(), Some(second)), 1);
        assert_eq!(spent(free(), waits(), Some(Duration::ZERO)), 1);
        assert_eq!(spent(free(), waits(), None), 1);
    }
}

#[test]
fn a_budgets_name_is_in_everything_that_shows_it() {
    let budget = Budget::rolling(3, 60).named("payments");
    assert_eq!(budget.name(), Some("payments"));
    assert_eq!(budget.clone().name(), Some("payments"));
    assert!(format!("{budget:?}").contains("payments"));
    let policy = Policy::builder().budget(budget).build().unwrap();
    let snapshot = policy.snapshot().to_string();
    let row = |line: &str| line.starts_with("budget.name") && line.ends_with("  payments");
    assert!(snapshot.lines().any(row), "{snapshot}");
    assert_eq!(Budget::rolling(3, 60).name(), None);
}

#[test]
fn a_free_retry_is_allowed_when_nothing_is_left_and_is_not_in_flight() {
    use redress::Classification;

    let hinted =
        |class, seconds| Classification::new(class).retry_after(Duration::from_secs(seconds));
    for budget in [
        Budget::rolling(1, 60),
        Budget::success_ratio(0.1).reserve(1),
        Budget::in_flight_share(0.1).min_in_flight(1),
    ] {
        let budget = budget.free_hinted_retries();
        let attempts = |failure: Classification| {
            let policy = Policy::builder()
                .classifier(Classification::clone)
                .strategy(fixed(2))
                .max_attempts(3)
                .budget(budget.clone())
                .clock(VirtualClock::new());
            let policy = policy.build().unwrap();
            policy.execute(|| Err::<(), _>(failure.clone())).attempts
        };
        // A retry that another call has in flight.
        let spent = budget.try_spend(ErrorClass::Transient).unwrap();
        assert_eq!(budget.remaining(), 0);
        for class in [ErrorClass::RateLimit, ErrorClass::ServerError] {
            assert_eq!(attempts(hinted(class, 2)), 3, "{budget:?}");
            assert_eq!(attempts(hinted(class, 3)), 1, "{budget:?}");
            assert_eq!(attempts(hinted(class, 0)), 1, "{budget:?}");
        }
        drop(spent);
        // Nothing came back that was not spent, and nothing was spent.
        assert_eq!(budget.remaining(), 1, "{budget:?}");
    }
}

#[test]
fn the_recommended_budget_pays_only_for_retries_that_were_not_asked_for() {
    use redress::Classification;

    for (hint, left) in [(Some(1), 100), (Some(0), 95), (None, 95)] {
        let policy = Policy::builder()
            .recommended()
            .classifier(Classification::clone)
            .clock(VirtualClock::new());
        let policy = policy.build().unwrap();
        let failure =
            Classification::new(ErrorClass::RateLimit).retry_after(hint.map(Duration::from_secs));
        let outcome = policy.execute(|| Err::<(), _>(failure.clone()));
        let remaining = policy.budget().unwrap().remaining();
        assert_eq!((outcome.attempts, remaining), (6, left), "{hint:?}");
    }
}
