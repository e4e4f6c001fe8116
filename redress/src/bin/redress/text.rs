use std::fmt::Write as _;
use std::ops::Range;

use annotate_snippets::{AnnotationKind, Level as Shown, Renderer, Snippet};
use redress::StopReason;
use redress::inspect::Level;

use crate::report::{DoctorReport, Finding, KeyedReport, PolicyReport};

/// Writes a report for people, with colours, which are stripped where there is no terminal.
pub(crate) fn write(report: &DoctorReport, show: bool) -> String {
    let mut text = String::new();
    if show {
        for policy in &report.policies {
            text.push_str(&settings(policy));
        }
        for keyed in &report.keyed {
            text.push_str(&each("keyed", keyed));
        }
        for list in &report.endpoints {
            text.push_str(&each("endpoints", list));
        }
    }
    let renderer = Renderer::styled();
    for finding in &report.findings {
        text.push_str(&diagnostic(&renderer, report, finding));
        text.push_str("\n\n");
    }
    text.push_str(&summary(report));
    text
}

fn settings(policy: &PolicyReport) -> String {
    let mut text = format!("policy {}\n\n", name(&policy.name));
    indent(&mut text, &policy.snapshot.to_string());
    let schedules = policy.schedules.iter();
    let (retried, single): (Vec<_>, Vec<_>) =
        schedules.partition(|group| group.schedule.attempts().len() > 1);
    for group in retried {
        let names = group.names();
        let _ = writeln!(text, "\n  when every attempt fails as {names}:");
        indent(&mut text, &group.schedule.to_string());
    }
    for group in single {
        let reason = group.schedule.ends().map_or("", StopReason::as_str);
        let _ = writeln!(text, "\n  not retried ({reason}): {}", group.names());
    }
    text.push('\n');
    text
}

fn each(what: &str, keyed: &KeyedReport) -> String {
    let mut text = format!("{what} {}\n\n", name(&keyed.name));
    let width = keyed.rows.iter().map(|(setting, _)| setting.len()).max();
    let width = width.unwrap_or(0);
    for (setting, value) in &keyed.rows {
        let _ = writeln!(text, "  {setting:width$}  {value}");
    }
    text.push('\n');
    text
}

fn indent(text: &mut String, lines: &str) {
    for line in lines.lines() {
        let _ = writeln!(text, "  {line}");
    }
}

/// Writes one finding in the style of rustc.
fn diagnostic(renderer: &Renderer, report: &DoctorReport, finding: &Finding) -> String {
    let level = match finding.level {
        Level::Error => Shown::ERROR,
        Level::Warning => Shown::WARNING,
    };
    let message = if finding.setting.is_empty() {
        finding.message.clone()
    } else {
        format!("{}: {}", finding.setting, finding.message)
    };
    let title = level.primary_title(message).id(finding.code);
    let notes = finding
        .reason
        .iter()
        .map(|reason| Shown::NOTE.message(reason));
    let helps = finding.fix.iter().map(|fix| Shown::HELP.message(fix));
    let Some(place) = &finding.place else {
        return renderer.render(&[title.elements(notes).elements(helps)]);
    };
    let (line, span) = first_line(&report.text, place.span());
    let mut annotation = AnnotationKind::Primary.span(span);
    if !finding.given {
        let last = finding.setting.rsplit('.').next().unwrap_or_default();
        annotation = annotation.label(format!("`{last}` is not set here"));
    }
    let snippet = Snippet::source(line)
        .line_start(place.line())
        .path(report.file.as_str())
        .annotation(annotation);
    renderer.render(&[title.element(snippet).elements(notes).elements(helps)])
}

/// Returns the line in which a span starts, and the part of the span in it: the first line of a
/// long table is enough.
fn first_line(text: &str, span: Range<usize>) -> (&str, Range<usize>) {
    let (before, after) = text.split_at_checked(span.start).unwrap_or((text, ""));
    let start = before.rfind('\n').map_or(0, |end| end.saturating_add(1));
    let rest = after.lines().next().unwrap_or_default();
    let end = before.len().saturating_add(rest.len());
    let line = text.get(start..end).unwrap_or_default();
    let within = |at: usize| at.clamp(start, end).saturating_sub(start);
    (line, within(span.start)..within(span.end))
}

fn summary(report: &DoctorReport) -> String {
    let (errors, warnings) = (report.count(Level::Error), report.count(Level::Warning));
    let found = match (errors, warnings) {
        (0, 0) => "nothing is wrong".to_owned(),
        (0, warnings) => number(warnings, "warning"),
        (errors, 0) => number(errors, "error"),
        (errors, warnings) => format!(
            "{}, {}",
            number(errors, "error"),
            number(warnings, "warning")
        ),
    };
    let policies = match report.policies.as_slice() {
        [] => None,
        [policy] => Some(format!("policy {}", name(&policy.name))),
        policies => Some(number(policies.len(), "policy")),
    };
    let keyed = match report.keyed.as_slice() {
        [] => None,
        [keyed] => Some(format!("keyed {}", name(&keyed.name))),
        keyed => Some(format!("{} keyed", keyed.len())),
    };
    let endpoints = match report.endpoints.as_slice() {
        [] => None,
        [list] => Some(format!("endpoints {}", name(&list.name))),
        lists => Some(format!("{} endpoints", lists.len())),
    };
    let looked = policies.into_iter().chain(keyed).chain(endpoints);
    let looked: Vec<_> = looked.collect();
    let with = if looked.is_empty() { "" } else { " with " };
    format!("{}: {found}{with}{}\n", report.file, looked.join(" and "))
}

fn number(number: usize, what: &str) -> String {
    match (number, what.strip_suffix('y')) {
        (1, _) => format!("{number} {what}"),
        (_, Some(stem)) => format!("{number} {stem}ies"),
        (_, None) => format!("{number} {what}s"),
    }
}

/// Writes the name of a policy, which may be any text.
pub(crate) fn name(name: &str) -> String {
    let bare = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.');
    if !name.is_empty() && name.chars().all(bare) {
        name.to_owned()
    } else {
        format!("{name:?}")
    }
}
