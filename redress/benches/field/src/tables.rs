//! Figures as tables of Markdown.

use redress_field::Figures;

/// The case to which the times of calls are compared.
const BASE: &str = "hand-written loop with a deadline";

/// Writes a table of names and numbers; the first row is the head.
fn markdown(rows: &[Vec<String>]) -> String {
    let numbers = rows.first().map_or(0, |head| head.len().saturating_sub(1));
    with_rule(rows, &format!("|---|{}", "---:|".repeat(numbers)))
}

/// Writes a table of text; the first row is the head.
pub(crate) fn text(rows: &[Vec<String>]) -> String {
    let columns = rows.first().map_or(0, Vec::len);
    with_rule(rows, &format!("|{}", "---|".repeat(columns)))
}

fn with_rule(rows: &[Vec<String>], rule: &str) -> String {
    let mut lines: Vec<String> = rows.iter().map(|row| line(row)).collect();
    lines.insert(1.min(lines.len()), rule.to_owned());
    lines.join("\n")
}

fn line(cells: &[String]) -> String {
    format!("| {} |", cells.join(" | "))
}

pub(crate) fn cells(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

/// Writes a name as code if it is code.
pub(crate) fn named(case: &str) -> String {
    case.replace("#[retry]", "`#[retry]`")
        .replace("retry_block!", "`retry_block!`")
}

/// Writes the table of the environment from lines of a name and a value.
pub(crate) fn environment(lines: &str) -> String {
    let rows = lines.lines().filter_map(|line| line.split_once('\t'));
    let rows = rows.map(|(name, value)| cells(&[name, value]));
    let head = std::iter::once(cells(&["what", "which"]));
    text(&head.chain(rows).collect::<Vec<_>>())
}

/// Writes all figures of one table of calls.
pub(crate) fn calls(figures: &Figures, title: &str) -> String {
    let is_async = title.starts_with("async");
    let columns = ["ns", "spread", "ratio", "instructions", "clock reads"];
    let mut head = cells(&["call"]);
    head.extend(cells(&columns));
    head.extend(cells(&["allocations", "bytes"]));
    if is_async {
        head.push("future".into());
    }
    let base = figures.get(title, BASE, "ns");
    let mut rows = vec![head];
    for case in figures.cases(title) {
        let get = |column| figures.get(title, case, column);
        let ratio = get("ns").zip(base).map(|(ns, base)| ns / base);
        let mut row = vec![
            named(case),
            shown(get("ns"), nanoseconds),
            shown(get("spread"), nanoseconds),
            shown(ratio, significant),
            shown(get("instructions"), |n| format!("{n:.0}")),
            shown(get("reads"), |n| format!("{n:.0}")),
            shown(get("allocations"), count),
            shown(get("bytes"), count),
        ];
        if is_async {
            row.push(shown(get("future"), count));
        }
        rows.push(row);
    }
    rows_or_missing(&rows)
}

/// Writes a table as it was measured.
pub(crate) fn plain(figures: &Figures, title: &str) -> String {
    let columns = figures.columns(title);
    let mut head = cells(&[title]);
    head.extend(cells(&columns));
    let mut rows = vec![head];
    for case in figures.cases(title) {
        let values = columns.iter().map(|column| {
            let value = figures.get(title, case, column);
            shown(value, |value| decimals(value, column))
        });
        rows.push(std::iter::once(named(case)).chain(values).collect());
    }
    rows_or_missing(&rows)
}

/// Writes a table with the ratios of its first column: to the second column if there are two of one
/// kind, otherwise to the first row.
pub(crate) fn ratios(figures: &Figures, title: &str) -> String {
    let columns = figures.columns(title);
    let mut head = cells(&[title]);
    head.extend(columns.iter().map(|column| named(column)));
    head.push("ratio".into());
    let cases = figures.cases(title);
    let first = cases.first().zip(columns.first());
    let base = first.and_then(|(case, column)| figures.get(title, case, column));
    let mut rows = vec![head];
    for case in &cases {
        let values: Vec<_> = columns
            .iter()
            .map(|c| figures.get(title, case, c))
            .collect();
        let ratio = match values.as_slice() {
            [Some(own), Some(other)] if title == "functions" => Some(own / other),
            [Some(own), ..] => base.map(|base| own / base),
            _ => None,
        };
        let mut row = vec![named(case)];
        let texts = values.iter().zip(&columns);
        row.extend(texts.map(|(value, column)| shown(*value, |v| decimals(v, column))));
        row.push(shown(ratio, |ratio| format!("{ratio:.2}")));
        rows.push(row);
    }
    rows_or_missing(&rows)
}

fn rows_or_missing(rows: &[Vec<String>]) -> String {
    if rows.len() == 1 {
        return "*Not measured.*".into();
    }
    markdown(rows)
}

fn shown(value: Option<f64>, write: impl Fn(f64) -> String) -> String {
    value.map_or("-".into(), write)
}

/// Writes a ratio, with two decimals if it is less than ten.
fn significant(ratio: f64) -> String {
    if ratio < 10.0 {
        format!("{ratio:.2}")
    } else {
        format!("{ratio:.0}")
    }
}

pub(crate) fn nanoseconds(ns: f64) -> String {
    if ns < 10_000.0 {
        format!("{ns:.1}")
    } else {
        format!("{:.2} ms", ns / 1e6)
    }
}

fn count(n: f64) -> String {
    format!("{n:.0}")
}

pub(crate) fn decimals(value: f64, column: &str) -> String {
    match column {
        "ns" | "ns, 2 threads" | "spread" => nanoseconds(value),
        "crates" | "bytes each" | "bytes at most" | "future" => count(value),
        "scale"
        | "ratio, 2 threads"
        | "seconds"
        | "million attempts a second"
        | "CPU s"
        | "#[retry], CPU s"
        | "by hand, CPU s" => {
            format!("{value:.2}")
        }
        _ => format!("{value:.1}"),
    }
}
