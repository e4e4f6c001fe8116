use std::ops::ControlFlow;

use super::{Hooks, Run};
use crate::{Classifier, Policy, ResultClassifier};

/// Runs a sync operation to the end of its call, which has been started. `None` if there was no
/// attempt.
#[inline]
pub(crate) fn call<T, E, C, R, H: Hooks>(
    run: &mut Run<'_, H>,
    policy: &Policy<C, R>,
    mut operation: impl FnMut() -> Result<T, E>,
) -> Option<Result<T, E>>
where
    C: Classifier<E>,
    R: ResultClassifier<T>,
{
    if run.is_refused() {
        return None;
    }
    loop {
        let returned = operation();
        let judged = policy.judge(&returned);
        if let ControlFlow::Break(returned) = run.after(returned, judged) {
            return Some(returned);
        }
    }
}
