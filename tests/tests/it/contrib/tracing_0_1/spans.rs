use std::io::Error;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use redress::contrib::tracing_0_1::{events, spans};
use redress::testing::VirtualClock;
use redress::{
    Budget, CircuitBreaker, Classification, ErrorClass, Observer, Policy, PolicyBuilder, retry,
};
use tracing::{Instrument as _, Level, info, info_span};

use super::recorder::{Recorder, Traced, paths};
use crate::support::{Transient, builder, down};

fn with(observer: impl Observer + 'static) -> PolicyBuilder<Transient> {
    builder(&VirtualClock::new())
        .operation("load_order")
        .max_attempts(3)
        .on_event(observer)
}

/// A request that is traced, sends and waits, and fails so many times.
async fn request(failures: &AtomicU32) -> Result<(), Error> {
    let http = async {
        info!("sent");
        tokio::task::yield_now().await;
        info!("answered");
        match failures.fetch_update(Relaxed, Relaxed, |left| left.checked_sub(1)) {
            Ok(_) => Err(down()),
            Err(_) => Ok(()),
        }
    };
    http.instrument(info_span!("http")).await
}

/// Runs a future on this thread, where the recorder is.
fn block_on<F: Future>(future: F) -> F::Output {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = runtime.enable_time().start_paused(true).build().unwrap();
    runtime.block_on(future)
}

fn all_closed(all: &[Traced]) -> bool {
    all.iter().all(|traced| !traced.is_open)
}

#[test]
fn a_call_is_a_span_and_each_attempt_is_a_child_that_the_operation_is_in() {
    let (_, all) = Recorder::watch(|| {
        let policy = with(spans()).build().unwrap();
        let failures = AtomicU32::new(1);
        block_on(
            policy
                .call_async(|| request(&failures))
                .instrument(info_span!("page")),
        )
        .unwrap();
    });
    let expected = [
        "page",
        "page > redress.call",
        "page > redress.call > attempt",
        "page > redress.call > attempt > http",
        "page > redress.call > attempt > http > sent",
        "page > redress.call > attempt > http > answered",
        "page > redress.call > attempt",
        "page > redress.call > attempt > http",
        "page > redress.call > attempt > http > sent",
        "page > redress.call > attempt > http > answered",
    ];
    assert_eq!(paths(&all), expected);
    assert!(all_closed(&all), "{all:?}");

    // Errors that were retried and handled are not on the call.
    let [call, first, second] = [&all[1], &all[2], &all[6]];
    assert_eq!(call.field("otel.name"), "load_order");
    assert_eq!(call.field("redress.operation"), "load_order");
    assert_eq!(call.field("redress.attempts"), "2");
    for absent in ["error.type", "otel.status_code", "redress.stop_reason"] {
        assert_eq!(
            (call.field(absent), second.field(absent)),
            ("", ""),
            "{absent}"
        );
    }
    assert_eq!(first.field("redress.attempt"), "1");
    assert_eq!(first.field("error.type"), "TRANSIENT");
    assert_eq!(first.field("otel.status_code"), "ERROR");
    assert_eq!(first.field("redress.cause"), "error");
    assert_eq!(first.field("redress.error_type"), "std::io::error::Error");
    assert_eq!(second.field("redress.attempt"), "2");
    assert_eq!(
        (call.level, call.target.as_str()),
        (Some(Level::INFO), "redress")
    );
}

#[test]
fn a_sync_attempt_is_run_in_its_span() {
    let (_, all) = Recorder::watch(|| {
        let policy = with(spans()).build().unwrap();
        policy.call(|| {
            info!("read");
            Err::<(), _>(down())
        })
    });
    let read = all
        .iter()
        .filter(|event| event.path == "redress.call > attempt > read");
    assert_eq!(read.count(), 3);
    assert_eq!(all[0].field("error.type"), "TRANSIENT");
    assert_eq!(all[0].field("redress.stop_reason"), "MAX_ATTEMPTS_GLOBAL");
    assert_eq!(all[0].field("otel.status_code"), "ERROR");
    assert!(all_closed(&all));
}

#[test]
fn a_detached_attempt_is_run_in_its_span_on_its_thread() {
    let (_, all) = Recorder::watch(|| {
        let policy = with(spans()).build().unwrap();
        let caller = std::thread::current().id();
        let recorder = tracing::dispatcher::get_default(Clone::clone);
        policy.call_detached(move || {
            let elsewhere = std::thread::current().id() != caller;
            tracing::dispatcher::with_default(&recorder, || info!(elsewhere, "read"));
            Ok::<_, Error>(())
        })
    });
    let read = all
        .iter()
        .find(|event| event.path.ends_with("read"))
        .expect("it is traced");
    assert_eq!(read.path, "redress.call > attempt > read");
    assert_eq!(read.field("elsewhere"), "true");
    assert!(all_closed(&all));
}

