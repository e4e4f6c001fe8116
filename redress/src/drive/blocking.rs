use super::{Hooks, Judged, Run};
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
    call_cut_off(run, policy, |_| Some(operation()))
}

/// As [`call`], with attempts that return `None` when they were cut off. What an earlier attempt
/// returned is kept until a later one returns something.
#[inline]
pub(crate) fn call_cut_off<'p, T, E, C, R, H: Hooks>(
    run: &mut Run<'p, H>,
    policy: &Policy<C, R>,
    mut attempt: impl FnMut(&Run<'p, H>) -> Option<Result<T, E>>,
) -> Option<Result<T, E>>
where
    C: Classifier<E>,
    R: ResultClassifier<T>,
{
    if run.is_refused() {
        return None;
    }
    let mut last = None;
    loop {
        let returned = attempt(run);
        let judged = match &returned {
            Some(returned) => policy.judge(returned),
            None => Judged::TIMED_OUT,
        };
        if returned.is_some() {
            last = returned;
        }
        if run.redress_after((), judged).is_break() {
            return last;
        }
    }
}
