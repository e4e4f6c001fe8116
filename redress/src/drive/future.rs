use std::future::poll_fn;
use std::ops::ControlFlow;
use std::pin::pin;

use super::{Hooks, Run};
use crate::{Classifier, Policy, ResultClassifier};

/// Runs an async operation to the end of its call. `None` if no attempt returned anything.
pub(crate) async fn call<T, E, C, R, H: Hooks, F>(
    run: &mut Run<'_, H>,
    policy: &Policy<C, R>,
    operation: &mut impl FnMut() -> F,
) -> Option<Result<T, E>>
where
    C: Classifier<E>,
    R: ResultClassifier<T>,
    F: Future<Output = Result<T, E>>,
{
    run.first_attempt().ok()?;
    let mut last = None;
    loop {
        let returned = {
            let mut attempt = pin!(operation());
            poll_fn(|cx| run.poll_attempt(attempt.as_mut(), cx)).await
        };
        let judge = |returned: &_| policy.judge(returned);
        if let ControlFlow::Break(returned) =
            run.after_async_keeping(returned, &mut last, judge).await
        {
            return returned;
        }
    }
}
