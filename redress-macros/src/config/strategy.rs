//! Parses the value of `strategy = ...`: a built-in strategy by its bare name, or any expression.

use proc_macro2::Ident;
use syn::{Expr, ExprCall, ExprMethodCall, spanned::Spanned as _};

use super::builtin::{BUILTINS, Builtin, ParameterKind, foreign_parameter, foreign_strategy};
use super::model::{Setting, Strategy};
use super::values;
use crate::diagnostics::{Diagnostics, list, name_of, nearest};

/// Reads a strategy. Returns `None` if a mistake was reported.
pub(crate) fn parse(expr: Expr, diagnostics: &mut Diagnostics) -> Option<Strategy> {
    match expr {
        Expr::Paren(paren) => parse(*paren.expr, diagnostics),
        Expr::Group(group) => parse(*group.expr, diagnostics),
        Expr::Closure(closure) => Some(Strategy::Closure(closure)),
        Expr::Call(call) => match bare_name(&call.func) {
            Some(name) => named(name, call, diagnostics),
            None => Some(Strategy::User(Expr::Call(call))),
        },
        Expr::MethodCall(call) => chained(call, diagnostics),
        Expr::Path(path) => {
            if let Some(name) = path.path.get_ident()
                && let Some(builtin) = Builtin::find(&name_of(name))
            {
                let what = format!("`{name}` is missing its arguments");
                diagnostics.error(name, what, &format!("write `{}`", builtin.example));
                return None;
            }
            Some(Strategy::User(Expr::Path(path)))
        }
        Expr::Lit(lit) => {
            let what = "this is not a strategy";
            diagnostics.error(
                lit,
                what,
                "for a constant delay write `fixed(500ms)`; for none `instant()`",
            );
            None
        }
        other => Some(Strategy::User(other)),
    }
}

fn bare_name(expr: &Expr) -> Option<Ident> {
    match expr {
        Expr::Path(path) => path.path.get_ident().cloned(),
        _ => None,
    }
}

/// Reads `name(...)`: a built-in strategy, a misspelling of one, or a function of the user's.
fn named(name: Ident, call: ExprCall, diagnostics: &mut Diagnostics) -> Option<Strategy> {
    let text = name_of(&name);
    if let Some(builtin) = Builtin::find(&text) {
        return builtin_call(name, builtin, call, diagnostics);
    }
    let all = || list(BUILTINS.iter().map(|b| b.name));
    let meant = foreign_strategy(&text).or_else(|| nearest(&text, BUILTINS.iter().map(|b| b.name)));
    if let Some(meant) = meant {
        let what = format!("unknown strategy `{text}`");
        let help = format!(
            "did you mean `{meant}`? The strategies are {}; a function of your own is written with its path: `self::{text}(...)`",
            all()
        );
        diagnostics.error(&name, what, &help);
        return None;
    }
    // Only built-in strategies take arguments by name or with units.
    if call
        .args
        .iter()
        .any(|arg| matches!(arg, Expr::Assign(_)) || values::has_unit(arg))
    {
        let help = format!("the strategies are {}", all());
        diagnostics.error(&name, format!("unknown strategy `{text}`"), &help);
        return None;
    }
    Some(Strategy::User(Expr::Call(call)))
}

/// Reads `equal_jitter(5s).base(1s)`, where a setter is an argument too.
fn chained(call: ExprMethodCall, diagnostics: &mut Diagnostics) -> Option<Strategy> {
    let root_is_builtin = {
        let mut root = &*call.receiver;
        while let Expr::MethodCall(inner) = root {
            root = &inner.receiver;
        }
        matches!(root, Expr::Call(c) if bare_name(&c.func).is_some_and(|n| Builtin::find(&name_of(&n)).is_some()))
    };
    if !root_is_builtin {
        return Some(Strategy::User(Expr::MethodCall(call)));
    }
    let ExprMethodCall {
        receiver,
        method,
        args,
        ..
    } = call;
    let mut strategy = parse(*receiver, diagnostics)?;
    let Strategy::Builtin {
        builtin, arguments, ..
    } = &mut strategy
    else {
        return Some(strategy);
    };
    let mut args = args.into_iter();
    match (args.next(), args.next()) {
        (Some(value), None) => {
            let setting = setting(builtin, &method, value, arguments, diagnostics)?;
            arguments.push((method, setting));
            Some(strategy)
        }
        _ => {
            let what = format!("`{method}` takes one argument");
            diagnostics.error(method, what, &format!("write `{}`", builtin.example));
            None
        }
    }
}

