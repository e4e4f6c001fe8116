//! Duration literals: `30s`, `500ms`, `1.5s`, `2m`, `1h`, or a number of seconds.

mod meant;

use std::time::Duration;

pub(crate) use meant::show;
use syn::{Expr, ExprLit, ExprUnary, Lit, UnOp};

/// The accepted forms, for help texts.
pub(crate) const FORMS: &str = "write `30s`, `500ms`, `1.5s`, `2m`, `1h`, `10us`, `5ns`, a number of seconds, or any expression that is a `Duration`";

const UNITS: [(&str, u64); 6] = [
    ("ns", 1),
    ("us", 1_000),
    ("ms", 1_000_000),
    ("s", 1_000_000_000),
    ("m", 60_000_000_000),
    ("h", 3_600_000_000_000),
];

/// Reads a duration literal. Returns `None` for any other expression, which its type must make a
/// duration.
pub(crate) fn literal(expr: &Expr) -> Option<Result<Duration, (String, String)>> {
    match expr {
        Expr::Lit(ExprLit {
            lit: Lit::Int(lit), ..
        }) => Some(read(lit.base10_digits(), lit.suffix())),
        Expr::Lit(ExprLit {
            lit: Lit::Float(lit),
            ..
        }) => Some(read(lit.base10_digits(), lit.suffix())),
        Expr::Lit(ExprLit {
            lit: Lit::Str(lit), ..
        }) => {
            let value = lit.value();
            let inner: String = value.chars().filter(|c| !c.is_whitespace()).collect();
            let bare = |inner: &str| inner.chars().all(|c| c.is_ascii_alphanumeric() || c == '.');
            let hint = match meant::elsewhere(&value, '`') {
                Some((_, help)) => help,
                None if !inner.is_empty() && bare(&inner) => {
                    format!("write it without quotes: `{inner}`")
                }
                None => FORMS.to_owned(),
            };
            Some(Err(("a duration is not a string".to_owned(), hint)))
        }
        Expr::Lit(_) => Some(Err(("this is not a duration".to_owned(), FORMS.to_owned()))),
        Expr::Unary(ExprUnary {
            op: UnOp::Neg(_),
            expr,
            ..
        }) => literal(expr).map(|inner| {
            inner.and_then(|_| Err(("a duration cannot be negative".to_owned(), FORMS.to_owned())))
        }),
        Expr::Paren(paren) => literal(&paren.expr),
        Expr::Group(group) => literal(&group.expr),
        _ => None,
    }
}

fn read(digits: &str, suffix: &str) -> Result<Duration, (String, String)> {
    let unit = match suffix {
        // Seconds, with or without a type suffix.
        "" | "f64" | "f32" | "u64" | "u32" | "i32" | "i64" | "usize" => "s",
        suffix => suffix,
    };
    let Some((_, scale)) = UNITS.iter().find(|(name, _)| *name == unit) else {
        let whole = format!("{digits}{suffix}");
        return Err(match meant::elsewhere(&whole, '`') {
            Some((what, help)) => (format!("`{whole}` {what}"), help),
            None => (
                format!("unknown unit `{unit}`"),
                meant::unit_help(unit, '`'),
            ),
        });
    };
    let too_long = || {
        let what = format!("`{digits}{suffix}` is longer than a `Duration` holds");
        (
            what,
            "leave it out, or write `none`, where no limit is meant".to_owned(),
        )
    };
    if let Ok(whole) = digits.parse::<u128>() {
        let nanos = whole.checked_mul(u128::from(*scale)).ok_or_else(too_long)?;
        return from_nanos(nanos).ok_or_else(too_long);
    }
    let number = digits.parse::<f64>().map_err(|_| too_long())?;
    // In this order of operations the nanoseconds of usual fractions are exact.
    let seconds = if *scale >= 1_000_000_000 {
        number * (*scale / 1_000_000_000) as f64
    } else {
        number / (1_000_000_000 / *scale) as f64
    };
    let duration = Duration::try_from_secs_f64(seconds).map_err(|_| too_long())?;
    if duration.is_zero() && number > 0.0 {
        let what = format!("`{digits}{suffix}` is shorter than a nanosecond");
        return Err((what, FORMS.to_owned()));
    }
    Ok(duration)
}

fn from_nanos(nanos: u128) -> Option<Duration> {
    let seconds = u64::try_from(nanos / 1_000_000_000).ok()?;
    let rest = u32::try_from(nanos % 1_000_000_000).ok()?;
    Some(Duration::new(seconds, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Option<Result<Duration, (String, String)>> {
        literal(&syn::parse_str(text).unwrap())
    }

    #[test]
    fn reads_every_unit() {
        for (text, expected) in [
            ("30s", Duration::from_secs(30)),
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
            ("1.1ms", Duration::from_micros(1100)),
            ("0", Duration::ZERO),
            ("(2s)", Duration::from_secs(2)),
        ] {
            assert_eq!(parse(text), Some(Ok(expected)), "{text}");
            assert_eq!(parse(&show(expected)), Some(Ok(expected)), "{text}");
        }
    }

    #[test]
    fn refuses_anything_else() {
        for text in [
            "-1s",
            "-0.5",
            "5parsecs",
            "5sec",
            "1d",
            "99999999999999999999h",
            "340282366920938463463374607431768211455h",
            "1e300s",
            "0.1ns",
            "\"30s\"",
            "true",
        ] {
            assert!(matches!(parse(text), Some(Err(_))), "{text}");
        }
        assert_eq!(parse("DEADLINE"), None);
        assert_eq!(parse("Duration::from_secs(5)"), None);
    }
}
