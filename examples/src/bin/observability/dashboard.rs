//! The ten panels: what each asks of the record, as the dashboard's queries ask it of Prometheus.

use std::collections::BTreeMap;

use redress_examples::picture::NEUTRAL;

use crate::panel::{BLUE, Figure, Line, PALETTE, Panel, Unit};
use crate::recorder::{Record, STEP, Step};
use crate::shop::{DOWN, LIMITED};

pub(crate) const WIDTH: usize = 920;
const COLUMNS: usize = 2;
/// Where the panels begin, and what one takes.
const TOP: usize = 76;
pub(crate) const PANEL_WIDTH: usize = WIDTH / COLUMNS;
pub(crate) const PANEL_HEIGHT: usize = 186;

const SUCCESSES: [&str; 2] = ["success", "success_after_retry"];
/// What says nothing about the other side.
const NEITHER: [&str; 3] = ["aborted", "cancelled", "scheduled"];
/// What made no attempt.
const REFUSED: [&str; 2] = ["circuit_rejected", "no_thread"];

/// Draws the dashboard as SVG.
pub(crate) fn draw(record: &Record) -> String {
    let panels = panels(record);
    let height = TOP + panels.len().div_ceil(COLUMNS) * PANEL_HEIGHT;
    let title = "What a team sees of an outage, and of a rate limit";
    let subtitle = format!(
        "search, 60 calls a second: down from {} to {} s; pay, 20 a second: two of five requests refused \
         from {} to {} s",
        DOWN.start, DOWN.end, LIMITED.start, LIMITED.end
    );
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" \
         width=\"{WIDTH}\" height=\"{height}\" role=\"img\" \
         font-family=\"system-ui, -apple-system, 'Segoe UI', Helvetica, Arial, sans-serif\" \
         font-size=\"11\" fill=\"{NEUTRAL}\">\n\
         <title>{title}</title>\n\
         <text x=\"14\" y=\"28\" font-size=\"19\" font-weight=\"bold\">{title}</text>\n\
         <text x=\"14\" y=\"50\" font-size=\"13\">{subtitle}</text>\n"
    );
    for (number, panel) in panels.iter().enumerate() {
        let left = number % COLUMNS * PANEL_WIDTH;
        let top = TOP + number / COLUMNS * PANEL_HEIGHT;
        panel.draw(left, top, &mut svg);
    }
    svg.push_str("</svg>\n");
    svg
}

pub(crate) fn panels(record: &Record) -> Vec<Panel> {
    let steps = &record.steps;
    let panel = |title, unit, figure| Panel {
        title,
        unit,
        figure,
    };
    vec![
        panel(
            "Effective and actual success",
            Unit::Share,
            Figure::Lines(success(steps)),
        ),
        panel(
            "Attempts for each call",
            Unit::Number,
            Figure::Lines(by_operation(steps, amplification)),
        ),
        panel(
            "Calls, by how they ended",
            Unit::PerSecond,
            Figure::Lines(calls(steps)),
        ),
        panel(
            "Retries, by the class before",
            Unit::PerSecond,
            Figure::Lines(retries(steps)),
        ),
        panel(
            "Calls that stopped, and why",
            Unit::PerSecond,
            Figure::Lines(stops(steps)),
        ),
        panel(
            "Saved by retries",
            Unit::Share,
            Figure::Lines(by_operation(steps, saved)),
        ),
        panel(
            "How long calls and attempts take",
            Unit::Seconds,
            Figure::Lines(durations(steps)),
        ),
        panel(
            "Calls that wait",
            Unit::Number,
            Figure::Lines(by_operation(steps, waiting)),
        ),
        panel(
            "Retries of a retried call",
            Unit::Number,
            Figure::Heat(heat(steps)),
        ),
        panel(
            "Circuit breakers",
            Unit::Number,
            Figure::States(record.changes.clone()),
        ),
    ]
}

fn line(name: &str, number: usize, points: Vec<Option<f64>>) -> Line {
    let colour = PALETTE.get(number % PALETTE.len()).copied().unwrap_or(BLUE);
    Line {
        name: name.to_owned(),
        colour,
        points,
    }
}

/// Divides, where there is something to divide by.
fn ratio(part: f64, whole: f64) -> Option<f64> {
    (whole > 0.0).then(|| part / whole)
}

