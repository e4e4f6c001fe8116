use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;

use super::CallObserver;
use crate::shielded::shielded;

/// Runs a part of an attempt in the scope of every watcher of its call, the first of them outermost.
///
/// It runs exactly once, and its panic goes on, whatever a watcher does.
pub(crate) fn in_scope<T>(
    watchers: &[Arc<dyn CallObserver>],
    attempt: u32,
    run: impl FnOnce() -> T,
) -> T {
    if watchers.is_empty() {
        return run();
    }
    let mut run = Some(run);
    let mut ended = None;
    // The panic of the operation must not be taken for one of a watcher, which is caught.
    let mut once = || {
        if let Some(run) = run.take() {
            ended = Some(catch_unwind(AssertUnwindSafe(run)));
        }
    };
    nest(watchers, attempt, &mut once);
    // For a watcher that has not run it.
    once();
    match ended {
        Some(Ok(ended)) => ended,
        Some(Err(panic)) => resume_unwind(panic),
        None => unreachable!("either a watcher has run it, or `once` just has"),
    }
}

/// Enters the scopes of the watchers, one in the other. A panic of one of them is caught.
pub(super) fn nest(watchers: &[Arc<dyn CallObserver>], attempt: u32, run: &mut dyn FnMut()) {
    match watchers.split_first() {
        None => run(),
        Some((outermost, others)) => {
            shielded((), || {
                outermost.scope(attempt, &mut || nest(others, attempt, run));
            });
        }
    }
}
