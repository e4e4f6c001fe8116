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

/// The scope of an attempt that runs on another thread.
pub(crate) struct AttemptScope {
    watchers: Vec<Arc<dyn CallObserver>>,
    attempt: u32,
}

impl AttemptScope {
    pub(crate) const NONE: Self = Self {
        watchers: Vec::new(),
        attempt: 0,
    };

    pub(crate) fn of(watchers: &[Arc<dyn CallObserver>], attempt: u32) -> Self {
        Self {
            watchers: watchers.to_vec(),
            attempt,
        }
    }

    /// Runs the attempt in it, as [`in_scope`] does.
    pub(crate) fn run<T>(&self, run: impl FnOnce() -> T) -> T {
        in_scope(&self.watchers, self.attempt, run)
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

/// Shows a call to others in the scope that its watchers have for it, the first of them outermost.
///
/// It is shown exactly once, whatever a watcher does.
pub(crate) fn in_call_scope(watchers: &[Arc<dyn CallObserver>], show: impl FnOnce()) {
    if watchers.is_empty() {
        return show();
    }
    let mut show = Some(show);
    let mut once = || {
        if let Some(show) = show.take() {
            show();
        }
    };
    nest_call(watchers, &mut once);
    once();
}

/// Enters the scopes that the watchers have for the call, one in the other.
pub(super) fn nest_call(watchers: &[Arc<dyn CallObserver>], show: &mut dyn FnMut()) {
    match watchers.split_first() {
        None => show(),
        Some((outermost, others)) => {
            shielded((), || outermost.call_scope(&mut || nest_call(others, show)));
        }
    }
}
