//! Calls that are applied at most once, and failures that forbid a retry.

use std::future::{pending, ready};
use std::sync::mpsc::channel;
use std::time::Instant;

use redress::call::ResumeToken;
use redress::classify::AnyValue;
use redress::strategies::{fixed, instant};
use redress::testing::{RecordingObserver, VirtualClock, assert_timeline};
use redress::{
    Attempted, Budget, CallContext, Cause, CircuitBreaker, CircuitState, Classification,
    Classifier, Classify, DefaultClassifier, ErrorClass, EventName, Interrupt, Outcome, Policy,
    PolicyBuilder, SleepDecision, Step, StopReason, retry, retry_block,
};

use super::support::{Log, SECOND};

#[derive(Debug, Clone, PartialEq)]
struct Failure(Classification);

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("failure")
    }
}

impl std::error::Error for Failure {}

impl Classify for Failure {
    fn classify(&self) -> Classification {
        self.0.clone()
    }
}

type Own = fn(&Failure) -> Classification;

fn builder() -> PolicyBuilder<Own> {
    let own: Own = Failure::classify;
    Policy::builder().classifier(own).strategy(instant())
}

fn once() -> Policy<Own> {
    builder().once().build().unwrap()
}

fn of(class: ErrorClass) -> Classification {
    Classification::new(class)
}

fn unsent() -> Classification {
    of(ErrorClass::Transient).unsent()
}

fn doubtful() -> Classification {
    of(ErrorClass::Transient)
}

/// Fails as each of these says, and then succeeds.
fn failing(
    said: impl IntoIterator<Item = Classification, IntoIter: Send + 'static>,
) -> impl FnMut() -> Result<(), Failure> + Send + 'static {
    let mut said = said.into_iter();
    move || said.next().map_or(Ok(()), |said| Err(Failure(said)))
}

fn end<T, E>(outcome: &Outcome<T, E>) -> (u32, Option<StopReason>) {
    (outcome.attempts, outcome.stop_reason)
}

const APPLIED: Option<StopReason> = Some(StopReason::MayHaveBeenApplied);
const FORBIDDEN: Option<StopReason> = Some(StopReason::RetryForbidden);

/// An operation that has failed once elsewhere.
fn deferred() -> ResumeToken {
    let policy = once();
    let context = policy.context().sleep_handler(|_, _| SleepDecision::Defer);
    let outcome = context.execute(failing([unsent()]));
    outcome.resume_token().unwrap()
}

const WAYS: [&str; 6] = [
    "sync",
    "async",
    "detached",
    "resumed sync",
    "resumed async",
    "resumed detached",
];

type Context<'a> = CallContext<'a, Own, AnyValue>;

/// Calls an operation that fails so, and returns its end with the number of attempts made here.
async fn call(way: &str, context: Context<'_>, said: Vec<Classification>) -> Outcome<(), Failure> {
    let shared = std::sync::Mutex::new(failing(said));
    let operation = move || shared.lock().unwrap()();
    match way {
        "sync" => context.execute(operation),
        "async" => context.execute_async(|| ready(operation())).await,
        "detached" => context.execute_detached(operation),
        "resumed sync" => context.resume(deferred()).execute(operation),
        "resumed async" => {
            let resumed = context.resume(deferred());
            resumed.execute_async(|| ready(operation())).await
        }
        _ => context.resume(deferred()).execute_detached(operation),
    }
}

#[tokio::test]
async fn only_unsent_failures_are_retried_in_every_way_to_call() {
    let (by_policy, by_context) = (once(), builder().build().unwrap());
    for way in WAYS {
        for (policy, said_here) in [(&by_policy, false), (&by_context, true), (&by_policy, true)] {
            let context = || match said_here {
                true => policy.context().once(),
                false => policy.context(),
            };
            let before = u32::from(way.starts_with("resumed"));
            let outcome = call(way, context(), vec![unsent(), doubtful()]).await;
            assert_eq!(end(&outcome), (before + 2, APPLIED), "{way}");
            assert_eq!(outcome.last_class, Some(ErrorClass::Transient), "{way}");
            assert_eq!(outcome.last_error, Some(Failure(doubtful())), "{way}");
            let outcome = call(way, context(), vec![unsent(), unsent()]).await;
            assert_eq!(end(&outcome), (before + 3, None), "{way}");
        }
        let usual = call(way, by_context.context(), vec![doubtful(), doubtful()]).await;
        assert!(usual.is_ok(), "{way}");
    }
}

