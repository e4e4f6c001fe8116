//! failsafe and recloser: breakers without retries.

use std::sync::LazyLock;
use std::sync::atomic::AtomicU32;
use std::time::Duration;

use failsafe::backoff::{Constant, constant};
use failsafe::failure_policy::{ConsecutiveFailures, consecutive_failures};
use failsafe::{Config, StateMachine};
use recloser::{AsyncRecloser, Recloser};

use super::by_hand::{Down, operation, operation_async};
use super::measure::{Case, keep};

static FAILSAFE: LazyLock<StateMachine<ConsecutiveFailures<Constant>, ()>> = LazyLock::new(|| {
    let policy = consecutive_failures(5, constant(Duration::from_secs(30)));
    Config::new().failure_policy(policy).build()
});
static RECLOSER: LazyLock<Recloser> = LazyLock::new(Recloser::default);
static ASYNC_RECLOSER: LazyLock<AsyncRecloser> =
    LazyLock::new(|| AsyncRecloser::from(Recloser::default()));

fn with_failsafe(left: &AtomicU32) -> Result<u64, failsafe::Error<Down>> {
    failsafe::CircuitBreaker::call(&*FAILSAFE, || operation(left))
}

fn with_failsafe_async(
    left: &AtomicU32,
) -> impl Future<Output = Result<u64, failsafe::Error<Down>>> {
    failsafe::futures::CircuitBreaker::call(&*FAILSAFE, operation_async(left))
}

fn with_recloser(left: &AtomicU32) -> Result<u64, recloser::Error<Down>> {
    RECLOSER.call(|| operation(left))
}

fn with_recloser_async(
    left: &AtomicU32,
) -> impl Future<Output = Result<u64, recloser::Error<Down>>> {
    ASYNC_RECLOSER.call(operation_async(left))
}

pub(super) fn sync() -> Vec<Case> {
    sync!(0; "failsafe" = with_failsafe, "recloser" = with_recloser)
}

pub(super) fn future() -> Vec<Case> {
    future!(0; "failsafe" = with_failsafe_async, "recloser" = with_recloser_async)
}
