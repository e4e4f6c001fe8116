//! Checks attributes, and makes of them rules that always expand.

use proc_macro2::Ident;
use quote::ToTokens as _;
use syn::{Expr, Fields, Lit, Member};

use super::parse::{Input, Shape};
use super::rules::{CodeTable, Decision, Rule, source_kind};
use crate::config::class::{self, CLASSES};
use crate::config::parse::{Argument, Value};
use crate::diagnostics::{Diagnostics, list, name_of, nearest};

const KEYS: [&str; 6] = [
    "retry_after",
    "http_status",
    "sqlstate",
    "grpc_code",
    "source",
    "with",
];

/// The rules of a type.
pub(super) struct Rules {
    /// The default of an enum, or the rule of a struct.
    pub(super) own: Rule,
    pub(super) variants: Vec<Rule>,
}

/// Checks every attribute.
pub(super) fn validate(input: &Input, diagnostics: &mut Diagnostics) -> Rules {
    match &input.shape {
        Shape::Struct(fields) => {
            let own = rule(&input.own, Some(fields), diagnostics);
            hint_without_class(&input.own, diagnostics);
            Rules {
                own,
                variants: Vec::new(),
            }
        }
        Shape::Enum(variants) => {
            let own = rule(&input.own, None, diagnostics);
            let read = variants.iter().map(|variant| {
                // One that the enum itself has is for all.
                if input.own.is_empty() {
                    hint_without_class(&variant.own, diagnostics);
                }
                rule(&variant.own, Some(&variant.fields), diagnostics)
            });
            let variants = read.collect();
            Rules { own, variants }
        }
    }
}

/// A hint says when to come back, and nothing of what has failed: by itself it would be one of UNKNOWN.
fn hint_without_class(arguments: &[Argument], diagnostics: &mut Diagnostics) {
    if let [Argument { key, .. }] = arguments
        && name_of(key) == "retry_after"
    {
        let help = "say the class, too: `rate_limit, retry_after = ...`";
        diagnostics.error(key, "`retry_after` needs a class beside it", help);
    }
}

/// Reads the attributes of a variant, a struct or an enum. An enum itself has no `fields`.
fn rule(arguments: &[Argument], fields: Option<&Fields>, diagnostics: &mut Diagnostics) -> Rule {
    let mut rule = Rule {
        decision: Decision::Default,
        retry_after: None,
    };
    let mut decided: Option<&Ident> = None;
    let mut hint: Option<&Ident> = None;
    for Argument { key, value } in arguments {
        let name = name_of(key);
        if name == "retry_after" {
            if hint.replace(key).is_some() {
                diagnostics.error(key, "`retry_after` is given twice", "remove one of them");
            }
            rule.retry_after = field(key, value, fields, diagnostics);
            continue;
        }
        let Some(decision) = decision(key, value, fields, diagnostics) else {
            continue;
        };
        if let Some(first) = decided {
            let what = format!("`{first}` and `{name}` both say the class");
            diagnostics.error(key, what, "keep one of them");
            continue;
        }
        decided = Some(key);
        rule.decision = decision;
    }
    if let (Some(hint), Decision::With(_) | Decision::Source(..)) = (hint, &rule.decision) {
        let help = "remove it: the classification that is taken over may have a hint of its own";
        diagnostics.error(hint, "`retry_after` needs a class beside it", help);
    }
    rule
}

fn decision(
    key: &Ident,
    value: &Value,
    fields: Option<&Fields>,
    diagnostics: &mut Diagnostics,
) -> Option<Decision> {
    let name = name_of(key);
    let table = match name.as_str() {
        "http_status" => CodeTable::HttpStatus,
        "sqlstate" => CodeTable::Sqlstate,
        "grpc_code" => CodeTable::GrpcCode,
        "source" => return source(key, value, fields, diagnostics),
        "with" => {
            return match value {
                Value::Expr(expr @ (Expr::Path(_) | Expr::Closure(_))) => {
                    Some(Decision::With(expr.clone()))
                }
                Value::Broken => None,
                Value::Expr(expr) => {
                    let help = "name a function that takes the fields by reference: `with = path::to::function`";
                    diagnostics.error(expr, "`with` takes the path of a function", help);
                    None
                }
                Value::Missing | Value::List(_) => {
                    diagnostics.error(
                        key,
                        "`with` has no value",
                        "write `with = path::to::function`",
                    );
                    None
                }
            };
        }
        "crate" => {
            diagnostics.error(
                key,
                "`crate` takes a path, on the type itself",
                "write `#[classify(crate = path::to::redress)]` above the type",
            );
            return None;
        }
        _ => return class(key, value, diagnostics),
    };
    field(key, value, fields, diagnostics).map(|member| Decision::Code(table, member))
}

