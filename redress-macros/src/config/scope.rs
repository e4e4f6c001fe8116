//! Checks that expressions which are evaluated once per function do not use what belongs to one call:
//! its arguments, `self` and generic parameters.

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;

use super::model::{Config, Count, Setting, Strategy, Time};
use crate::diagnostics::Diagnostics;

/// The names that belong to one call of the function.
#[derive(Default)]
pub(crate) struct Scope {
    /// Arguments and generic parameters.
    pub(crate) names: Vec<String>,
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
            Strategy::Closure(closure) => self.expression(closure, "a strategy", diagnostics),
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

    fn expression(&self, expr: impl ToTokens, what: &str, diagnostics: &mut Diagnostics) {
        let tokens = expr.into_token_stream();
        let mut bound = Vec::new();
        closure_parameters(tokens.clone(), &mut bound);
        self.tokens(tokens, &bound, what, diagnostics);
    }

    fn tokens(
        &self,
        tokens: TokenStream,
        bound: &[String],
        what: &str,
        diagnostics: &mut Diagnostics,
    ) {
        let mut before = ' ';
        for token in tokens {
            match &token {
                TokenTree::Group(group) => self.tokens(group.stream(), bound, what, diagnostics),
                TokenTree::Ident(ident) => {
                    let name = ident.to_string();
                    // After a dot or a colon it is a field, a method or a part of a path.
                    let starts = !matches!(before, '.' | ':' | '\'');
                    let ours = name == "self" || name == "Self" || self.names.contains(&name);
                    if starts && ours && !bound.contains(&name) {
                        let message = format!(
                            "{what} cannot use `{name}`: it is evaluated once per function, not at each call"
                        );
                        let help = "use literals, constants, statics or functions; `policy`, `classifier`, `operation`, `abort_if` and the hooks are evaluated at each call and may use arguments and `self`";
                        diagnostics.error(ident, message, help);
                    }
                }
                TokenTree::Punct(_) | TokenTree::Literal(_) => {}
            }
            before = match &token {
                TokenTree::Punct(punct) => punct.as_char(),
                _ => ' ',
            };
        }
    }
}

/// Collects the names that closures and `let` bind inside an expression.
fn closure_parameters(tokens: TokenStream, bound: &mut Vec<String>) {
    let mut inside = false;
    let mut after_let = false;
    for token in tokens {
        match token {
            TokenTree::Punct(punct) if punct.as_char() == '|' => inside = !inside,
            TokenTree::Punct(punct) if punct.as_char() == '=' => after_let = false,
            TokenTree::Ident(ident) if ident == "let" => after_let = true,
            TokenTree::Ident(ident) if inside || after_let => bound.push(ident.to_string()),
            TokenTree::Group(group) => closure_parameters(group.stream(), bound),
            _ => {}
        }
    }
}
