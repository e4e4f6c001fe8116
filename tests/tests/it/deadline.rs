//! Scopes: callers that give up, and that try again.

use std::future::pending;
use std::io;
use std::sync::Mutex;
use std::thread;
use std::time::Duration;

use redress::deadline::{self, Scope};
use redress::strategies::fixed;
use redress::testing::VirtualClock;
use redress::{
    Attempt, CircuitBreaker, Event, Interrupt, Policy, PolicyBuilder, SleepDecision, StopReason,
    retry,
};

const SECOND: Duration = Duration::from_secs(1);

fn down() -> io::Result<()> {
    Err(io::ErrorKind::ConnectionRefused.into())
}

fn builder(clock: &VirtualClock) -> PolicyBuilder {
    Policy::builder().strategy(fixed(1)).clock(clock.clone())
}

/// Calls in a scope that leaves so much.
fn outcome(
    clock: &VirtualClock,
    policy: &Policy,
    left: Duration,
) -> redress::Outcome<(), io::Error> {
    let scope = Scope::with_clock(left, clock.clone());
    scope.run(|| policy.execute(down))
}

#[test]
fn the_nearer_of_scope_and_deadline_counts() {
    let clock = VirtualClock::new();
    let policy = builder(&clock).inherit_deadline().build().unwrap();
    // At 0, 1 and 2 s; the next would be at 3.
    let ended = outcome(&clock, &policy, SECOND * 5 / 2);
    assert_eq!((ended.attempts, ended.elapsed), (3, 2 * SECOND));
    assert_eq!(ended.stop_reason, Some(StopReason::DeadlineExceeded));
    let own = builder(&clock)
        .deadline(1.5)
        .inherit_deadline()
        .build()
        .unwrap();
    assert_eq!(outcome(&clock, &own, 60 * SECOND).attempts, 2);
    let none = builder(&clock)
        .no_deadline()
        .inherit_deadline()
        .build()
        .unwrap();
    assert_eq!(outcome(&clock, &none, SECOND * 5 / 2).attempts, 3);
    assert_eq!(policy.execute(down).attempts, 6);
}

#[test]
fn a_policy_that_does_not_say_so_sees_no_scope() {
    let clock = VirtualClock::new();
    let policy = builder(&clock).build().unwrap();
    assert_eq!(outcome(&clock, &policy, Duration::ZERO).attempts, 6);
    let retries = Scope::default().attempt(2, Some(4));
    assert_eq!(retries.run(|| policy.execute(down)).attempts, 6);
}

#[test]
fn a_caller_that_has_given_up_is_refused_and_the_end_is_shown() {
    let clock = VirtualClock::new();
    static SEEN: Mutex<Vec<String>> = Mutex::new(Vec::new());
    let watched = builder(&clock)
        .inherit_deadline()
        .on_event(|event: &Event<'_>| {
            let line = format!("{} {} {:?}", event.name(), event.attempt(), event.elapsed());
            SEEN.lock().unwrap().push(line);
        });
    let watched = watched
        .circuit_breaker(CircuitBreaker::new())
        .build()
        .unwrap();
    let refused = outcome(&clock, &watched, Duration::ZERO);
    assert_eq!((refused.attempts, refused.elapsed), (0, Duration::ZERO));
    assert_eq!(refused.stop_reason, Some(StopReason::DeadlineExceeded));
    assert_eq!(outcome(&clock, &watched, SECOND / 2).attempts, 1);
    let seen = SEEN.lock().unwrap();
    // Times are those of the call, not of its caller.
    assert_eq!(
        *seen,
        ["deadline_exceeded 0 0ns", "deadline_exceeded 1 0ns"]
    );
    let plain = builder(&clock).inherit_deadline().build().unwrap();
    let refused = outcome(&clock, &plain, Duration::ZERO);
    assert_eq!(
        (refused.attempts, refused.stop_reason),
        (0, Some(StopReason::DeadlineExceeded))
    );
}

#[test]
fn retries_are_left_to_a_caller_that_makes_them() {
    let clock = VirtualClock::new();
    let policy = builder(&clock).leave_retries_to_caller().build().unwrap();
    let by = |number, max| {
        let scope = Scope::default().attempt(number, max);
        let ended = scope.run(|| policy.execute(down));
        (ended.attempts, ended.stop_reason.unwrap())
    };
    let left = (1, StopReason::MaxAttemptsGlobal);
    assert_eq!(by(1, Some(4)), left);
    assert_eq!(by(4, Some(4)), left);
    assert_eq!(by(1, None), left);
    assert_eq!(by(1, Some(1)).0, 6);
    // It does not say that it inherits.
    assert_eq!(outcome(&clock, &policy, SECOND / 2).attempts, 6);
    let both = builder(&clock)
        .inherit_deadline()
        .leave_retries_to_caller()
        .build()
        .unwrap();
    let scope = Scope::with_clock(SECOND * 3 / 2, clock).attempt(1, Some(4));
    assert_eq!(scope.run(|| both.execute(down)).attempts, 1);
}

