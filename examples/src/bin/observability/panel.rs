use std::fmt::Write as _;

use redress::CircuitState;
use redress_examples::picture::NEUTRAL;

use crate::dashboard::{PANEL_HEIGHT, PANEL_WIDTH};
use crate::recorder::STEP;
use crate::shop::{DOWN, LIMITED, SECONDS};

pub(crate) const BLUE: &str = "#2f7de1";
const RED: &str = "#e0444c";
const GREEN: &str = "#238a4a";
const YELLOW: &str = "#a8741a";
/// For the lines of a panel, in this order.
pub(crate) const PALETTE: [&str; 7] = [BLUE, RED, YELLOW, GREEN, "#9865c9", "#1a858c", NEUTRAL];

const LEFT: f64 = 50.0;
const RIGHT: f64 = 18.0;
/// From a panel's top to its graph, which has room for the title and two lines of names.
const ABOVE: f64 = 50.0;
const BELOW: f64 = 26.0;

pub(crate) struct Panel {
    pub(crate) title: &'static str,
    pub(crate) unit: Unit,
    pub(crate) figure: Figure,
}

#[derive(Clone, Copy)]
pub(crate) enum Unit {
    /// Of one, shown in per cent.
    Share,
    PerSecond,
    Seconds,
    Number,
}

