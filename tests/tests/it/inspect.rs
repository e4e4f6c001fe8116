//! The snapshots, schedules and descriptions of policies and strategies.

use std::sync::Arc;
use std::time::Duration;

use redress::strategies::{
    adaptive, decorrelated_jitter, equal_jitter, exponential, fixed, full_jitter, instant,
    retry_after_or, token_backoff,
};
use redress::testing::{DeterministicStrategy, VirtualClock, seed_jitter};
use redress::{
    BackoffContext, Budget, CircuitBreaker, Classification, ErrorClass, Policy, StopReason,
    Strategy,
};

#[test]
fn the_schedule_of_decorrelated_jitter_is_exact_at_both_ends() {
    let policy = Policy::builder()
        .strategy(decorrelated_jitter(5))
        .build()
        .unwrap();
    let schedule = policy.schedule(ErrorClass::Transient);
    let seconds = |time: Duration| time.as_secs_f64();
    let rows = schedule.attempts().iter();
    let rows: Vec<_> = rows
        .map(|a| {
            (
                seconds(a.earliest),
                seconds(a.expected.unwrap()),
                seconds(a.latest.unwrap()),
            )
        })
        .collect();
    assert_eq!(
        rows,
        [
            (0.0, 0.0, 0.0),
            (0.25, 0.5, 0.75),
            (0.5, 1.375, 3.0),
            (0.75, 2.8125, 8.0),
            (1.0, 5.09375, 13.0),
            (1.25, 7.71875, 18.0),
        ]
    );
    assert_eq!(schedule.ends(), Some(StopReason::MaxAttemptsGlobal));
    assert!(schedule.attempts().iter().all(|planned| planned.certain));
}

#[test]
fn a_schedule_is_cut_where_no_attempt_can_start_any_more() {
    let policy = Policy::builder()
        .strategy(fixed(20))
        .attempt_timeout(15)
        .build()
        .unwrap();
    let schedule = policy.schedule(ErrorClass::Transient);
    let attempts = schedule.attempts();
    assert_eq!(attempts.len(), 3);
    assert_eq!(schedule.ends(), Some(StopReason::DeadlineExceeded));
    assert_eq!(attempts[1].latest, Some(35 * Duration::from_secs(1)));
    assert_eq!(
        (attempts[2].earliest, attempts[2].latest),
        (
            40 * Duration::from_secs(1),
            Some(70 * Duration::from_secs(1))
        )
    );
    assert!(attempts[1].certain && !attempts[2].certain);
    assert_eq!(schedule.worst_case(), Some(85 * Duration::from_secs(1)));
}

#[test]
fn a_schedule_knows_what_ends_each_class() {
    let policy = Policy::new();
    let ends = |class| {
        let schedule = policy.schedule(class);
        (schedule.attempts().len(), schedule.ends().unwrap())
    };
    assert_eq!(
        ends(ErrorClass::Unknown),
        (2, StopReason::MaxUnknownAttempts)
    );
    assert_eq!(ends(ErrorClass::Auth), (1, StopReason::NonRetryableClass));
    assert_eq!(
        ends(ErrorClass::RateLimit),
        (6, StopReason::MaxAttemptsGlobal)
    );
}

#[test]
fn a_schedule_of_the_longest_times_saturates() {
    let endless = Policy::builder()
        .no_deadline()
        .unlimited_attempts()
        .attempt_timeout(Duration::MAX);
    let policy = endless
        .strategy(exponential(u64::MAX / 2, u64::MAX))
        .build()
        .unwrap();
    let schedule = policy.schedule(ErrorClass::Transient);
    assert_eq!(
        schedule.attempts().last().unwrap().latest,
        Some(Duration::MAX)
    );
    let policy = Policy::builder()
        .strategy(instant())
        .max_attempts(u32::MAX)
        .build()
        .unwrap();
    let schedule = policy.schedule(ErrorClass::Transient);
    assert_eq!((schedule.attempts().len(), schedule.ends()), (1000, None));
    assert_eq!(schedule.worst_case(), None);
}