#[tokio::test]
async fn a_forbidden_retry_ends_the_call_in_every_way_to_call() {
    let policy = builder().build().unwrap();
    for way in WAYS {
        let before = u32::from(way.starts_with("resumed"));
        let pushback = of(ErrorClass::RateLimit).retry_after(SECOND).no_retry();
        let outcome = call(way, policy.context(), vec![doubtful(), pushback]).await;
        assert_eq!(end(&outcome), (before + 2, FORBIDDEN), "{way}");
        assert_eq!(outcome.last_class, Some(ErrorClass::RateLimit), "{way}");
    }
}

#[test]
fn plain_calls_decide_alike() {
    let error = once().call(failing([unsent(), doubtful()])).unwrap_err();
    assert_eq!(error.attempts(), 2);
    assert_eq!(error.stop_reason(), StopReason::MayHaveBeenApplied);
    assert_eq!(error.class(), Some(ErrorClass::Transient));
    let policy = builder().build().unwrap();
    let error = policy.call(failing([doubtful().no_retry()])).unwrap_err();
    assert_eq!(error.stop_reason(), StopReason::RetryForbidden);
    assert_eq!(error.class(), Some(ErrorClass::Transient));
    assert_eq!(error.cause(), Some(Cause::Error));
    assert!(policy.call(failing([doubtful(), doubtful()])).is_ok());
}

#[test]
fn steps_decide_alike() {
    let now = Instant::now();
    let mut steps = once().start(now);
    let failed = |said| Attempted::Failed(said);
    assert_eq!(steps.next_attempt(now), Step::Attempt(1));
    let again = Step::RetryAfter(std::time::Duration::ZERO);
    assert_eq!(steps.record(failed(unsent()), now), again);
    assert_eq!(steps.next_attempt(now), Step::Attempt(2));
    let over = Step::Stop(StopReason::MayHaveBeenApplied);
    assert_eq!(steps.record(failed(doubtful()), now), over);

    let mut steps = once().start(now);
    assert_eq!(steps.record(Attempted::TimedOut, now), over);
    let mut steps = once().start(now);
    let bad_result = Attempted::BadResult(unsent());
    assert_eq!(steps.record(bad_result, now), again);
    let forbidden = Step::Stop(StopReason::RetryForbidden);
    assert_eq!(steps.record(failed(unsent().no_retry()), now), forbidden);
}

#[tokio::test(start_paused = true)]
async fn an_attempt_that_was_cut_off_is_never_unsent() {
    let policy = builder().attempt_timeout(SECOND).once();
    let policy = policy.build().unwrap();
    let outcome = policy.execute_async(pending::<Result<(), Failure>>).await;
    assert_eq!(end(&outcome), (1, APPLIED));
    assert_eq!(outcome.cause, Some(Cause::Timeout));
}

#[test]
fn a_detached_attempt_that_was_cut_off_is_not_unsent_either() {
    let clock = VirtualClock::new();
    let policy = builder().clock(clock.clone()).attempt_timeout(SECOND);
    let policy = policy.once().build().unwrap();
    let (_open, gate) = channel::<()>();
    let gate = std::sync::Mutex::new(gate);
    let outcome = policy.execute_detached(move || {
        clock.advance(SECOND);
        let _closed = gate.lock().unwrap().recv();
        Ok::<_, Failure>(())
    });
    assert_eq!(end(&outcome), (1, APPLIED));
    assert_eq!(outcome.cause, Some(Cause::Timeout));
}

