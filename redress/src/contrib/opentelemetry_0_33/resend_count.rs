use ::opentelemetry_0_33::KeyValue;

use crate::attempt::Attempt;

/// Returns the attribute `http.request.resend_count` of a request that is sent now: how many times it was
/// sent before. `None` the first time, where the conventions leave the attribute out, and outside of an
/// attempt.
///
/// It is for the span of the request, which the HTTP client or a layer around it makes. The attempt is
/// [`Attempt::current`], so the call is one of a policy that
/// [tells its attempts](crate::PolicyBuilder::tell_attempts), or of a function with
/// `#[retry(attempt = ..)]`.
///
/// Source: [HTTP spans](https://opentelemetry.io/docs/specs/semconv/http/http-spans/), "HTTP client span".
///
/// ```
/// # extern crate opentelemetry_0_33 as opentelemetry; // as users name it
/// use opentelemetry::global;
/// use opentelemetry::trace::{SpanKind, Tracer as _};
/// use redress::contrib::opentelemetry_0_33::resend_count;
/// use redress::{Policy, strategies::instant};
///
/// let tracer = global::tracer("client");
/// let policy = Policy::builder().strategy(instant()).max_attempts(2).tell_attempts().build()?;
/// let mut counts = Vec::new();
/// let _ = policy.call(|| {
///     let count = resend_count();
///     counts.push(count.as_ref().map(|count| count.value.to_string()));
///     let span = tracer.span_builder("GET").with_kind(SpanKind::Client).with_attributes(count);
///     let _span = tracer.build(span); // around the request
///     Err::<(), _>(std::io::Error::from(std::io::ErrorKind::ConnectionRefused))
/// });
/// assert_eq!(counts, [None, Some("1".to_owned())]);
/// # Ok::<_, redress::ConfigError>(())
/// ```
#[must_use]
pub fn resend_count() -> Option<KeyValue> {
    let resends = Attempt::current()?.retries();
    (resends > 0).then(|| KeyValue::new("http.request.resend_count", i64::from(resends)))
}
