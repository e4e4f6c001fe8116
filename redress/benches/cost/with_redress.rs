//! The same calls through redress.

use std::sync::LazyLock;
use std::sync::atomic::AtomicU32;

use redress::{ErrorClass, Policy, retry, retry_block};

use super::by_hand::{Down, class, operation, operation_async};

pub(crate) fn classify(error: &Down) -> ErrorClass {
    match class(error) {
        2 => ErrorClass::Permanent,
        _ => ErrorClass::Transient,
    }
}

pub(crate) type Classifier = fn(&Down) -> ErrorClass;

static POLICY: LazyLock<Policy<Classifier>> = LazyLock::new(|| {
    Policy::builder()
        .classifier(classify as Classifier)
        .strategy(redress::strategies::instant())
        .build()
        .unwrap()
});

static NO_DEADLINE: LazyLock<Policy<Classifier>> = LazyLock::new(|| {
    Policy::builder()
        .classifier(classify as Classifier)
        .strategy(redress::strategies::instant())
        .no_deadline()
        .build()
        .unwrap()
});

pub(crate) fn policy(failures: &AtomicU32) -> Result<u64, redress::Error<Down>> {
    POLICY.call(|| operation(failures))
}

pub(crate) fn policy_no_deadline(failures: &AtomicU32) -> Result<u64, redress::Error<Down>> {
    NO_DEADLINE.call(|| operation(failures))
}

pub(crate) fn policy_async(
    failures: &AtomicU32,
) -> impl Future<Output = Result<u64, redress::Error<Down>>> {
    POLICY.call_async(|| operation_async(failures))
}

pub(crate) fn policy_no_deadline_async(
    failures: &AtomicU32,
) -> impl Future<Output = Result<u64, redress::Error<Down>>> {
    NO_DEADLINE.call_async(|| operation_async(failures))
}

#[retry(classifier = classify, strategy = instant())]
pub(crate) fn attribute(failures: &AtomicU32) -> Result<u64, Down> {
    operation(failures)
}

#[retry(classifier = classify, strategy = instant(), deadline = none)]
pub(crate) fn attribute_no_deadline(failures: &AtomicU32) -> Result<u64, Down> {
    operation(failures)
}

#[retry(classifier = classify, strategy = instant())]
pub(crate) async fn attribute_async(failures: &AtomicU32) -> Result<u64, Down> {
    operation_async(failures).await
}

#[retry(classifier = classify, strategy = instant(), deadline = none)]
pub(crate) async fn attribute_no_deadline_async(failures: &AtomicU32) -> Result<u64, Down> {
    operation_async(failures).await
}

pub(crate) fn block(failures: &AtomicU32) -> Result<u64, Down> {
    retry_block!(classifier = classify, strategy = instant(), || operation(
        failures
    ))
}

pub(crate) async fn block_async(failures: &AtomicU32) -> Result<u64, Down> {
    retry_block!(<u64, Down> classifier = classify, strategy = instant(), async {
        operation_async(failures).await
    })
    .await
}
