use std::fmt::{Error, Write as _};

use redress_examples::picture::{NEUTRAL, begin};

use crate::bank::Run;
use crate::ways::Way;

const WIDTH: u32 = 760;
const ROW: u32 = 20;
const TOP: u32 = 60;
const LEFT: u32 = 200;
const LENGTH: f64 = 300.0;

/// Draws a bar for each run: the share of the transfers that were done, with the attempts for each.
pub(crate) fn draw(runs: &[(u32, Way, Run)]) -> Result<String, Error> {
    let mut body = String::new();
    let (mut y, mut before) = (TOP, None);
    for (tasks, way, run) in runs {
        if before.replace(tasks) != Some(tasks) {
            writeln!(
                body,
                "<text x=\"20\" y=\"{}\" font-weight=\"bold\">{tasks} at a time</text>",
                y + 14
            )?;
            y += ROW + 4;
        }
        let colour = match way {
            Way::Policy => "#2f8f46",
            Way::Never | Way::Loop => NEUTRAL,
        };
        let length = 2.0 + LENGTH * run.share_done();
        let end = f64::from(LEFT) + length + 8.0;
        writeln!(
            body,
            "<text x=\"{}\" y=\"{}\" text-anchor=\"end\">{}</text>",
            LEFT - 8,
            y + 13,
            way.name()
        )?;
        writeln!(
            body,
            "<rect x=\"{LEFT}\" y=\"{y}\" width=\"{length:.1}\" height=\"16\" fill=\"{colour}\"/>"
        )?;
        writeln!(
            body,
            "<text x=\"{end:.1}\" y=\"{}\" fill=\"{colour}\">{:.1}% done, {:.2} attempts each</text>",
            y + 13,
            100.0 * run.share_done(),
            run.attempts_for_each(),
        )?;
        y += ROW;
    }
    let title = "Serializable transfers between eight accounts of PostgreSQL";
    let mut svg = begin(WIDTH, y + 10, title);
    svg.push_str(&body);
    writeln!(svg, "</svg>")?;
    Ok(svg)
}
