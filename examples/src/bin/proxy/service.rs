//! The service behind the proxy, which does as it is told.

use std::collections::HashSet;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::get;

#[derive(Debug, Clone, Copy, Default)]
pub(crate) enum Mode {
    #[default]
    Well,
    /// Every third order fails when it is first asked for.
    Flaky,
    Down,
    Slow,
}

#[derive(Default)]
pub(crate) struct Service {
    mode: Mutex<Mode>,
    failed_once: Mutex<HashSet<u32>>,
    pub(crate) requests: AtomicU32,
}

impl Service {
    pub(crate) fn set(&self, mode: Mode) {
        *self.mode.lock().unwrap_or_else(PoisonError::into_inner) = mode;
    }

    fn mode(&self) -> Mode {
        *self.mode.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn fails_once(&self, order: u32) -> bool {
        let mut failed = self
            .failed_once
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        order.is_multiple_of(3) && failed.insert(order)
    }
}

/// Starts the service. Returns where it is.
pub(crate) async fn serve(service: Arc<Service>) -> std::io::Result<String> {
    let app = Router::new()
        .route("/orders/{id}", get(order))
        .with_state(service);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let at = format!("http://{}", listener.local_addr()?);
    tokio::spawn(async move { axum::serve(listener, app).await });
    Ok(at)
}

async fn order(
    State(service): State<Arc<Service>>,
    Path(order): Path<u32>,
) -> Result<String, StatusCode> {
    service.requests.fetch_add(1, Ordering::Relaxed);
    match service.mode() {
        Mode::Flaky if service.fails_once(order) => Err(StatusCode::SERVICE_UNAVAILABLE),
        Mode::Down => Err(StatusCode::SERVICE_UNAVAILABLE),
        Mode::Slow => {
            tokio::time::sleep(Duration::from_secs(5)).await;
            Ok("late".to_owned())
        }
        Mode::Well | Mode::Flaky => Ok(format!("order {order}")),
    }
}
