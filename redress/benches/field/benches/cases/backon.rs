//! backon, and the attribute of backon-macros. No deadline, no classes.

use std::sync::atomic::AtomicU32;
use std::time::Duration;

use ::backon::{BlockingRetryable, ExponentialBuilder, Retryable};
use backon_macros::backon;

use super::by_hand::{Down, operation, operation_async};
use super::measure::{Case, keep};
use super::retryable;

fn backoff() -> ExponentialBuilder {
    ExponentialBuilder::default()
        .with_min_delay(Duration::ZERO)
        .with_jitter()
        .with_max_times(5)
}

fn blocking(left: &AtomicU32) -> Result<u64, Down> {
    (|| operation(left)).retry(backoff()).when(retryable).call()
}

async fn with_tokio(left: &AtomicU32) -> Result<u64, Down> {
    (|| operation_async(left))
        .retry(backoff())
        .when(retryable)
        .await
}

/// Without tokio's timer, which turns a zero delay into one of a millisecond.
async fn without_sleeper(left: &AtomicU32) -> Result<u64, Down> {
    (|| operation_async(left))
        .retry(backoff())
        .sleep(|_| std::future::ready(()))
        .when(retryable)
        .await
}

#[backon(backoff = backoff, when = retryable)]
fn attribute(left: &AtomicU32) -> Result<u64, Down> {
    operation(left)
}

#[backon(backoff = backoff, when = retryable)]
async fn attribute_async(left: &AtomicU32) -> Result<u64, Down> {
    operation_async(left).await
}

pub(super) fn sync(failures: u32) -> Vec<Case> {
    sync!(failures; "backon" = blocking, "backon-macros" = attribute)
}

pub(super) fn future(failures: u32) -> Vec<Case> {
    future!(failures;
        "backon" = with_tokio,
        "backon, a sleeper that does not sleep" = without_sleeper,
        "backon-macros" = attribute_async,
    )
}