#[tokio::test(start_paused = true)]
async fn what_a_call_of_ours_refused_is_unsent_and_what_it_attempted_is_not() {
    let breaker = CircuitBreaker::new();
    breaker.force_open();
    let rejected = breaker.try_acquire().unwrap_err();
    assert!(DefaultClassifier.classify(&rejected).is_unsent());

    let said = |interrupt: &Interrupt| DefaultClassifier.classify(interrupt);
    let guarded = builder().circuit_breaker(breaker).build().unwrap();
    let refused = guarded.call(failing([])).unwrap_err();
    assert!(DefaultClassifier.classify(&refused).is_unsent());
    let wrapped = std::io::Error::other(refused);
    assert!(DefaultClassifier.classify(&wrapped).is_unsent());
    assert_eq!(
        DefaultClassifier.classify(&wrapped).class(),
        ErrorClass::Transient
    );

    // An attempt was cut off: it was started.
    #[derive(Debug)]
    struct Cut(Interrupt);
    impl From<Interrupt> for Cut {
        fn from(interrupt: Interrupt) -> Self {
            Self(interrupt)
        }
    }
    let policy = Policy::builder().attempt_timeout(1);
    let policy = policy.classifier(|_: &Cut| ErrorClass::Permanent);
    let policy = policy.max_attempts(1).build().unwrap();
    let cut = policy.call_async(pending::<Result<(), Cut>>).await;
    let cut = cut.unwrap_err();
    assert_eq!(cut.attempts(), 1);
    assert!(!said(&cut.into_error().0).is_unsent());
}

#[test]
fn an_outer_call_that_is_once_waits_for_an_inner_breaker() {
    let clock = VirtualClock::new();
    let breaker = CircuitBreaker::builder().clock(clock.clone());
    let breaker = breaker.failure_threshold(1).recovery_timeout(5);
    let breaker = breaker.build().unwrap();
    breaker
        .try_acquire()
        .unwrap()
        .failure(ErrorClass::Transient);
    let inner = builder()
        .circuit_breaker(breaker.clone())
        .clock(clock.clone());
    let inner = inner.build().unwrap();
    let outer = Policy::builder()
        .clock(clock.clone())
        .once()
        .build()
        .unwrap();
    let outcome = outer.execute(|| inner.call(failing([])));
    assert_eq!(end(&outcome), (2, None));
    assert!(clock.sleeps()[0] >= 5 * SECOND);
    assert_eq!(breaker.state(), CircuitState::Closed);

    let inner = builder().max_attempts(1).build().unwrap();
    let outcome = outer.execute(|| inner.call(failing([doubtful()])));
    assert_eq!(end(&outcome), (1, APPLIED));
}

#[test]
fn limits_count_as_ever() {
    let policy = builder().once().max_attempts(3).build().unwrap();
    let outcome = policy.execute(failing(vec![unsent(); 9]));
    assert_eq!(end(&outcome), (3, Some(StopReason::MaxAttemptsGlobal)));
    let capped = builder()
        .once()
        .max_class_attempts(ErrorClass::Transient, 2);
    let outcome = capped.build().unwrap().execute(failing(vec![unsent(); 9]));
    assert_eq!(end(&outcome), (2, Some(StopReason::MaxAttemptsPerClass)));
    let unknown = of(ErrorClass::Unknown).unsent();
    let outcome = once().execute(failing(vec![unknown; 9]));
    assert_eq!(end(&outcome), (2, Some(StopReason::MaxUnknownAttempts)));
    let poor = builder().once().budget(Budget::rolling(0, 60));
    let outcome = poor.build().unwrap().execute(failing([unsent()]));
    assert_eq!(end(&outcome), (1, Some(StopReason::BudgetExhausted)));
}

#[test]
fn the_first_check_that_applies_decides() {
    let first = |policy: PolicyBuilder<Own>, said| {
        let outcome = policy.once().build().unwrap().execute(failing([said]));
        assert_eq!(outcome.attempts, 1);
        outcome.stop_reason.unwrap()
    };
    let one = || builder().max_class_attempts(ErrorClass::Transient, 1);
    let abort = Classification::abort().no_retry();
    assert_eq!(first(one(), abort), StopReason::Aborted);
    assert_eq!(
        first(one(), doubtful().no_retry()),
        StopReason::RetryForbidden
    );
    assert_eq!(first(one(), doubtful()), StopReason::MaxAttemptsPerClass);
    let permanent = || of(ErrorClass::Permanent);
    assert_eq!(first(builder(), permanent()), StopReason::NonRetryableClass);
    // `unsent` does not make a class worth a retry.
    let unsent = permanent().unsent();
    assert_eq!(first(builder(), unsent), StopReason::NonRetryableClass);
    let unknown = of(ErrorClass::Unknown);
    let capped = builder().max_unknown_attempts(1);
    assert_eq!(first(capped, unknown), StopReason::MayHaveBeenApplied);
    let last = builder().max_attempts(1);
    assert_eq!(first(last, doubtful()), StopReason::MayHaveBeenApplied);
}

