//! Metrics for a registry of [`prometheus`](::prometheus_0_14) 0.14. Feature `prometheus-0_14`.
//!
//! One line in `main`, and every policy and every `#[retry]` function of the program is in the registry:
//!
//! ```
//! # extern crate prometheus_0_14 as prometheus; // as users name it
//! use prometheus::{Registry, TextEncoder};
//! use redress::contrib::prometheus_0_14::Metrics;
//! use redress::{Policy, observe};
//!
//! let registry = Registry::new(); // or `prometheus::default_registry()`
//! observe::set_default(Metrics::register(&registry)?)?;
//!
//! let policy = Policy::builder().operation("read").build()?;
//! policy.call(|| std::fs::read("Cargo.toml"))?;
//!
//! // What the program answers to a scrape.
//! let text = TextEncoder::new().encode_to_string(&registry.gather())?;
//! assert!(text.contains(r#"redress_calls_total{class="",operation="read",result="success"} 1"#));
//! # Ok::<_, Box<dyn std::error::Error>>(())
//! ```
//!
//! For one policy, give it to [`on_event`](crate::PolicyBuilder::on_event). A registry takes it once:
//! for several policies, clone it.
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
//! The states of breakers and what budgets allow are read when the registry is gathered. Of several
//! breakers with one name the worst state is shown, of budgets the one with the least left.
//!
//! # Sources
//!
//! | what | where |
//! |---|---|
//! | names with the unit and `_total`, base units | [Prometheus: metric and label naming](https://prometheus.io/docs/practices/naming/) |
//! | buckets | [OpenTelemetry: HTTP metrics](https://opentelemetry.io/docs/specs/semconv/http/http-metrics/), with 30 s and 60 s for what is retried |

mod collector;
mod families;

use ::prometheus_0_14::{Registry, Result};

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
    /// Creates the metrics, and registers them.
    ///
    /// # Errors
    ///
    /// [`Error::AlreadyReg`](::prometheus_0_14::Error::AlreadyReg) if they are registered there already.
    ///
    /// ```
    /// # extern crate prometheus_0_14 as prometheus; // as users name it
    /// use redress::Policy;
    /// use redress::contrib::prometheus_0_14::Metrics;
    ///
    /// let registry = prometheus::Registry::new();
    /// let metrics = Metrics::register(&registry)?.durations();
    /// let first = Policy::builder().on_event(metrics.clone()).build()?;
    /// let second = Policy::builder().on_event(metrics).build()?;
    /// assert!(Metrics::register(&registry).is_err());
    /// # Ok::<_, Box<dyn std::error::Error>>(())
    /// ```
    pub fn register(registry: &Registry) -> Result<Self> {
        let recorder = Recorder::new(Families::new()?);
        registry.register(Box::new(RedressCollector::new(recorder.clone())?))?;
        Ok(Self { recorder })
    }
}

metrics_observer!(Metrics);
