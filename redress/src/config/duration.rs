//! Durations as people write them: `30s`, `500ms`, `1.5s`, `2m`, `1h`. The macros read the same.

mod meant;

use std::time::Duration;

use super::names::quoted;
pub(super) use meant::show;

/// What is accepted, for every message that has to say so.
pub(super) const FORMS: &str =
    "write it as \"30s\", \"500ms\", \"1.5s\", \"2m\", \"1h\", or as a number of seconds";

const UNITS: [(&str, u64); 6] = [
    ("ns", 1),
    ("us", 1_000),
    ("ms", 1_000_000),
    ("s", 1_000_000_000),
    ("m", 60_000_000_000),
    ("h", 3_600_000_000_000),
];

const NANOS_PER_SECOND: u64 = 1_000_000_000;

/// What is wrong with a text that is no duration, and what to write instead.
pub(crate) type Mistake = (String, String);

/// Reads a duration with its unit; without one, it is a number of seconds. One number and one unit: a
/// length of time has one way to be written, in files and in the macros.
pub(crate) fn parse(text: &str) -> Result<Duration, Mistake> {
    let (number, unit) = split(text.trim());
    let digits = number.replace('_', "");
    let elsewhere = || {
        let (what, help) = meant::elsewhere(text, '"')?;
        Some((format!("{} {what}", quoted(text)), help))
    };
    if digits.is_empty() {
        let what = match unit.strip_prefix('-') {
            Some(rest) if rest.starts_with(|c: char| c.is_ascii_digit()) => {
                format!("{} is negative", quoted(text))
            }
            _ => format!("{} is no duration", quoted(text)),
        };
        return Err(elsewhere().unwrap_or((what, FORMS.to_owned())));
    }
    let scale = scale(unit.trim_start()).map_err(|mistake| elsewhere().unwrap_or(mistake))?;
    let too_long = || {
        let what = format!("{} is too long", quoted(text));
        (what, "write \"none\" where no limit is meant".to_owned())
    };
    if let Ok(whole) = digits.parse::<u128>() {
        let nanos = whole.checked_mul(u128::from(scale));
        return nanos.and_then(from_nanos).ok_or_else(too_long);
    }
    let number = digits.parse::<f64>().map_err(|_| {
        let what = format!("{} is no duration", quoted(text));
        (what, FORMS.to_owned())
    })?;
    // In this order of operations, the nanoseconds of every usual fraction are exact.
    let seconds = if scale >= NANOS_PER_SECOND {
        number * (scale / NANOS_PER_SECOND) as f64
    } else {
        number / (NANOS_PER_SECOND / scale) as f64
    };
    let duration = Duration::try_from_secs_f64(seconds).map_err(|_| too_long())?;
    if duration.is_zero() && number > 0.0 {
        let what = format!("{} is shorter than a nanosecond", quoted(text));
        return Err((what, FORMS.to_owned()));
    }
    Ok(duration)
}

/// Splits a number, written as in Rust, from the unit behind it.
fn split(text: &str) -> (&str, &str) {
    let digits = |at: usize| {
        let rest = text.get(at..).unwrap_or_default();
        let is_part = |c: char| c.is_ascii_digit() || c == '_';
        match rest.starts_with(|c: char| c.is_ascii_digit()) {
            true => at + rest.find(|c| !is_part(c)).unwrap_or(rest.len()),
            false => at,
        }
    };
    let after = |at: usize, signs: &[char]| {
        let rest = text.get(at..).unwrap_or_default();
        rest.starts_with(signs).then_some(at + 1)
    };
    let mut end = digits(0);
    if end > 0 {
        if let Some(point) = after(end, &['.']) {
            // A point with nothing behind it is a number as well.
            let fraction = digits(point);
            if fraction > point || point == text.len() {
                end = fraction;
            }
        }
        if let Some(exponent) = after(end, &['e', 'E']) {
            let start = after(exponent, &['+', '-']).unwrap_or(exponent);
            let power = digits(start);
            if power > start {
                end = power;
            }
        }
    }
    text.split_at_checked(end).unwrap_or((text, ""))
}

/// Takes a number of seconds.
pub(super) fn from_seconds(seconds: f64) -> Result<Duration, Mistake> {
    Duration::try_from_secs_f64(seconds).map_err(|_| {
        (
            format!("{seconds} s is no length of time"),
            FORMS.to_owned(),
        )
    })
}

fn scale(unit: &str) -> Result<u64, Mistake> {
    let name = if unit.is_empty() { "s" } else { unit };
    if let Some((_, scale)) = UNITS.iter().find(|(known, _)| *known == name) {
        return Ok(*scale);
    }
    let what = format!("unknown unit {}", quoted(name));
    Err((what, meant::unit_help(name, '"')))
}

