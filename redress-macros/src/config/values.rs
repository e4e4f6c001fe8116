//! Reads single values: counts, durations and numbers. Literals are checked here, and constants in
//! `constants`.

use std::time::Duration;

use proc_macro2::{Ident, TokenStream};
use quote::ToTokens;
use syn::{Expr, ExprLit, Lit, UnOp};

use super::builtin::NumberRange;
use super::model::{Count, Limit, Time};
use crate::diagnostics::Diagnostics;
use crate::duration;

/// Returns `true` if an expression is `none` or `None`, which mean "no limit".
pub(crate) fn is_none(expr: &Expr) -> bool {
    matches!(expr, Expr::Path(path) if path.path.is_ident("none") || path.path.is_ident("None"))
}

/// Returns `true` if an expression is a literal with a unit of time, which only the macros take.
pub(crate) fn has_unit(expr: &Expr) -> bool {
    let suffix = match expr {
        Expr::Lit(ExprLit {
            lit: Lit::Int(lit), ..
        }) => lit.suffix(),
        Expr::Lit(ExprLit {
            lit: Lit::Float(lit),
            ..
        }) => lit.suffix(),
        _ => return false,
    };
    matches!(suffix, "ns" | "us" | "ms" | "s" | "m" | "h")
}

/// Reads the name of a variable.
pub(crate) fn variable(expr: &Expr, diagnostics: &mut Diagnostics) -> Option<Ident> {
    match expr {
        Expr::Path(path) => {
            let name = path.path.get_ident().filter(|name| *name != "self");
            if let Some(name) = name {
                return Some(name.clone());
            }
        }
        Expr::Infer(_) => {
            let help = "leave `attempt` out where the body does not use it";
            diagnostics.error(expr, "`attempt` needs the name of a variable", help);
            return None;
        }
        _ => {}
    }
    let help = "write `attempt = at`, and `at.number()` in the body";
    diagnostics.error(expr, "`attempt` takes the name of a new variable", help);
    None
}

/// Reads a count of attempts: at least 1, or `none`.
pub(crate) fn limit(expr: Expr, key: &str, diagnostics: &mut Diagnostics) -> Option<Limit<u32>> {
    if is_none(&expr) {
        return Some(Limit::None);
    }
    let help = format!("write `{key} = 1` for a single attempt, or `{key} = none` for no limit");
    count(expr, key, &help, diagnostics).map(Limit::At)
}

fn count(expr: Expr, key: &str, help: &str, diagnostics: &mut Diagnostics) -> Option<Count> {
    let what = match integer(&expr) {
        Integer::Expression => return Some(Count::Expr(expr)),
        Integer::Value(n) if n >= 1 => return Some(Count::Literal(n, expr)),
        Integer::Value(_) => {
            format!("`{key}` must be at least 1: it counts attempts, the first one included")
        }
        Integer::Negative => format!("`{key}` cannot be negative"),
        Integer::TooLarge => format!("`{key}` is larger than a `u32` holds"),
        Integer::Other => format!("`{key}` must be a whole number"),
    };
    diagnostics.error(&expr, what, help);
    None
}

/// Reads the cap of a class. It cannot be `none`: leaving it out means that.
pub(crate) fn class_limit(expr: Expr, key: &str, diagnostics: &mut Diagnostics) -> Option<Count> {
    if is_none(&expr) {
        let help = format!("leave `{key}` out for no limit");
        diagnostics.error(&expr, format!("the cap of `{key}` must be a number"), &help);
        return None;
    }
    count(
        expr,
        key,
        &format!("write `{key} = 1`, or leave it out for no limit"),
        diagnostics,
    )
}

enum Integer {
    Value(u32),
    Negative,
    TooLarge,
    Other,
    Expression,
}

fn integer(expr: &Expr) -> Integer {
    match expr {
        Expr::Lit(ExprLit {
            lit: Lit::Int(lit), ..
        }) => match lit.suffix() {
            "" | "u32" => lit.base10_parse().map_or(Integer::TooLarge, Integer::Value),
            _ => Integer::Other,
        },
        Expr::Lit(_) => Integer::Other,
        Expr::Unary(unary) if matches!(unary.op, UnOp::Neg(_)) => match integer(&unary.expr) {
            Integer::Expression => Integer::Expression,
            _ => Integer::Negative,
        },
        Expr::Paren(paren) => integer(&paren.expr),
        Expr::Group(group) => integer(&group.expr),
        _ => Integer::Expression,
    }
}

