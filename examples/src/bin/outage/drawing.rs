//! The picture of the outage: successes above, the load on the server below.

use redress_examples::picture::NEUTRAL;
use redress_examples::simulation::Way;
use redress_examples::simulation::outage::{self, ARRIVALS, CAPACITY, DOWN, Record, SECONDS, UP};

use crate::panel::{Align, Note, Panel};

pub(crate) const WIDTH: usize = 800;
const HEIGHT: usize = 590;
const SEED: u64 = 1;

/// A way that is drawn.
pub(crate) struct Line {
    name: &'static str,
    pub(crate) colour: &'static str,
    /// What lies below is wider, so that no line hides another.
    pub(crate) width: f64,
    pub(crate) record: Record,
}

impl Line {
    fn run(name: &'static str, colour: &'static str, width: f64) -> Option<Self> {
        let way = Way::named(name)?;
        let record = outage::run(&way, SEED);
        Some(Self {
            name,
            colour,
            width,
            record,
        })
    }

    /// Says when its callers had recovered.
    fn verdict(&self) -> String {
        match self.record.recovered() {
            Some(seconds) => format!("{}: recovers after {seconds} s", self.name),
            None => format!("{}: never recovers", self.name),
        }
    }

    /// When its callers had recovered, in seconds from the left edge.
    fn recovery(&self) -> usize {
        self.record.recovered().map_or(SECONDS, |after| UP + after)
    }
}

/// Draws the outage as SVG.
///
/// Only the ways that differ are drawn: the tables have the others. `None` means that one of them is
/// no longer simulated.
pub(crate) fn draw() -> Option<String> {
    let never = Line::run("3 retries", "#e0444c", 4.5)?;
    let without = Line::run("no retries", "#a8741a", 2.0)?;
    let breaker = Line::run("3 retries, breaker", "#2f7de1", 2.0)?;
    let recommended = Line::run("3 retries, recommended", "#238a4a", 2.0)?;
    let load = mean_load(&never.record);

    let successes = Panel {
        caption: "Calls that succeed, per second",
        top: 78,
        highest: 340,
        ticks: 100,
        counts: |record| &record.successes,
        notes: vec![
            Note::at(recommended.recovery(), 318, recommended.verdict()).of(&recommended),
            Note::at(breaker.recovery() + 3, 205, breaker.verdict()).of(&breaker),
            Note::at(without.recovery() - 3, 100, without.verdict())
                .of(&without)
                .aligned(Align::End),
            Note::at(SECONDS - 2, 18, never.verdict())
                .of(&never)
                .aligned(Align::End),
        ],
        limit: None,
    };
    let attempts = Panel {
        caption: "Requests that the server gets, per second",
        top: 336,
        highest: 1300,
        ticks: 300,
        counts: |record| &record.attempts,
        notes: vec![
            Note::at(
                SECONDS - 2,
                920,
                format!("{}: {load} a second, to the end", never.name),
            )
            .of(&never)
            .aligned(Align::End),
            Note::at(
                UP + 2,
                700,
                format!("{}: one storm, then quiet", breaker.name),
            )
            .of(&breaker),
            Note::at(
                SECONDS - 2,
                130,
                format!("{} (and no retries): no storm", recommended.name),
            )
            .of(&recommended)
            .aligned(Align::End),
        ],
        limit: Some((CAPACITY, "what the server can do")),
    };

    let lines = [never, without, breaker, recommended];
    let outage = UP - DOWN;
    let title =
        format!("A server is down for {outage} seconds. Plain retries keep it down for good.");
    let subtitle = format!(
        "{ARRIVALS} calls a second, attempts time out after 1 s; the server works through {CAPACITY} \
         requests a second"
    );
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" \
         width=\"{WIDTH}\" height=\"{HEIGHT}\" role=\"img\" \
         font-family=\"system-ui, -apple-system, 'Segoe UI', Helvetica, Arial, sans-serif\" \
         font-size=\"13\" fill=\"{NEUTRAL}\">\n\
         <title>{title}</title>\n\
         <text x=\"20\" y=\"28\" font-size=\"20\" font-weight=\"bold\">{title}</text>\n\
         <text x=\"20\" y=\"50\" font-size=\"14\">{subtitle}</text>\n"
    );
    for panel in [successes, attempts] {
        panel.draw(&lines, &mut svg);
    }
    svg.push_str("</svg>\n");
    Some(svg)
}

/// Returns the mean of the attempts in a second since the server was back, in round hundreds.
fn mean_load(record: &Record) -> u32 {
    let late = record.attempts.iter().take(SECONDS).skip(UP);
    let mean = late.sum::<u32>() / (SECONDS - UP) as u32;
    (mean + 50) / 100 * 100
}

#[cfg(test)]
mod tests {
    use redress_examples::picture::{faint_colours, is_committed};

    use super::{SECONDS, draw};

    /// Returns the points of each line, panel by panel.
    fn lines(svg: &str) -> Vec<Vec<(f64, f64)>> {
        let number = |text: &str| text.parse::<f64>().unwrap();
        let point = |text: &str| {
            let (x, y) = text.split_once(',').unwrap();
            (number(x), number(y))
        };
        let lines = svg.split("points=\"").skip(1);
        let points = lines.map(|line| line.split('"').next().unwrap());
        points
            .map(|line| line.split(' ').map(point).collect())
            .collect()
    }

    #[test]
    fn every_line_has_a_point_for_each_second_to_the_end() {
        let lines = lines(&draw().unwrap());
        assert_eq!(lines.len(), 2 * 4, "four ways in two panels");
        for line in &lines {
            assert_eq!(line.len(), SECONDS);
            assert!(line.is_sorted_by(|(before, _), (after, _)| before < after));
            assert_eq!(
                line.last().unwrap().0,
                lines.first().unwrap().last().unwrap().0
            );
        }
    }

    #[test]
    fn the_way_that_never_recovers_stays_on_the_floor_to_the_end() {
        let lines = lines(&draw().unwrap());
        let never = lines.first().unwrap();
        let floor = never.iter().map(|(_, y)| *y).fold(0.0, f64::max);
        let (up, failing) = never.split_at(super::DOWN + 1);
        assert!(up.iter().all(|(_, y)| *y < floor));
        assert!(failing.iter().all(|(_, y)| *y == floor), "{failing:?}");
    }

    #[test]
    fn every_colour_can_be_read_on_a_light_and_on_a_dark_page() {
        assert_eq!(faint_colours(&draw().unwrap()), [""; 0]);
    }

    // Elsewhere the logarithm that spreads the arrivals may differ in its last digit.
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    #[test]
    fn the_committed_pictures_are_what_the_example_draws() {
        let svg = draw().unwrap();
        let url = data_url(&svg);
        for (name, content) in [("outage.svg", svg), ("outage.url", url)] {
            let committed = is_committed(name, &content).unwrap();
            assert!(
                committed,
                "redress/docs/{name} is not what the example draws. To write it anew: \
                 BLESS=1 cargo test -p redress-examples --bin outage",
            );
        }
    }

    /// The picture as an address, for a page that has no files beside it, such as those of rustdoc.
    fn data_url(svg: &str) -> String {
        let mut url = "data:image/svg+xml,".to_owned();
        for byte in svg.bytes() {
            match byte {
                b'0'..=b'9'
                | b'A'..=b'Z'
                | b'a'..=b'z'
                | b','
                | b'.'
                | b'-'
                | b'/'
                | b':'
                | b'=' => {
                    url.push(char::from(byte));
                }
                _ => url.push_str(&format!("%{byte:02X}")),
            }
        }
        url
    }
}