#[test]
fn a_strategy_of_the_callers_leaves_times_open() {
    let policy = Policy::builder()
        .strategy(|_: &BackoffContext<'_>| 1)
        .build()
        .unwrap();
    let schedule = policy.schedule(ErrorClass::Transient);
    let second = schedule.attempts()[1];
    assert_eq!(
        (second.earliest, second.expected, second.latest),
        (Duration::ZERO, None, None)
    );
    assert!(!second.certain);
}

#[test]
fn a_deterministic_strategy_has_the_schedule_of_its_list() {
    let strategy = DeterministicStrategy::new([0.5, 1.0]);
    assert_eq!(
        strategy.describe().to_string(),
        "deterministic(delays[0] = 500ms, delays[1] = 1s)"
    );
    let policy = Policy::builder()
        .strategy(strategy.clone())
        .max_attempts(4)
        .build()
        .unwrap();
    let schedule = policy.schedule(ErrorClass::Transient);
    let starts = schedule
        .attempts()
        .iter()
        .map(|planned| planned.earliest.as_secs_f64());
    assert_eq!(starts.collect::<Vec<_>>(), [0.0, 0.5, 1.5, 2.5]);
    // A schedule does not ask the strategy for a delay.
    assert_eq!(strategy.calls(), []);
}

#[test]
fn calls_keep_to_their_schedules() {
    let strategies: [Arc<dyn Strategy>; 5] = [
        Arc::new(exponential(1, 10)),
        Arc::new(full_jitter(20).base(2)),
        Arc::new(equal_jitter(9)),
        Arc::new(decorrelated_jitter(15).base(1)),
        Arc::new(token_backoff(30).base(3)),
    ];
    seed_jitter(17);
    let mut ends = Vec::new();
    for strategy in strategies {
        for deadline in [5, 40, 1000] {
            let clock = VirtualClock::new();
            let policy = Policy::builder()
                .classifier(|class: &ErrorClass| *class)
                .strategy(Arc::clone(&strategy))
                .deadline(deadline)
                .max_attempts(7)
                .max_class_attempts(ErrorClass::RateLimit, 3)
                .clock(clock.clone())
                .build()
                .unwrap();
            for class in ErrorClass::ALL.into_iter().cycle().take(400) {
                let before = clock.sleeps().len();
                let outcome = policy.execute(|| Err::<(), _>(class));
                let schedule = policy.schedule(class);
                let mut start = Duration::ZERO;
                for (planned, slept) in schedule.attempts()[1..]
                    .iter()
                    .zip(&clock.sleeps()[before..])
                {
                    start += *slept;
                    assert!(planned.earliest <= start && start <= planned.latest.unwrap());
                }
                let made = usize::try_from(outcome.attempts).unwrap();
                let certain = schedule.attempts().iter().filter(|a| a.certain).count();
                assert!(certain <= made && made <= schedule.attempts().len());
                if made == schedule.attempts().len() {
                    assert_eq!(outcome.stop_reason, schedule.ends());
                } else {
                    assert_eq!(outcome.stop_reason, Some(StopReason::DeadlineExceeded));
                }
                ends.push(outcome.stop_reason.unwrap());
            }
        }
    }
    for seen in [
        StopReason::DeadlineExceeded,
        StopReason::MaxAttemptsGlobal,
        StopReason::MaxAttemptsPerClass,
        StopReason::MaxUnknownAttempts,
        StopReason::NonRetryableClass,
    ] {
        assert!(ends.contains(&seen), "{seen}");
    }
}

#[test]
fn the_delays_of_every_built_in_strategy_lie_in_its_bounds_and_fill_them() {
    let strategies: [(&str, Arc<dyn Strategy>); 8] = [
        ("instant", Arc::new(instant())),
        ("fixed", Arc::new(fixed(3))),
        ("exponential", Arc::new(exponential(0.3, 4))),
        ("full_jitter", Arc::new(full_jitter(4).base(0.3))),
        ("equal_jitter", Arc::new(equal_jitter(4).base(0.3))),
        ("token_backoff", Arc::new(token_backoff(4).base(0.3))),
        (
            "decorrelated_jitter",
            Arc::new(decorrelated_jitter(4).base(0.3)),
        ),
        (
            "retry_after_or",
            Arc::new(retry_after_or(adaptive(decorrelated_jitter(4)))),
        ),
    ];
    seed_jitter(5);
    for (name, strategy) in strategies {
        assert_eq!(strategy.describe().name(), name);
        // The longest delay so far is the previous one, which gives the widest bounds to the next.
        let (mut bounds, mut previous) = (None, None);
        for failures in 1..=6 {
            bounds = strategy.delay_bounds(failures, bounds);
            let known = bounds.expect("built-in strategies have bounds");
            let transient = Classification::new(ErrorClass::Transient);
            let mut ctx = BackoffContext::first(&transient);
            (ctx.slot_attempt, ctx.prev_sleep) = (failures, previous);
            let drawn: Vec<_> = (0..2000).map(|_| strategy.delay(&ctx).saturate()).collect();
            let (least, most) = (drawn.iter().min().unwrap(), drawn.iter().max().unwrap());
            assert!(
                known.shortest() <= *least && *most <= known.longest(),
                "{name} {failures}"
            );
            assert!(known.shortest() <= known.expected() && known.expected() <= known.longest());
            if name != "retry_after_or" {
                let slack = (known.longest() - known.shortest()) / 50;
                assert!(*least <= known.shortest() + slack, "{name} {failures}");
                assert!(
                    *most + slack >= known.longest() - slack,
                    "{name} {failures}"
                );
            }
            previous = Some(known.longest());
        }
    }
}

#[test]
fn a_shared_strategy_describes_itself_and_a_closure_is_custom() {
    let shared: Arc<dyn Strategy> = Arc::new(adaptive(token_backoff(30)));
    assert_eq!(
        shared.describe().to_string(),
        "adaptive(token_backoff(base = 250ms, max = 30s, factor = 1.5), window = 60s, \
         target_success = 0.9, min_multiplier = 1, max_multiplier = 5)"
    );
    assert_eq!(shared.describe().has_jitter(), Some(true));
    let closure = |_: &BackoffContext<'_>| 1;
    assert_eq!(closure.describe().to_string(), "custom");
    assert_eq!(
        (
            closure.describe().has_jitter(),
            closure.delay_bounds(1, None)
        ),
        (None, None)
    );
}

#[test]
fn a_snapshot_has_every_setting_in_its_table() {
    let breaker = CircuitBreaker::builder()
        .failure_threshold(7)
        .class_threshold(ErrorClass::Auth, 2)
        .failure_rate(0.25, 40)
        .consecutive_failures(9)
        .slow_call(2, 0.5)
        .proportional(1.5)
        .recovery_strategy(equal_jitter(20).base(10))
        .ramp(3);
    let policy = Policy::builder()
        .circuit_breaker(breaker.build().unwrap())
        .budget(Budget::in_flight_share(0.2).cost(ErrorClass::Transient, 2))
        .class_strategy(ErrorClass::RateLimit, token_backoff(30))
        .max_class_attempts(ErrorClass::RateLimit, 3)
        .operation("pay")
        .unlimited_attempts()
        .build()
        .unwrap();
    assert_eq!(
        policy.snapshot().to_string(),
        "\
operation                       pay
deadline                        60s
attempt_timeout                 none
max_attempts                    none
max_unknown_attempts            2
max_class_attempts(RATE_LIMIT)  3
strategy                        none
strategies(RATE_LIMIT)          token_backoff(base = 250ms, max = 30s, factor = 1.5)
breaker.trip_on                 AUTH, SERVER_ERROR, TRANSIENT
breaker.failure_threshold       7
breaker.class_threshold(AUTH)   2
breaker.failure_rate            0.25 of 40 calls at least
breaker.slow_call               2s or longer, 0.5 of the attempts
breaker.proportional            1.5
breaker.consecutive_failures    9
breaker.window                  60s
breaker.recovery                equal_jitter(base = 10s, max = 20s, factor = 2)
breaker.half_open_probes        1
breaker.probe_lease             120s
breaker.success_threshold       1
breaker.ramp                    3s
breaker.observe_attempts        false
breaker.metrics_only            false
budget.in_flight_share          0.2
budget.min_in_flight            3
budget.cost(TRANSIENT)          2
budget.free_hinted_retries      false
"
    );
}
