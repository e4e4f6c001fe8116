use super::{Findings, Patient, Text};
use crate::inspect::{BudgetKind, BudgetSettings};

/// Looks at what bounds retries across calls.
pub(super) fn lint(patient: &Patient<'_>, findings: &mut Findings) {
    // Without retries there is nothing to bound.
    if patient.slots.iter().all(super::StrategySlot::never_retries) {
        return;
    }
    match &patient.snapshot.budget {
        Some(budget) => allows_none(budget, findings),
        // A session comes back once a minute at most; what bounds it is looked at by itself.
        None if patient.shared && patient.snapshot.session.is_none() => {
            no_budget(patient, findings);
        }
        None => {}
    }
}

fn no_budget(patient: &Patient<'_>, findings: &mut Findings) {
    let attempts = patient.snapshot.max_attempts;
    let reason = match attempts {
        Some(attempts) => format!("when everything fails, every call becomes up to {attempts}: retries keep down what is down"),
        None => "when everything fails, every call becomes any number of calls: retries keep down what is down".to_owned(),
    };
    findings.warning(
        "no-budget",
        "budget",
        Text {
            message: "many callers share this policy, and nothing bounds their retries together"
                .to_owned(),
            reason,
            fix: "give it a budget, such as a success_ratio of 0.1".to_owned(),
        },
    );
}

fn allows_none(budget: &BudgetSettings, findings: &mut Findings) {
    let free = budget.free_hinted_retries || budget.costs.values().any(|cost| *cost == 0);
    let setting = match budget.kind {
        BudgetKind::Rolling { max_retries: 0, .. } => "budget.max_retries",
        BudgetKind::SuccessRatio { reserve: 0, .. } => "budget.reserve",
        _ => return,
    };
    if free {
        return;
    }
    findings.error(
        "budget-allows-none",
        setting,
        Text {
            message: "the budget never allows a retry".to_owned(),
            reason: "every retry costs 1 or more, and it never holds so much".to_owned(),
            fix: "raise it above zero, or say max_attempts = 1 if nothing shall be retried"
                .to_owned(),
        },
    );
}
