//! Metrics and spans of [`opentelemetry`](::opentelemetry_0_33) 0.33, by its API alone: whichever SDK and
//! exporter the program has. Feature `opentelemetry-0_33`.
//!
//! ```
//! # extern crate opentelemetry_0_33 as opentelemetry; // as users name it
//! use opentelemetry::global;
//! use redress::contrib::opentelemetry_0_33::{Metrics, Spans};
//! use redress::{Policy, observe};
//!
//! // After the providers of the program are set.
//! let metrics = Metrics::new(&global::meter("redress")).durations();
//! let spans = Spans::new(global::tracer("redress"));
//! observe::set_default((metrics, spans))?;
//!
//! let policy = Policy::builder().operation("read").build()?;
//! policy.call(|| std::fs::read("Cargo.toml"))?;
//! # Ok::<_, Box<dyn std::error::Error>>(())
//! ```
//!
//! For one policy, give either to [`on_event`](crate::PolicyBuilder::on_event).
//!
//! # Metrics
//!
//! | metric | unit | attributes | when |
//! |---|---|---|---|
//! | `redress.calls` | `{call}` | `redress.operation`, `redress.result`, `error.type` | always |
//! | `redress.retries` | `{retry}` | `redress.operation`, `error.type`, `redress.cause` | always |
//! | `redress.call.retries`, a histogram | `{retry}` | `redress.operation` | always, but for calls without a retry |
//! | `redress.retry.delay`, a histogram | `s` | `redress.operation` | always |
//! | `redress.call.duration`, a histogram | `s` | `redress.operation`, `redress.result`: `success` or `failure` | [`durations`](Metrics::durations) |
//! | `redress.attempt.duration`, a histogram | `s` | `redress.operation`, `redress.result`: `success`, `failure`, `timeout` or `cancelled` | [`durations`](Metrics::durations) |
//! | `redress.calls_in_flight`, an up-down counter | `{call}` | `redress.operation` | [`in_flight`](Metrics::in_flight) |
//! | `redress.circuit.state`, a gauge | `{breaker}` | `redress.breaker`, `redress.state` | of breakers with a [name](crate::CircuitBreaker::name) |
//! | `redress.circuit.transitions` | `{transition}` | `redress.breaker`, `redress.to` | the same, if it is the [default](crate::observe::set_default) observer |
//! | `redress.budget.remaining`, a gauge | `{retry}` | `redress.budget` | of budgets with a [name](crate::Budget::name) |
//!
//! `redress.result` is a [`CallResult`](crate::observe::CallResult), `error.type` the
//! [`ErrorClass`](crate::ErrorClass). What has nothing to say is left out, as the conventions have it. An
//! observer tells 200 names of operations apart; any further one is `other`, and the log says once, with
//! the feature `tracing-0_1` or `log-0_4`, which was the first of them. Sets of attributes are made once and
//! kept. With the feature `opentelemetry-0_33-bound` the instruments are bound to them, which the
//! SDK then need not look up: turn it on together with `experimental_metrics_bound_instruments` of
//! `opentelemetry_sdk`, and not without, because the SDK drops what bound instruments record then.
//!
//! # Spans
//!
//! | span | attributes | at its end |
//! |---|---|---|
//! | the call, named as its operation, or `redress.call` | `redress.operation` | `redress.result`, `redress.attempts`, `redress.stop_reason`; an error, with `error.type`, unless it succeeded, was deferred, aborted or cancelled |
//! | `attempt`, a child of it, which is current while the attempt runs | `redress.attempt`, from 1 | after a failure: an error, with `error.type`, `redress.cause`, `redress.error_type` and the [details](crate::Classification::detail) of the classification |
//!
//! So what an operation traces is below its attempt, also in [detached](crate::Policy::call_detached)
//! attempts; in functions with `#[retry]`, mark them `#[retry(span)]`. A retry is an event of the call's
//! span, `redress.retry`, and so is what the breaker did. The span of a request, which is the HTTP
//! client's, says by [`resend_count`] that it was sent before.
//!
//! # Sources
//!
//! | what | where |
//! |---|---|
//! | `error.type`; that an error which was handled is not on the span of the operation | [Recording errors](https://opentelemetry.io/docs/specs/semconv/general/recording-errors/) |
//! | `http.request.resend_count` | [HTTP spans](https://opentelemetry.io/docs/specs/semconv/http/http-spans/) |
//! | names and units of metrics | [Metrics](https://opentelemetry.io/docs/specs/semconv/general/metrics/) |
//! | buckets | [HTTP metrics](https://opentelemetry.io/docs/specs/semconv/http/http-metrics/), with 30 s and 60 s for what is retried |

mod call_span;
mod instruments;
mod resend_count;
mod series;
mod spans;

use ::opentelemetry_0_33::metrics::Meter;

use self::instruments::Instruments;
use super::shared_metrics::{Recorder, metrics_observer};

pub use self::resend_count::resend_count;
pub use self::spans::Spans;
#[cfg(feature = "prometheus-client-0_26")]
pub(super) use self::spans::current_trace_id;

/// Records metrics of calls with a meter. See the [module](self).
///
/// A clone records to the same series.
#[derive(Clone)]
pub struct Metrics {
    recorder: Recorder<Instruments>,
}

impl Metrics {
    /// Creates the instruments.
    ///
    /// ```
    /// # extern crate opentelemetry_0_33 as opentelemetry; // as users name it
    /// use redress::Policy;
    /// use redress::contrib::opentelemetry_0_33::Metrics;
    ///
    /// let metrics = Metrics::new(&opentelemetry::global::meter("redress"));
    /// let policy = Policy::builder().on_event(metrics).build()?;
    /// # Ok::<_, redress::ConfigError>(())
    /// ```
    #[must_use]
    pub fn new(meter: &Meter) -> Self {
        Self {
            recorder: Recorder::new(Instruments::new(meter)),
        }
    }
}

metrics_observer!(Metrics);
