//! seatbelt. Async only; its only overall limit is a layer that cuts off.

use std::sync::atomic::AtomicU32;
use std::time::Duration;

use ::seatbelt::breaker::Breaker;
use ::seatbelt::retry::Retry;
use ::seatbelt::timeout::Timeout;
use ::seatbelt::{RecoveryInfo, ResilienceContext};
use layered::{Execute, Service, Stack};
use tick::Clock;

use super::by_hand::{Down, operation_async};
use super::measure::Case;
use super::{block_on, owned, retryable};

type Request = &'static AtomicU32;
type Answer = Result<u64, Down>;

fn recovery(answer: &Answer) -> RecoveryInfo {
    match answer {
        Err(error) if retryable(error) => RecoveryInfo::retry(),
        _ => RecoveryInfo::never(),
    }
}

pub(super) fn future(failures: u32) -> Vec<Case> {
    let context = block_on(async { ResilienceContext::<Request, Answer>::new(Clock::new_tokio()) });
    let retry = || {
        Retry::layer("retry", &context)
            .clone_input()
            .recovery_with(|answer, _| recovery(answer))
            .max_retry_attempts(5)
            .base_delay(Duration::ZERO)
            .use_jitter(true)
    };
    let breaker = Breaker::layer("breaker", &context)
        .recovery_with(|answer, _| recovery(answer))
        .rejected_input_error(|_, _| Down(0))
        // If each call fails once, half of the attempts fail.
        .failure_threshold(0.9);
    let timeout = Timeout::layer("timeout", &context)
        .timeout(Duration::from_secs(10))
        .timeout_error(|_| Down(0));
    let bare = (retry(), Execute::new(operation_async)).into_service();
    let full = (retry(), breaker, timeout, Execute::new(operation_async)).into_service();
    let bare: &'static _ = Box::leak(Box::new(bare));
    let full: &'static _ = Box::leak(Box::new(full));
    vec![
        owned("seatbelt", failures, |left| bare.execute(left)),
        owned("seatbelt, breaker, attempt timeout", failures, |left| {
            full.execute(left)
        }),
    ]
}
