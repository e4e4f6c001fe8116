//! retry. Sync only; no deadline, no classes.

use std::sync::atomic::AtomicU32;

use ::retry::delay::{Exponential, jitter};
use ::retry::{OperationResult, retry};

use super::by_hand::{Down, operation};
use super::measure::{Case, keep};
use super::retryable;

fn with_jitter(left: &AtomicU32) -> Result<u64, ::retry::Error<Down>> {
    let delays = Exponential::from_millis(0).map(jitter).take(5);
    retry(delays, || match operation(left) {
        Ok(value) => OperationResult::Ok(value),
        Err(error) if retryable(&error) => OperationResult::Retry(error),
        Err(error) => OperationResult::Err(error),
    })
}

pub(super) fn sync(failures: u32) -> Vec<Case> {
    sync!(failures; "retry" = with_jitter)
}
