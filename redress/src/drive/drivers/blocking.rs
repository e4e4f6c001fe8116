use super::Run;
use crate::drive::decide::{Judge, Verdict};
use crate::drive::hooks::Hooks;

/// Runs a sync operation to the end of its call, which has been started. `None` if there was no
/// attempt.
#[inline]
pub(crate) fn call<T, H: Hooks>(
    run: &mut Run<'_, H>,
    judge: impl Judge<T> + Copy,
    mut operation: impl FnMut() -> T,
) -> Option<T> {
    if run.has_state() {
        return call_attended(run, judge, &mut operation);
    }
    attempts(run, judge, |_| Some(operation()))
}

/// As [`call`], for a call that may be refused, watched, or told its attempts. Through a pointer, so that
/// the operation is not compiled into two loops.
#[cold]
#[inline(never)]
fn call_attended<T, H: Hooks>(
    run: &mut Run<'_, H>,
    judge: impl Judge<T> + Copy,
    operation: &mut dyn FnMut() -> T,
) -> Option<T> {
    call_cut_off(run, judge, |run| Some(run.in_scope(&mut *operation)))
}

/// As [`call`], with attempts that return `None` when they were cut off. The result of an earlier
/// attempt is kept until a later one returns something.
#[inline]
pub(crate) fn call_cut_off<'p, T, H: Hooks>(
    run: &mut Run<'p, H>,
    judge: impl Judge<T> + Copy,
    attempt: impl FnMut(&Run<'p, H>) -> Option<T>,
) -> Option<T> {
    if run.is_held_up() && run.wait_blocking().is_err() {
        return None;
    }
    attempts(run, judge, attempt)
}

/// Runs attempts until the last.
#[inline]
fn attempts<'p, T, H: Hooks>(
    run: &mut Run<'p, H>,
    judge: impl Judge<T> + Copy,
    mut attempt: impl FnMut(&Run<'p, H>) -> Option<T>,
) -> Option<T> {
    run.block();
    let mut last = None;
    loop {
        let returned = attempt(run);
        let verdict = match &returned {
            Some(returned) => judge.judge(returned),
            None => Verdict::TIMED_OUT,
        };
        if returned.is_some() {
            last = returned;
        }
        if run.redress_after((), verdict).is_break() {
            return last;
        }
    }
}
