use std::time::Duration;

use opentelemetry::Context;
use opentelemetry::trace::{
    SpanKind, Status, TraceContextExt as _, Tracer as _, TracerProvider as _,
};
use opentelemetry_sdk::trace::SdkTracerProvider;
use redress::contrib::opentelemetry_0_33::resend_count;
use redress::{Classification, ErrorClass, Policy, strategies::fixed};

/// Gets a page as a request of the program's own does, in its span: at once, then after a pause of 10 ms.
pub(crate) fn fetch(address: &str, traces: &SdkTracerProvider) {
    let tracer = traces.tracer("program");
    let policy = Policy::builder()
        .operation("fetch")
        .strategy(fixed(Duration::from_millis(10)))
        .classifier(Clone::clone as fn(&Classification) -> Classification)
        .tell_attempts()
        .build()
        .unwrap();
    let request = Context::new().with_span(tracer.start("request"));
    let _current = request.clone().attach();
    policy.call(|| get(address, traces)).unwrap();
    request.span().end();
}

/// What an instrumented HTTP client does: its span is a child of what is current.
fn get(address: &str, traces: &SdkTracerProvider) -> Result<(), Classification> {
    let tracer = traces.tracer("client");
    let builder = tracer.span_builder("GET").with_kind(SpanKind::Client);
    let span = tracer.build(builder.with_attributes(resend_count()));
    let context = Context::current_with_span(span);
    let answer = ureq::get(&format!("http://{address}/")).call();
    if answer.is_err() {
        context.span().set_status(Status::error(""));
    }
    context.span().end();
    answer.map(drop).map_err(|_| ErrorClass::ServerError.into())
}
