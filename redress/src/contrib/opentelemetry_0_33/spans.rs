use std::fmt;
use std::sync::Arc;

use ::opentelemetry_0_33::trace::{Span, SpanKind, TraceContextExt as _, Tracer};
use ::opentelemetry_0_33::{Context, KeyValue};

use super::call_span::CallSpan;
use crate::observe::{CallObserver, CallStart, Observer};

/// The name of the span of a call without a name.
const CALL: &str = "redress.call";

/// Makes a span of each call, and one below it of each attempt. See the [module](super).
///
/// The parent of a call's span is the span that is current where the call is made.
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
        let operation = call.operation();
        let name = operation.unwrap_or(CALL).to_owned();
        let operation = operation.map(|name| KeyValue::new("redress.operation", name.to_owned()));
        let builder = self.tracer.span_builder(name).with_kind(SpanKind::Internal);
        let builder = builder.with_attributes(operation);
        let parent = Context::current();
        let span = self.tracer.build_with_context(builder, &parent);
        // Without an SDK there is neither a span nor an id that others could refer to.
        if !span.span_context().is_valid() {
            return None;
        }
        let context = parent.with_span(span);
        Some(Arc::new(CallSpan::new(Arc::clone(&self.tracer), context)))
    }
}

impl<T> Clone for Spans<T> {
    fn clone(&self) -> Self {
        Self {
            tracer: Arc::clone(&self.tracer),
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
