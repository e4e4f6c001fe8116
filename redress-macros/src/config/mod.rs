//! Reads and checks the arguments of `#[retry]` and `retry_block!`.

mod anew;
pub(crate) mod arguments;
pub(crate) mod builtin;
mod checks;
pub(crate) mod class;
pub(crate) mod constants;
pub(crate) mod model;
pub(crate) mod parse;
pub(crate) mod scope;
mod strategy;
pub(crate) mod values;

use proc_macro2::{Ident, TokenStream};
use quote::ToTokens as _;
use syn::{Expr, Lit, Type};

pub(crate) use checks::check;
pub(crate) use model::{Config, Keyed};

use crate::diagnostics::{Diagnostics, compact, list, name_of, nearest};
use arguments::{ArgumentSpec, Form};
use parse::{Argument, Value};

/// Reads the arguments of one macro call. Mistakes are reported, and the arguments left out.
pub(crate) fn read(arguments: Vec<Argument>, diagnostics: &mut Diagnostics) -> Config {
    let mut config = Config::default();
    for Argument { key, value } in arguments {
        let Some(spec) = find_argument(&key, &value, diagnostics) else {
            continue;
        };
        if config
            .given
            .iter()
            .any(|earlier| name_of(earlier) == spec.name)
        {
            let help = "remove one of them";
            diagnostics.error(&key, format!("`{}` is given twice", spec.name), help);
            continue;
        }
        config.given.push(key.clone());
        match (spec.form, value) {
            (_, Value::Broken) => {}
            (Form::Value, Value::Expr(expr)) => read_value(&mut config, key, expr, diagnostics),
            (Form::Flag, Value::Missing) if spec.name == "span" => config.span = true,
            (Form::Flag, Value::Missing) if spec.name == "inherit_deadline" => {
                config.inherit_deadline = Some(key);
            }
            (Form::Flag, Value::Missing) if spec.name == "leave_retries_to_caller" => {
                config.leave_retries_to_caller = true;
            }
            (Form::Flag, Value::Missing) => config.once = true,
            (Form::List, Value::List(tokens)) => read_list(&mut config, &key, tokens, diagnostics),
            (_, value) => wrong_form(&key, spec, &value, diagnostics),
        }
    }
    config
}

fn find_argument(
    key: &Ident,
    value: &Value,
    diagnostics: &mut Diagnostics,
) -> Option<&'static ArgumentSpec> {
    let name = name_of(key);
    let all = || format!("the arguments are {}", list(arguments::names()));
    match arguments::find(&name) {
        Some(spec) => Some(spec),
        None => {
            let alone = matches!(value, Value::Missing);
            let hint = arguments::foreign(&name).map(str::to_owned);
            let hint = hint.or_else(|| arguments::with_name(&name, alone));
            let help = match (hint, nearest(&name, arguments::names())) {
                (Some(hint), _) => hint,
                (None, Some(near)) => format!("did you mean `{near}`?"),
                (None, None) => all(),
            };
            diagnostics.error(key, format!("unknown argument `{name}`"), &help);
            None
        }
    }
}

fn wrong_form(key: &Ident, spec: &ArgumentSpec, value: &Value, diagnostics: &mut Diagnostics) {
    let name = spec.name;
    let help = format!("write `{}`", spec.example);
    let (place, what) = match value {
        Value::Expr(_) | Value::List(_) if spec.form == Form::Flag => {
            (key.to_token_stream(), format!("`{name}` takes no value"))
        }
        Value::Expr(expr) => (
            expr.to_token_stream(),
            format!("`{name}` takes a list in parentheses"),
        ),
        Value::List(_) => (
            key.to_token_stream(),
            format!("`{name}` takes a value after `=`"),
        ),
        Value::Missing | Value::Broken => (key.to_token_stream(), format!("`{name}` has no value")),
    };
    diagnostics.error(place, what, &help);
}

