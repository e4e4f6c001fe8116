//! What counts across calls and is made anew at each of them, so that it never counts further than one.

use syn::Expr;

use super::model::{Config, Keyed};
use crate::diagnostics::{Diagnostics, name_of};

/// Types that count across calls, and their functions that make a new one. A policy counts by what it has.
const MAKE_NEW: [(&str, &[&str]); 4] = [
    ("CircuitBreaker", &["new", "builder"]),
    ("Budget", &["rolling", "success_ratio", "in_flight_share"]),
    ("Gate", &["new", "named", "builder"]),
    ("Policy", &["recommended"]),
];

/// Finds values that are made where they are given.
pub(super) fn check(config: &Config, diagnostics: &mut Diagnostics) {
    let given = [
        &config.policy,
        &config.circuit_breaker,
        &config.budget,
        &config.gate,
    ];
    for Keyed { key, value } in given.into_iter().flatten() {
        if let Some(made) = made_anew(value) {
            let name = name_of(key);
            let what = format!(
                "`{made}` is made anew at each call, so `{name}` counts nothing across calls"
            );
            let help = format!(
                "make it once, in a `static` (with `LazyLock` where it is not const) or a field, and write `{name} = ITS_NAME`"
            );
            diagnostics.error(value, what, &help);
        }
    }
}

/// Returns the call that makes a new one each time the expression is evaluated. What closures, blocks and
/// macros do with it is not known: they may keep it.
fn made_anew(expr: &Expr) -> Option<String> {
    match expr {
        Expr::Call(call) => {
            if let Expr::Path(path) = &*call.func {
                let mut last = path.path.segments.iter().rev();
                let function = name_of(&last.next()?.ident);
                if let Some(owner) = last.next() {
                    let owner = name_of(&owner.ident);
                    let makes = |(of, functions): &&(&str, &[&str])| {
                        *of == owner && functions.contains(&function.as_str())
                    };
                    if MAKE_NEW.iter().any(|row| makes(&row)) {
                        return Some(format!("{owner}::{function}"));
                    }
                }
            }
            call.args.iter().find_map(made_anew)
        }
        Expr::MethodCall(call) => {
            made_anew(&call.receiver).or_else(|| call.args.iter().find_map(made_anew))
        }
        Expr::Reference(inner) => made_anew(&inner.expr),
        Expr::Paren(inner) => made_anew(&inner.expr),
        Expr::Try(inner) => made_anew(&inner.expr),
        _ => None,
    }
}
