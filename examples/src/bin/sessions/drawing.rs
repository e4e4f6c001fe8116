use std::fmt::Write as _;

use redress_examples::picture::{NEUTRAL, begin};
use redress_examples::simulation::sessions::{Cost, OUTAGES, RULES};

use crate::{best, cost_in_words};

const WIDTH: usize = 900;
const ROW: usize = 17;
/// The height of the graph of one outage.
const PANEL: usize = 34 + 9 * ROW;
const TOP: usize = 54;
/// Where bars start, and the longest that there is room for.
const LEFT: usize = 250;
const LENGTH: f64 = 520.0;
/// The longest bar is for this many times the best.
const MOST: f64 = 10_000.0;

const OURS: &str = "#2f8f46";

/// Draws one graph for each outage: how many times the best each rule costs, on a logarithmic scale.
pub(crate) fn draw(costs: &[[f64; 6]; 9]) -> Result<String, std::fmt::Error> {
    let height = TOP + OUTAGES.len() * PANEL + 10;
    let mut svg = begin(
        WIDTH,
        height,
        "When a client forgets what failed: the cost of nine rules, beside the best",
    );
    for (outage, at) in OUTAGES.iter().zip(0..) {
        let top = TOP + at * PANEL;
        let unit = match outage.cost {
            Cost::Connects => "connects",
            Cost::Seconds => "s without a session",
        };
        let name = outage.name;
        writeln!(
            svg,
            "<text x=\"20\" y=\"{}\" font-weight=\"bold\">{name}: {unit}</text>",
            top + 12
        )?;
        let best = best(costs, at);
        for ((rule, costs), row) in RULES.iter().zip(costs).zip(0..) {
            let Some(cost) = costs.get(at) else {
                continue;
            };
            let y = top + 20 + row * ROW;
            let colour = if row == 0 { OURS } else { NEUTRAL };
            // From 1, which is a short bar, so that the best is seen too.
            let share = (cost / best).max(1.0).log10() / MOST.log10();
            let length = 6.0 + share.min(1.0) * LENGTH;
            writeln!(
                svg,
                "<text x=\"{}\" y=\"{}\" text-anchor=\"end\">{}</text>",
                LEFT - 8,
                y + 11,
                rule.name
            )?;
            writeln!(
                svg,
                "<rect x=\"{LEFT}\" y=\"{y}\" width=\"{length:.1}\" height=\"{}\" fill=\"{colour}\"/>",
                ROW - 4
            )?;
            let end = f64::from(u32::try_from(LEFT).unwrap_or(0)) + length + 6.0;
            writeln!(
                svg,
                "<text x=\"{end:.1}\" y=\"{}\" fill=\"{colour}\">{}</text>",
                y + 11,
                cost_in_words(*cost)
            )?;
        }
    }
    writeln!(svg, "</svg>")?;
    Ok(svg)
}
