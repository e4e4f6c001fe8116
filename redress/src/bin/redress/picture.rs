use std::error::Error;
use std::time::Duration;

use plotters::coord::Shift;
use plotters::prelude::*;

use crate::report::{ClassSchedule, DoctorReport};
use crate::text;

const WIDTH: u32 = 900;
/// The height of a panel without its attempts, and of each attempt.
const FRAME: u32 = 92;
const ROW: u32 = 24;
const HEADER: u32 = 44;

/// The most attempts and the most panels that are drawn.
const MOST_ATTEMPTS: usize = 20;
const MOST_PANELS: usize = 40;

const LEGEND: &str = "line: from the earliest to the latest start; dot: expected start; blue: before the deadline in any case; orange: perhaps; red: deadline";

const CERTAIN: RGBColor = RGBColor(0x1f, 0x77, 0xb4);
const UNCERTAIN: RGBColor = RGBColor(0xe6, 0x9f, 0x00);
const DEADLINE: RGBColor = RGBColor(0xc0, 0x39, 0x2b);

/// Draws the times at which each policy's attempts start, as an SVG.
pub(crate) fn draw(report: &DoctorReport) -> Result<String, Box<dyn Error>> {
    let all: Vec<_> = panels(report).collect();
    let panels = all.get(..MOST_PANELS).unwrap_or(&all);
    let heights: Vec<_> = panels.iter().map(|(_, group)| height(group)).collect();
    let total = heights
        .iter()
        .fold(HEADER, |sum, height| sum.saturating_add(*height));
    let mut svg = String::new();
    {
        let root = SVGBackend::with_string(&mut svg, (WIDTH, total)).into_drawing_area();
        root.fill(&WHITE)?;
        let style = ("sans-serif", 13).into_text_style(&root);
        root.draw_text(LEGEND, &style, (14, 10))?;
        let more = all.len().saturating_sub(panels.len());
        if more > 0 {
            let text = format!("{more} more are not drawn: name one policy, FILE:NAME");
            root.draw_text(&text, &style, (14, 26))?;
        }
        let (_, mut rest) = root.split_vertically(HEADER);
        for ((name, group), height) in panels.iter().zip(heights) {
            let (area, below) = rest.split_vertically(height);
            panel(&area, &text::name(name), group)?;
            rest = below;
        }
        root.present()?;
    }
    Ok(svg)
}

/// Returns the schedules with more than one attempt, or all of them if there are none.
fn panels(report: &DoctorReport) -> impl Iterator<Item = (&str, &ClassSchedule)> {
    let all = || {
        report.policies.iter().flat_map(|policy| {
            let schedules = policy.schedules.iter();
            schedules.map(|group| (policy.name.as_str(), group))
        })
    };
    let retried = |group: &ClassSchedule| group.schedule.attempts().len() > 1;
    let none = !all().any(|(_, group)| retried(group));
    all().filter(move |(_, group)| none || retried(group))
}

fn height(group: &ClassSchedule) -> u32 {
    let rows = group.schedule.attempts().len().min(MOST_ATTEMPTS);
    FRAME.saturating_add(ROW.saturating_mul(u32::try_from(rows).unwrap_or(u32::MAX)))
}

fn panel(
    area: &DrawingArea<SVGBackend<'_>, Shift>,
    name: &str,
    group: &ClassSchedule,
) -> Result<(), Box<dyn Error>> {
    let schedule = &group.schedule;
    let attempts = schedule.attempts();
    let shown = attempts.get(..MOST_ATTEMPTS).unwrap_or(attempts);
    let rows = u32::try_from(shown.len()).unwrap_or(u32::MAX);
    let end = right_edge(group, shown.last());
    let more = attempts.len().saturating_sub(shown.len());
    let more = if more > 0 {
        format!(", {more} more attempts")
    } else {
        String::new()
    };
    let caption = format!("{name}: {}{more}", group.names());
    let mut chart = ChartBuilder::on(area)
        .margin(12)
        .caption(caption, ("sans-serif", 16))
        .x_label_area_size(34)
        .y_label_area_size(52)
        .build_cartesian_2d(0.0..end, 0..rows.saturating_add(1))?;
    chart
        .configure_mesh()
        .max_light_lines(1)
        .disable_y_mesh()
        .x_desc("seconds since the start of the call")
        .y_desc("attempt")
        .y_labels(shown.len().saturating_add(2))
        .label_style(("sans-serif", 12))
        .axis_desc_style(("sans-serif", 12))
        .x_label_formatter(&|at| seconds(*at, end))
        .y_label_formatter(&|height| attempt_label(*height, rows))
        .draw()?;
    if let Some(deadline) = schedule.deadline() {
        let at = deadline.as_secs_f64();
        let top = rows.saturating_add(1);
        let line = PathElement::new([(at, 0), (at, top)], DEADLINE.stroke_width(2));
        chart.draw_series([line])?;
    }
    for (planned, row) in shown.iter().zip(0..) {
        let height = rows.saturating_sub(row);
        let colour = if planned.certain { CERTAIN } else { UNCERTAIN };
        let inside = |time: Duration| time.as_secs_f64().min(end);
        let latest = planned.latest.unwrap_or(Duration::MAX);
        let latest = latest.min(schedule.deadline().unwrap_or(Duration::MAX));
        let ends = [(inside(planned.earliest), height), (inside(latest), height)];
        chart.draw_series([PathElement::new(ends, colour.stroke_width(4))])?;
        let before = |time: &Duration| schedule.deadline().is_none_or(|end| *time < end);
        if let Some(expected) = planned.expected.filter(before) {
            let dot = Circle::new((inside(expected), height), 5, colour.filled());
            chart.draw_series([dot])?;
        }
    }
    Ok(())
}

/// Returns the end of the drawn time: a little beyond the deadline, or as far as it is known.
fn right_edge(group: &ClassSchedule, last: Option<&redress::inspect::Planned>) -> f64 {
    let known = last.map(|last| last.latest.or(last.expected).unwrap_or(last.earliest));
    let end = group.schedule.deadline().or(known).unwrap_or_default();
    let seconds = end.as_secs_f64() * 1.05;
    if seconds > 0.0 { seconds } else { 1.0 }
}

/// Returns the label at a height of the vertical axis: the attempt, numbered from the top.
fn attempt_label(height: u32, rows: u32) -> String {
    let attempt = rows.saturating_add(1).saturating_sub(height);
    if (1..=rows).contains(&attempt) && height > 0 {
        attempt.to_string()
    } else {
        String::new()
    }
}

/// Writes a position on the time axis, with as many digits as the axis needs.
fn seconds(at: f64, end: f64) -> String {
    let mut decimals = 0_usize;
    let mut length = end;
    while length < 100.0 && decimals < 9 {
        length *= 10.0;
        decimals = decimals.saturating_add(1);
    }
    let text = format!("{at:.decimals$}");
    if decimals == 0 {
        return text;
    }
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_on_the_axis_are_written_without_the_rounding_errors_of_binary_fractions() {
        assert_eq!(seconds(0.300_000_000_000_000_04, 1.0), "0.3");
        assert_eq!(seconds(0.0, 1.0), "0");
        assert_eq!(seconds(10.0, 63.0), "10");
        assert_eq!(seconds(100.0, 630.0), "100");
        assert_eq!(seconds(2e-9, 5e-9), "0.000000002");
    }

    #[test]
    fn attempts_are_numbered_from_the_top() {
        let shown: Vec<_> = (0..=4).map(|height| attempt_label(height, 3)).collect();
        assert_eq!(shown, ["", "3", "2", "1", ""]);
    }
}
