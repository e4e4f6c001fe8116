use std::fmt::Write as _;
use std::time::Duration;

use super::counts::Second;
use super::report::{Report, short};
use super::world::World;

const WIDTH: usize = 800;
const LEFT: usize = 60;
const RIGHT: usize = 28;
/// The height of a graph, without its caption and the numbers below.
const HEIGHT: usize = 170;
/// The height of the strip with the states of a breaker, for each line.
const STRIP: usize = 14;

/// The background is the page's, light or dark. On both, text and lines of these colours have a
/// contrast of nearly 4 or more, which is about what one colour can have on white and on black.
const NEUTRAL: &str = "#777f8b";
const COLOURS: [&str; 4] = ["#e0444c", "#2f7de1", "#238a4a", "#a8741a"];

/// The widest first, so that no line hides another.
const STROKES: [f64; 4] = [4.0, 2.5, 2.0, 1.6];

impl Report {
    /// Draws the first run as an SVG for light and dark pages: calls that succeed, requests that the
    /// server gets, and the state of the breaker, on one axis of time.
    ///
    /// ```
    /// use redress::Policy;
    /// use redress::simulate::{simulate, worlds::BLIP};
    ///
    /// assert!(simulate(&Policy::recommended(), BLIP).picture().starts_with("<svg"));
    /// ```
    #[must_use]
    pub fn picture(&self) -> String {
        Self::picture_of(&[("the policy", self)])
    }

    /// Draws up to four reports of one world into one picture, each with its name.
    #[must_use]
    pub fn picture_of(reports: &[(&str, &Self)]) -> String {
        let Some((_, first)) = reports.first() else {
            return String::new();
        };
        let lines: Vec<_> = reports
            .iter()
            .zip(COLOURS)
            .zip(STROKES)
            .filter_map(|(((name, report), colour), width)| Line::of(name, report, colour, width))
            .collect();
        let mut svg = String::new();
        // Writing to a string does not fail.
        let _ = draw(&first.world, &lines, &mut svg);
        svg
    }
}

/// One report in a picture.
struct Line<'a> {
    name: &'a str,
    colour: &'static str,
    width: f64,
    seconds: &'a [Second],
    verdict: String,
    has_breaker: bool,
}

impl<'a> Line<'a> {
    fn of(name: &'a str, report: &'a Report, colour: &'static str, width: f64) -> Option<Self> {
        let run = report.runs.first()?;
        let verdict = match run.recovered() {
            _ if report.world.calls().is_some() => {
                format!("{} of {} calls succeed", run.succeeded(), run.calls())
            }
            Some(after) if after.is_zero() => "recovers at once".to_owned(),
            Some(after) => format!("recovers after {}", short(after)),
            None => "never recovers".to_owned(),
        };
        Some(Self {
            name,
            colour,
            width,
            seconds: run.seconds(),
            verdict,
            has_breaker: report.policy.breaker.is_some(),
        })
    }
}

