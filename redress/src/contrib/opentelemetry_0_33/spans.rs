use std::fmt;
use std::sync::Arc;

use ::opentelemetry_0_33::trace::{
    Span, SpanContext, SpanId, SpanKind, TraceContextExt as _, TraceFlags, TraceId, TraceState,
    Tracer,
};
use ::opentelemetry_0_33::{Context, KeyValue};

use super::call_span::CallSpan;
use crate::observe::{CallObserver, CallStart, Interest, Observer};

/// The name of the span of a call without a name.
const CALL: &str = "redress.call";

/// Makes a span of each call, and one below it of each attempt. See the [module](super).
///
/// The parent of a call's span is the span that is current where the call is made.
///
/// A tracer that makes no spans, such as the one of a program without an SDK, costs a success nothing: it
/// is asked once, by [`new`](Self::new). Create the observer after `global::set_tracer_provider`, which
/// changes none of the tracers that were there before.
///
/// ```
/// # extern crate opentelemetry_0_33 as opentelemetry; // as users name it
/// use redress::Policy;
/// use redress::contrib::opentelemetry_0_33::Spans;
///
/// let spans = Spans::new(opentelemetry::global::tracer("redress"));
/// let policy = Policy::builder().operation("read").on_event(spans).build()?;
/// policy.call(|| std::fs::read("Cargo.toml"))?;
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
pub struct Spans<T> {
    tracer: Arc<T>,
    /// The tracer makes spans.
    is_live: bool,
}

impl<T> Spans<T>
where
    T: Tracer + Send + Sync + 'static,
    T::Span: Span + Send + Sync + 'static,
{
    /// Creates the observer.
    #[must_use]
    pub fn new(tracer: T) -> Self {
        Self {
            is_live: makes_spans(&tracer),
            tracer: Arc::new(tracer),
        }
    }
}

impl<T> Observer for Spans<T>
where
    T: Tracer + Send + Sync + 'static,
    T::Span: Span + Send + Sync + 'static,
{
    fn on_call_start(&self, call: &CallStart<'_>) -> Option<Arc<dyn CallObserver>> {
        if !self.is_live {
            return None;
        }
        let operation = call.operation().filter(|name| !name.is_empty());
        let name = operation.unwrap_or(CALL).to_owned();
        let operation = operation.map(|name| KeyValue::new("redress.operation", name.to_owned()));
        let builder = self.tracer.span_builder(name).with_kind(SpanKind::Internal);
        let builder = builder.with_attributes(operation);
        let parent = Context::current();
        let span = self.tracer.build_with_context(builder, &parent);
        // After a shutdown, or where telemetry is suppressed, there is no span that others could refer to.
        if !span.span_context().is_valid() {
            return None;
        }
        let context = parent.with_span(span);
        Some(Arc::new(CallSpan::new(Arc::clone(&self.tracer), context)))
    }

    fn interest(&self) -> Interest {
        if self.is_live {
            Interest::ALL
        } else {
            Interest::FAILURES.without_starts().without_end_events()
        }
    }
}

/// Returns `true` if the tracer makes spans, without making one.
///
/// It is asked for a span below a known one where telemetry is suppressed: a tracer that makes none gives
/// back the known one, an SDK gives one that is not recorded and has no id.
fn makes_spans<T: Tracer>(tracer: &T) -> bool {
    let known = SpanContext::new(
        TraceId::from(1),
        SpanId::from(1),
        TraceFlags::NOT_SAMPLED,
        true,
        TraceState::NONE,
    );
    let parent = Context::new().with_remote_span_context(known.clone());
    let builder = tracer.span_builder(CALL);
    let span = tracer.build_with_context(builder, &parent.with_telemetry_suppressed());
    *span.span_context() != known
}

impl<T> Clone for Spans<T> {
    fn clone(&self) -> Self {
        Self {
            tracer: Arc::clone(&self.tracer),
            is_live: self.is_live,
        }
    }
}

impl<T> fmt::Debug for Spans<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Spans").finish_non_exhaustive()
    }
}

/// Returns the id of the trace of the current span, if it is one that is recorded.
#[cfg(feature = "prometheus-client-0_26")]
pub(in crate::contrib) fn current_trace_id() -> Option<String> {
    Context::map_current(|context| {
        let span = context.span();
        let span = span.span_context();
        (span.is_valid() && span.is_sampled()).then(|| span.trace_id().to_string())
    })
}
