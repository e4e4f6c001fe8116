use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ::opentelemetry_0_33::trace::{Span, SpanKind, Status, TraceContextExt as _, Tracer};
use ::opentelemetry_0_33::{Context, KeyValue};

use crate::classify::{Classification, ErrorClass};
use crate::contrib::span_end::{error_type, stop_reason};
use crate::observe::{
    AttemptEnd, AttemptStart, AttemptStatus, CallEnd, CallObserver, Event, EventName,
};
use crate::reason::Cause;

/// The span of one call, and that of its attempt.
pub(super) struct CallSpan<T> {
    tracer: Arc<T>,
    call: Context,
    /// Read on the thread of a detached attempt, too.
    attempt: Mutex<Option<Context>>,
}

impl<T> CallSpan<T> {
    pub(super) const fn new(tracer: Arc<T>, call: Context) -> Self {
        Self {
            tracer,
            call,
            attempt: Mutex::new(None),
        }
    }

    fn attempt(&self) -> MutexGuard<'_, Option<Context>> {
        self.attempt.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> CallObserver for CallSpan<T>
where
    T: Tracer + Send + Sync + 'static,
    T::Span: Span + Send + Sync + 'static,
{
    fn on_event(&self, event: &Event<'_>) {
        match event.name() {
            EventName::Retry => {
                let class = event.class().map(ErrorClass::as_str);
                let hint = event
                    .classification()
                    .and_then(Classification::retry_after_hint);
                let attributes = [
                    Some(KeyValue::new(
                        "redress.retry.delay",
                        event.sleep().as_secs_f64(),
                    )),
                    class.map(|class| KeyValue::new("error.type", class)),
                    hint.map(|hint| KeyValue::new("redress.retry_after", hint.as_secs_f64())),
                ];
                let attributes = attributes.into_iter().flatten().collect();
                self.call.span().add_event("redress.retry", attributes);
            }
            // The end of the span says it.
            name if name.is_terminal() => {}
            name => self
                .call
                .span()
                .add_event(format!("redress.{name}"), Vec::new()),
        }
    }

    fn on_attempt_start(&self, attempt: &AttemptStart<'_>) {
        let number = KeyValue::new("redress.attempt", i64::from(attempt.attempt()));
        let builder = self
            .tracer
            .span_builder("attempt")
            .with_kind(SpanKind::Internal);
        let builder = builder.with_attributes([number]);
        let span = self.tracer.build_with_context(builder, &self.call);
        *self.attempt() = Some(self.call.with_span(span));
    }

    fn on_attempt_end(&self, attempt: &AttemptEnd<'_>) {
        let Some(context) = self.attempt().take() else {
            return;
        };
        let span = context.span();
        if attempt.status() == AttemptStatus::Failed && span.is_recording() {
            let class = attempt.class().map(ErrorClass::as_str);
            let cause = attempt.cause().map(Cause::as_str);
            let attributes = [
                class.map(|class| KeyValue::new("error.type", class)),
                cause.map(|cause| KeyValue::new("redress.cause", cause)),
                attempt
                    .error_type()
                    .map(|name| KeyValue::new("redress.error_type", name)),
            ];
            span.set_attributes(attributes.into_iter().flatten());
            let details = attempt
                .classification()
                .into_iter()
                .flat_map(Classification::details);
            span.set_attributes(
                details.map(|(key, value)| KeyValue::new(key.to_owned(), value.to_owned())),
            );
            span.set_status(Status::error(""));
        }
        span.end();
    }

    fn on_call_end(&self, call: &CallEnd<'_>) {
        let span = self.call.span();
        let error = error_type(call);
        let attributes = [
            Some(KeyValue::new("redress.result", call.result().as_str())),
            Some(KeyValue::new(
                "redress.attempts",
                i64::from(call.attempts()),
            )),
            stop_reason(call).map(|reason| KeyValue::new("redress.stop_reason", reason)),
            error.map(|error| KeyValue::new("error.type", error)),
            call.retry_after().map(seconds),
        ];
        span.set_attributes(attributes.into_iter().flatten());
        if error.is_some() {
            span.set_status(Status::error(""));
        }
        span.end();
    }

    fn scope(&self, _attempt: u32, run: &mut dyn FnMut()) {
        let attempt = self.attempt().clone();
        let _current = attempt.unwrap_or_else(|| self.call.clone()).attach();
        run();
    }
}

fn seconds(retry_after: Duration) -> KeyValue {
    KeyValue::new("redress.retry_after", retry_after.as_secs_f64())
}