#[test]
fn a_strategy_of_the_classs_own_is_no_exception() {
    let with_own = || builder().class_strategy(ErrorClass::Permanent, instant());
    let policy = with_own().once().build().unwrap();
    let permanent = || of(ErrorClass::Permanent);
    assert_eq!(end(&policy.execute(failing([permanent()]))), (1, APPLIED));
    let unsent = permanent().unsent();
    assert_eq!(end(&policy.execute(failing([unsent]))), (2, None));
    let policy = with_own().build().unwrap();
    let forbidden = permanent().no_retry();
    assert_eq!(end(&policy.execute(failing([forbidden]))), (1, FORBIDDEN));
}

#[test]
fn values_are_judged_alike() {
    let policy = Policy::builder()
        .strategy(instant())
        .result_classifier(|status: &u16| match status {
            429 => Some(of(ErrorClass::RateLimit).unsent()),
            500 => Some(of(ErrorClass::ServerError)),
            503 => Some(of(ErrorClass::ServerError).unsent().no_retry()),
            _ => None,
        })
        .once()
        .build()
        .unwrap();
    let answers = |answers: &'static [u16]| {
        let mut answers = answers.iter();
        let next = || Ok::<_, std::io::Error>(*answers.next().unwrap());
        let outcome = policy.execute(next);
        (
            outcome.attempts,
            outcome.stop_reason,
            outcome.into_result().unwrap(),
        )
    };
    assert_eq!(answers(&[429, 200]), (2, None, 200));
    assert_eq!(answers(&[429, 500]), (2, APPLIED, 500));
    assert_eq!(answers(&[503]), (1, FORBIDDEN, 503));
}

#[test]
fn observers_see_the_end_exactly_once() {
    for (said, name, line) in [
        (
            doubtful(),
            EventName::MayHaveBeenApplied,
            "may_have_been_applied TRANSIENT",
        ),
        (
            unsent().no_retry(),
            EventName::RetryForbidden,
            "retry_forbidden TRANSIENT",
        ),
    ] {
        let observer = RecordingObserver::new();
        let policy = builder().once().on_event(observer.clone()).build().unwrap();
        let context = policy.context().capture_timeline();
        let outcome = context.execute(failing([unsent(), said]));
        assert_timeline(&outcome.timeline.unwrap(), ["retry TRANSIENT", line]);
        let seen: Vec<_> = observer.events().iter().map(|event| event.name).collect();
        assert_eq!(seen, [EventName::Retry, name]);
    }
}

#[test]
fn the_breaker_hears_of_both_ends() {
    for (said, reason) in [(doubtful(), APPLIED), (unsent().no_retry(), FORBIDDEN)] {
        let breaker = CircuitBreaker::builder().failure_threshold(1).build();
        let breaker = breaker.unwrap();
        let policy = builder().once().circuit_breaker(breaker.clone());
        let outcome = policy.build().unwrap().execute(failing([said]));
        assert_eq!(outcome.stop_reason, reason);
        assert_eq!(breaker.state(), CircuitState::Open);
    }
}

#[test]
fn nothing_is_slept_or_spent_for_a_retry_that_must_not_come() {
    let clock = VirtualClock::new();
    let budget = Budget::rolling(5, 60);
    let policy = builder().strategy(fixed(SECOND)).clock(clock.clone());
    let policy = policy.budget(budget.clone()).once().build().unwrap();
    policy.execute(failing([doubtful()]));
    policy.execute(failing([unsent().no_retry()]));
    assert!(clock.sleeps().is_empty());
    assert_eq!(budget.remaining(), 5);
}

