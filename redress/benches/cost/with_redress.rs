//! The same through redress.

use std::sync::LazyLock;

use redress::{ErrorClass, Policy};

use super::by_hand::{Down, class, operation, operation_async};

fn classify(error: &Down) -> ErrorClass {
    match class(error) {
        2 => ErrorClass::Permanent,
        _ => ErrorClass::Transient,
    }
}

type Classifier = fn(&Down) -> ErrorClass;

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

pub(crate) fn policy(mut failures: u32) -> Result<u64, redress::Error<Down>> {
    POLICY.call(|| operation(&mut failures))
}

pub(crate) fn policy_no_deadline(mut failures: u32) -> Result<u64, redress::Error<Down>> {
    NO_DEADLINE.call(|| operation(&mut failures))
}

pub(crate) async fn policy_async(failures: u32) -> Result<u64, redress::Error<Down>> {
    let left = std::cell::Cell::new(failures);
    POLICY
        .call_async(|| async {
            let mut now = left.get();
            let returned = operation_async(&mut now).await;
            left.set(now);
            returned
        })
        .await
}

pub(crate) async fn policy_no_deadline_async(failures: u32) -> Result<u64, redress::Error<Down>> {
    let left = std::cell::Cell::new(failures);
    NO_DEADLINE
        .call_async(|| async {
            let mut now = left.get();
            let returned = operation_async(&mut now).await;
            left.set(now);
            returned
        })
        .await
}
