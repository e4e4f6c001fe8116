use super::{Findings, Patient, Text};
use crate::defaults;
use crate::strategies::length;

/// Looks at what bounds sessions, where a policy is meant for them.
pub(super) fn lint(patient: &Patient<'_>, findings: &mut Findings) {
    let Some(session) = &patient.snapshot.session else {
        return;
    };
    if session.max_restarts.is_none() {
        findings.warning(
            "session-without-restart-limit",
            "max_restarts",
            Text {
                message: "nothing ends a session that is lost again as soon as it is healthy"
                    .to_owned(),
                reason: "health forgets attempts, backoff and the deadline, so it reconnects for ever, as often as its first delay allows".to_owned(),
                fix: format!(
                    "allow {} restarts in {}, or as many as you can bear",
                    defaults::SESSION_RESTARTS,
                    length(defaults::SESSION_WINDOW)
                ),
            },
        );
    }
    let limits = [
        ("attempt_timeout", patient.snapshot.attempt_timeout),
        ("deadline", patient.snapshot.deadline),
    ];
    let first = limits.into_iter().find_map(|(name, limit)| {
        let limit = limit.filter(|limit| *limit <= session.healthy_after)?;
        Some((name, limit))
    });
    if let Some((name, limit)) = first {
        findings.warning(
            "session-never-healthy",
            "healthy_after",
            Text {
                message: format!(
                    "a session without progress is never healthy: it would be after {}",
                    length(session.healthy_after)
                ),
                reason: format!("{name} cuts it off after {}", length(limit)),
                fix: format!("shorten healthy_after, or raise {name}"),
            },
        );
    }
}
