//! Checks that expressions which are evaluated once per function do not use what belongs to one call:
//! its arguments, `self` and generic parameters.

use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::ToTokens as _;
use syn::Expr;

use super::model::{Config, Count, Setting, Strategy, Time};
use crate::diagnostics::{Diagnostics, name_of};
use crate::variable::uses_in;

/// The names that belong to one call of the function.
#[derive(Default)]
pub(crate) struct Scope {
    /// The arguments.
    pub(crate) variables: Vec<String>,
    /// The generic parameters.
    pub(crate) generics: Vec<String>,
}

impl Scope {
    /// Reports every use of an argument, of `self` or of a generic parameter in an expression that is
    /// evaluated once.
    pub(crate) fn check(&self, config: &Config, diagnostics: &mut Diagnostics) {
        for keyed in config
            .strategy
            .iter()
            .chain(config.class_strategies.iter().map(|(_, k)| k))
        {
            self.strategy(&keyed.value, diagnostics);
        }
        for (_, count) in config.counts() {
            if let Count::Expr(expr) = count {
                self.expression(expr, "a limit", diagnostics);
            }
        }
        for time in config.times() {
            if let Time::Expr(expr) = time {
                self.expression(expr, "a limit", diagnostics);
            }
        }
    }

    fn strategy(&self, strategy: &Strategy, diagnostics: &mut Diagnostics) {
        match strategy {
            Strategy::User(expr) => self.expression(expr, "a strategy", diagnostics),
            Strategy::Closure(closure) => {
                self.expression(&Expr::Closure(closure.clone()), "a strategy", diagnostics);
            }
            Strategy::Builtin { arguments, .. } => {
                for (_, setting) in arguments {
                    match setting {
                        Setting::Time(Time::Expr(expr)) | Setting::Number(expr) => {
                            self.expression(expr, "a strategy", diagnostics);
                        }
                        Setting::Strategy(inner) => self.strategy(inner, diagnostics),
                        Setting::Time(Time::Literal(..)) => {}
                    }
                }
            }
        }
    }

    fn expression(&self, expr: &Expr, what: &str, diagnostics: &mut Diagnostics) {
        let tokens = expr.to_token_stream();
        let mut report = |ident: &Ident| {
            let message = format!(
                "{what} cannot use `{ident}`: it is evaluated once per function, not at each call"
            );
            let help = if ident == "self" {
                "keep a `Policy` that is built with it in a field, and write `policy = self.policy`: a policy is evaluated at each call"
            } else {
                "use literals, constants, statics or functions; or build a `Policy` with it, and write `policy = ...`, which is evaluated at each call, as `classifier`, `operation`, `abort_if` and the hooks are"
            };
            diagnostics.error(ident, message, help);
        };
        let variables = self.variables.iter().map(String::as_str);
        for name in variables.chain(["self"]) {
            // What is not certain is left to the compiler.
            let uses = uses_in(expr, name);
            uses.iter().flat_map(|uses| &uses.all).for_each(&mut report);
        }
        let types = self.generics.iter().map(String::as_str);
        let types: Vec<&str> = types.chain(["Self"]).collect();
        if !has_items(tokens.clone()) {
            let mut found = Vec::new();
            types_in(tokens, &types, &mut found);
            found.iter().for_each(report);
        }
    }
}

/// Returns `true` if an expression may declare items, which may have generics of the same names.
fn has_items(tokens: TokenStream) -> bool {
    const ITEMS: [&str; 6] = ["enum", "fn", "impl", "struct", "trait", "type"];
    tokens.into_iter().any(|token| match token {
        TokenTree::Group(group) => has_items(group.stream()),
        TokenTree::Ident(ident) => ITEMS.iter().any(|word| ident == word),
        TokenTree::Punct(_) | TokenTree::Literal(_) => false,
    })
}

/// Collects the uses of generics.
fn types_in(tokens: TokenStream, types: &[&str], found: &mut Vec<Ident>) {
    let mut before = ' ';
    for token in tokens {
        // What a macro makes of its tokens is not known.
        let in_macro = before == '!';
        // After a dot or a colon it is a field, a method or a part of a path.
        let starts = !matches!(before, '.' | ':' | '\'');
        before = ' ';
        match token {
            TokenTree::Group(group) if !in_macro => types_in(group.stream(), types, found),
            TokenTree::Ident(ident) if starts && types.contains(&name_of(&ident).as_str()) => {
                found.push(ident);
            }
            TokenTree::Punct(punct) => before = punct.as_char(),
            TokenTree::Group(_) | TokenTree::Ident(_) | TokenTree::Literal(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_refused(limit: &str) -> bool {
        let scope = Scope {
            variables: vec!["n".to_owned()],
            generics: vec!["T".to_owned()],
        };
        let mut diagnostics = Diagnostics::default();
        let limit = syn::parse_str(limit).unwrap();
        scope.expression(&limit, "a limit", &mut diagnostics);
        !diagnostics.is_empty()
    }

    #[test]
    fn what_belongs_to_a_call_is_refused() {
        for limit in [
            "n",
            "n.max(3)",
            "count(n)",
            "Limits { n }.n",
            "self.n",
            "match LIMIT { Some(a) => a, None => n }",
            "T::LIMIT",
            "limit::<T>()",
            "Self::LIMIT",
        ] {
            assert!(is_refused(limit), "{limit}");
        }
    }

    #[test]
    fn what_only_has_such_a_name_is_not_refused() {
        for limit in [
            "match LIMIT { Some(n) => n, None => 2 }",
            "if let Some(n) = LIMIT { n } else { 2 }",
            "LIMIT.map_or(2, |n| n + 1)",
            "{ let n = LIMIT; n }",
            "Limits { n: 3 }.n",
            "limits().n",
            "limits().n()",
            "limits::n",
            "limit!(n, T)",
            "{ fn limit<T>(n: T) -> T { n } limit(3) }",
        ] {
            assert!(!is_refused(limit), "{limit}");
        }
    }
}
