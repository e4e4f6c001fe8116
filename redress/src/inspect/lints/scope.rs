use super::{Findings, Patient, Text};

/// Looks at what a policy heeds of its caller.
pub(super) fn lint(patient: &Patient<'_>, findings: &mut Findings) {
    let config = patient.config;
    if !config.leaves_retries() {
        return;
    }
    let setting = "leave_retries_to_caller";
    if config.rules.is_last(1) {
        findings.warning(
            "no-retries-to-leave",
            setting,
            Text {
                message: "there are no retries to leave to a caller".to_owned(),
                reason: "max_attempts is 1, so a call makes one attempt in any case".to_owned(),
                fix: format!("leave {setting} out, or raise max_attempts"),
            },
        );
    }
    if !config.inherits_deadline() {
        findings.warning(
            "deadline-not-inherited",
            setting,
            Text {
                message: "a call goes on after its caller has given up".to_owned(),
                reason: "the policy heeds whether its caller retries, and not by when it gives up"
                    .to_owned(),
                fix: "set inherit_deadline, too".to_owned(),
            },
        );
    }
}