/// Reads a duration above zero.
pub(crate) fn time(expr: Expr, place: &str, diagnostics: &mut Diagnostics) -> Option<Time> {
    let time = time_or_zero(expr, place, diagnostics)?;
    if time.literal().is_some_and(|duration| duration.is_zero()) {
        let help = match place {
            "fixed.delay" => "write `instant()` for no delay",
            "deadline" | "attempt_timeout" => {
                "leave it out, or write `none`, where no limit is meant"
            }
            _ => duration::FORMS,
        };
        diagnostics.error(
            time.tokens(),
            format!("`{place}` must be longer than zero"),
            help,
        );
        return None;
    }
    Some(time)
}

/// Reads a limit on time: a duration above zero, or `none`.
pub(crate) fn time_limit(
    expr: Expr,
    key: &str,
    diagnostics: &mut Diagnostics,
) -> Option<Limit<Duration>> {
    if is_none(&expr) {
        return Some(Limit::None);
    }
    time(expr, key, diagnostics).map(Limit::At)
}

/// Reads a duration.
pub(crate) fn time_or_zero(expr: Expr, place: &str, diagnostics: &mut Diagnostics) -> Option<Time> {
    if is_none(&expr) {
        diagnostics.error(
            &expr,
            format!("`{place}` must be a duration"),
            duration::FORMS,
        );
        return None;
    }
    match duration::literal(&expr) {
        None => Some(Time::Expr(expr)),
        Some(Ok(duration)) => Some(Time::Literal(duration, expr)),
        Some(Err((what, help))) => {
            diagnostics.error(&expr, format!("`{place}`: {what}"), &help);
            None
        }
    }
}

/// Reads a number in a range.
pub(crate) fn number(
    expr: Expr,
    place: &str,
    range: NumberRange,
    diagnostics: &mut Diagnostics,
) -> Option<Expr> {
    let Some(value) = float(&expr) else {
        return Some(expr);
    };
    match value {
        Some(n) if range.contains(n) => Some(expr),
        Some(_) => {
            diagnostics.error(&expr, format!("`{place}` {}", range.requirement()), "");
            None
        }
        None => {
            diagnostics.error(
                &expr,
                format!("`{place}` must be a number"),
                "write it as in `factor = 1.5`",
            );
            None
        }
    }
}

/// Returns the value of a number literal.
pub(crate) fn literal_number(expr: &Expr) -> Option<f64> {
    float(expr).flatten()
}

/// Reads a number literal. Returns `None` if it is not a literal, and `Some(None)` if it is a literal
/// that is not a number.
fn float(expr: &Expr) -> Option<Option<f64>> {
    match expr {
        Expr::Lit(ExprLit {
            lit: Lit::Int(lit), ..
        }) => {
            let plain = matches!(lit.suffix(), "" | "f64");
            Some(lit.base10_digits().parse().ok().filter(|_| plain))
        }
        Expr::Lit(ExprLit {
            lit: Lit::Float(lit),
            ..
        }) => {
            let plain = matches!(lit.suffix(), "" | "f64");
            Some(lit.base10_digits().parse().ok().filter(|_| plain))
        }
        Expr::Lit(_) => Some(None),
        Expr::Unary(unary) if matches!(unary.op, UnOp::Neg(_)) => {
            float(&unary.expr).map(|value| value.map(|n| -n))
        }
        Expr::Paren(paren) => float(&paren.expr),
        Expr::Group(group) => float(&group.expr),
        _ => None,
    }
}

/// Returns the tokens of a number as an `f64`: `2` becomes `2f64`.
pub(crate) fn as_float(expr: &Expr) -> TokenStream {
    match (float(expr), expr) {
        (
            Some(Some(_)),
            Expr::Lit(ExprLit {
                lit: Lit::Int(lit), ..
            }),
        ) => {
            let text = format!("{}f64", lit.base10_digits());
            let spanned = syn::parse_str::<Lit>(&text).map(|mut lit_f64| {
                lit_f64.set_span(lit.span());
                lit_f64.into_token_stream()
            });
            spanned.unwrap_or_else(|_| expr.to_token_stream())
        }
        _ => expr.to_token_stream(),
    }
}
