//! Inlines a body into the loop, as a labeled block with a `break` for each `?` and `return`.
//!
//! An `async` block around a body is one more type for the compiler to look through at each level of
//! calls that await each other, and a closure around a sync body is one more body to check and to
//! compile. A body that is not fully understood here keeps its `async` block or closure.

use proc_macro2::{Delimiter, Group, Spacing, Span, TokenStream, TokenTree};
use quote::{ToTokens as _, quote_spanned};
use syn::Lifetime;

use super::control_flow::{any_may_exit_early, may_exit_early};
use crate::paths::Paths;
use crate::spans::{site, site_at};

/// Returns the body as a block labeled `'__attempt`, or `None` if it cannot be inlined.
pub(super) fn inline_body(body: &TokenStream, paths: &Paths) -> Option<TokenStream> {
    let mut tokens = body.clone().into_iter();
    match (tokens.next(), tokens.next()) {
        (Some(TokenTree::Group(group)), None) if group.delimiter() == Delimiter::Brace => {
            // A block has the edition of its label. It must be the user's: the edition decides when
            // temporaries of the last expression are dropped.
            let label = Lifetime::new("'__attempt", group.span());
            let exits = Exits {
                paths,
                label: &label,
            };
            let inside = Rewriter { exits }.block(&group.stream())?;
            let mut rewritten = Group::new(Delimiter::Brace, inside);
            rewritten.set_span(group.span());
            Some(quote_spanned!(site()=> #label: #rewritten))
        }
        _ => None,
    }
}

struct Rewriter<'a> {
    exits: Exits<'a>,
}

fn word(token: Option<&TokenTree>) -> String {
    match token {
        Some(TokenTree::Ident(ident)) => ident.to_string(),
        _ => String::new(),
    }
}

fn is_punct(token: &TokenTree, wanted: char) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == wanted)
}

fn is_block(token: &TokenTree) -> bool {
    matches!(token, TokenTree::Group(group) if group.delimiter() == Delimiter::Brace)
}

