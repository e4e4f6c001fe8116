use super::{Node, Reader, Value, quoted};
use crate::config::{Span, list_names, parse_duration};
use crate::simulate::Spread;

const SPREADS: [(&str, usize); 4] = [
    ("uniform", 2),
    ("exponential", 1),
    ("normal", 2),
    ("either", 3),
];

const SPREAD_FORMS: &str = "write a length of time, or one of \"uniform(5ms, 10ms)\", \"exponential(20ms)\", \"normal(10ms, 2ms)\", \"either(10ms, 1s, 0.01)\"";

/// How deep spreads may stand in each other.
const DEEPEST: usize = 8;

impl Reader<'_> {
    /// Reads how long something takes.
    pub(super) fn spread(&mut self, node: &Node) -> Option<Spread> {
        let Value::Text(text) = &node.value else {
            return self.time(node).map(Spread::from);
        };
        if !text.contains('(') {
            return self.time(node).map(Spread::from);
        }
        let start = self.start_of(text, &node.span);
        match parse(text, 0, DEEPEST) {
            Ok(spread) => Some(spread),
            Err((part, message, help)) => {
                let span = start.map_or(node.span.clone(), |start| {
                    start.saturating_add(part.start)..start.saturating_add(part.end)
                });
                self.wrong(&span, message, &help);
                None
            }
        }
    }
}

type Mistake = (Span, String, String);

/// Reads `name(first, second)`, which starts at `at`.
fn parse(text: &str, at: usize, depth: usize) -> Result<Spread, Mistake> {
    let trimmed = text.trim_start();
    let at = at.saturating_add(text.len().saturating_sub(trimmed.len()));
    let text = trimmed.trim_end();
    let whole = at..at.saturating_add(text.len());
    let Some((name, rest)) = text.split_once('(') else {
        let time = parse_duration(text).map_err(|(message, help)| (whole, message, help))?;
        return Ok(time.into());
    };
    let wrong = |message: String| (whole.clone(), message, SPREAD_FORMS.to_owned());
    if depth == 0 {
        return Err(wrong(format!("stands more than {DEEPEST} deep")));
    }
    let Some((_, count)) = SPREADS.iter().find(|(known, _)| *known == name.trim_end()) else {
        let known = list_names(SPREADS.iter().map(|(known, _)| *known));
        let end = at.saturating_add(name.len());
        let message = format!(
            "unknown spread {}: there are {known}",
            quoted(name.trim_end())
        );
        return Err((at..end, message, SPREAD_FORMS.to_owned()));
    };
    let Some(inner) = rest.strip_suffix(')') else {
        return Err(wrong("has no closing parenthesis at its end".to_owned()));
    };
    let parts = split(inner);
    if parts.len() != *count {
        let found = parts.len();
        return Err(wrong(format!(
            "has {found} parts, and `{name}` takes {count}"
        )));
    }
    let inner_at = at.saturating_add(name.len()).saturating_add(1);
    let part = |n: usize| {
        let (from, part) = parts.get(n).map_or((0, ""), |(from, part)| (*from, *part));
        let own = part.trim_start();
        (from.saturating_add(part.len() - own.len()), own)
    };
    let time = |n: usize| {
        let (from, part) = part(n);
        let from = inner_at.saturating_add(from);
        let span = from..from.saturating_add(part.len());
        parse_duration(part).map_err(|(message, help)| (span, message, help))
    };
    let spread = |n: usize| {
        let (from, part) = part(n);
        parse(part, inner_at.saturating_add(from), depth - 1)
    };
    Ok(match name.trim_end() {
        "uniform" => Spread::uniform(time(0)?, time(1)?),
        "exponential" => Spread::exponential(time(0)?),
        "normal" => Spread::normal(time(0)?, time(1)?),
        _ => {
            let (from, share) = part(2);
            let from = inner_at.saturating_add(from);
            let share_span = from..from.saturating_add(share.len());
            let number = share.trim().parse::<f64>();
            let share = number.map_err(|_| {
                let message = format!("{} is no share", quoted(share.trim()));
                (
                    share_span,
                    message,
                    "write a number from 0 to 1, such as 0.01".to_owned(),
                )
            })?;
            Spread::either(spread(0)?, spread(1)?, share)
        }
    })
}

/// Splits at the commas outside of parentheses. Each part has its place.
fn split(text: &str) -> Vec<(usize, &str)> {
    let (mut parts, mut start, mut depth) = (Vec::new(), 0_usize, 0_usize);
    for (at, sign) in text.char_indices() {
        match sign {
            '(' => depth = depth.saturating_add(1),
            ')' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                parts.push((start, text.get(start..at).unwrap_or_default()));
                start = at.saturating_add(1);
            }
            _ => {}
        }
    }
    parts.push((start, text.get(start..).unwrap_or_default()));
    parts
}