#[test]
fn a_schedule_is_that_of_unsent_failures_and_says_so() {
    let schedule = once().schedule(ErrorClass::Transient);
    assert_eq!(schedule.attempts().len(), 6);
    let note = "only failures that are unsent: others end with MAY_HAVE_BEEN_APPLIED\n";
    assert!(schedule.to_string().ends_with(note), "{schedule}");
    let usual = builder().build().unwrap().schedule(ErrorClass::Transient);
    assert!(!usual.to_string().contains("unsent"));
    assert!(once().snapshot().once);
    assert!(
        once()
            .snapshot()
            .to_string()
            .contains("once                  true\n")
    );
}

impl From<Interrupt> for Failure {
    fn from(_: Interrupt) -> Self {
        Self(Classification::abort())
    }
}

/// Counts the attempts of an operation that fails with `said` each time.
fn attempts(call: impl FnOnce(&mut u32) -> Result<(), Failure>) -> u32 {
    let mut attempts = 0;
    call(&mut attempts).unwrap_err();
    attempts
}

#[test]
fn functions_that_are_once_retry_what_is_unsent() {
    #[retry(strategy = instant(), max_attempts = 3, once)]
    fn computed(calls: &mut u32, said: &Classification) -> Result<(), Failure> {
        *calls += 1;
        Err(Failure(said.clone()))
    }
    #[retry(once, max_attempts = 1)]
    fn literal(calls: &mut u32) -> Result<(), Failure> {
        *calls += 1;
        Err(Failure(unsent()))
    }
    #[retry(once)]
    fn bare(calls: &mut u32) -> Result<(), Failure> {
        *calls += 1;
        Err(Failure(doubtful()))
    }
    assert_eq!(attempts(|calls| computed(calls, &unsent())), 3);
    assert_eq!(attempts(|calls| computed(calls, &doubtful())), 1);
    assert_eq!(attempts(|calls| computed(calls, &unsent().no_retry())), 1);
    assert_eq!(attempts(literal), 1);
    assert_eq!(attempts(bare), 1);
}

#[tokio::test]
async fn a_function_is_once_beside_its_policy_breaker_and_hooks() {
    async fn count(call: impl AsyncFnOnce(Log) -> Result<(), Failure>) -> usize {
        let log = Log::default();
        call(log.clone()).await.unwrap_err();
        log.take().len()
    }
    #[retry(policy = policy, once)]
    async fn alone(policy: &Policy<Own>, log: &Log, said: &Classification) -> Result<(), Failure> {
        log.write("attempt");
        Err(Failure(said.clone()))
    }
    #[retry(policy = policy, once, operation = "charge", on_event = |_| {})]
    async fn hooked(policy: &Policy<Own>, log: &Log, said: &Classification) -> Result<(), Failure> {
        log.write("attempt");
        Err(Failure(said.clone()))
    }
    #[retry(strategy = instant(), max_attempts = 3, once, circuit_breaker = breaker)]
    async fn guarded(
        breaker: &CircuitBreaker,
        log: &Log,
        said: &Classification,
    ) -> Result<(), Failure> {
        log.write("attempt");
        Err(Failure(said.clone()))
    }
    let policy = builder().max_attempts(3).build().unwrap();
    for (said, expected) in [(unsent(), 3), (doubtful(), 1)] {
        let (policy, said) = (&policy, &said);
        let breaker = &CircuitBreaker::new();
        let calls = count(async |log| alone(policy, &log, said).await).await;
        assert_eq!(calls, expected);
        let calls = count(async |log| hooked(policy, &log, said).await).await;
        assert_eq!(calls, expected);
        let calls = count(async |log| guarded(breaker, &log, said).await).await;
        assert_eq!(calls, expected);
    }
}

#[test]
fn blocks_are_once_too() {
    for (said, expected) in [(unsent(), 3), (doubtful(), 1)] {
        let calls = attempts(|calls| {
            retry_block!(strategy = instant(), max_attempts = 3, once, || {
                *calls += 1;
                Err(Failure(said.clone()))
            })
        });
        assert_eq!(calls, expected);
    }
}