/// Counts the calls of a step of which this is true: operation, result, class.
fn counted(step: &Step, is: impl Fn(&str, &str, &str) -> bool) -> f64 {
    let calls = step.calls.iter();
    let counted = calls.filter(|((operation, result, class), _)| is(operation, result, class));
    f64::from(counted.map(|(_, count)| count).sum::<u32>())
}

/// Counts the retries of an operation in a step.
fn retries_of(step: &Step, operation: &str) -> f64 {
    let retries = step.retries.iter().filter(|((of, _), _)| of == operation);
    f64::from(retries.map(|(_, count)| count).sum::<u32>())
}

fn success(steps: &[Step]) -> Vec<Line> {
    let good = |step: &Step| counted(step, |_, result, _| SUCCESSES.contains(&result));
    let effective = |step: &Step| {
        ratio(
            good(step),
            counted(step, |_, result, _| !NEITHER.contains(&result)),
        )
    };
    let actual = |step: &Step| {
        let first = counted(step, |_, result, _| !REFUSED.contains(&result));
        let more: u32 = step.retries.values().sum();
        ratio(good(step), first + f64::from(more))
    };
    vec![
        line("effective", 0, steps.iter().map(effective).collect()),
        line("actual", 1, steps.iter().map(actual).collect()),
    ]
}

fn by_operation(steps: &[Step], ask: fn(&Step, &str) -> Option<f64>) -> Vec<Line> {
    let operations = ["search", "pay"].into_iter().enumerate();
    let points = |operation: &str| steps.iter().map(|step| ask(step, operation)).collect();
    operations
        .map(|(number, name)| line(name, number, points(name)))
        .collect()
}

fn amplification(step: &Step, operation: &str) -> Option<f64> {
    let calls = counted(step, |of, _, _| of == operation);
    ratio(retries_of(step, operation), calls).map(|more| 1.0 + more)
}

fn saved(step: &Step, operation: &str) -> Option<f64> {
    let saved = counted(step, |of, result, _| {
        of == operation && result == "success_after_retry"
    });
    let retried = step
        .call_retries
        .iter()
        .filter(|((of, _), _)| of == operation);
    ratio(
        saved,
        f64::from(retried.map(|(_, count)| count).sum::<u32>()),
    )
}

fn waiting(step: &Step, operation: &str) -> Option<f64> {
    Some(step.delays.get(operation).unwrap_or(&0.0) / STEP as f64)
}

/// Draws a line for each key that a step's counts have, those with the most first.
fn by_key(steps: &[Step], keys: impl Fn(&Step) -> Vec<(String, u32)>) -> Vec<Line> {
    let mut totals = BTreeMap::<String, u32>::new();
    for (key, count) in steps.iter().flat_map(&keys) {
        *totals.entry(key).or_default() += count;
    }
    let mut names: Vec<_> = totals.into_iter().collect();
    names.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    let rate = |step: &Step, name: &str| {
        let counts = keys(step).into_iter().filter(|(key, _)| key == name);
        let count: u32 = counts.map(|(_, count)| count).sum();
        Some(f64::from(count) / STEP as f64)
    };
    let lines = names.iter().enumerate().map(|(number, (name, _))| {
        let points = steps.iter().map(|step| rate(step, name)).collect();
        line(name, number, points)
    });
    lines.collect()
}

fn calls(steps: &[Step]) -> Vec<Line> {
    by_key(steps, |step| {
        let calls = step.calls.iter();
        calls
            .map(|((_, result, _), count)| ((*result).to_owned(), *count))
            .collect()
    })
}

fn retries(steps: &[Step]) -> Vec<Line> {
    by_key(steps, |step| {
        let retries = step.retries.iter();
        retries
            .map(|((_, class), count)| ((*class).to_owned(), *count))
            .collect()
    })
}

fn stops(steps: &[Step]) -> Vec<Line> {
    by_key(steps, |step| {
        let is_stop = |result| !SUCCESSES.contains(&result) && !NEITHER.contains(&result);
        let stops = step
            .calls
            .iter()
            .filter(|((_, result, _), _)| is_stop(*result));
        let name = |result: &str, class: &str| format!("{result} {class}").trim_end().to_owned();
        stops
            .map(|((_, result, class), count)| (name(result, class), *count))
            .collect()
    })
}