pub(crate) enum Figure {
    Lines(Vec<Line>),
    /// How often, for each row from the bottom on, in each step.
    Heat(Vec<Vec<u32>>),
    /// When which breaker went to which state. Each was closed before.
    States(Vec<(f64, &'static str, CircuitState)>),
}

/// A line with a point for each step, or a gap.
pub(crate) struct Line {
    pub(crate) name: String,
    pub(crate) colour: &'static str,
    pub(crate) points: Vec<Option<f64>>,
}

impl Unit {
    fn show(self, value: f64) -> String {
        match self {
            Self::Share => format!("{:.0}%", value * 100.0),
            Self::PerSecond => format!("{value}/s"),
            Self::Seconds => format!("{value} s"),
            Self::Number => format!("{value}"),
        }
    }
}

/// Where a panel's graph is.
struct Frame {
    left: f64,
    right: f64,
    top: f64,
    floor: f64,
}

impl Frame {
    fn x(&self, second: f64) -> f64 {
        self.left + second * (self.right - self.left) / SECONDS as f64
    }

    /// Returns the height of a share of the graph.
    fn y(&self, share: f64) -> f64 {
        self.floor - share * (self.floor - self.top)
    }
}

impl Panel {
    pub(crate) fn draw(&self, left: usize, top: usize, svg: &mut String) {
        let (left, top) = (left as f64, top as f64);
        let frame = Frame {
            left: left + LEFT,
            right: left + PANEL_WIDTH as f64 - RIGHT,
            top: top + ABOVE,
            floor: top + PANEL_HEIGHT as f64 - BELOW,
        };
        // Writing to a string does not fail.
        let _ = self.write(&frame, svg);
    }

    fn write(&self, frame: &Frame, svg: &mut String) -> std::fmt::Result {
        let (left, title) = (frame.left - LEFT + 14.0, frame.top - ABOVE + 14.0);
        writeln!(
            svg,
            "<text x=\"{left:.0}\" y=\"{title:.0}\" font-size=\"13\" font-weight=\"bold\">{}</text>",
            self.title
        )?;
        for incident in [DOWN, LIMITED] {
            let (start, end) = (frame.x(incident.start as f64), frame.x(incident.end as f64));
            writeln!(
                svg,
                "<rect x=\"{start:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{:.1}\" \
                 fill-opacity=\"0.16\"/>",
                frame.top,
                end - start,
                frame.floor - frame.top
            )?;
        }
        for second in (0..=SECONDS).step_by(60) {
            let unit = if second == SECONDS { " s" } else { "" };
            writeln!(
                svg,
                "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{second}{unit}</text>",
                frame.x(second as f64),
                frame.floor + 14.0
            )?;
        }
        match &self.figure {
            Figure::Lines(lines) => self.lines(lines, frame, svg),
            Figure::Heat(rows) => heat(rows, frame, svg),
            Figure::States(changes) => states(changes, frame, svg),
        }
    }

    fn lines(&self, lines: &[Line], frame: &Frame, svg: &mut String) -> std::fmt::Result {
        let points = lines.iter().flat_map(|line| line.points.iter().flatten());
        let highest = match self.unit {
            Unit::Share => 1.0,
            _ => round_up(points.fold(0.0, |highest: f64, point| highest.max(*point))),
        };
        for part in 0..=2 {
            let share = f64::from(part) / 2.0;
            tick(&self.unit.show(share * highest), frame.y(share), frame, svg)?;
        }
        names(lines, frame, svg)?;
        for line in lines {
            let mut path = String::new();
            let mut pen_is_up = true;
            for (step, point) in line.points.iter().enumerate() {
                let Some(point) = point else {
                    pen_is_up = true;
                    continue;
                };
                let command = if pen_is_up { 'M' } else { 'L' };
                let x = frame.x((step * STEP) as f64 + STEP as f64 / 2.0);
                write!(path, "{command}{x:.1} {:.1}", frame.y(point / highest))?;
                pen_is_up = false;
            }
            writeln!(
                svg,
                "<path fill=\"none\" stroke=\"{}\" stroke-width=\"1.8\" stroke-linejoin=\"round\" \
                 stroke-linecap=\"round\" d=\"{path}\"/>",
                line.colour
            )?;
        }
        Ok(())
    }
}

/// Draws a line across the graph, with what it stands for at the left.
fn tick(text: &str, y: f64, frame: &Frame, svg: &mut String) -> std::fmt::Result {
    writeln!(
        svg,
        "<path d=\"M{:.1} {y:.1}H{:.1}\" stroke=\"{NEUTRAL}\" stroke-opacity=\"0.3\"/>\
         <text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{text}</text>",
        frame.left,
        frame.right,
        frame.left - 6.0,
        y + 4.0
    )
}

/// Writes the names of the lines in their colours, on two rows at most.
fn names(lines: &[Line], frame: &Frame, svg: &mut String) -> std::fmt::Result {
    let length = |line: &Line| 2 + line.name.len();
    let all: usize = lines.iter().map(length).sum();
    let mut rows = vec![Vec::new()];
    let mut used = 0;
    for line in lines {
        if all > 70 && used > 0 && used + length(line) > all / 2 + 8 && rows.len() == 1 {
            rows.push(Vec::new());
        }
        used += length(line);
        if let Some(row) = rows.last_mut() {
            row.push(line);
        }
    }
    let mut y = frame.top - 8.0 - 12.0 * (rows.len() - 1) as f64;
    for row in rows {
        write!(
            svg,
            "<text x=\"{:.1}\" y=\"{y:.1}\" font-size=\"10.5\">",
            frame.left - LEFT + 14.0
        )?;
        for (number, line) in row.iter().enumerate() {
            let gap = if number == 0 { "" } else { " dx=\"10\"" };
            write!(
                svg,
                "<tspan fill=\"{}\" font-weight=\"bold\"{gap}>{}</tspan>",
                line.colour, line.name
            )?;
        }
        svg.push_str("</text>\n");
        y += 12.0;
    }
    Ok(())
}

/// Draws a rectangle for each number of retries and each step, the stronger the more calls.
fn heat(rows: &[Vec<u32>], frame: &Frame, svg: &mut String) -> std::fmt::Result {
    let most = rows.iter().flatten().copied().max().unwrap_or(1).max(1);
    let height = (frame.floor - frame.top) / rows.len() as f64;
    for (number, row) in rows.iter().enumerate() {
        let bottom = frame.floor - height * number as f64;
        tick(&(number + 1).to_string(), bottom - height / 2.0, frame, svg)?;
        for (step, count) in row.iter().enumerate().filter(|(_, count)| **count > 0) {
            let strength = (f64::from(*count) / f64::from(most)).sqrt();
            writeln!(
                svg,
                "<rect x=\"{:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{:.1}\" fill=\"{BLUE}\" \
                 fill-opacity=\"{:.2}\"/>",
                frame.x((step * STEP) as f64),
                bottom - height + 1.0,
                frame.x(STEP as f64) - frame.left - 0.5,
                height - 2.0,
                0.15 + 0.85 * strength
            )?;
        }
    }
    Ok(())
}

/// Draws a bar for each breaker, of its states.
fn states(
    changes: &[(f64, &'static str, CircuitState)],
    frame: &Frame,
    svg: &mut String,
) -> std::fmt::Result {
    let shown = [
        (CircuitState::Closed, "closed", GREEN),
        (CircuitState::HalfOpen, "half-open", YELLOW),
        (CircuitState::Open, "open", RED),
    ];
    let key = shown.map(|(_, name, colour)| Line {
        name: name.to_owned(),
        colour,
        points: Vec::new(),
    });
    names(&key, frame, svg)?;
    let height = 24.0;
    for (row, breaker) in ["search-index", "bank"].into_iter().enumerate() {
        let y = frame.top + 22.0 + 44.0 * row as f64;
        writeln!(
            svg,
            "<text x=\"{:.1}\" y=\"{:.1}\">{breaker}</text>",
            frame.left,
            y - 5.0
        )?;
        let own = changes.iter().filter(|(_, of, _)| *of == breaker);
        let mut now = (0.0, CircuitState::Closed);
        let end = (SECONDS as f64, CircuitState::Closed);
        for (until, next) in own.map(|(at, _, to)| (*at, *to)).chain([end]) {
            let colour = shown.iter().find(|(state, ..)| *state == now.1);
            let colour = colour.map_or(NEUTRAL, |(_, _, colour)| *colour);
            // A probe takes some milliseconds, and would not be seen.
            let width = (frame.x(until) - frame.x(now.0)).max(2.0);
            writeln!(
                svg,
                "<rect x=\"{:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height}\" \
                 fill=\"{colour}\"/>",
                frame.x(now.0)
            )?;
            now = (until, next);
        }
    }
    Ok(())
}

/// Returns the next number of 1, 2, 3, 4, 5, 6 or 8 times a power of ten.
fn round_up(value: f64) -> f64 {
    let power = 10_f64.powf(value.max(1e-9).log10().floor());
    let steps = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0];
    let step = steps.into_iter().find(|step| step * power >= value * 0.999);
    step.unwrap_or(10.0) * power
}
