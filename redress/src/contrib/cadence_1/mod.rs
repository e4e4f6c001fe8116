//! Metrics for a client of [`cadence`](::cadence_1) 1, in the dialect of StatsD that DogStatsD speaks.
//! Feature `cadence-1`.
//!
//! ```
//! # extern crate cadence_1 as cadence; // as users name it
//! use std::net::UdpSocket;
//! use cadence::{BufferedUdpMetricSink, QueuingMetricSink, StatsdClient};
//! use redress::contrib::cadence_1::Metrics;
//! use redress::{Policy, observe};
//!
//! let socket = UdpSocket::bind("127.0.0.1:0")?;
//! let agent = BufferedUdpMetricSink::from("127.0.0.1:8125", socket)?;
//! // A queue, so that no call waits for the socket.
//! let client = StatsdClient::from_sink("", QueuingMetricSink::from(agent));
//! observe::set_default(Metrics::new(client).durations())?;
//!
//! let policy = Policy::builder().operation("read").build()?;
//! policy.call(|| std::fs::read("Cargo.toml"))?; // redress.calls:1|c|#operation:read,result:success
//! # Ok::<_, Box<dyn std::error::Error>>(())
//! ```
//!
//! # What is sent
//!
//! | metric | type | tags | when |
//! |---|---|---|---|
//! | `redress.calls` | count | `operation`, `result`, `class` | always |
//! | `redress.retries` | count | `operation`, `class`, `cause` | always |
//! | `redress.call.retries` | distribution | `operation` | always, but for calls without a retry |
//! | `redress.retry.delay` | distribution, seconds | `operation` | always |
//! | `redress.call.duration` | distribution, seconds | `operation`, `result`: `success` or `failure` | [`durations`](Metrics::durations) |
//! | `redress.attempt.duration` | distribution, seconds | `operation`, `result`: `success`, `failure`, `timeout` or `cancelled` | [`durations`](Metrics::durations) |
//! | `redress.calls_in_flight` | gauge | `operation` | [`in_flight`](Metrics::in_flight) |
//! | `redress.circuit.state` | gauge | `breaker`, `state` | of breakers with a [name](crate::CircuitBreaker::name): each change, if it is the [default](crate::observe::set_default) observer, and [`send_states`](Metrics::send_states) |
//! | `redress.circuit.transitions` | count | `breaker`, `to` | each change, as above |
//! | `redress.budget.remaining` | gauge | `budget` | of budgets with a [name](crate::Budget::name): [`send_states`](Metrics::send_states) |
//!
//! `result` is a [`CallResult`](crate::observe::CallResult), `class` an [`ErrorClass`](crate::ErrorClass),
//! `cause` a [`Cause`](crate::Cause). A tag without a value is left out: DogStatsD knows no empty ones.
//! What it does not take in a tag becomes an underscore. An observer tells 200 names of operations apart;
//! any further one is `other`. With the feature `tracing-0_1` or `log-0_4` the log says once which name was
//! the first of them.
//!
//! Distributions, and not histograms: the server then has percentiles over all hosts. Each metric is
//! text that cadence puts together, at the price of a few allocations. What does not arrive, cadence
//! tells the error handler of the client.
//!
//! # Sources
//!
//! | what | where |
//! |---|---|
//! | the form of a datagram, the characters and the 200 of a tag | [Datadog: datagram format](https://docs.datadoghq.com/developers/dogstatsd/datagram_shell/), [defining tags](https://docs.datadoghq.com/getting_started/tagging/) |
//! | distributions | [Datadog: distributions](https://docs.datadoghq.com/metrics/distributions/) |

mod statsd;

use std::sync::Arc;

use ::cadence_1::StatsdClient;

use self::statsd::Statsd;
use super::shared_metrics::{Recorder, metrics_observer};

/// Sends metrics of calls with a client. See the [module](self).
#[derive(Clone)]
pub struct Metrics {
    recorder: Recorder<Statsd>,
}

impl Metrics {
    /// Creates the metrics. The prefix and the tags of the client are on each of them.
    ///
    /// ```
    /// # extern crate cadence_1 as cadence; // as users name it
    /// use redress::Policy;
    /// use redress::contrib::cadence_1::Metrics;
    ///
    /// let client = cadence::StatsdClient::builder("shop", cadence::NopMetricSink)
    ///     .with_tag("env", "test")
    ///     .build();
    /// let policy = Policy::builder().on_event(Metrics::new(client)).build()?;
    /// # Ok::<_, redress::ConfigError>(())
    /// ```
    #[must_use]
    pub fn new(client: impl Into<Arc<StatsdClient>>) -> Self {
        Self {
            recorder: Recorder::new(Statsd(client.into())),
        }
    }

    /// Sends what every named breaker and every named budget is at now. StatsD cannot ask: call it every
    /// few seconds, so that these gauges do not go stale.
    ///
    /// ```
    /// # extern crate cadence_1 as cadence; // as users name it
    /// use redress::contrib::cadence_1::Metrics;
    ///
    /// let (receiver, sink) = cadence::SpyMetricSink::new();
    /// let metrics = Metrics::new(cadence::StatsdClient::from_sink("", sink));
    /// let budget = redress::Budget::success_ratio(0.1).named("payments");
    ///
    /// metrics.send_states(); // in a program: by a timer
    /// let sent = String::from_utf8(receiver.try_recv().unwrap()).unwrap();
    /// assert_eq!(sent, "redress.budget.remaining:100|g|#budget:payments");
    /// ```
    pub fn send_states(&self) {
        self.recorder.push_states();
    }
}

metrics_observer!(Metrics);
