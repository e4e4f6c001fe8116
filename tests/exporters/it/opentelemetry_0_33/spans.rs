use std::task::{Context as TaskContext, Waker};
use std::time::SystemTime;

use opentelemetry::trace::{
    SpanContext, SpanId, Status, TraceContextExt as _, Tracer as _, TracerProvider as _,
};
use opentelemetry::{Context, Value};
use opentelemetry_sdk::trace::{InMemorySpanExporter, SdkTracer, SdkTracerProvider, SpanData};
use redress::contrib::opentelemetry_0_33::Spans;
use redress::observe::{Interest, Observer as _};
use redress::{Budget, CircuitBreaker, Classification, ErrorClass, Policy};

use crate::calls::policy;

/// A tracer, and the spans that have ended.
struct Traced {
    exporter: InMemorySpanExporter,
    provider: SdkTracerProvider,
}

impl Traced {
    fn new() -> Self {
        let exporter = InMemorySpanExporter::default();
        let provider = SdkTracerProvider::builder()
            .with_simple_exporter(exporter.clone())
            .build();
        Self { exporter, provider }
    }

    fn tracer(&self) -> SdkTracer {
        self.provider.tracer("test")
    }

    fn spans(&self) -> Spans<SdkTracer> {
        Spans::new(self.tracer())
    }

    /// Returns the spans that have ended with this name, in the order of their ends.
    fn ended(&self, name: &str) -> Vec<SpanData> {
        let all = self.exporter.get_finished_spans().unwrap();
        all.into_iter().filter(|span| span.name == name).collect()
    }

    #[track_caller]
    fn only(&self, name: &str) -> SpanData {
        let mut ended = self.ended(name);
        assert_eq!(ended.len(), 1, "{ended:?}");
        ended.remove(0)
    }
}

fn attribute<'s>(span: &'s SpanData, key: &str) -> Option<&'s Value> {
    let found = span
        .attributes
        .iter()
        .find(|attribute| attribute.key.as_str() == key)?;
    Some(&found.value)
}

fn text(span: &SpanData, key: &str) -> Option<String> {
    attribute(span, key).map(|value| value.as_str().into_owned())
}

fn id(span: &SpanData) -> SpanId {
    span.span_context.span_id()
}

fn current() -> SpanContext {
    Context::current().span().span_context().clone()
}

#[test]
fn a_call_has_a_span_and_each_attempt_one_below_it() {
    let traced = Traced::new();
    let policy = Policy::builder()
        .operation("load")
        .classifier(|status: &u16| {
            Classification::new(ErrorClass::ServerError).detail("http_status", status.to_string())
        })
        .clock(redress::testing::VirtualClock::new())
        .on_event(traced.spans())
        .build()
        .unwrap();
    let mut answers = [Err(503), Ok(())].into_iter();
    let mut seen = Vec::new();
    traced.tracer().in_span("request", |_| {
        policy
            .call(|| {
                traced.tracer().in_span("http", |_| seen.push(current()));
                answers.next().unwrap()
            })
            .unwrap();
        // What is current is what was.
        assert_eq!(current().trace_id(), seen[0].trace_id());
    });
    let (request, call) = (traced.only("request"), traced.only("load"));
    assert_eq!(call.parent_span_id, id(&request));
    let [first, second] = traced.ended("attempt").try_into().unwrap();
    let http = traced.ended("http");
    for (attempt, http) in [(&first, &http[0]), (&second, &http[1])] {
        assert_eq!(attempt.parent_span_id, id(&call));
        assert_eq!(http.parent_span_id, id(attempt));
        assert_eq!(
            http.span_context.trace_id(),
            request.span_context.trace_id()
        );
    }
    assert_eq!(attribute(&first, "redress.attempt"), Some(&Value::I64(1)));
    assert_eq!(attribute(&second, "redress.attempt"), Some(&Value::I64(2)));
    assert_eq!(first.status, Status::error(""));
    assert_eq!(text(&first, "error.type").as_deref(), Some("SERVER_ERROR"));
    assert_eq!(text(&first, "redress.cause").as_deref(), Some("error"));
    assert_eq!(text(&first, "http_status").as_deref(), Some("503"));
    // An error that was handled is not the call's.
    for span in [&call, &second] {
        assert_eq!(
            (&span.status, text(span, "error.type")),
            (&Status::Unset, None)
        );
    }
    assert_eq!(text(&call, "redress.operation").as_deref(), Some("load"));
    assert_eq!(
        text(&call, "redress.result").as_deref(),
        Some("success_after_retry")
    );
    assert_eq!(attribute(&call, "redress.attempts"), Some(&Value::I64(2)));
    let events: Vec<_> = call
        .events
        .iter()
        .map(|event| event.name.as_ref())
        .collect();
    assert_eq!(events, ["redress.retry"]);
}

