//! tokio-retry2, without and with its deadline. Async only; no classes.

use std::sync::atomic::AtomicU32;
use std::time::Duration;

use ::tokio_retry2::strategy::{FixedInterval, MaxInterval, jitter};
use ::tokio_retry2::{Retry, RetryError};

use super::by_hand::{Down, operation_async};
use super::measure::{Case, keep};
use super::retryable;

fn kind(error: Down) -> RetryError<Down> {
    if retryable(&error) {
        RetryError::transient(error)
    } else {
        RetryError::permanent(error)
    }
}

fn spawn(left: &AtomicU32) -> impl Future<Output = Result<u64, Down>> {
    let delays = FixedInterval::from_millis(0).map(jitter).take(5);
    Retry::spawn(delays, || async {
        operation_async(left).await.map_err(kind)
    })
}

fn deadline(left: &AtomicU32) -> impl Future<Output = Result<u64, Down>> {
    let delays = FixedInterval::from_millis(0).map(jitter).take(5);
    let delays = delays.max_duration(Duration::from_secs(60));
    Retry::spawn(delays, || async {
        operation_async(left).await.map_err(kind)
    })
}

pub(super) fn future(failures: u32) -> Vec<Case> {
    future!(failures; "tokio-retry2" = spawn, "tokio-retry2, deadline" = deadline)
}
