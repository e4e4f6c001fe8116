//! Rewrites every early exit of a body, wherever it stands, so that no closure is around the body: a
//! function with `#[track_caller]` reports its caller's line, and a closure its own.
//!
//! A body that is not fully understood keeps its closure.

use proc_macro2::{Delimiter, Group, Spacing, TokenStream, TokenTree};
use quote::quote_spanned;
use syn::Lifetime;

use super::control_flow::{any_may_exit_early, is_plain_macro};
use super::inline_body::Exits;
use crate::paths::Paths;
use crate::spans::{site, site_at};

/// Returns the body as a block labeled `'__attempt`, or `None` if it is not understood.
pub(super) fn rewritten(body: &TokenStream, paths: &Paths) -> Option<TokenStream> {
    let mut tokens = body.clone().into_iter();
    let (Some(TokenTree::Group(group)), None) = (tokens.next(), tokens.next()) else {
        return None;
    };
    let label = Lifetime::new("'__attempt", group.span());
    let exits = Exits {
        paths,
        label: &label,
    };
    let block = exits_of_group(&exits, &group)?;
    Some(quote_spanned!(site()=> #label: #block))
}

fn exits_of_group(exits: &Exits<'_>, group: &Group) -> Option<Group> {
    let tokens: Vec<TokenTree> = group.stream().into_iter().collect();
    let mut inside = Group::new(group.delimiter(), exits_of(exits, &tokens)?);
    inside.set_span(group.span());
    Some(inside)
}

fn exits_of(exits: &Exits<'_>, tokens: &[TokenTree]) -> Option<TokenStream> {
    let mut out: Vec<TokenTree> = Vec::new();
    let mut rest = tokens;
    while let Some((token, after)) = rest.split_first() {
        let before = out.last();
        rest = after;
        match token {
            TokenTree::Group(group) => out.push(exits_of_group(exits, group)?.into()),
            TokenTree::Ident(ident) => match ident.to_string().as_str() {
                "return" => {
                    let label = exits.label;
                    out.extend(quote_spanned!(site_at(ident.span())=> break #label));
                }
                // The exits of a future leave the future.
                "async" => {
                    out.push(token.clone());
                    while let Some((token, after)) = rest.split_first()
                        && !is_operator(token)
                    {
                        out.push(token.clone());
                        rest = after;
                        if matches!(token, TokenTree::Group(_)) {
                            break;
                        }
                    }
                }
                "fn" | "impl" | "const" | "static" | "try" | "yield" | "become"
                    if any_may_exit_early(tokens) =>
                {
                    return None;
                }
                _ => out.push(token.clone()),
            },
            TokenTree::Punct(punct) => match punct.as_char() {
                '?' => {
                    let operand = out.split_off(operand(&out)?).into_iter().collect();
                    out.extend(exits.question(&operand, punct.span()));
                }
                // A closure, whose exits leave the closure.
                '|' if !before.is_some_and(|token| ends_operand(token) || is_first_half(token))
                    && any_may_exit_early(rest) =>
                {
                    return None;
                }
                '!' => {
                    let name = before.filter(|token| matches!(token, TokenTree::Ident(_)));
                    let is_macro = matches!(rest.first(), Some(TokenTree::Group(_)));
                    if let (Some(name), true) = (name, is_macro) {
                        let qualified = out
                            .iter()
                            .rev()
                            .nth(1)
                            .is_some_and(|token| is_punct(token, ':'));
                        if !is_plain_macro(&name.to_string(), qualified) && !is_keyword(name) {
                            return None;
                        }
                    }
                    out.push(token.clone());
                }
                _ => out.push(token.clone()),
            },
            TokenTree::Literal(_) => out.push(token.clone()),
        }
    }
    Some(out.into_iter().collect())
}

fn is_punct(token: &TokenTree, wanted: char) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == wanted)
}

/// Returns `true` for the first `|` of `||`.
fn is_first_half(token: &TokenTree) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == '|' && punct.spacing() == Spacing::Joint)
}

fn is_operator(token: &TokenTree) -> bool {
    matches!(token, TokenTree::Punct(_))
}

fn is_keyword(token: &TokenTree) -> bool {
    const KEYWORDS: [&str; 19] = [
        "as", "async", "break", "continue", "else", "for", "if", "in", "let", "loop", "match",
        "move", "mut", "ref", "return", "unsafe", "where", "while", "dyn",
    ];
    matches!(token, TokenTree::Ident(ident) if KEYWORDS.iter().any(|word| ident == word))
}

/// Returns `true` if a token may be the last of an operand, so that an operator follows.
fn ends_operand(token: &TokenTree) -> bool {
    match token {
        TokenTree::Group(_) | TokenTree::Literal(_) => true,
        TokenTree::Ident(_) => !is_keyword(token),
        TokenTree::Punct(_) => false,
    }
}

