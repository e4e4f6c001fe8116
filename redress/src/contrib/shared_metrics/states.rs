use std::collections::BTreeMap;

use crate::breaker::{self, CircuitState};
use crate::budget;

/// The states of a breaker, from the best to the worst.
pub(in crate::contrib) const STATES: [CircuitState; 3] = [
    CircuitState::Closed,
    CircuitState::HalfOpen,
    CircuitState::Open,
];

/// Returns the states of the breakers that have a name. Of several with one name, the worst counts: two
/// series with the same labels would make a scrape fail.
pub(in crate::contrib) fn circuits() -> BTreeMap<String, CircuitState> {
    let mut circuits = BTreeMap::new();
    for breaker in breaker::named() {
        let Some(name) = breaker.name() else {
            continue;
        };
        let (now, worst) = (breaker.state(), circuits.entry(name.to_owned()));
        worst
            .and_modify(|worst| *worst = worse(*worst, now))
            .or_insert(now);
    }
    circuits
}

/// Returns what the budgets that have a name would allow. Of several with one name, the lowest counts.
pub(in crate::contrib) fn budgets() -> BTreeMap<String, u32> {
    let mut budgets = BTreeMap::new();
    for budget in budget::named() {
        let Some(name) = budget.name() else {
            continue;
        };
        let (now, lowest) = (budget.remaining(), budgets.entry(name.to_owned()));
        lowest
            .and_modify(|lowest: &mut u32| *lowest = (*lowest).min(now))
            .or_insert(now);
    }
    budgets
}

fn worse(a: CircuitState, b: CircuitState) -> CircuitState {
    let place = |state| STATES.iter().position(|known| *known == state);
    if place(a) < place(b) { b } else { a }
}
