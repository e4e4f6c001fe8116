//! What is around a session, a poll and single steps: the caller's deadline, and a gate.

use std::io::{Error, ErrorKind};
use std::time::Duration;

use redress::deadline::Scope;
use redress::strategies::{instant, retry_after_or};
use redress::testing::VirtualClock;
use redress::time::Clock;
use redress::{
    Attempted, Classification, ErrorClass, Gate, Policy, PolicyBuilder, Step, StopReason,
};

use super::{pass, sessions};
use crate::support::SECOND;

type Classify = fn(&Error) -> Classification;

/// A refused connection is a rate limit of 30 s.
fn classify(error: &Error) -> Classification {
    match error.kind() {
        ErrorKind::ConnectionRefused => {
            Classification::new(ErrorClass::RateLimit).retry_after(30 * SECOND)
        }
        ErrorKind::PermissionDenied => ErrorClass::Permission.into(),
        _ => ErrorClass::Transient.into(),
    }
}

fn gated(builder: PolicyBuilder, clock: &VirtualClock) -> (Policy<Classify>, Gate) {
    let gate = Gate::builder().clock(clock.clone()).build().unwrap();
    gate.reset();
    let policy = builder
        .classifier(classify as Classify)
        .strategy(retry_after_or(instant()).jitter(0))
        .clock(clock.clone())
        .gate(gate.clone())
        .build();
    (policy.unwrap(), gate)
}

fn seconds_since(clock: &VirtualClock, start: std::time::Instant) -> f64 {
    clock.now().duration_since(start).as_secs_f64()
}

#[tokio::test]
async fn a_session_without_health_ends_when_its_caller_gives_up() {
    let clock = VirtualClock::new();
    let policy = sessions(&clock).inherit_deadline().build().unwrap();
    // A server that takes connections and says nothing; virtual time passes in what sleeps.
    let hanging = policy.session(|_| {
        let clock = clock.clone();
        async move {
            pass(&clock, 100.0).await;
            Err::<(), _>(Error::from(ErrorKind::PermissionDenied))
        }
    });
    let scope = Scope::with_clock(5 * SECOND, clock.clone());
    let stopped = scope.attach(hanging).await;
    assert_eq!(stopped.stop_reason(), StopReason::DeadlineExceeded);
    assert_eq!(stopped.attempts(), 1);

    // One that is lost again and again: at 0, 1, 2 s; the next connect would be at 3.
    let mut connects = 0;
    let lost = policy.session(|_| {
        connects += 1;
        std::future::ready(Err(Error::from(ErrorKind::ConnectionReset)))
    });
    let scope = Scope::with_clock(5 * SECOND / 2, clock.clone());
    let stopped = scope.attach(lost).await;
    assert_eq!(stopped.stop_reason(), StopReason::DeadlineExceeded);
    assert_eq!(connects, 3);
}

#[tokio::test]
async fn a_session_in_the_scope_of_a_caller_that_has_gone_does_not_connect() {
    let clock = VirtualClock::new();
    let policy = sessions(&clock).inherit_deadline().build().unwrap();
    let mut connects = 0;
    let session = policy.session(|_| {
        connects += 1;
        std::future::ready(Err(Error::from(ErrorKind::ConnectionReset)))
    });
    let scope = Scope::with_clock(Duration::ZERO, clock.clone());
    let stopped = scope.attach(session).await;
    assert_eq!(stopped.stop_reason(), StopReason::DeadlineExceeded);
    assert_eq!((connects, stopped.attempts()), (0, 0));
}