impl Rewriter<'_> {
    fn block(&self, stream: &TokenStream) -> Option<TokenStream> {
        let tokens: Vec<TokenTree> = stream.clone().into_iter().collect();
        let mut out = TokenStream::new();
        let mut rest = tokens.as_slice();
        while !rest.is_empty() {
            let end = statement_end(rest);
            let (this, after) = rest.split_at(end);
            rest = after;
            match this.split_last() {
                Some((last, inner)) if is_punct(last, ';') => {
                    out.extend(self.statement(inner)?);
                    out.extend([last.clone()]);
                }
                _ => out.extend(self.statement(this)?),
            }
        }
        Some(out)
    }

    /// Rewrites one statement, without its semicolon.
    fn statement(&self, tokens: &[TokenTree]) -> Option<TokenStream> {
        if !any_may_exit_early(tokens) {
            return Some(tokens.iter().cloned().collect());
        }
        match word(tokens.first()).as_str() {
            "return" => {
                let value = self.expression(tokens.get(1..)?)?;
                let at = site_at(tokens.first()?.span());
                let value = if value.is_empty() {
                    quote_spanned!(at=> ())
                } else {
                    value
                };
                let label = self.exits.label;
                Some(quote_spanned!(at=> break #label #value))
            }
            "let" => {
                let is_assignment = |token: &TokenTree| matches!(token, TokenTree::Punct(p) if p.as_char() == '=' && p.spacing() == Spacing::Alone);
                let at = tokens.iter().position(is_assignment)?;
                let (head, value) = tokens.split_at(at + 1);
                if any_may_exit_early(head) {
                    return None;
                }
                let value = self.postfix(value)?;
                Some(quote_spanned!(site()=> #(#head)* #value))
            }
            "if" => self.branches(tokens),
            _ => self.postfix(tokens),
        }
    }

    /// Rewrites the blocks of `if condition { ... } else { ... }`.
    fn branches(&self, tokens: &[TokenTree]) -> Option<TokenStream> {
        let mut out = TokenStream::new();
        let mut outside = Vec::new();
        for token in tokens {
            match token {
                TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => {
                    let mut block = Group::new(Delimiter::Brace, self.block(&group.stream())?);
                    block.set_span(group.span());
                    out.extend([TokenTree::Group(block)]);
                }
                other => {
                    outside.push(other.clone());
                    out.extend([other.clone()]);
                }
            }
        }
        // A condition with a closure, a block or a `?` is not understood.
        let simple = !any_may_exit_early(&outside)
            && !outside.iter().any(|token| {
                is_punct(token, '|')
                    || ["async", "match", "unsafe", "move"].contains(&word(Some(token)).as_str())
            });
        simple.then_some(out)
    }

    /// Rewrites an expression. One that cannot exit early stays as it is.
    fn expression(&self, tokens: &[TokenTree]) -> Option<TokenStream> {
        if any_may_exit_early(tokens) {
            self.postfix(tokens)
        } else {
            Some(tokens.iter().cloned().collect())
        }
    }

    /// Rewrites an expression of names, calls, fields and `?` only, in which the operand of a `?` is
    /// everything before it.
    fn postfix(&self, tokens: &[TokenTree]) -> Option<TokenStream> {
        let mut before = TokenStream::new();
        let mut previous: Option<&TokenTree> = None;
        for token in tokens {
            match token {
                TokenTree::Punct(punct) => match punct.as_char() {
                    '?' => before = self.exits.question(&before, punct.span()),
                    '.' if previous.is_some_and(|token| is_punct(token, '.')) => return None,
                    '.' | ':' => before.extend([token.clone()]),
                    _ => return None,
                },
                TokenTree::Group(group) if group.delimiter() == Delimiter::Parenthesis => {
                    let mut call =
                        Group::new(Delimiter::Parenthesis, self.arguments(&group.stream())?);
                    call.set_span(group.span());
                    before.extend([TokenTree::Group(call)]);
                }
                TokenTree::Group(_) => return None,
                TokenTree::Ident(ident) => {
                    const KEYWORDS: [&str; 13] = [
                        "if", "match", "loop", "while", "for", "unsafe", "async", "move", "return",
                        "break", "continue", "let", "else",
                    ];
                    if KEYWORDS.contains(&ident.to_string().as_str()) {
                        return None;
                    }
                    before.extend([token.clone()]);
                }
                TokenTree::Literal(_) => before.extend([token.clone()]),
            }
            previous = Some(token);
        }
        Some(before)
    }

    fn arguments(&self, stream: &TokenStream) -> Option<TokenStream> {
        if !may_exit_early(stream) {
            return Some(stream.clone());
        }
        let tokens: Vec<TokenTree> = stream.clone().into_iter().collect();
        let mut out = TokenStream::new();
        for argument in tokens.split_inclusive(|token| is_punct(token, ',')) {
            match argument.split_last() {
                Some((comma, inner)) if is_punct(comma, ',') => {
                    out.extend(self.expression(inner)?);
                    out.extend([comma.clone()]);
                }
                _ => out.extend(self.expression(argument)?),
            }
        }
        Some(out)
    }
}

/// How an attempt is left.
pub(super) struct Exits<'a> {
    pub(super) paths: &'a Paths,
    pub(super) label: &'a Lifetime,
}

impl Exits<'_> {
    /// Returns what stands in place of `operand?`.
    pub(super) fn question(&self, operand: &TokenStream, at: Span) -> TokenStream {
        let at = site_at(at);
        let p = self.paths.private_at(at);
        let label = self.label;
        let control = quote_spanned!(at=> {
            #p::Continue(__value) => __value,
            #p::Break(__rest) => break #label #p::FromResidual::from_residual(__rest),
        });
        let matched = quote_spanned!(at=> match #p::Try::branch(#operand) #control);
        Group::new(Delimiter::Parenthesis, matched).into_token_stream()
    }
}

/// Returns the number of tokens in the first statement.
fn statement_end(tokens: &[TokenTree]) -> usize {
    let compound = word(tokens.first()) == "if";
    for (at, token) in tokens.iter().enumerate() {
        if is_punct(token, ';') {
            return at + 1;
        }
        let after = tokens.get(at + 1);
        let goes_on =
            word(after) == "else" || after.is_some_and(|t| is_punct(t, '.') || is_punct(t, '?'));
        if compound && is_block(token) && !goes_on {
            return if after.is_some_and(|t| is_punct(t, ';')) {
                at + 2
            } else {
                at + 1
            };
        }
    }
    tokens.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn simple_early_exits_become_breaks() {
        for (body, inlined) in [
            ("{ let n = next(n).await?; Ok(n) }", true),
            ("{ next(n).await?; Ok(f(a()?, b)?.c) }", true),
            ("{ if n == 0 { return Err(Error); } Ok(1) }", true),
            (
                "{ if a { return Ok(0); } else if b { c()?; } else { d } Ok(get::<u32>(x)?) }",
                false,
            ),
            (
                "{ if a { return Ok(0); } else if b { c()?; } else { d } Ok(get(x)?) }",
                true,
            ),
            ("{ let n = 1 + next()?; Ok(n) }", false),
            ("{ let n = &next()?; Ok(n) }", false),
            ("{ let n = match f()? { x => x }; Ok(n) }", false),
            ("{ let Some(n) = f()? else { return Ok(0) }; Ok(n) }", false),
            ("{ for x in y { f(x)?; } Ok(()) }", false),
            ("{ let f = || { g()?; Ok(1) }; f() }", false),
            ("{ let f = async { g()?; Ok(1) }; f.await }", false),
            ("{ bail!(\"no\"); }", false),
            ("{ if x.any(|y| { return y; }) { f() } Ok(1) }", false),
            ("{ break; }", false),
            ("{ a..b()?; }", false),
        ] {
            let found = inline_body(&body.parse().unwrap(), &Paths::new(None));
            assert_eq!(found.is_some(), inlined, "{body}");
        }
    }
}
