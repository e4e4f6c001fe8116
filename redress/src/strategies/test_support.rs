use crate::classify::{Classification, ErrorClass};
use crate::delay::Delay;
use crate::problems::Problems;
use crate::strategies::{BackoffContext, Strategy};

/// Lists what `strategy` finds wrong with itself, each as `setting: message`.
pub(super) fn problems(strategy: &dyn Strategy) -> Vec<String> {
    let mut problems = Problems::default();
    strategy.check(&mut problems);
    match problems.into_result() {
        Ok(()) => Vec::new(),
        Err(error) => error.problems().iter().map(ToString::to_string).collect(),
    }
}

/// Asks `strategy` for a delay in a context that `change` has changed.
pub(super) fn delay(
    strategy: &dyn Strategy,
    change: impl FnOnce(&mut BackoffContext<'_>),
) -> Delay {
    let transient = Classification::new(ErrorClass::Transient);
    let mut ctx = BackoffContext::first(&transient);
    change(&mut ctx);
    strategy.delay(&ctx)
}
