use std::error::Error;
use std::path::Path;

use plotters::coord::Shift;
use plotters::prelude::*;
use redress_examples::simulation::Way;
use redress_examples::simulation::outage::{self, ARRIVALS, CAPACITY, DOWN, Record, SECONDS, UP};

const SIZE: (u32, u32) = (1000, 760);
const SEED: u64 = 1;

/// What is drawn, in colours that differ in brightness, too.
const DRAWN: [(&str, RGBColor); 5] = [
    ("no retries", RGBColor(0x88, 0x88, 0x88)),
    ("3 retries", RGBColor(0xc0, 0x39, 0x2b)),
    ("3 retries, budget by successes", RGBColor(0xe6, 0x9f, 0x00)),
    ("3 retries, breaker", RGBColor(0x1f, 0x77, 0xb4)),
    ("3 retries, recommended", RGBColor(0x00, 0x60, 0x40)),
];

/// One way's counts, second by second.
type Counts = fn(&Record) -> &[u32];

/// Draws the outage: successes above, the load on the server below.
pub(crate) fn draw(file: &Path) -> Result<(), Box<dyn Error>> {
    let runs: Vec<_> = DRAWN
        .into_iter()
        .filter_map(|(name, colour)| {
            let way = Way::named(name)?;
            Some((name, colour, outage::run(&way, SEED)))
        })
        .collect();
    let root = SVGBackend::new(file, SIZE).into_drawing_area();
    root.fill(&WHITE)?;
    let (above, below) = root.split_vertically(SIZE.1 / 2);
    panel(&above, "successes a second", &runs, |run| &run.successes)?;
    panel(&below, "attempts a second", &runs, |run| &run.attempts)?;
    root.present()?;
    Ok(())
}

fn panel(
    area: &DrawingArea<SVGBackend<'_>, Shift>,
    caption: &str,
    runs: &[(&str, RGBColor, Record)],
    counts: Counts,
) -> Result<(), Box<dyn Error>> {
    let all = runs.iter().flat_map(|(.., run)| counts(run));
    let top = all.copied().max().unwrap_or(0);
    // Room for the legend.
    let top = top + top / 10;
    let caption = format!(
        "{caption}: {ARRIVALS} arrive, the server is down from {DOWN} s to {UP} s, then does {CAPACITY}"
    );
    let mut chart = ChartBuilder::on(area)
        .margin(12)
        .caption(caption, ("sans-serif", 16))
        .x_label_area_size(36)
        .y_label_area_size(52)
        .build_cartesian_2d(0..SECONDS, 0..top)?;
    chart
        .configure_mesh()
        .max_light_lines(1)
        .x_desc("seconds")
        .draw()?;
    let outage = [(DOWN, 0), (UP, top)];
    chart.draw_series([Rectangle::new(outage, BLACK.mix(0.12).filled())])?;
    for (name, colour, run) in runs {
        let style = colour.stroke_width(2);
        let points = counts(run).iter().copied().enumerate().take(SECONDS);
        chart
            .draw_series(LineSeries::new(points, style))?
            .label(*name)
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 18, y)], style));
    }
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::MiddleRight)
        .background_style(WHITE.mix(0.85))
        .border_style(BLACK.mix(0.3))
        .draw()?;
    Ok(())
}
