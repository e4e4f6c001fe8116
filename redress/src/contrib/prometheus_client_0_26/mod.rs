//! Metrics for a registry of [`prometheus-client`](::prometheus_client_0_26) 0.26, with exemplars. Feature
//! `prometheus-client-0_26`.
//!
//! ```
//! # extern crate prometheus_client_0_26 as prometheus_client; // as users name it
//! use prometheus_client::encoding::text::encode;
//! use prometheus_client::registry::Registry;
//! use redress::contrib::prometheus_client_0_26::Metrics;
//! use redress::{Policy, observe};
//!
//! let mut registry = Registry::default();
//! observe::set_default(Metrics::register(&mut registry))?;
//!
//! let policy = Policy::builder().operation("read").build()?;
//! policy.call(|| std::fs::read("Cargo.toml"))?;
//!
//! // What the program answers to a scrape.
//! let mut text = String::new();
//! encode(&mut text, &registry)?;
//! assert!(text.contains(r#"redress_calls_total{operation="read",result="success",class=""} 1"#));
//! # Ok::<_, Box<dyn std::error::Error>>(())
//! ```
//!
//! For one policy, give it to [`on_event`](crate::PolicyBuilder::on_event); for several, clone it.
//! [`Metrics::exemplars`] adds the id of a trace to what the histograms count, so that a slow call of a
//! dashboard leads to its trace.
//!
//! # What is recorded
//!
//! | metric | labels | when |
//! |---|---|---|
//! | `redress_calls_total` | `operation`, `result`, `class` | always |
//! | `redress_retries_total` | `operation`, `class`, `cause` | always |
//! | `redress_call_retries`, a histogram | `operation` | always, but for calls without a retry |
//! | `redress_retry_delay_seconds`, a histogram | `operation` | always |
//! | `redress_call_duration_seconds`, a histogram | `operation`, `result`: `success` or `failure` | [`durations`](Metrics::durations) |
//! | `redress_attempt_duration_seconds`, a histogram | `operation`, `result`: `success`, `failure`, `timeout` or `cancelled` | [`durations`](Metrics::durations) |
//! | `redress_calls_in_flight` | `operation` | [`in_flight`](Metrics::in_flight) |
//! | `redress_circuit_state` | `breaker`, `state` | of breakers with a [name](crate::CircuitBreaker::name) |
//! | `redress_circuit_transitions_total` | `breaker`, `to` | the same, if it is the [default](crate::observe::set_default) observer |
//! | `redress_budget_remaining` | `budget` | of budgets with a [name](crate::Budget::name) |
//!
//! `result` is a [`CallResult`](crate::observe::CallResult), `class` an [`ErrorClass`](crate::ErrorClass),
//! `cause` a [`Cause`](crate::Cause); all are there in every series, and empty where there is nothing to
//! say. `operation` is the name that a policy has, or a function with `#[retry]`. An observer tells 200
//! names apart; any further one is `other`, so that a name that is made for each call does not fill the
//! server. With the feature `tracing-0_1` or `log-0_4` the log says once which name was the first of them.
//!
//! The states of breakers and what budgets allow are read when the registry is encoded. Of several
//! breakers with one name the worst state is shown, of budgets the one with the least left.
//!
//! # Sources
//!
//! | what | where |
//! |---|---|
//! | names with the unit and `_total`; exemplars, at most 128 characters | [OpenMetrics 1.0](https://github.com/prometheus/OpenMetrics/blob/v1.0.0/specification/OpenMetrics.md) |
//! | buckets | [OpenTelemetry: HTTP metrics](https://opentelemetry.io/docs/specs/semconv/http/http-metrics/), with 30 s and 60 s for what is retried |

mod collector;
mod families;
mod labels;

use std::sync::Arc;

use ::prometheus_client_0_26::registry::Registry;

use self::collector::RedressCollector;
use self::families::Families;
use super::shared_metrics::{Recorder, metrics_observer};

/// Records calls in a registry. See the [module](self).
///
/// A clone records to the same series.
#[derive(Clone)]
pub struct Metrics {
    recorder: Recorder<Families>,
}

impl Metrics {
    /// Creates the metrics, and registers them. A registry takes them once: a second time makes every
    /// series twice, which a server refuses.
    ///
    /// ```
    /// # extern crate prometheus_client_0_26 as prometheus_client; // as users name it
    /// use redress::Policy;
    /// use redress::contrib::prometheus_client_0_26::Metrics;
    ///
    /// let mut registry = prometheus_client::registry::Registry::default();
    /// let metrics = Metrics::register(&mut registry).durations();
    /// let first = Policy::builder().on_event(metrics.clone()).build()?;
    /// let second = Policy::builder().on_event(metrics).build()?;
    /// # Ok::<_, redress::ConfigError>(())
    /// ```
    #[must_use]
    pub fn register(registry: &mut Registry) -> Self {
        let recorder = Recorder::new(Families::new());
        registry.register_collector(Box::new(RedressCollector::new(recorder.clone())));
        Self { recorder }
    }

    /// Adds an exemplar to what the histograms count: the label `trace_id`, with what `trace_id` returns
    /// on the thread of the call. `None` is no exemplar. Default: none.
    ///
    /// It is asked where a call ends, and where an attempt does: the span that is current there is the
    /// caller's.
    ///
    /// ```
    /// # extern crate prometheus_client_0_26 as prometheus_client; // as users name it
    /// use std::cell::RefCell;
    /// use redress::contrib::prometheus_client_0_26::Metrics;
    ///
    /// thread_local!(static REQUEST: RefCell<Option<String>> = const { RefCell::new(None) });
    ///
    /// let mut registry = prometheus_client::registry::Registry::default();
    /// let metrics = Metrics::register(&mut registry)
    ///     .durations()
    ///     .exemplars(|| REQUEST.with_borrow(Clone::clone));
    /// ```
    #[must_use]
    pub fn exemplars(
        mut self,
        trace_id: impl Fn() -> Option<String> + Send + Sync + 'static,
    ) -> Self {
        self.recorder.exporter.trace_id = Some(Arc::new(trace_id));
        self
    }

    /// [Adds exemplars](Self::exemplars) with the id of OpenTelemetry's current span, if that is sampled.
    /// Feature `opentelemetry-0_33`.
    ///
    /// A span of `tracing` is one, too, where `tracing-opentelemetry` makes it current.
    #[cfg(feature = "opentelemetry-0_33")]
    #[must_use]
    pub fn exemplars_of_current_span(self) -> Self {
        self.exemplars(crate::contrib::opentelemetry_0_33::current_trace_id)
    }
}

metrics_observer!(Metrics);
