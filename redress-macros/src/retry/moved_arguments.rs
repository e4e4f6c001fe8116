//! Finds arguments that the first attempt would consume, so that the compiler's message names
//! `clone(argument)`.

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};
use quote::quote_spanned;
use syn::Type;

use super::signature::{Binding, last_name};
use crate::diagnostics::name_of;
use crate::paths::Paths;
use crate::spans::{site, site_at};

/// Returns a check for each argument which the body moves: that its type is `Copy`.
///
/// Only certain moves count. The borrow checker finds the rest, with a longer message.
pub(super) fn checks(
    bindings: &[Binding],
    cloned: &[Ident],
    body: &Group,
    paths: &Paths,
) -> TokenStream {
    let mut out = TokenStream::new();
    for Binding { name, of } in bindings {
        let owned = of.as_ref().is_some_and(|ty| !is_surely_copy(ty));
        if !owned || cloned.contains(name) || is_rebound(&body.stream(), &name_of(name)) {
            continue;
        }
        if let Some(at) = moving_use(&body.stream(), &name_of(name)) {
            out.extend(check(name, at, paths));
        }
    }
    out
}

fn check(name: &Ident, at: Span, paths: &Paths) -> TokenStream {
    let p = paths.private();
    let text = name_of(name);
    let message = format!("`{text}` is consumed by the first attempt");
    let note = format!(
        "write `clone({text})` in `#[retry(...)]` to give each attempt a clone, or borrow `{text}` in the body"
    );
    let used = Ident::new(&name.to_string(), name.span().located_at(at));
    let call = quote_spanned!(site_at(at)=> __redress_kept(&#used););
    quote_spanned! {site()=>
        {
            #[diagnostic::on_unimplemented(
                message = #message,
                label = "moved here: nothing is left of it for a second attempt",
                note = #note,
            )]
            trait __RedressKept {}
            #[diagnostic::do_not_recommend]
            impl<T: #p::Copy> __RedressKept for T {}
            fn __redress_kept<T: __RedressKept>(_: &T) {}
            #call
        }
    }
}

fn is_surely_copy(ty: &Type) -> bool {
    const KNOWN: [&str; 17] = [
        "bool", "char", "u8", "u16", "u32", "u64", "u128", "usize", "i8", "i16", "i32", "i64",
        "i128", "isize", "f32", "f64", "Duration",
    ];
    match ty {
        Type::Reference(_) | Type::Ptr(_) | Type::FnPtr(_) => true,
        Type::Path(_) => last_name(ty).is_some_and(|name| KNOWN.contains(&name.as_str())),
        Type::Paren(paren) => is_surely_copy(&paren.elem),
        Type::Group(group) => is_surely_copy(&group.elem),
        _ => false,
    }
}

fn is_ident(token: Option<&TokenTree>, name: &str) -> bool {
    matches!(token, Some(TokenTree::Ident(ident)) if name_of(ident) == name)
}

fn is_punct(token: Option<&TokenTree>, wanted: char) -> bool {
    matches!(token, Some(TokenTree::Punct(punct)) if punct.as_char() == wanted)
}

/// Returns `true` if the body may bind the name anew.
pub(super) fn is_rebound(body: &TokenStream, name: &str) -> bool {
    let tokens: Vec<TokenTree> = body.clone().into_iter().collect();
    tokens.iter().enumerate().any(|(at, token)| match token {
        TokenTree::Group(group) => is_rebound(&group.stream(), name),
        TokenTree::Ident(ident) if name_of(ident) == name => {
            let before = at.checked_sub(1).and_then(|at| tokens.get(at));
            let after = tokens.get(at + 1);
            // `&mut name.field` is not a pattern.
            if is_punct(after, '.') {
                return false;
            }
            ["let", "mut", "ref", "for"]
                .iter()
                .any(|word| is_ident(before, word))
                || is_punct(before, '|')
                || is_punct(after, '|')
                || is_punct(before, '@')
        }
        _ => false,
    })
}

/// Finds a place where the name is used as a value that is moved.
fn moving_use(body: &TokenStream, name: &str) -> Option<Span> {
    let tokens: Vec<TokenTree> = body.clone().into_iter().collect();
    for (at, token) in tokens.iter().enumerate() {
        let before = at.checked_sub(1).and_then(|at| tokens.get(at));
        let after = tokens.get(at + 1);
        match token {
            TokenTree::Group(group) => {
                // A pattern does not use the name, and how a macro uses its tokens is not known.
                let pattern = is_punct(after, '=') || is_punct(after, '|') || is_ident(after, "if");
                if pattern || is_punct(before, '!') || is_punct(before, '#') {
                    continue;
                }
                let call = group.delimiter() == Delimiter::Parenthesis && is_called(before);
                let found = call.then(|| argument(group, name)).flatten();
                if let Some(span) = found.or_else(|| moving_use(&group.stream(), name)) {
                    return Some(span);
                }
            }
            TokenTree::Ident(ident) if name_of(ident) == name => {
                // `let x = name;`
                let earlier = at.checked_sub(2).and_then(|at| tokens.get(at));
                let assigned =
                    is_punct(before, '=') && matches!(earlier, Some(TokenTree::Ident(_)));
                if assigned && is_punct(after, ';') {
                    return Some(ident.span());
                }
            }
            _ => {}
        }
    }
    None
}

fn is_called(before: Option<&TokenTree>) -> bool {
    const KEYWORDS: [&str; 9] = [
        "if", "match", "while", "in", "return", "else", "let", "await", "move",
    ];
    match before {
        Some(TokenTree::Ident(ident)) => !KEYWORDS.contains(&ident.to_string().as_str()),
        _ => false,
    }
}

/// Finds the name as an argument of a call.
fn argument(call: &Group, name: &str) -> Option<Span> {
    let tokens: Vec<TokenTree> = call.stream().into_iter().collect();
    let mut arguments = tokens.split(|token| is_punct(Some(token), ','));
    arguments.find_map(|argument| match argument {
        [TokenTree::Ident(ident)] if name_of(ident) == name => Some(ident.span()),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_certain_moves_are_found() {
        for (body, moved) in [
            ("consume(text).await", true),
            ("Ok(text)", true),
            ("client.send(1, text)", true),
            ("let x = text; drop(x)", true),
            ("Request::new(&text)", false),
            ("text.len()", false),
            ("format!(\"{}\", text)", false),
            ("match x { Some(text) => 1, None => 2 }", false),
            ("if let Some(text) = x { 1 }", false),
            ("let text = 3; f(text)", false),
            ("xs.map(|text| f(text))", false),
            ("if a == text { 1 }", false),
        ] {
            let body: TokenStream = body.parse().unwrap();
            let found = !is_rebound(&body, "text") && moving_use(&body, "text").is_some();
            assert_eq!(found, moved, "{body}");
        }
    }
}