#[test]
fn events_of_a_call_are_in_its_span() {
    let (_, all) = Recorder::watch(|| {
        let policy = with((events(), spans())).build().unwrap();
        let own = |event: &redress::Event<'_>| info!("own {}", event.name());
        policy.context().on_event(own).call(|| Err::<(), _>(down()))
    });
    let expected = [
        "redress.call",
        "redress.call > attempt",
        "redress.call > retry",
        "redress.call > own retry",
        "redress.call > attempt",
        "redress.call > retry",
        "redress.call > own retry",
        "redress.call > attempt",
        "redress.call > max_attempts_exceeded",
        "redress.call > own max_attempts_exceeded",
    ];
    assert_eq!(paths(&all), expected);
}

/// The Python package's fault 2: its span starts when the first attempt has ended.
#[test]
fn python_fault_2_a_span_covers_the_first_attempt() {
    let (open, _) = Recorder::watch(|| {
        let policy = with(spans()).build().unwrap();
        policy.call(|| Ok::<_, Error>(tracing::Span::current().metadata().map(|it| it.name())))
    });
    assert_eq!(open.unwrap(), Some("attempt"));
}

/// The Python package's fault 3: a budget that refuses never ends the span.
#[test]
fn python_fault_3_a_refusal_of_the_budget_ends_the_span() {
    let (_, all) = Recorder::watch(|| {
        let budget = Budget::rolling(0, 60);
        let policy = with(spans()).budget(budget).build().unwrap();
        policy.call(|| Err::<(), _>(down())).unwrap_err();
        policy
            .context()
            .operation("other")
            .call(|| Ok::<_, Error>(()))
            .unwrap();
    });
    let calls: Vec<_> = all
        .iter()
        .filter(|span| span.path == "redress.call")
        .collect();
    assert_eq!(calls[0].field("redress.stop_reason"), "BUDGET_EXHAUSTED");
    assert_eq!(calls[1].field("redress.operation"), "other");
    assert!(all_closed(&all));
}

/// The Python package's fault 4: a call inside a call shares its span.
#[test]
fn python_fault_4_a_call_inside_a_call_has_its_own_span() {
    let (_, all) = Recorder::watch(|| {
        let outer = with(spans()).build().unwrap();
        let inner = with(spans()).operation("inner").build().unwrap();
        let mut first = true;
        outer.call(|| {
            inner.call(|| Ok::<_, Error>(())).unwrap();
            if std::mem::take(&mut first) {
                Err(down())
            } else {
                Ok(())
            }
        })
    });
    let expected = [
        "redress.call",
        "redress.call > attempt",
        "redress.call > attempt > redress.call",
        "redress.call > attempt > redress.call > attempt",
        "redress.call > attempt",
        "redress.call > attempt > redress.call",
        "redress.call > attempt > redress.call > attempt",
    ];
    assert_eq!(paths(&all), expected);
    let names: Vec<_> = [0, 2, 5]
        .map(|at| all[at].field("redress.operation"))
        .into();
    assert_eq!(names, ["load_order", "inner", "inner"]);
    assert_eq!(
        [0, 2, 5].map(|at| all[at].field("redress.attempts")),
        ["2", "1", "1"]
    );
    assert!(all_closed(&all));
}

/// The Python package's fault 5: no status, never current, and no span of a rejected call.
#[test]
fn python_fault_5_a_call_that_the_breaker_refuses_is_a_span_with_an_error() {
    let (_, all) = Recorder::watch(|| {
        let breaker = CircuitBreaker::builder().build().unwrap();
        let policy = with(spans())
            .circuit_breaker(breaker.clone())
            .build()
            .unwrap();
        breaker.force_open();
        policy.call(|| Ok::<_, Error>(())).unwrap_err();
    });
    assert_eq!(paths(&all), ["redress.call"]);
    assert_eq!(all[0].field("error.type"), "CIRCUIT_OPEN");
    assert_eq!(all[0].field("redress.stop_reason"), "CIRCUIT_OPEN");
    assert_eq!(all[0].field("otel.status_code"), "ERROR");
    assert_eq!(all[0].field("redress.attempts"), "0");
    assert!(all_closed(&all));
}

/// The Python package's fault 6: the class of an error is on successes.
#[test]
fn python_fault_6_a_success_has_no_error() {
    let (_, all) = Recorder::watch(|| {
        let policy = with(spans()).build().unwrap();
        policy.call(|| Ok::<_, Error>(())).unwrap();
    });
    for span in &all {
        assert_eq!(
            (span.field("error.type"), span.field("otel.status_code")),
            ("", "")
        );
    }
    assert_eq!(paths(&all), ["redress.call", "redress.call > attempt"]);
}

#[test]
fn a_call_that_is_dropped_closes_its_spans_wherever_it_is() {
    // In its attempt, and in its pause.
    for (polls, attempt_open) in [(1, true), (2, false)] {
        let (_, all) = Recorder::watch(|| {
            let policy = with(spans()).build().unwrap();
            let failures = AtomicU32::new(9);
            block_on(async {
                let mut call = Box::pin(policy.call_async(|| request(&failures)));
                let mut context = std::task::Context::from_waker(std::task::Waker::noop());
                for _ in 0..polls {
                    assert!(call.as_mut().poll(&mut context).is_pending());
                }
            });
        });
        assert!(all_closed(&all), "{all:?}");
        assert_eq!(all[0].field("redress.stop_reason"), "CANCELLED");
        assert_eq!(all[0].field("otel.status_code"), "");
        let error = if attempt_open { "" } else { "TRANSIENT" };
        assert_eq!(all[1].field("error.type"), error);
    }
}

