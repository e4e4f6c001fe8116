use std::fmt::Write as _;

use redress_examples::picture::begin;

use crate::{POLICIES, Row, in_words};

const WIDTH: u32 = 900;
const ROW: u32 = 19;
const TOP: u32 = 54;
/// Where bars start, and the length of one for all calls.
const LEFT: u32 = 210;
const LENGTH: f64 = 300.0;

const OURS: &str = "#2f8f46";
const LOST: &str = "#c9513f";

/// Draws one graph for each number of tasks: the calls that each policy loses.
pub(crate) fn draw(rows: &[Row]) -> Result<String, std::fmt::Error> {
    let panels: Vec<_> = rows.chunks(POLICIES.len()).collect();
    let panel = 34 + ROW * u32::try_from(POLICIES.len()).unwrap_or(0);
    let height = TOP + panel * u32::try_from(panels.len()).unwrap_or(0) + 10;
    let mut svg = begin(
        WIDTH,
        height,
        "A limit of 10 requests a second that nobody is told: the calls that are lost",
    );
    for (rows, at) in panels.iter().zip(0..) {
        let top = TOP + at * panel;
        let Some(first) = rows.first() else {
            continue;
        };
        let tasks = if first.tasks == 1 { "task" } else { "tasks" };
        writeln!(
            svg,
            "<text x=\"20\" y=\"{}\" font-weight=\"bold\">{} {tasks}, {:.0} calls</text>",
            top + 12,
            first.tasks,
            first.calls
        )?;
        for (row, line) in rows.iter().zip(0..) {
            let y = top + 20 + line * ROW;
            // A short bar for none, so that it is seen that there is a row.
            let length = 3.0 + LENGTH * row.lost / row.calls;
            let colour = if row.lost == 0.0 { OURS } else { LOST };
            writeln!(
                svg,
                "<text x=\"{}\" y=\"{}\" text-anchor=\"end\">{}</text>",
                LEFT - 8,
                y + 12,
                row.policy
            )?;
            writeln!(
                svg,
                "<rect x=\"{LEFT}\" y=\"{y}\" width=\"{length:.1}\" height=\"{}\" fill=\"{colour}\"/>",
                ROW - 4
            )?;
            let done = match row.done {
                Some(_) => format!(", done after {} the bound", in_words(row.done)),
                None => String::new(),
            };
            writeln!(
                svg,
                "<text x=\"{:.1}\" y=\"{}\" fill=\"{colour}\">{:.0} lost, {:.1}% of the requests refused{done}</text>",
                f64::from(LEFT) + length + 6.0,
                y + 12,
                row.lost,
                100.0 * row.refused
            )?;
        }
    }
    writeln!(svg, "</svg>")?;
    Ok(svg)
}