/// Health forgets the policy's own deadline, and not when the caller gives up.
#[tokio::test]
async fn a_healthy_session_does_not_connect_again_when_its_caller_has_gone() {
    let clock = VirtualClock::new();
    let policy = sessions(&clock).inherit_deadline().build().unwrap();
    let start = clock.now();
    // Healthy after 10 s. Each lasts 30 s, and is lost or ends by itself; the caller waits for 100 s.
    for ends in [Err(ErrorKind::ConnectionReset), Ok(())] {
        let mut connects = 0;
        let lost = policy.session(|_| {
            connects += 1;
            let clock = clock.clone();
            async move {
                pass(&clock, 30.0).await;
                ends.map_err(Error::from)
            }
        });
        let scope = Scope::with_clock(100 * SECOND, clock.clone());
        let stopped = scope.attach(lost).await;
        assert_eq!(stopped.stop_reason(), StopReason::DeadlineExceeded);
        assert_eq!(connects, 4, "{ends:?}");
    }
    // Nor does it wait longer for one that is not healthy.
    let mut connects = 0;
    let hanging = policy.session(|_| {
        connects += 1;
        let (clock, first) = (clock.clone(), connects == 1);
        async move {
            pass(&clock, if first { 30.0 } else { 9.0 }).await;
            Err::<(), _>(Error::from(ErrorKind::ConnectionReset))
        }
    });
    let scope = Scope::with_clock(50 * SECOND, clock.clone());
    let before = clock.now();
    let stopped = scope.attach(hanging).await;
    assert_eq!(stopped.stop_reason(), StopReason::DeadlineExceeded);
    // At 0, 31 and 41 s; the next would be at 51.
    assert_eq!((connects, stopped.attempts()), (3, 3));
    assert!(clock.now().duration_since(before) <= 50 * SECOND);
    assert!(clock.now() > start);
}

#[tokio::test]
async fn connects_wait_at_a_gate_and_tell_it_how_they_went() {
    let clock = VirtualClock::new();
    let (policy, gate) = gated(Policy::sessions(), &clock);
    gate.close_for(20);
    let (start, mut connects) = (clock.now(), Vec::new());
    let stopped = policy
        .session(|_| {
            connects.push(seconds_since(&clock, start));
            let connect = connects.len();
            let clock = clock.clone();
            async move {
                match connect {
                    // Limited: the gate is closed for all.
                    1 => Err(ErrorKind::ConnectionRefused.into()),
                    // Healthy, and lost.
                    2 => {
                        pass(&clock, 60.0).await;
                        Err(ErrorKind::ConnectionReset.into())
                    }
                    _ => Err(Error::from(ErrorKind::PermissionDenied)),
                }
            }
        })
        .await;
    assert_eq!(stopped.stop_reason(), StopReason::NonRetryableClass);
    assert_eq!(connects.len(), 3);
    assert!(connects[0] >= 19.99, "{connects:?}");
    assert!(connects[1] - connects[0] >= 29.99, "{connects:?}");
    assert!(connects[2] - connects[1] >= 59.99, "{connects:?}");
    // What it had of the gate came back: another call may go when it is open again.
    gate.reset();
    assert!(policy.call(|| Ok::<_, Error>(())).is_ok());
}

#[tokio::test]
async fn polls_wait_at_a_gate_and_close_it_for_others() {
    let clock = VirtualClock::new();
    let (policy, gate) = gated(Policy::builder().deadline(300), &clock);
    gate.close_for(20);
    for blocks in [true, false] {
        let (start, mut looks) = (clock.now(), Vec::new());
        let mut look = || {
            looks.push(seconds_since(&clock, start));
            match looks.len() {
                1 => Ok(false),
                2 => Err(Error::from(ErrorKind::ConnectionRefused)),
                _ => Ok(true),
            }
        };
        let waited = if blocks {
            policy.until(&mut look, |ready| *ready)
        } else {
            policy
                .until_async(|| std::future::ready(look()), |ready| *ready)
                .await
        };
        assert!(waited.unwrap());
        assert_eq!(looks.len(), 3);
        if blocks {
            assert!(looks[0] >= 19.99, "{looks:?}");
        }
        assert!(looks[2] - looks[1] >= 29.99, "{looks:?}");
    }
}

#[test]
fn steps_leave_a_gate_to_their_caller() {
    let clock = VirtualClock::new();
    let (policy, gate) = gated(Policy::builder(), &clock);
    gate.close_for(20);
    let now = clock.now();
    let mut steps = policy.start(now);
    assert_eq!(steps.next_attempt(now), Step::Attempt(1));
    gate.reset();
    let limited = classify(&ErrorKind::ConnectionRefused.into());
    let step = steps.record(Attempted::Failed(limited), now);
    assert_eq!(step, Step::RetryAfter(30 * SECOND));
    assert_eq!(gate.retry_after(), None);
}