fn builtin_call(
    name: Ident,
    builtin: &'static Builtin,
    call: ExprCall,
    diagnostics: &mut Diagnostics,
) -> Option<Strategy> {
    let mut arguments = Vec::new();
    let mut fine = true;
    let mut positional = builtin.positional();
    for arg in call.args {
        let (key, value) = match arg {
            Expr::Assign(assign) => match bare_name(&assign.left) {
                Some(key) => (key, *assign.right),
                None => {
                    diagnostics.error(
                        &assign.left,
                        "expected the name of an argument",
                        &builtin.usage(),
                    );
                    fine = false;
                    continue;
                }
            },
            value => match positional.next() {
                Some(parameter) => (Ident::new(parameter.name, value.span()), value),
                None => {
                    let what = format!("too many arguments for `{}`", builtin.name);
                    diagnostics.error(value, what, &builtin.usage());
                    fine = false;
                    continue;
                }
            },
        };
        match setting(builtin, &key, value, &arguments, diagnostics) {
            Some(setting) => arguments.push((key, setting)),
            None => fine = false,
        }
    }
    for parameter in builtin.parameters.iter().filter(|p| p.required) {
        if fine && !arguments.iter().any(|(key, _)| key == parameter.name) {
            let what = format!(
                "`{}` is missing its argument `{}`",
                builtin.name, parameter.name
            );
            let help = format!(
                "add `{} = ...`, as in `{}`",
                parameter.name, builtin.example
            );
            diagnostics.error(&name, what, &help);
            fine = false;
        }
    }
    fine.then_some(Strategy::Builtin {
        name,
        builtin,
        arguments,
    })
}

/// Reads one argument of a built-in strategy.
fn setting(
    builtin: &'static Builtin,
    key: &Ident,
    value: Expr,
    before: &[(Ident, Setting)],
    diagnostics: &mut Diagnostics,
) -> Option<Setting> {
    let text = name_of(key);
    let Some(parameter) = builtin.parameters.iter().find(|p| p.name == text) else {
        let names = builtin.parameters.iter().map(|p| p.name);
        let what = format!("`{}` has no argument `{text}`", builtin.name);
        let help = match foreign_parameter(&text).or_else(|| nearest(&text, names)) {
            Some(meant) if builtin.parameters.iter().any(|p| p.name == meant) => {
                format!(
                    "did you mean `{meant}`? It is written `{}`",
                    builtin.example
                )
            }
            _ => builtin.usage(),
        };
        diagnostics.error(key, what, &help);
        return None;
    };
    if before.iter().any(|(earlier, _)| *earlier == text) {
        let what = format!("`{text}` is given twice");
        diagnostics.error(key, what, "remove one of them");
        return None;
    }
    let place = format!("{}.{text}", builtin.name);
    match parameter.kind {
        ParameterKind::Time => values::time(value, &place, diagnostics).map(Setting::Time),
        ParameterKind::TimeOrZero => {
            values::time_or_zero(value, &place, diagnostics).map(Setting::Time)
        }
        ParameterKind::Number(range) => {
            values::number(value, &place, range, diagnostics).map(Setting::Number)
        }
        ParameterKind::Strategy => {
            parse(value, diagnostics).map(|s| Setting::Strategy(Box::new(s)))
        }
    }
}