/// Reads an argument of the form `name = value`.
fn read_value(config: &mut Config, key: Ident, expr: Expr, diagnostics: &mut Diagnostics) {
    let name = name_of(&key);
    let keyed = |value| {
        Some(Keyed {
            key: key.clone(),
            value,
        })
    };
    match name.as_str() {
        "strategy" => {
            config.strategy = strategy::parse(expr, diagnostics).map(|value| Keyed { key, value });
        }
        "max_attempts" => {
            config.max_attempts =
                values::limit(expr, &name, diagnostics).map(|value| Keyed { key, value });
        }
        "max_unknown_attempts" => {
            config.max_unknown_attempts =
                values::limit(expr, &name, diagnostics).map(|value| Keyed { key, value });
        }
        "deadline" => {
            config.deadline =
                values::time_limit(expr, &name, diagnostics).map(|value| Keyed { key, value });
        }
        "attempt_timeout" => {
            config.attempt_timeout =
                values::time_limit(expr, &name, diagnostics).map(|value| Keyed { key, value });
        }
        "attempt" => {
            config.attempt = values::variable(&expr, diagnostics).map(|value| Keyed { key, value });
        }
        "classifier" => config.classifier = keyed(expr),
        "result_classifier" => config.result_classifier = keyed(expr),
        "operation" => config.operation = keyed(expr),
        "policy" => config.policy = keyed(expr),
        "circuit_breaker" => config.circuit_breaker = keyed(expr),
        "budget" => config.budget = keyed(expr),
        "gate" => config.gate = keyed(expr),
        "on_event" => config.on_event = keyed(expr),
        "on_attempt_start" => config.on_attempt_start = keyed(expr),
        "on_attempt_end" => config.on_attempt_end = keyed(expr),
        "before_sleep" => config.before_sleep = keyed(expr),
        "abort_if" => config.abort_if = keyed(expr),
        "abort_on" => config.abort_on = keyed(expr),
        "crate" => match expr {
            Expr::Path(path) => config.krate = Some(path.path),
            other => diagnostics.error(
                other,
                "`crate` takes a path",
                "write `crate = path::to::redress`",
            ),
        },
        // Unreachable as long as every argument of this form has an arm above.
        _ => diagnostics.error(key, "this argument is not available", ""),
    }
}

/// Reads an argument of the form `name(...)`.
fn read_list(config: &mut Config, key: &Ident, tokens: TokenStream, diagnostics: &mut Diagnostics) {
    let name = name_of(key);
    if tokens.is_empty() {
        let help = arguments::find(&name).map(|spec| format!("write `{}`", spec.example));
        diagnostics.error(key, format!("`{name}` is empty"), &help.unwrap_or_default());
        return;
    }
    if name == "knows" {
        config.knows = read_knows(key, tokens, diagnostics);
        return;
    }
    let named = match name.as_str() {
        "clone" => |_: &Lit| None,
        _ => class::for_literal,
    };
    for Argument { key, value } in parse::arguments(tokens, named, diagnostics) {
        if name == "clone" {
            read_clone(config, key, &value, diagnostics);
            continue;
        }
        let Some(class) = class::find_or_report(&key, diagnostics) else {
            continue;
        };
        let expr = match value {
            Value::Expr(expr) => expr,
            Value::Broken => continue,
            Value::Missing | Value::List(_) => {
                let example = if name == "strategies" {
                    "fixed(1s)"
                } else {
                    "3"
                };
                let what = format!("`{key}` has no value");
                diagnostics.error(&key, what, &format!("write `{key} = {example}`"));
                continue;
            }
        };
        let place = name_of(&key);
        let twice = |seen: bool, diagnostics: &mut Diagnostics| {
            if seen {
                diagnostics.error(
                    &key,
                    format!("`{place}` is given twice"),
                    "remove one of them",
                );
            }
            seen
        };
        if name == "strategies" {
            if twice(
                config.class_strategies.iter().any(|(c, _)| *c == class),
                diagnostics,
            ) {
                continue;
            }
            let strategy = strategy::parse(expr, diagnostics);
            config
                .class_strategies
                .extend(strategy.map(|value| (class, Keyed { key, value })));
        } else {
            if twice(
                config.class_caps.iter().any(|(c, _)| *c == class),
                diagnostics,
            ) {
                continue;
            }
            let limit = values::class_limit(expr, &place, diagnostics);
            config
                .class_caps
                .extend(limit.map(|value| (class, Keyed { key, value })));
        }
    }
}

fn read_clone(config: &mut Config, key: Ident, value: &Value, diagnostics: &mut Diagnostics) {
    if !matches!(value, Value::Missing) {
        diagnostics.error(
            &key,
            "`clone` takes names of arguments only",
            "write `clone(a, b)`",
        );
    } else if config.clone.contains(&key) {
        diagnostics.error(
            &key,
            format!("`{key}` is given twice"),
            "remove one of them",
        );
    } else {
        config.clone.push(key);
    }
}

/// The runtime has a function for each number of types up to this.
const MAX_KNOWN: usize = 8;

fn read_knows(
    key: &Ident,
    tokens: TokenStream,
    diagnostics: &mut Diagnostics,
) -> Option<Keyed<Vec<Type>>> {
    let help = "write `knows(ApiError, DbError)`, with types that implement `redress::Classify`";
    let mut types: Vec<Type> = Vec::new();
    for ty in parse::types(tokens, help, diagnostics) {
        let shown = ty.to_token_stream().to_string();
        if types
            .iter()
            .any(|earlier| earlier.to_token_stream().to_string() == shown)
        {
            let what = format!("`{}` is given twice", compact(&shown));
            diagnostics.error(ty, what, "remove one of them");
        } else {
            types.push(ty);
        }
    }
    if let Some(extra) = types.get(MAX_KNOWN) {
        let what = format!("`knows` takes at most {MAX_KNOWN} types");
        let help = "put the types in one enum that implements `redress::Classify`, or write `classifier = my_function`";
        diagnostics.error(extra, what, help);
    }
    (!types.is_empty()).then(|| Keyed {
        key: key.clone(),
        value: types,
    })
}