fn draw(world: &World, lines: &[Line<'_>], svg: &mut String) -> std::fmt::Result {
    let legend = 68 + 20 * lines.len();
    let strips: Vec<_> = lines.iter().filter(|line| line.has_breaker).collect();
    let above = legend + 6;
    let below = above + HEIGHT + 64;
    let strip = below + HEIGHT + 64;
    let height = match strips.len() {
        0 => strip - 16,
        count => strip + 22 + count * (STRIP + 6) + 8,
    };
    let title = escaped(&title(world));
    writeln!(
        svg,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" \
         width=\"{WIDTH}\" height=\"{height}\" role=\"img\" \
         font-family=\"system-ui, -apple-system, 'Segoe UI', Helvetica, Arial, sans-serif\" \
         font-size=\"13\" fill=\"{NEUTRAL}\">\n<title>{title}</title>\n\
         <text x=\"20\" y=\"28\" font-size=\"19\" font-weight=\"bold\">{title}</text>\n\
         <text x=\"20\" y=\"50\" font-size=\"14\">{}</text>",
        escaped(&subtitle(world))
    )?;
    for (n, line) in lines.iter().enumerate() {
        let y = 72 + 20 * n;
        writeln!(
            svg,
            "<path d=\"M20 {}h26\" stroke=\"{}\" stroke-width=\"{}\"/>\
             <text x=\"54\" y=\"{}\" font-size=\"14\" font-weight=\"bold\" fill=\"{}\">{}: {}</text>",
            y,
            line.colour,
            line.width,
            y + 5,
            line.colour,
            escaped(line.name),
            line.verdict
        )?;
    }
    let end = lines.first().map_or(1, |line| line.seconds.len()).max(1);
    let graph = |top, caption, of, limit| Graph {
        end,
        top,
        caption,
        of,
        limit,
    };
    let successes = graph(
        above,
        "Calls that succeed, per second",
        |s| s.successes,
        None,
    );
    successes.draw(world, lines, svg)?;
    let capacity = world.capacity().filter(|capacity| capacity.is_finite());
    let capacity = capacity.map(|capacity| (capacity, "what the server can do"));
    let requests = graph(
        below,
        "Requests that the server gets, per second",
        |s| s.requests,
        capacity,
    );
    requests.draw(world, lines, svg)?;
    if !strips.is_empty() {
        let seconds = format!(
            "<text x=\"20\" y=\"{}\" font-size=\"15\" font-weight=\"bold\">The breaker is open (full) or half-open (pale)</text>",
            strip + 6
        );
        writeln!(svg, "{seconds}")?;
        for (n, line) in strips.into_iter().enumerate() {
            breaker(line, strip + 20 + n * (STRIP + 6), end, svg)?;
        }
    }
    svg.push_str("</svg>\n");
    Ok(())
}

/// Draws when a breaker was not closed.
fn breaker(line: &Line<'_>, top: usize, end: usize, svg: &mut String) -> std::fmt::Result {
    let (left, right) = (x(0, end), x(end, end));
    writeln!(
        svg,
        "<rect x=\"{left:.1}\" y=\"{top}\" width=\"{:.1}\" height=\"{STRIP}\" fill=\"none\" \
         stroke=\"{}\" stroke-opacity=\"0.5\"/>",
        right - left,
        line.colour
    )?;
    let mut second = 0;
    while let Some(state) = line.seconds.get(second) {
        let same = line.seconds.iter().skip(second);
        let share = |state: &Second| (state.open, state.half_open);
        let length = same
            .take_while(|other| share(other) == share(state))
            .count()
            .max(1);
        let dark = f64::from(state.open) / 1000.0 + f64::from(state.half_open) / 3000.0;
        if dark > 0.0 {
            let (from, to) = (x(second, end), x(second + length, end));
            writeln!(
                svg,
                "<rect x=\"{from:.1}\" y=\"{top}\" width=\"{:.1}\" height=\"{STRIP}\" \
                 fill=\"{}\" fill-opacity=\"{dark:.2}\"/>",
                to - from,
                line.colour
            )?;
        }
        second += length;
    }
    Ok(())
}

struct Graph {
    end: usize,
    top: usize,
    caption: &'static str,
    of: fn(&Second) -> u32,
    limit: Option<(f64, &'static str)>,
}

impl Graph {
    fn draw(&self, world: &World, lines: &[Line<'_>], svg: &mut String) -> std::fmt::Result {
        let counts = lines.iter().flat_map(|line| line.seconds).map(self.of);
        let most = f64::from(counts.max().unwrap_or(0));
        let most = self.limit.map_or(most, |(limit, _)| most.max(limit));
        let (tick, highest) = ticks(most);
        let floor = self.top + 22 + HEIGHT;
        let y = |count: f64| floor as f64 - count * HEIGHT as f64 / highest;
        writeln!(
            svg,
            "<text x=\"20\" y=\"{}\" font-size=\"15\" font-weight=\"bold\">{}</text>",
            self.top + 8,
            self.caption
        )?;
        for episode in &world.script {
            let at = |time: Duration| x_at(time.as_secs_f64(), self.end);
            let (from, until) = (at(episode.from), at(episode.until));
            writeln!(
                svg,
                "<rect x=\"{from:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{HEIGHT}\" fill-opacity=\"0.18\"/>",
                y(highest),
                (until - from).max(1.5)
            )?;
        }
        let mut count = 0.0;
        while count <= highest {
            writeln!(
                svg,
                "<path d=\"M{:.1} {:.1}H{:.1}\" stroke=\"{NEUTRAL}\" stroke-opacity=\"0.3\"/>\
                 <text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{count}</text>",
                x(0, self.end),
                y(count),
                x(self.end, self.end),
                x(0, self.end) - 8.0,
                y(count) + 4.5
            )?;
            count += tick;
        }
        let (apart, _) = ticks(self.end as f64);
        let apart = (apart as usize).max(1);
        for second in (0..=self.end).step_by(apart) {
            let unit = if second + apart > self.end { " s" } else { "" };
            writeln!(
                svg,
                "<text x=\"{:.1}\" y=\"{}\" text-anchor=\"middle\">{second}{unit}</text>",
                x(second, self.end),
                floor + 19
            )?;
        }
        if let Some((limit, words)) = self.limit {
            writeln!(
                svg,
                "<path d=\"M{:.1} {:.1}H{:.1}\" stroke=\"{NEUTRAL}\" stroke-dasharray=\"5 4\"/>\
                 <text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{words}</text>",
                x(0, self.end),
                y(limit),
                x(self.end, self.end),
                x(self.end, self.end) - 4.0,
                y(limit) - 6.0
            )?;
        }
        for line in lines {
            write!(
                svg,
                "<polyline fill=\"none\" stroke=\"{}\" stroke-width=\"{}\" \
                 stroke-linejoin=\"round\" points=\"",
                line.colour, line.width
            )?;
            for (second, counts) in line.seconds.iter().enumerate() {
                let gap = if second == 0 { "" } else { " " };
                let count = f64::from((self.of)(counts));
                write!(
                    svg,
                    "{gap}{:.1},{:.1}",
                    x_at(second as f64 + 0.5, self.end),
                    y(count)
                )?;
            }
            svg.push_str("\"/>\n");
        }
        Ok(())
    }
}

/// Returns the distance of the numbers at an axis, and its end.
fn ticks(most: f64) -> (f64, f64) {
    let mut tick = 1.0;
    let steps = [2.0, 2.5, 2.0];
    let mut step = 0_usize;
    while most / tick > 6.0 {
        tick *= steps.get(step % 3).copied().unwrap_or(10.0);
        step += 1;
    }
    let count = (most / tick).ceil().max(1.0);
    (tick, count * tick)
}

fn x(second: usize, end: usize) -> f64 {
    x_at(second as f64, end)
}

fn x_at(second: f64, end: usize) -> f64 {
    let width = (WIDTH - LEFT - RIGHT) as f64;
    LEFT as f64 + second * width / end as f64
}

fn title(world: &World) -> String {
    let named = super::worlds::NamedWorld::find(world.name());
    match named.filter(|named| named.world() == *world) {
        Some(named) => {
            let mut about = named.about().to_owned();
            if let Some(first) = about.get_mut(..1) {
                first.make_ascii_uppercase();
            }
            about
        }
        None => world.name().to_owned(),
    }
}

fn subtitle(world: &World) -> String {
    let mut parts: Vec<String> = Vec::new();
    let mut troubles: Vec<(String, usize)> = Vec::new();
    for episode in &world.script {
        let (from, until) = (short(episode.from), short(episode.until));
        let on = episode
            .replica
            .map_or_else(String::new, |replica| format!("replica {replica} "));
        let words = if episode.until > episode.from {
            format!("{on}{} from {from} to {until}", episode.trouble.words())
        } else {
            format!("{on}{} at {from}", episode.trouble.words())
        };
        troubles.push((words, 1));
    }
    let more = troubles.len().saturating_sub(2);
    parts.extend(troubles.into_iter().take(2).map(|(words, _)| words));
    if more > 0 {
        parts.push(format!("{more} more"));
    }
    if let Some(timeout) = world.attempt_timeout {
        parts.push(format!(
            "attempts time out after {} where the policy does not say",
            short(timeout)
        ));
    }
    parts.join("; ")
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}