#[test]
fn what_is_told_to_the_next_service_is_the_nearest_end_and_who_repeats() {
    let clock = VirtualClock::new();
    let told = |policy: &Policy, scope: &Scope| {
        let told = || Ok::<_, io::Error>(Attempt::current().unwrap().scope());
        let told = scope.run(|| policy.call(told)).unwrap();
        (told.remaining(), told.caller_attempt())
    };
    let three = Scope::with_clock(3 * SECOND, clock.clone());
    let policy = builder(&clock)
        .inherit_deadline()
        .leave_retries_to_caller()
        .build()
        .unwrap();
    assert_eq!(
        told(&policy, &three),
        (Some(3 * SECOND), Some((1, Some(6))))
    );
    // A call that makes one attempt for a caller that makes more passes that on.
    let repeats = three.clone().attempt(2, Some(4));
    assert_eq!(
        told(&policy, &repeats),
        (Some(3 * SECOND), Some((2, Some(4))))
    );
    let short = builder(&clock)
        .attempt_timeout(2)
        .inherit_deadline()
        .build()
        .unwrap();
    assert_eq!(told(&short, &three).0, Some(2 * SECOND));
    let endless = builder(&clock)
        .no_deadline()
        .inherit_deadline()
        .build()
        .unwrap();
    assert_eq!(told(&endless, &Scope::default()).0, None);
    assert_eq!(told(&endless, &three).0, Some(3 * SECOND));
}

#[test]
fn a_deferred_operation_goes_on_by_its_own_deadline() {
    let clock = VirtualClock::new();
    let policy = builder(&clock)
        .deadline(60)
        .inherit_deadline()
        .build()
        .unwrap();
    let scope = Scope::with_clock(10 * SECOND, clock);
    let deferred = scope.run(|| {
        let call = policy.context().sleep_handler(|_, _| SleepDecision::Defer);
        call.execute(down)
    });
    let token = deferred.resume_token().unwrap();
    assert_eq!(token.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn an_attempt_is_cut_off_when_the_caller_gives_up() {
    let policy = Policy::builder().inherit_deadline().build().unwrap();
    let hangs = policy.call_async(pending::<io::Result<()>>);
    let before = tokio::time::Instant::now();
    let error = Scope::new(SECOND).attach(hangs).await.unwrap_err();
    assert_eq!(before.elapsed().as_secs_f64().round(), 1.0);
    assert_eq!(
        (error.attempts(), error.stop_reason()),
        (1, StopReason::DeadlineExceeded)
    );
}

#[tokio::test(start_paused = true)]
async fn a_scope_goes_into_a_task_only_where_it_is_attached() {
    Scope::new(SECOND)
        .attach(async {
            assert!(deadline::remaining().is_some());
            let alone = tokio::spawn(async { deadline::remaining() });
            assert_eq!(alone.await.unwrap(), None);
            let attached = tokio::spawn(deadline::attach(async {
                tokio::time::sleep(SECOND / 2).await;
                deadline::remaining()
            }));
            assert!(attached.await.unwrap().unwrap() <= SECOND / 2);
            // Between polls another task of the thread sees nothing of it.
            let (other, ()) = tokio::join!(
                tokio::spawn(async {
                    (0..9)
                        .map(|_| deadline::remaining())
                        .all(|left| left.is_none())
                }),
                tokio::task::yield_now(),
            );
            assert!(other.unwrap());
        })
        .await;
    assert_eq!(deadline::remaining(), None);
}

/// The thread of an attempt is in the scope of its call, and in none when it is used again.
#[test]
fn a_detached_attempt_is_in_the_scope_of_its_call() {
    let policy = Policy::builder().inherit_deadline().build().unwrap();
    let left = || Ok::<_, io::Error>((thread::current().id(), deadline::remaining()));
    let (thread, inside) = Scope::new(60 * SECOND)
        .run(|| policy.call_detached(left))
        .unwrap();
    assert!(inside.is_some_and(|left| left <= 60 * SECOND));
    let (same, outside) = policy.call_detached(left).unwrap();
    assert_eq!((same, outside), (thread, None));
}

#[derive(Debug)]
enum Failed {
    Io,
    Interrupted(Interrupt),
}

impl redress::Classify for Failed {
    fn classify(&self) -> redress::Classification {
        redress::ErrorClass::Transient.into()
    }
}

impl From<Interrupt> for Failed {
    fn from(interrupt: Interrupt) -> Self {
        Self::Interrupted(interrupt)
    }
}

#[retry(inherit_deadline, leave_retries_to_caller, strategy = fixed(1ms), max_attempts = 3)]
fn blocking(calls: &mut u32) -> Result<(), Failed> {
    *calls += 1;
    assert!(Attempt::current().is_some());
    Err(Failed::Io)
}

#[retry(inherit_deadline, strategy = fixed(1ms), max_attempts = 3)]
async fn hanging(calls: &Mutex<u32>) -> Result<(), Failed> {
    *calls.lock().unwrap() += 1;
    pending().await
}

#[test]
fn the_attribute_inherits() {
    let mut calls = 0;
    assert!(matches!(blocking(&mut calls), Err(Failed::Io)));
    assert_eq!(calls, 3);
    let repeats = Scope::new(60 * SECOND).attempt(1, Some(2));
    assert!(matches!(
        repeats.run(|| blocking(&mut calls)),
        Err(Failed::Io)
    ));
    assert_eq!(calls, 4);
    let late = Scope::new(Duration::ZERO).run(|| blocking(&mut calls));
    let Err(Failed::Interrupted(interrupt)) = late else {
        panic!("{late:?}")
    };
    assert_eq!(
        (calls, interrupt.stop_reason()),
        (4, StopReason::DeadlineExceeded)
    );
}

#[tokio::test(start_paused = true)]
async fn the_attribute_inherits_in_async_functions() {
    let calls = Mutex::new(0);
    let ended = Scope::new(SECOND).attach(hanging(&calls)).await;
    assert!(matches!(ended, Err(Failed::Interrupted(interrupt)) if interrupt.attempts() == 1));
    assert_eq!(*calls.lock().unwrap(), 1);
}
