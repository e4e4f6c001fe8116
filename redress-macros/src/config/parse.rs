//! The grammar of arguments: `key`, `key = expression`, `key(...)`, separated by commas.

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::ext::IdentExt as _;
use syn::parse::{ParseStream, Parser as _};
use syn::{Expr, Lit, Token, Type, token};

use crate::diagnostics::Diagnostics;
use crate::groups::ungrouped;

/// One argument as written.
pub(crate) struct Argument {
    pub(crate) key: Ident,
    pub(crate) value: Value,
}

/// The part of an argument after its key.
pub(crate) enum Value {
    /// Nothing.
    Missing,
    /// `= expression`.
    Expr(Expr),
    /// `(...)`.
    List(TokenStream),
    /// Something that does not parse, and has been reported.
    Broken,
}

/// What to write in place of a literal that has no name, if that is known.
pub(crate) type NameOf = fn(&Lit) -> Option<String>;

/// Reads all arguments. One that does not parse is reported and skipped.
pub(crate) fn arguments(
    tokens: TokenStream,
    name_of: NameOf,
    diagnostics: &mut Diagnostics,
) -> Vec<Argument> {
    let mut found = Vec::new();
    let parser = |input: ParseStream<'_>| {
        while !input.is_empty() {
            found.extend(argument(input, name_of, diagnostics));
            end_of_argument(input, diagnostics);
        }
        Ok(())
    };
    // The closure consumes all tokens, so `parse2` has nothing to report.
    if let Err(error) = parser.parse2(tokens) {
        diagnostics.absorb(error);
    }
    found
}

/// Reads a list of types; one that does not parse is reported and skipped.
pub(crate) fn types(tokens: TokenStream, help: &str, diagnostics: &mut Diagnostics) -> Vec<Type> {
    let mut found = Vec::new();
    let parser = |input: ParseStream<'_>| {
        while !input.is_empty() {
            let ahead = input.fork();
            match ahead.parse::<Type>() {
                Ok(ty) if ahead.is_empty() || ahead.peek(Token![,]) => {
                    syn::parse::discouraged::Speculative::advance_to(input, &ahead);
                    found.push(ty);
                }
                _ => {
                    let rest = skip_to_comma(input);
                    diagnostics.error(at(&rest, input.span()), "expected a type", help);
                }
            }
            // There is none after the last type.
            let _ = input.parse::<Token![,]>();
        }
        Ok(())
    };
    if let Err(error) = parser.parse2(tokens) {
        diagnostics.absorb(error);
    }
    found
}

/// Reads one argument, without the comma after it.
pub(crate) fn argument(
    input: ParseStream<'_>,
    name_of: NameOf,
    diagnostics: &mut Diagnostics,
) -> Option<Argument> {
    let Ok(key) = input.call(Ident::parse_any) else {
        let help = input.fork().parse().ok().and_then(|lit| name_of(&lit));
        let help = help.as_deref();
        let found = skip_to_comma(input);
        diagnostics.error(
            at(&found, input.span()),
            "expected the name of an argument",
            help.unwrap_or("arguments are written `name = value`, separated by commas"),
        );
        return None;
    };
    let value = if input.peek(Token![=]) && !input.peek(Token![==]) {
        expression(input, &key, diagnostics)
    } else if input.peek(token::Paren) {
        list(input)
    } else {
        Value::Missing
    };
    Some(Argument { key, value })
}

fn expression(input: ParseStream<'_>, key: &Ident, diagnostics: &mut Diagnostics) -> Value {
    let equals: TokenStream = input
        .parse::<Token![=]>()
        .map_or_else(|_| TokenStream::new(), ToTokens::into_token_stream);
    if input.is_empty() || input.peek(Token![,]) {
        let what = format!("`{key}` has no value");
        diagnostics.error(equals, what, &format!("write `{key} = ...`"));
        return Value::Broken;
    }
    let ahead = input.fork();
    match ahead.parse::<Expr>() {
        Ok(expr) => {
            syn::parse::discouraged::Speculative::advance_to(input, &ahead);
            Value::Expr(ungrouped(expr))
        }
        Err(error) => {
            // The error may have no span: the input may have ended.
            let rest = skip_to_comma(input);
            let what = format!("the value of `{key}` is not an expression: {error}");
            diagnostics.error(at(&rest, key.span()), what, "");
            Value::Broken
        }
    }
}

fn list(input: ParseStream<'_>) -> Value {
    match input.parse::<TokenTree>() {
        Ok(TokenTree::Group(group)) => Value::List(group.stream()),
        _ => Value::Broken,
    }
}

/// Reads the comma after an argument. Anything else is reported and skipped.
pub(crate) fn end_of_argument(input: ParseStream<'_>, diagnostics: &mut Diagnostics) {
    if !input.is_empty() && !input.peek(Token![,]) {
        let rest = skip_to_comma(input);
        diagnostics.error(rest, "expected a comma before this", "");
    }
    // There is none after the last argument.
    let _ = input.parse::<Token![,]>();
}

/// Skips all tokens up to the next comma.
fn skip_to_comma(input: ParseStream<'_>) -> TokenStream {
    let mut skipped = TokenStream::new();
    while !input.is_empty() && !input.peek(Token![,]) {
        match input.parse::<TokenTree>() {
            Ok(token) => skipped.extend([token]),
            Err(_) => break,
        }
    }
    skipped
}

/// Returns the tokens to underline, or a token at `span` if there are none.
fn at(tokens: &TokenStream, span: Span) -> TokenStream {
    if tokens.is_empty() {
        Ident::new("_here", span).into_token_stream()
    } else {
        tokens.clone()
    }
}
