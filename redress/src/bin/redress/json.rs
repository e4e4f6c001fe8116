use std::time::Duration;

use redress::inspect::{Level, Planned};
use serde_json::{Value, json};

use crate::report::{ClassSchedule, DoctorReport, Finding, KeyedReport, PolicyReport};

/// The version of the format, which increases when a field changes its meaning or is removed.
const VERSION: u32 = 1;

/// Writes a report for programs.
pub(crate) fn write(report: &DoctorReport, show: bool) -> String {
    let mut value = json!({
        "version": VERSION,
        "file": report.file,
        "errors": report.count(Level::Error),
        "warnings": report.count(Level::Warning),
        "findings": report.findings.iter().map(finding).collect::<Vec<_>>(),
    });
    if show && let Some(object) = value.as_object_mut() {
        let policies = report.policies.iter().map(policy).collect::<Vec<_>>();
        object.insert("policies".to_owned(), policies.into());
        let keyed = report.keyed.iter().map(each).collect::<Vec<_>>();
        object.insert("keyed".to_owned(), keyed.into());
        let endpoints = report.endpoints.iter().map(each).collect::<Vec<_>>();
        object.insert("endpoints".to_owned(), endpoints.into());
    }
    format!("{value:#}\n")
}

fn finding(finding: &Finding) -> Value {
    let place = finding.place.as_ref();
    json!({
        "level": finding.level.as_str(),
        "code": finding.code,
        "policies": finding.policies,
        "setting": finding.setting,
        "message": finding.message,
        "reason": finding.reason,
        "fix": finding.fix,
        "given": finding.given,
        "line": place.map(redress::config::Place::line),
        "column": place.map(redress::config::Place::column),
        "start": place.map(|place| place.span().start),
        "end": place.map(|place| place.span().end),
    })
}

fn each(keyed: &KeyedReport) -> Value {
    let rows = keyed.rows.iter().cloned();
    let settings: serde_json::Map<_, _> = rows.map(|(key, value)| (key, value.into())).collect();
    json!({ "name": keyed.name, "settings": settings })
}

fn policy(policy: &PolicyReport) -> Value {
    let rows = policy.snapshot.rows().into_iter();
    let settings: serde_json::Map<_, _> = rows.map(|(key, value)| (key, value.into())).collect();
    json!({
        "name": policy.name,
        "settings": settings,
        "schedules": policy.schedules.iter().map(schedule).collect::<Vec<_>>(),
    })
}

fn schedule(group: &ClassSchedule) -> Value {
    let schedule = &group.schedule;
    let classes = group.classes.iter().map(|class| class.as_str());
    json!({
        "classes": classes.collect::<Vec<_>>(),
        "attempts": schedule.attempts().iter().map(planned).collect::<Vec<_>>(),
        "ends": schedule.ends().map(redress::StopReason::as_str),
        "worst_case_seconds": seconds(schedule.worst_case()),
    })
}

fn planned(planned: &Planned) -> Value {
    json!({
        "attempt": planned.attempt,
        "earliest_seconds": seconds(Some(planned.earliest)),
        "expected_seconds": seconds(planned.expected),
        "latest_seconds": seconds(planned.latest),
        "certain": planned.certain,
    })
}

fn seconds(time: Option<Duration>) -> Option<f64> {
    time.map(|time| time.as_secs_f64())
}