/// Python's fault 2: the span starts at the first event, when the first attempt has ended.
#[test]
fn python_fault_2_the_span_of_a_success_lasts_as_long_as_the_call() {
    let traced = Traced::new();
    let policy = policy("op").on_event(traced.spans()).build().unwrap();
    let ran = policy
        .call(|| Ok::<_, ErrorClass>(SystemTime::now()))
        .unwrap();
    for span in [traced.only("op"), traced.only("attempt")] {
        assert!(span.start_time <= ran && ran <= span.end_time, "{span:?}");
    }
}

/// Python's fault 3: the event `budget_exhausted` does not end the span, and the next call is added to it.
#[test]
fn python_fault_3_a_budget_that_refuses_ends_the_span() {
    let traced = Traced::new();
    let budget = Budget::rolling(1, std::time::Duration::from_secs(60));
    budget.try_spend(ErrorClass::Transient).unwrap().keep();
    let spans = traced.spans();
    let first = policy("refused")
        .budget(budget)
        .on_event(spans.clone())
        .build()
        .unwrap();
    first
        .call(|| Err::<(), _>(ErrorClass::Transient))
        .unwrap_err();
    let refused = traced.only("refused");
    assert_eq!(
        text(&refused, "redress.stop_reason").as_deref(),
        Some("BUDGET_EXHAUSTED")
    );
    assert_eq!(text(&refused, "error.type").as_deref(), Some("TRANSIENT"));
    assert_eq!(refused.status, Status::error(""));
    let next = policy("next").on_event(spans).build().unwrap();
    next.call(|| Ok::<_, ErrorClass>(())).unwrap();
    let next = traced.only("next");
    assert_ne!(
        next.span_context.trace_id(),
        refused.span_context.trace_id()
    );
    assert!(refused.end_time <= next.start_time);
}

/// Python's fault 4: a call inside of a call shares its state, so the inner one ends the outer's span.
#[test]
fn python_fault_4_a_call_inside_of_a_call_has_a_span_of_its_own_below_the_attempt() {
    let traced = Traced::new();
    let spans = traced.spans();
    let outer = policy("outer").on_event(spans.clone()).build().unwrap();
    let inner = policy("inner").on_event(spans).build().unwrap();
    let nested = outer.call(|| {
        inner
            .call(|| Ok::<_, ErrorClass>(()))
            .map_err(|_| ErrorClass::Unknown)
    });
    nested.unwrap();
    let (outer, inner) = (traced.only("outer"), traced.only("inner"));
    let attempts = traced.ended("attempt");
    let of_outer = attempts
        .iter()
        .find(|attempt| attempt.parent_span_id == id(&outer))
        .unwrap();
    assert_eq!(inner.parent_span_id, id(of_outer));
    assert!(outer.start_time <= inner.start_time && inner.end_time <= outer.end_time);
}

/// Python's fault 5: a span has no status, says nothing of the error, and is never the current one.
#[test]
fn python_fault_5_a_failure_has_a_status_and_what_the_operation_traces_is_below_its_attempt() {
    let traced = Traced::new();
    let policy = policy("op").on_event(traced.spans()).build().unwrap();
    let fails = || {
        traced.tracer().in_span("query", |_| ());
        Err::<(), _>(ErrorClass::Permanent)
    };
    policy.call(fails).unwrap_err();
    let (call, attempt) = (traced.only("op"), traced.only("attempt"));
    for span in [&call, &attempt] {
        assert_eq!(span.status, Status::error(""));
        assert_eq!(text(span, "error.type").as_deref(), Some("PERMANENT"));
    }
    let error_type = text(&attempt, "redress.error_type").unwrap();
    assert!(error_type.ends_with("ErrorClass"), "{error_type}");
    assert_eq!(traced.only("query").parent_span_id, id(&attempt));
}

