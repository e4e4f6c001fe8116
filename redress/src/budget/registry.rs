use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use super::Budget;
use super::state::BudgetState;

static NAMED: Mutex<Vec<Weak<BudgetState>>> = Mutex::new(Vec::new());

/// Returns the budgets of the program that have a [name](Budget::name) and that something still holds, in
/// the order in which they were made: for a gauge of what [remains](Budget::remaining), read when it is
/// asked for.
///
/// Naming a budget and this take a lock; calls never do.
///
/// ```
/// use redress::{Budget, budget};
///
/// let payments = Budget::success_ratio(0.1).named("payments");
/// let left: Vec<_> = budget::named().iter().map(Budget::remaining).collect();
/// assert_eq!(left, [100]);
/// drop(payments);
/// assert!(budget::named().is_empty());
/// ```
#[must_use]
pub fn named() -> Vec<Budget> {
    let states = states();
    let alive = states.iter().filter_map(Weak::upgrade);
    alive.map(Budget::of_state).collect()
}

/// Remembers a budget, if it has a name, for as long as there is a handle of it.
pub(super) fn add(state: &Arc<BudgetState>) {
    if state.setup.settings.name.is_some() {
        let mut states = states();
        states.retain(|state| state.strong_count() > 0);
        states.push(Arc::downgrade(state));
    }
}

fn states() -> MutexGuard<'static, Vec<Weak<BudgetState>>> {
    NAMED.lock().unwrap_or_else(PoisonError::into_inner)
}
