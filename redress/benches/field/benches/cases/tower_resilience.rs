//! tower-resilience. Async only; its only overall limit is a layer that cuts off; no classes.

use std::sync::atomic::AtomicU32;
use std::time::Duration;

use ::tower_resilience::circuitbreaker::CircuitBreakerLayer;
use ::tower_resilience::retry::{ExponentialRandomBackoff, RetryLayer};
use tower::{Layer, ServiceExt, service_fn};

use super::by_hand::{Down, operation_async};
use super::measure::Case;
use super::{owned, retryable};

type Request = &'static AtomicU32;

fn retry() -> RetryLayer<Request, u64, Down> {
    RetryLayer::builder()
        .max_attempts(6)
        .backoff(ExponentialRandomBackoff::new(Duration::ZERO, 0.5).expect("a valid factor"))
        .retry_on(retryable)
        .build()
}

pub(super) fn future(failures: u32) -> Vec<Case> {
    let bare = retry().layer(service_fn(operation_async));
    let breaker = CircuitBreakerLayer::builder().build().expect("a breaker");
    let guarded = breaker.layer(retry().layer(service_fn(operation_async)));
    vec![
        owned("tower-resilience", failures, move |left| {
            bare.clone().oneshot(left)
        }),
        owned("tower-resilience, breaker", failures, move |left| {
            guarded.clone().oneshot(left)
        }),
    ]
}