/// Returns the value below which this share of the values is.
fn quantile(values: &[f64], share: f64) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let rank = (sorted.len() as f64 * share) as usize;
    sorted.get(rank.min(sorted.len().checked_sub(1)?)).copied()
}

fn durations(steps: &[Step]) -> Vec<Line> {
    let of_calls = |share| {
        steps
            .iter()
            .map(|step| quantile(&step.call_durations, share))
            .collect()
    };
    let of_attempts = steps
        .iter()
        .map(|step| quantile(&step.attempt_durations, 0.99));
    vec![
        line("call p50", 0, of_calls(0.5)),
        line("call p95", 2, of_calls(0.95)),
        line("call p99", 1, of_calls(0.99)),
        line("attempt p99", 3, of_attempts.collect()),
    ]
}

/// Returns, for each number of retries from 1 on, how many calls of each step had so many.
fn heat(steps: &[Step]) -> Vec<Vec<u32>> {
    let of_step = |step: &Step, retries: u32| {
        let calls = step
            .call_retries
            .iter()
            .filter(|((_, of), _)| *of == retries);
        calls.map(|(_, count)| count).sum()
    };
    let most = steps.iter().flat_map(|step| step.call_retries.keys());
    let most = most.map(|(_, retries)| *retries).max().unwrap_or(1);
    (1..=most)
        .map(|retries| steps.iter().map(|step| of_step(step, retries)).collect())
        .collect()
}

#[cfg(test)]
mod tests {
    use redress_examples::picture::{faint_colours, is_committed};

    use super::*;
    use crate::shop;

    /// Returns the mean of a line's points within some seconds.
    fn mean(lines: &[Line], name: &str, seconds: std::ops::Range<usize>) -> f64 {
        let line = lines.iter().find(|line| line.name == name).unwrap();
        let points = &line.points[seconds.start / STEP..seconds.end / STEP];
        points.iter().flatten().sum::<f64>() / points.len() as f64
    }

    #[test]
    fn the_outage_is_seen_by_callers_and_the_rate_limit_by_the_bank_only() {
        let steps = &shop::run(1).unwrap().steps;
        let lines = success(steps);
        assert!(mean(&lines, "effective", 0..60) > 0.99);
        assert!(mean(&lines, "effective", 65..100) < 0.4);
        assert!(mean(&lines, "effective", 185..220) > 0.95);
        assert!(mean(&lines, "actual", 185..220) < 0.93);
        assert!(mean(&by_operation(steps, saved), "pay", 185..220) > 0.8);
        assert!(mean(&by_operation(steps, amplification), "pay", 185..220) > 1.4);
    }

    #[test]
    fn the_breaker_of_the_search_opens_and_closes_and_that_of_the_bank_does_neither() {
        let changes = shop::run(1).unwrap().changes;
        assert!(
            changes
                .iter()
                .all(|(_, breaker, _)| *breaker == "search-index")
        );
        let (opened, _, to) = changes[0];
        assert_eq!(to, redress::CircuitState::Open);
        assert!((60.0..70.0).contains(&opened), "{opened}");
        let (closed, _, to) = *changes.last().unwrap();
        assert_eq!(to, redress::CircuitState::Closed);
        assert!((100.0..120.0).contains(&closed), "{closed}");
    }

    #[test]
    fn there_are_the_panels_of_the_dashboard_and_every_colour_can_be_read() {
        let record = shop::run(1).unwrap();
        let dashboard = include_str!("../../../../redress/observability/redress-dashboard.json");
        let panels = panels(&record);
        assert_eq!(panels.len(), dashboard.matches("\"gridPos\"").count());
        for panel in panels {
            let title = panel.title.split(',').next().unwrap();
            assert!(
                dashboard.contains(&format!("\"title\": \"{title}")),
                "{title}"
            );
        }
        assert_eq!(faint_colours(&draw(&record)), [""; 0]);
    }

    // Elsewhere the logarithm that spreads the arrivals may differ in its last digit.
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    #[test]
    fn the_committed_picture_is_what_the_example_draws() {
        let svg = draw(&shop::run(1).unwrap());
        assert!(
            is_committed("observability.svg", &svg).unwrap(),
            "redress/docs/observability.svg is not what the example draws. To write it anew: \
             BLESS=1 cargo test -p redress-examples --bin observability",
        );
    }
}
