//! Calls whose metrics are known.

use std::task::{Context, Waker};
use std::time::Duration;

use redress::strategies::{fixed, instant};
use redress::testing::VirtualClock;
use redress::{ErrorClass, Observer, Policy, PolicyBuilder};

pub(crate) type Classifier = fn(&ErrorClass) -> ErrorClass;

/// A policy whose errors are classes, and whose pauses are 250 ms of virtual time.
pub(crate) fn policy(operation: &str) -> PolicyBuilder<Classifier> {
    Policy::builder()
        .operation(operation.to_owned())
        .classifier((|class| *class) as Classifier)
        .strategy(fixed(Duration::from_millis(250)))
        .max_attempts(3)
        .clock(VirtualClock::new())
}

/// Makes one call of `operation` that ends in each of these ways:
///
/// | how | attempts |
/// |---|---|
/// | a success at once | 1 |
/// | RATE_LIMIT, then a success | 2 |
/// | TRANSIENT three times | 3 |
/// | PERMANENT | 1 |
/// | a future that is dropped in its pause | 1 |
pub(crate) fn one_of_each(operation: &str, observer: impl Observer + 'static) {
    let clock = VirtualClock::new();
    let policy = policy(operation)
        .clock(clock.clone())
        .on_event(observer)
        .build()
        .unwrap();
    policy.call(|| Ok::<_, ErrorClass>(())).unwrap();
    let mut answers = [Err(ErrorClass::RateLimit), Ok(())].into_iter();
    policy.call(|| answers.next().unwrap()).unwrap();
    policy
        .call(|| Err::<(), _>(ErrorClass::Transient))
        .unwrap_err();
    policy
        .call(|| Err::<(), _>(ErrorClass::Permanent))
        .unwrap_err();
    let mut call = Box::pin(policy.call_async(async || Err::<(), _>(ErrorClass::Transient)));
    assert!(
        call.as_mut()
            .poll(&mut Context::from_waker(Waker::noop()))
            .is_pending()
    );
}

/// Calls as many operations as there are names, each named for its call.
pub(crate) fn many_names(names: u32, observer: impl Observer + 'static) {
    let policy = policy("unused")
        .strategy(instant())
        .on_event(observer)
        .build()
        .unwrap();
    for name in 0..names {
        let operation = format!("load user {name}");
        policy
            .context()
            .operation(operation)
            .call(|| Ok::<_, ErrorClass>(()))
            .unwrap();
    }
}

/// What [`one_of_each`] has recorded for `op`, in the names of Prometheus.
pub(crate) const ONE_OF_EACH: &[(&str, f64)] = &[
    (
        r#"redress_calls_total{operation="op",result="success",class=""}"#,
        1.0,
    ),
    (
        r#"redress_calls_total{operation="op",result="success_after_retry",class=""}"#,
        1.0,
    ),
    (
        r#"redress_calls_total{operation="op",result="max_attempts_exceeded",class="TRANSIENT"}"#,
        1.0,
    ),
    (
        r#"redress_calls_total{operation="op",result="permanent_fail",class="PERMANENT"}"#,
        1.0,
    ),
    (
        r#"redress_calls_total{operation="op",result="cancelled",class=""}"#,
        1.0,
    ),
    (
        r#"redress_retries_total{operation="op",class="RATE_LIMIT",cause="error"}"#,
        1.0,
    ),
    (
        r#"redress_retries_total{operation="op",class="TRANSIENT",cause="error"}"#,
        3.0,
    ),
    (r#"redress_call_retries_sum{operation="op"}"#, 3.0),
    (r#"redress_call_retries_count{operation="op"}"#, 2.0),
    (r#"redress_retry_delay_seconds_sum{operation="op"}"#, 1.0),
    (r#"redress_retry_delay_seconds_count{operation="op"}"#, 4.0),
];

/// The metrics that [`ONE_OF_EACH`] has all series of.
pub(crate) const COUNTERS: &[&str] = &[
    "redress_calls_total",
    "redress_retries_total",
    "redress_call_retries_sum",
    "redress_call_retries_count",
    "redress_retry_delay_seconds_sum",
    "redress_retry_delay_seconds_count",
];