fn from_nanos(nanos: u128) -> Option<Duration> {
    let second = u128::from(NANOS_PER_SECOND);
    let seconds = u64::try_from(nanos / second).ok()?;
    let rest = u32::try_from(nanos % second).ok()?;
    Some(Duration::new(seconds, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_every_unit() {
        for (text, expected) in [
            ("30s", Duration::from_secs(30)),
            (" 30 s ", Duration::from_secs(30)),
            ("500ms", Duration::from_millis(500)),
            ("1.5s", Duration::from_millis(1500)),
            ("2m", Duration::from_secs(120)),
            ("1h", Duration::from_secs(3600)),
            ("0.5h", Duration::from_secs(1800)),
            ("10us", Duration::from_micros(10)),
            ("5ns", Duration::from_nanos(5)),
            ("5", Duration::from_secs(5)),
            ("0.25", Duration::from_millis(250)),
            ("1_000ms", Duration::from_secs(1)),
            ("1e3ms", Duration::from_secs(1)),
            ("2.5e-1", Duration::from_millis(250)),
            ("2.", Duration::from_secs(2)),
            ("1.1ms", Duration::from_micros(1100)),
            ("0", Duration::ZERO),
            ("18446744073709551615s", Duration::from_secs(u64::MAX)),
        ] {
            assert_eq!(parse(text), Ok(expected), "{text}");
            assert_eq!(parse(&show(expected)), Ok(expected), "{text}");
        }
        assert_eq!(parse(&show(Duration::MAX)), Ok(Duration::MAX));
    }

    #[test]
    fn says_what_is_meant_by_another_notation() {
        for (text, help) in [
            ("1m30s", "write one number and one unit: \"90s\""),
            ("1h 30m", "write one number and one unit: \"90m\""),
            (
                "1 hour, 30 minutes",
                "write one number and one unit: \"90m\"",
            ),
            ("2 min and 5 sec", "write one number and one unit: \"125s\""),
            ("1.5m500ms", "write one number and one unit: \"90500ms\""),
            ("1H30M", "write one number and one unit: \"90m\""),
            ("1d12h", "write one number and one unit: \"36h\""),
            ("30S", "write `s` for seconds"),
            ("30 Seconds", "write `s` for seconds"),
            ("30sec", "write `s` for seconds"),
            ("500MS", "write `ms` for milliseconds"),
            ("5 Milliseconds", "write `ms` for milliseconds"),
            ("5M", "write `m` for minutes"),
            ("5 Mins", "write `m` for minutes"),
            ("2H", "write `h` for hours"),
            ("7\u{b5}s", "write `us` for microseconds"),
            ("7nanos", "write `ns` for nanoseconds"),
            ("1D", "write hours: a day is \"24h\""),
            ("2 weeks", "write hours: a week is \"168h\""),
            ("PT30S", "write \"30s\""),
            ("pt1m30s", "write \"90s\""),
            ("PT0.5S", "write \"500ms\""),
            ("P1DT2H", "write \"26h\""),
            ("00:01:30", "write \"90s\""),
            (
                "1:30",
                "write \"90s\" for minutes and seconds, \"90m\" for hours and minutes",
            ),
            (
                "1 month",
                "the units are `ns`, `us`, `ms`, `s`, `m` and `h`",
            ),
            ("P1M", FORMS),
            ("PT", FORMS),
            ("1m30", "the units are `ns`, `us`, `ms`, `s`, `m` and `h`"),
        ] {
            assert_eq!(parse(text).unwrap_err().1, help, "{text}");
        }
        assert_eq!(
            parse("1m30s").unwrap_err().0,
            "\"1m30s\" has more than one unit"
        );
        let endless = "9".repeat(40);
        for text in ["1m", "PT1", "1:", "1:2:", "0.1m"].map(|text| format!("{text}{endless}h2s")) {
            assert!(parse(&text).is_err(), "{text}");
        }
    }

    #[test]
    fn refuses_what_is_no_duration() {
        for text in [
            "",
            " ",
            ".",
            "_",
            "s",
            "-1s",
            "-0.5",
            "5parsecs",
            "5sec",
            "1d",
            "1 2s",
            "1.2.3s",
            "99999999999999999999h",
            "340282366920938463463374607431768211455h",
            "1e300s",
            "0.1ns",
            "+5s",
            "inf",
            "nan",
            "none",
            "5s5",
            "\u{665}s",
            ".5s",
            "5.s",
            "1e",
            "1._5",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
        for seconds in [-1.0, f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1e300] {
            assert!(from_seconds(seconds).is_err(), "{seconds}");
        }
    }
}
