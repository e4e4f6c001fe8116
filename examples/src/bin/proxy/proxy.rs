//! The proxy: a policy between its callers and the service.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::header;
use axum::response::IntoResponse;
use axum::routing::get;
use prometheus_client::encoding::text::encode;
use prometheus_client::registry::Registry;
use redress::contrib::axum_0_8::{DeadlineLayer, Unavailable, operation};
use redress::contrib::prometheus_client_0_26::Metrics;
use redress::contrib::reqwest_0_13::RetryExt as _;
use redress::strategies::full_jitter;
use redress::{Budget, CircuitBreaker, Policy, observe};

/// How long the breaker stays open.
pub(crate) const RECOVERY: Duration = Duration::from_secs(1);

pub(crate) struct Proxy {
    http: reqwest::Client,
    /// Where the service is.
    orders: String,
    policy: Policy,
    registry: Registry,
}

impl Proxy {
    pub(crate) fn new(orders: String) -> Result<Self, Box<dyn Error>> {
        let mut registry = Registry::default();
        // Of the whole program, so that the breaker's changes are counted, too.
        observe::set_default(Metrics::register(&mut registry))?;
        let breaker = CircuitBreaker::builder()
            .name("orders")
            .recovery_timeout(RECOVERY);
        let policy = Policy::builder()
            .strategy(full_jitter(0.1).base(0.01))
            .max_attempts(4)
            .deadline(2)
            .circuit_breaker(breaker.build()?)
            .budget(Budget::success_ratio(0.1))
            // Nothing is done for callers that have left, nor retried for those that retry.
            .inherit_deadline()
            .leave_retries_to_caller();
        Ok(Self {
            http: reqwest::Client::new(),
            orders,
            policy: policy.build()?,
            registry,
        })
    }
}

/// Starts the proxy. Returns where it is.
pub(crate) async fn serve(proxy: Proxy) -> std::io::Result<String> {
    let app = Router::new()
        .route("/orders/{id}", get(order))
        .route("/metrics", get(metrics))
        .layer(DeadlineLayer::new())
        .with_state(Arc::new(proxy));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let at = format!("http://{}", listener.local_addr()?);
    tokio::spawn(async move { axum::serve(listener, app).await });
    Ok(at)
}

/// Passes a request on. Where there is no answer, [`Unavailable`] says 502, 503 with Retry-After, or 504.
async fn order(State(proxy): State<Arc<Proxy>>, request: Request) -> Result<String, Unavailable> {
    let name = operation(request.method(), request.extensions());
    let sent = proxy
        .http
        .get(format!("{}{}", proxy.orders, request.uri().path()));
    Ok(sent.retry(&proxy.policy).operation(name).text().await?)
}

async fn metrics(State(proxy): State<Arc<Proxy>>) -> impl IntoResponse {
    let mut text = String::new();
    match encode(&mut text, &proxy.registry) {
        Ok(()) => {
            let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
            Ok(([(header::CONTENT_TYPE, kind)], text))
        }
        Err(error) => Err((
            axum::http::StatusCode::INTERNAL_SERVER_ERROR,
            error.to_string(),
        )),
    }
}
