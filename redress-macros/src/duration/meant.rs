//! Durations as they are shown, and what is meant by one that is written as elsewhere. The macros and
//! the files have the same text of this.

use std::time::Duration;

/// Longer texts are no durations.
const LONGEST: usize = 64;

/// A unit: its name here, its names elsewhere in lower case, and its length in nanoseconds.
type Unit = (&'static str, &'static [&'static str], u128);

const UNITS: [Unit; 8] = [
    (
        "ns",
        &[
            "nsec",
            "nsecs",
            "nano",
            "nanos",
            "nanosecond",
            "nanoseconds",
        ],
        1,
    ),
    (
        "us",
        &[
            "µs",
            "μs",
            "usec",
            "usecs",
            "micro",
            "micros",
            "microsecond",
            "microseconds",
        ],
        1_000,
    ),
    (
        "ms",
        &[
            "msec",
            "msecs",
            "milli",
            "millis",
            "millisec",
            "millisecs",
            "millisecond",
            "milliseconds",
        ],
        1_000_000,
    ),
    ("s", &["sec", "secs", "second", "seconds"], SECOND),
    ("m", &["min", "mins", "minute", "minutes"], 60 * SECOND),
    ("h", &["hr", "hrs", "hour", "hours"], HOUR),
    // These are no units here.
    ("d", &["day", "days"], 24 * HOUR),
    ("w", &["wk", "wks", "week", "weeks"], 168 * HOUR),
];

const SECOND: u128 = 1_000_000_000;

const HOUR: u128 = 3600 * SECOND;

/// Writes a duration as a person would, exactly: `90s`, `250ms`.
pub(crate) fn show(duration: Duration) -> String {
    let nanos = duration.as_nanos();
    let units = UNITS.iter().filter(|(.., scale)| *scale <= HOUR);
    for (unit, _, scale) in units.rev() {
        if nanos >= *scale && nanos.is_multiple_of(*scale) {
            return format!("{}{unit}", nanos / scale);
        }
    }
    "0s".to_owned()
}

/// Says which unit is meant by another name of it.
pub(crate) fn unit_help(name: &str, quote: char) -> String {
    let meant = if name.len() <= LONGEST {
        unit(&name.to_lowercase())
    } else {
        None
    };
    let (name, what) = match meant.map(|(name, ..)| *name) {
        Some("ns") => ("ns", "nanoseconds"),
        Some("us") => ("us", "microseconds"),
        Some("ms") => ("ms", "milliseconds"),
        Some("s") => ("s", "seconds"),
        Some("m") => ("m", "minutes"),
        Some("h") => ("h", "hours"),
        Some("d") => return format!("write hours: a day is {quote}24h{quote}"),
        Some("w") => return format!("write hours: a week is {quote}168h{quote}"),
        _ => return "the units are `ns`, `us`, `ms`, `s`, `m` and `h`".to_owned(),
    };
    format!("write `{name}` for {what}")
}

/// Reads a duration in a notation that is none here. Returns what is wrong with it, and what to write.
pub(crate) fn elsewhere(text: &str, quote: char) -> Option<(&'static str, String)> {
    if text.len() > LONGEST {
        return None;
    }
    let text = text.trim().to_lowercase();
    let write = |time: Duration| format!("{quote}{}{quote}", show(time));
    if let Some(iso) = text.strip_prefix('p') {
        let time = iso_8601(iso)?;
        return Some((
            "is a duration of ISO 8601",
            format!("write {}", write(time)),
        ));
    }
    if text.contains(':') {
        return clock(&text, write);
    }
    let (time, units) = sum(&text)?;
    (units > 1).then(|| {
        let help = format!("write one number and one unit: {}", write(time));
        ("has more than one unit", help)
    })
}

fn unit(name: &str) -> Option<&'static Unit> {
    let mut units = UNITS.iter();
    units.find(|(short, long, _)| *short == name || long.contains(&name))
}

/// Reads `t1h30m` and `1dt12h`, what stands behind the `p`. Months and years have no length.
fn iso_8601(text: &str) -> Option<Duration> {
    let (days, time) = text.split_once('t').unwrap_or((text, ""));
    let is_of = |text: &str, units: &str| {
        let mut letters = text.chars().filter(|c| c.is_alphabetic());
        letters.all(|c| units.contains(c))
    };
    if !is_of(days, "dw") || !is_of(time, "hms") {
        return None;
    }
    let (time, _) = sum(&format!("{days}{time}"))?;
    Some(time)
}

/// Reads `1:30` and `00:01:30`.
fn clock(text: &str, write: impl Fn(Duration) -> String) -> Option<(&'static str, String)> {
    let what = "is a time of day";
    let parts: Vec<_> = text.split(':').collect();
    match parts.as_slice() {
        [first, second] => {
            let (minutes, _) = sum(&format!("{first}m{second}s"))?;
            let (hours, _) = sum(&format!("{first}h{second}m"))?;
            let (minutes, hours) = (write(minutes), write(hours));
            let help =
                format!("write {minutes} for minutes and seconds, {hours} for hours and minutes");
            Some((what, help))
        }
        [hours, minutes, seconds] => {
            let (time, _) = sum(&format!("{hours}h{minutes}m{seconds}s"))?;
            Some((what, format!("write {}", write(time))))
        }
        _ => None,
    }
}

/// Adds up numbers with their units, and counts them.
fn sum(text: &str) -> Option<(Duration, usize)> {
    let mut rest = text;
    let (mut nanos, mut units) = (0_u128, 0);
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_whitespace() || c == ',');
        rest = rest.strip_prefix("and ").unwrap_or(rest).trim_start();
        if rest.is_empty() {
            break;
        }
        let is_part = |c: char| c.is_ascii_digit() || c == '.';
        let (number, behind) = split(rest, is_part)?;
        let (name, behind) = split(behind.trim_start(), char::is_alphabetic)?;
        let (.., scale) = unit(name)?;
        nanos = nanos.checked_add(scaled(number, *scale)?)?;
        units += 1;
        rest = behind;
    }
    let seconds = u64::try_from(nanos / SECOND).ok()?;
    let below = u32::try_from(nanos % SECOND).ok()?;
    (units > 0).then(|| (Duration::new(seconds, below), units))
}

/// Splits off a part that is not empty.
fn split(text: &str, is_part: impl Fn(char) -> bool) -> Option<(&str, &str)> {
    let end = text.find(|c| !is_part(c)).unwrap_or(text.len());
    text.split_at_checked(end)
        .filter(|(part, _)| !part.is_empty())
}

/// Multiplies a decimal number exactly, and drops what is below a nanosecond.
fn scaled(number: &str, scale: u128) -> Option<u128> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
    let whole = whole.parse::<u128>().ok()?.checked_mul(scale)?;
    let digits = u32::try_from(fraction.len()).ok()?;
    let fraction = fraction.parse::<u128>().ok()?.checked_mul(scale)?;
    whole.checked_add(fraction / 10_u128.checked_pow(digits)?)
}