#[test]
fn a_panic_closes_its_spans_and_is_an_error() {
    let (_, all) = Recorder::watch(|| {
        let policy = with(spans()).build().unwrap();
        let call = || policy.call(|| -> Result<(), Error> { panic!("of the operation") });
        std::panic::catch_unwind(std::panic::AssertUnwindSafe(call)).unwrap_err();
    });
    assert!(all_closed(&all));
    assert_eq!(all[0].field("redress.stop_reason"), "PANICKED");
    assert_eq!(all[0].field("error.type"), "PANICKED");
}

#[test]
fn an_attempt_that_is_cut_off_says_so() {
    let (_, all) = Recorder::watch(|| {
        let policy = Policy::builder()
            .attempt_timeout(0.1)
            .strategy(redress::strategies::fixed(1))
            .max_attempts(1)
            .on_event(spans())
            .build()
            .unwrap();
        block_on(policy.call_async(|| async {
            std::future::pending::<()>()
                .instrument(info_span!("hangs"))
                .await;
            Ok::<_, Error>(())
        }))
        .unwrap_err();
    });
    assert_eq!(all[1].field("redress.cause"), "timeout");
    assert_eq!(all[1].field("error.type"), "TRANSIENT");
    assert_eq!(all[2].path, "redress.call > attempt > hangs");
    assert!(all_closed(&all));
}

#[test]
fn what_a_classifier_notes_is_on_the_attempt() {
    let (_, all) = Recorder::watch(|| {
        let noted =
            |_: &Error| Classification::new(ErrorClass::Permanent).detail("http_status", "404");
        let policy = Policy::builder()
            .classifier(noted)
            .on_event(spans())
            .build()
            .unwrap();
        policy.call(|| Err::<(), _>(down())).unwrap_err();
    });
    assert_eq!(all[1].field("redress.details"), "http_status=404");
    assert_eq!(all[0].field("otel.name"), "");
}

#[test]
fn without_attempts_the_operation_is_in_the_span_of_the_call() {
    let (_, all) = Recorder::watch(|| {
        let policy = with(spans().without_attempts().level(Level::DEBUG))
            .build()
            .unwrap();
        policy
            .call(|| {
                info!("read");
                Ok::<_, Error>(())
            })
            .unwrap();
    });
    assert_eq!(paths(&all), ["redress.call", "redress.call > read"]);
    assert_eq!(all[0].level, Some(Level::DEBUG));
}

#[test]
fn two_calls_at_once_are_told_apart() {
    let (_, all) = Recorder::watch(|| {
        let policy = with(spans()).build().unwrap();
        let (one, other) = (AtomicU32::new(1), AtomicU32::new(0));
        block_on(async {
            let one = async {
                policy
                    .context()
                    .operation("one")
                    .call_async(|| request(&one))
                    .await
            };
            let other = async {
                policy
                    .context()
                    .operation("other")
                    .call_async(|| request(&other))
                    .await
            };
            let (one, other) = tokio::join!(one, other);
            one.and(other).unwrap();
        });
    });
    let calls: Vec<_> = all
        .iter()
        .filter(|span| span.path == "redress.call")
        .collect();
    let attempts: Vec<_> = calls
        .iter()
        .map(|call| call.field("redress.attempts"))
        .collect();
    assert_eq!(attempts, ["2", "1"]);
    let sent = all
        .iter()
        .filter(|event| event.path == "redress.call > attempt > http > sent");
    assert_eq!(sent.count(), 3);
    assert!(all_closed(&all));
}

#[retry(strategy = instant(), max_attempts = 2, span, on_event = spans())]
async fn in_spans() -> Result<(), Error> {
    tokio::task::yield_now().await;
    info!("in the body");
    Err(down())
}

#[retry(strategy = instant(), max_attempts = 2, span, on_event = spans())]
fn in_spans_too() -> Result<(), Error> {
    info!("in the body");
    Err(down())
}

#[test]
fn what_the_body_of_a_function_with_span_traces_is_in_its_attempt() {
    let expected = [
        "redress.call",
        "redress.call > attempt",
        "redress.call > attempt > in the body",
        "redress.call > attempt",
        "redress.call > attempt > in the body",
    ];
    let (_, all) = Recorder::watch(|| in_spans_too().unwrap_err());
    assert_eq!(paths(&all), expected);
    let ((), all) = Recorder::watch(|| {
        let mut call = std::pin::pin!(in_spans());
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        while Future::poll(call.as_mut(), &mut context).is_pending() {}
    });
    assert_eq!(paths(&all), expected);
    assert!(all_closed(&all));
}