fn class(key: &Ident, value: &Value, diagnostics: &mut Diagnostics) -> Option<Decision> {
    let name = name_of(key);
    let Some(class) = class::find(key) else {
        let names = || {
            KEYS.into_iter()
                .chain(CLASSES.iter().map(|class| class.name))
        };
        let help = match (class::foreign(&name), nearest(&name, names())) {
            (Some(hint), _) => hint.to_owned(),
            (None, Some(near)) => format!("did you mean `{near}`?"),
            (None, None) => format!(
                "write a class ({}) or one of {}",
                list(CLASSES.iter().map(|class| class.name)),
                list(KEYS)
            ),
        };
        diagnostics.error(
            key,
            format!("`{name}` is neither a class nor an argument of `classify`"),
            &help,
        );
        return None;
    };
    if !matches!(value, Value::Missing | Value::Broken) {
        diagnostics.error(
            key,
            format!("`{name}` takes no value"),
            &format!("write `#[classify({name})]`"),
        );
        return None;
    }
    Some(Decision::Class(class))
}

/// Finds the source: the field that is named, or the one that thiserror would take.
fn source(
    key: &Ident,
    value: &Value,
    fields: Option<&Fields>,
    diagnostics: &mut Diagnostics,
) -> Option<Decision> {
    let member = match value {
        Value::Missing => {
            let all = members(fields?);
            let marked = all.iter().find(|(_, field)| {
                field
                    .attrs
                    .iter()
                    .any(|a| a.path().is_ident("source") || a.path().is_ident("from"))
            });
            let named = all
                .iter()
                .find(|(member, _)| matches!(member, Member::Named(name) if name == "source"));
            let only = all.first().filter(|_| all.len() == 1);
            match marked.or(named).or(only) {
                Some((member, _)) => member.clone(),
                None => {
                    let what = if all.is_empty() {
                        "there is no field to be the source"
                    } else {
                        "it is not clear which field is the source"
                    };
                    diagnostics.error(key, what, "name it: `source = field`");
                    return None;
                }
            }
        }
        value => field(key, value, fields, diagnostics)?,
    };
    let ty = members(fields?)
        .into_iter()
        .find(|(name, _)| *name == member)
        .map(|(_, field)| &field.ty)?;
    Some(Decision::Source(member, source_kind(ty)))
}

fn members(fields: &Fields) -> Vec<(Member, &syn::Field)> {
    fields.members().zip(fields).collect()
}

/// Reads the name or the number of a field.
fn field(
    key: &Ident,
    value: &Value,
    fields: Option<&Fields>,
    diagnostics: &mut Diagnostics,
) -> Option<Member> {
    let name = name_of(key);
    let Some(fields) = fields else {
        let help = "put it on a variant; on the enum only a class and `with` are defaults";
        diagnostics.error(
            key,
            format!("`{name}` needs a field, and an enum has none of its own"),
            help,
        );
        return None;
    };
    let expr = match value {
        Value::Expr(expr) => expr,
        Value::Broken => return None,
        Value::Missing | Value::List(_) => {
            diagnostics.error(
                key,
                format!("`{name}` needs a field"),
                &format!("write `{name} = field`, or `{name} = 0` for a tuple"),
            );
            return None;
        }
    };
    let wanted = match expr {
        Expr::Path(path) => path.path.get_ident().cloned().map(Member::Named),
        Expr::Lit(lit) => match &lit.lit {
            Lit::Int(int) => int.base10_parse::<u32>().ok().map(|index| {
                Member::Unnamed(syn::Index {
                    index,
                    span: int.span(),
                })
            }),
            _ => None,
        },
        _ => None,
    };
    let all = members(fields);
    // The result has the span of the attribute, where a message about it belongs.
    let found = wanted.filter(|wanted| all.iter().any(|(member, _)| member == wanted));
    if found.is_none() {
        let names: Vec<String> = all
            .iter()
            .map(|(member, _)| member.to_token_stream().to_string())
            .collect();
        let shown = expr.to_token_stream().to_string();
        let help = match nearest(&shown, names.iter().map(String::as_str)) {
            Some(near) => format!("did you mean `{near}`?"),
            None if names.is_empty() => "there are no fields here".to_owned(),
            None => format!("the fields are {}", list(names.iter().map(String::as_str))),
        };
        diagnostics.error(expr, format!("`{shown}` is not a field"), &help);
    }
    found
}