/// Returns where the operand of a `?` after these tokens starts: a name or a group, with the calls,
/// fields and paths that belong to it.
fn operand(tokens: &[TokenTree]) -> Option<usize> {
    let mut at = tokens.len();
    loop {
        let last = tokens.get(at.checked_sub(1)?)?;
        let before = |steps: usize| at.checked_sub(steps + 1).and_then(|at| tokens.get(at));
        at = match last {
            TokenTree::Group(group) => match before(1) {
                // A macro call: its name is next.
                Some(token) if is_punct(token, '!') => at.checked_sub(2)?,
                _ if group.delimiter() == Delimiter::Brace => return None,
                // What is called or indexed is next.
                Some(TokenTree::Group(callee)) if callee.delimiter() == Delimiter::Brace => {
                    return None;
                }
                Some(token) if ends_operand(token) || is_punct(token, '>') => at - 1,
                _ => return Some(at - 1),
            },
            TokenTree::Ident(_) | TokenTree::Literal(_) => {
                if is_keyword(last) {
                    return None;
                }
                match (before(2), before(1)) {
                    (Some(second), Some(first)) if is_punct(first, '.') => {
                        if is_punct(second, '.') {
                            return Some(at - 1); // A range ends here.
                        }
                        at - 2
                    }
                    (Some(second), Some(first))
                        if is_punct(first, ':') && is_punct(second, ':') =>
                    {
                        match before(3) {
                            Some(token) if ends_operand(token) || is_punct(token, '>') => at - 3,
                            _ => return Some(at - 3),
                        }
                    }
                    _ => return Some(at - 1),
                }
            }
            TokenTree::Punct(punct) if punct.as_char() == '>' => {
                let open = opening(tokens, at - 1)?;
                match (open.checked_sub(2), open.checked_sub(1)) {
                    // A turbofish: what it belongs to is next.
                    (Some(second), Some(first))
                        if is_punct(tokens.get(first)?, ':')
                            && is_punct(tokens.get(second)?, ':') =>
                    {
                        second
                    }
                    // `<T as Trait>::call()`.
                    _ => return Some(open),
                }
            }
            TokenTree::Punct(_) => return None,
        };
    }
}

/// Returns the place of the `<` to the `>` at a place.
fn opening(tokens: &[TokenTree], close: usize) -> Option<usize> {
    let mut depth = 0_usize;
    for at in (0..=close).rev() {
        let arrow = at
            .checked_sub(1)
            .and_then(|at| tokens.get(at))
            .is_some_and(|token| is_punct(token, '-') || is_punct(token, '='));
        match tokens.get(at)? {
            token if is_punct(token, '>') && !arrow => depth += 1,
            token if is_punct(token, '<') => {
                depth = depth.checked_sub(1)?;
                if depth == 0 {
                    return Some(at);
                }
            }
            token if is_punct(token, ';') => return None,
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use quote::ToTokens as _;

    use super::*;

    /// Rewrites a body, and shows each `?` as a call.
    fn shown(body: &str) -> Option<String> {
        let body = format!("{{ {body} }}");
        let found = rewritten(&body.parse().unwrap(), &Paths::new(None))?.to_string();
        let branch = ":: redress :: __private :: Try :: branch";
        let parsed: syn::Expr = syn::parse_str(&found).unwrap();
        Some(
            parsed
                .into_token_stream()
                .to_string()
                .replace(branch, "TRY"),
        )
    }

    #[test]
    fn exits_are_rewritten_wherever_they_stand() {
        for (body, operands) in [
            ("f()?; Ok(1)", &["TRY (f ())"][..]),
            (
                "for x in xs()? { g(&x.y(1)?)?; } Ok(1)",
                &["TRY (xs ())", "TRY (x . y (1))"],
            ),
            (
                "Ok(1 + a.b.0.c::<u32>()? * -d[0]?)",
                &["TRY (a . b . 0 . c :: < u32 > ())", "TRY (d [0])"],
            ),
            (
                "match f()? { A | B if g()? => 1, _ => h::i(2)? }",
                &["TRY (f ())", "TRY (g ())", "TRY (h :: i (2))"],
            ),
            ("Ok(<T as U>::f(x)?)", &["TRY (< T as U > :: f (x))"]),
            ("Ok(format!(\"{}\", f()?))", &["TRY (f ())"]),
            (
                "if a { b } c()?; Ok(!d()? || e()?)",
                &["TRY (c ())", "TRY (d ())", "TRY (e ())"],
            ),
            ("let x = async move { f()? }; Ok(x)", &["f () ?"]),
            (
                "for x in xs { if x { return Ok(x); } } Ok(1)",
                &["break '__attempt Ok (x)"],
            ),
        ] {
            let found = shown(body).unwrap_or_else(|| panic!("{body}"));
            for operand in operands {
                assert!(found.contains(operand), "{body}: {found}");
            }
        }
    }

    #[test]
    fn what_is_not_understood_keeps_its_closure() {
        for body in [
            "bail!(\"no\")",
            "xs.map(|x| f(x)?)",
            "a(|| f()?)",
            "fn g() -> R { f()? } g()",
            "match a { _ => b }?",
            "unsafe { f() }?; Ok(1)",
            "m::write!(n)?; Ok(1)",
        ] {
            assert_eq!(shown(body), None, "{body}");
        }
    }
}