/// Python's fault 5: a call that an open breaker refuses has no span.
#[test]
fn python_fault_5_a_call_that_is_refused_has_a_span_with_the_reason() {
    let traced = Traced::new();
    let breaker = CircuitBreaker::new();
    breaker.force_open();
    let policy = policy("op")
        .circuit_breaker(breaker)
        .on_event(traced.spans())
        .build()
        .unwrap();
    policy.call(|| Ok::<_, ErrorClass>(())).unwrap_err();
    let call = traced.only("op");
    assert_eq!(text(&call, "error.type").as_deref(), Some("CIRCUIT_OPEN"));
    assert_eq!(attribute(&call, "redress.attempts"), Some(&Value::I64(0)));
    assert!(traced.ended("attempt").is_empty());
}

#[test]
fn a_future_that_is_dropped_in_an_attempt_or_in_a_pause_ends_its_spans_without_an_error() {
    for in_pause in [false, true] {
        let traced = Traced::new();
        let policy = policy("op").on_event(traced.spans()).build().unwrap();
        let mut call = Box::pin(policy.call_async(async || {
            if !in_pause {
                std::future::pending::<()>().await;
            }
            Err::<(), _>(ErrorClass::Transient)
        }));
        let pending = call
            .as_mut()
            .poll(&mut TaskContext::from_waker(Waker::noop()));
        assert!(pending.is_pending());
        assert!(traced.ended("op").is_empty());
        drop(call);
        let span = traced.only("op");
        assert_eq!(
            text(&span, "redress.stop_reason").as_deref(),
            Some("CANCELLED")
        );
        assert_eq!(
            (&span.status, text(&span, "error.type")),
            (&Status::Unset, None)
        );
        assert_eq!(traced.ended("attempt").len(), 1);
        assert_eq!(current(), SpanContext::NONE);
    }
}

#[tokio::test(start_paused = true)]
async fn each_poll_of_an_attempt_is_in_its_span_and_the_pauses_are_not() {
    let traced = Traced::new();
    let policy = policy("op").on_event(traced.spans()).build().unwrap();
    let mut attempts = 0;
    let call = policy.call_async(|| {
        attempts += 1;
        let answer = if attempts == 1 {
            Err(ErrorClass::Transient)
        } else {
            Ok(())
        };
        async move {
            let before = current();
            assert!(before.is_valid());
            tokio::task::yield_now().await;
            assert_eq!(current(), before);
            answer
        }
    });
    call.await.unwrap();
    assert_eq!(current(), SpanContext::NONE);
    assert_eq!(traced.ended("attempt").len(), 2);
}

#[test]
fn a_detached_attempt_is_in_its_span_on_its_thread() {
    let traced = Traced::new();
    let policy = policy("op").on_event(traced.spans()).build().unwrap();
    let seen = policy
        .call_detached(|| Ok::<_, ErrorClass>(current()))
        .unwrap();
    assert_eq!(seen.span_id(), id(&traced.only("attempt")));
}

#[test]
fn a_panic_ends_the_spans() {
    let traced = Traced::new();
    let policy = policy("op").on_event(traced.spans()).build().unwrap();
    let panics = || policy.call(|| -> Result<(), ErrorClass> { panic!("on purpose") });
    assert!(std::panic::catch_unwind(std::panic::AssertUnwindSafe(panics)).is_err());
    let call = traced.only("op");
    assert_eq!(text(&call, "error.type").as_deref(), Some("PANICKED"));
    assert_eq!(traced.ended("attempt").len(), 1);
    assert_eq!(current(), SpanContext::NONE);
}

#[test]
fn without_an_sdk_a_call_runs_as_ever() {
    let tracer = opentelemetry::trace::noop::NoopTracer::new();
    let policy = policy("op").on_event(Spans::new(tracer)).build().unwrap();
    let seen = policy.call(|| Ok::<_, ErrorClass>(current())).unwrap();
    assert_eq!(seen, SpanContext::NONE);
}

#[test]
fn without_an_sdk_nothing_is_asked_for() {
    let silent = Spans::new(opentelemetry::trace::noop::NoopTracer::new()).interest();
    assert!(!silent.successes() && !silent.starts() && !silent.attempts() && !silent.times());
    // As a program has it that names an observer before it sets up its SDK.
    let global = Spans::new(opentelemetry::global::tracer("test"));
    assert_eq!(global.interest(), silent);
    assert_eq!(global.clone().interest(), silent);
}

#[test]
fn asking_whether_a_tracer_makes_spans_makes_none() {
    let traced = Traced::new();
    assert_eq!(traced.spans().interest(), Interest::ALL);
    assert_eq!(traced.exporter.get_finished_spans().unwrap(), []);
}
