use std::fmt::Write as _;

use redress_examples::picture::NEUTRAL;
use redress_examples::simulation::outage::{DOWN, Record, SECONDS, UP};

use crate::drawing::{Line, WIDTH};

const LEFT: usize = 60;
const RIGHT: usize = 28;
/// The height of a panel's graph, without its caption and the numbers below.
const HEIGHT: usize = 190;
/// How far the seconds below are apart.
const SECONDS_APART: usize = 50;

/// A graph of every line's counts, second by second.
pub(crate) struct Panel {
    pub(crate) caption: &'static str,
    /// Where the caption stands.
    pub(crate) top: usize,
    pub(crate) highest: u32,
    /// How far the numbers at the left are apart.
    pub(crate) ticks: u32,
    pub(crate) counts: fn(&Record) -> &[u32],
    pub(crate) notes: Vec<Note>,
    /// A count that is marked across the panel, and what it is.
    pub(crate) limit: Option<(u32, &'static str)>,
}

/// Words at a line, in its colour.
pub(crate) struct Note {
    second: usize,
    count: u32,
    words: String,
    align: Align,
    colour: &'static str,
}

/// Which end of a note its place is.
pub(crate) enum Align {
    Start,
    End,
}

impl Note {
    pub(crate) const fn at(second: usize, count: u32, words: String) -> Self {
        Self {
            second,
            count,
            words,
            align: Align::Start,
            colour: NEUTRAL,
        }
    }

    pub(crate) const fn of(mut self, line: &Line) -> Self {
        self.colour = line.colour;
        self
    }

    pub(crate) fn aligned(mut self, align: Align) -> Self {
        self.align = align;
        self
    }
}

impl Panel {
    pub(crate) fn draw(&self, lines: &[Line], svg: &mut String) {
        // Writing to a string does not fail.
        let _ = self.write(lines, svg);
    }

    fn write(&self, lines: &[Line], svg: &mut String) -> std::fmt::Result {
        let (left, right) = (x(0), x(SECONDS));
        let (floor, ceiling) = (self.y(0), self.y(self.highest));
        writeln!(
            svg,
            "<text x=\"20\" y=\"{}\" font-size=\"15\" font-weight=\"bold\">{}</text>",
            self.top + 8,
            self.caption
        )?;

        let (start, end) = (x(DOWN), x(UP));
        writeln!(
            svg,
            "<rect x=\"{start:.1}\" y=\"{ceiling:.1}\" width=\"{:.1}\" height=\"{:.1}\" \
             fill-opacity=\"0.2\"/>",
            end - start,
            floor - ceiling
        )?;
        let (middle, half) = (
            f64::midpoint(start, end) + 5.0,
            f64::midpoint(floor, ceiling),
        );
        writeln!(
            svg,
            "<text transform=\"translate({middle:.1} {half:.1}) rotate(-90)\" \
             text-anchor=\"middle\">down</text>"
        )?;

        for count in (0..=self.highest).step_by(self.ticks as usize) {
            let y = self.y(count);
            writeln!(
                svg,
                "<path d=\"M{left:.1} {y:.1}H{right:.1}\" stroke=\"{NEUTRAL}\" \
                 stroke-opacity=\"0.3\"/>\
                 <text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{count}</text>",
                left - 8.0,
                y + 4.5
            )?;
        }
        for second in (0..=SECONDS).step_by(SECONDS_APART) {
            let unit = if second == SECONDS { " s" } else { "" };
            writeln!(
                svg,
                "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{second}{unit}</text>",
                x(second),
                floor + 19.0
            )?;
        }
        if let Some((count, words)) = self.limit {
            let y = self.y(count);
            writeln!(
                svg,
                "<path d=\"M{left:.1} {y:.1}H{right:.1}\" stroke=\"{NEUTRAL}\" \
                 stroke-dasharray=\"5 4\"/>\
                 <text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{words}</text>",
                x(SECONDS - 2),
                y - 7.0
            )?;
        }

        for line in lines {
            write!(
                svg,
                "<polyline fill=\"none\" stroke=\"{}\" stroke-width=\"{}\" \
                 stroke-linejoin=\"round\" points=\"",
                line.colour, line.width
            )?;
            let counts = (self.counts)(&line.record);
            for (second, count) in counts.iter().take(SECONDS).enumerate() {
                let gap = if second == 0 { "" } else { " " };
                write!(svg, "{gap}{:.1},{:.1}", x(second), self.y(*count))?;
            }
            svg.push_str("\"/>\n");
        }
        for note in &self.notes {
            let anchor = match note.align {
                Align::Start => "start",
                Align::End => "end",
            };
            writeln!(
                svg,
                "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"{anchor}\" font-size=\"14\" \
                 font-weight=\"bold\" fill=\"{}\">{}</text>",
                x(note.second),
                self.y(note.count),
                note.colour,
                note.words
            )?;
        }
        Ok(())
    }

    fn y(&self, count: u32) -> f64 {
        let floor = (self.top + 22 + HEIGHT) as f64;
        floor - f64::from(count) * HEIGHT as f64 / f64::from(self.highest)
    }
}

fn x(second: usize) -> f64 {
    let width = (WIDTH - LEFT - RIGHT) as f64;
    LEFT as f64 + second as f64 * width / SECONDS as f64
}
