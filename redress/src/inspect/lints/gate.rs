use std::time::Duration;

use super::{Findings, Patient, Text};
use crate::strategies::length;

/// Looks at how long a gate may hold a call.
pub(super) fn lint(patient: &Patient<'_>, findings: &mut Findings) {
    let snapshot = &patient.snapshot;
    let Some(gate) = &snapshot.gate else {
        return;
    };
    if snapshot.deadline.is_none() {
        findings.warning(
            "gate-without-deadline",
            "deadline",
            Text {
                message: format!(
                    "a call may wait at the gate for {} and longer",
                    length(gate.max_hint)
                ),
                reason: "only a deadline bounds how long calls wait for each other".to_owned(),
                fix: "give a deadline".to_owned(),
            },
        );
    }
    if let Some(deadline) = snapshot.deadline
        && deadline < Duration::from_secs(1)
    {
        findings.warning(
            "gate-never-waited-for",
            "deadline",
            Text {
                message: format!(
                    "no call waits at the gate: hints have whole seconds, and the deadline is {}",
                    length(deadline)
                ),
                reason: "while the gate is closed, every call stops at once".to_owned(),
                fix: "raise the deadline above a second, or leave the gate out".to_owned(),
            },
        );
    }
}
