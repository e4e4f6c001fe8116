//! Finds the block to be retried in a body that another macro may have wrapped already.

use proc_macro2::{Delimiter, Group, Ident, TokenStream, TokenTree};

use super::returns::FunctionKind;

/// A function's body. It is not parsed, so that it may contain any syntax that the compiler accepts.
pub(super) struct Body {
    whole: Group,
    /// The path to the block that is retried: at each level the index of a group among the tokens.
    path: Vec<usize>,
    retried: Group,
}

impl Body {
    /// Finds the block that is retried, inside the wrappings of other macros.
    pub(super) fn new(whole: Group, kind: FunctionKind) -> Self {
        let start = if kind.returns_future() {
            async_block(&whole)
        } else {
            Some((Vec::new(), whole.clone()))
        };
        let (path, retried) = match start {
            Some((path, block)) => innermost(path, block, false),
            None => (Vec::new(), whole.clone()),
        };
        Self {
            whole,
            path,
            retried,
        }
    }

    /// Returns the block that is one attempt.
    pub(super) fn retried(&self) -> &Group {
        &self.retried
    }

    /// Returns `true` if the block that is retried is not the whole body.
    pub(super) fn is_wrapped(&self) -> bool {
        !self.path.is_empty()
    }

    /// Returns the body with `with` in place of the block that is retried.
    pub(super) fn replace(&self, with: TokenStream) -> Group {
        replace_at(&self.whole, &self.path, with)
    }

    /// Renames `self` in the arguments if the body has another name for it, as `#[async_trait]` makes
    /// one.
    pub(super) fn rename_self(&self, arguments: TokenStream, kind: FunctionKind) -> TokenStream {
        let renamed = kind == FunctionKind::Boxed
            && contains(self.whole.stream(), "__ret")
            && contains(self.whole.stream(), "__self");
        if renamed {
            rename(arguments)
        } else {
            arguments
        }
    }
}

/// Finds the block of a body that is `async move { ... }` or `Box::pin(async move { ... })`, and the
/// path to it.
fn async_block(body: &Group) -> Option<(Vec<usize>, Group)> {
    let tokens: Vec<TokenTree> = body.stream().into_iter().collect();
    let (last, rest) = tokens.split_last()?;
    let TokenTree::Group(group) = last else {
        return None;
    };
    let words: String = rest.iter().map(ToString::to_string).collect();
    match group.delimiter() {
        Delimiter::Brace if matches!(words.as_str(), "async" | "asyncmove") => {
            Some((vec![rest.len()], group.clone()))
        }
        Delimiter::Parenthesis => {
            let function = words
                .trim_start_matches("::")
                .trim_start_matches("std::boxed::")
                .trim_start_matches("alloc::boxed::");
            if function != "Box::pin" {
                return None;
            }
            let (mut path, block) = async_block(group)?;
            path.insert(0, rest.len());
            Some((path, block))
        }
        _ => None,
    }
}

/// Finds the user's block inside the wrappings of `#[tracing::instrument]` and `#[async_trait]`.
/// `traced` is whether the block is one that tracing has made a future of.
fn innermost(mut path: Vec<usize>, block: Group, traced: bool) -> (Vec<usize>, Group) {
    let tokens: Vec<TokenTree> = block.stream().into_iter().collect();
    match next_wrapping(&tokens, traced) {
        Some((steps, inner)) => {
            let traced = !traced && contains(block.stream(), "__tracing_instrument_future");
            path.extend(steps);
            innermost(path, inner, traced)
        }
        None => (path, block),
    }
}

/// Finds the next block inside a wrapping, and the path to it.
fn next_wrapping(tokens: &[TokenTree], traced: bool) -> Option<(Vec<usize>, Group)> {
    let text = |at: usize| match tokens.get(at) {
        // A group is none of the words below, and its text may be long.
        Some(TokenTree::Group(_)) | None => String::new(),
        Some(token) => token.to_string(),
    };
    let group = |at: usize| match tokens.get(at) {
        Some(TokenTree::Group(group)) => Some((vec![at], group.clone())),
        _ => None,
    };
    for at in 0..tokens.len() {
        match text(at).as_str() {
            // tracing: `let __tracing_instrument_future = async move { ... };`
            "__tracing_instrument_future" if text(at + 1) == "=" && text(at + 2) == "async" => {
                return group(at + 4);
            }
            // tracing, with `err` or `ret`, inside that future: the block of another one.
            "async" if traced && at <= 3 && is_scrutinee(tokens, at) => return group(at + 2),
            // tracing, in a sync function, after `let __tracing_attr_guard;`.
            "__tracing_attr_guard" if at > 0 && text(at - 1) == "let" => {
                return (at..tokens.len()).rev().find_map(|at| guarded(tokens, at));
            }
            // async-trait: `let __ret: T = { ... };`
            "__ret" if at > 0 && text(at - 1) == "let" && text(at + 1) == ":" => {
                let equals = (at..tokens.len()).find(|i| text(*i) == "=" && text(i + 2) == ";")?;
                return group(equals + 1);
            }
            _ => {}
        }
        if let Some(TokenTree::Group(group)) = tokens.get(at)
            && group.delimiter() == Delimiter::Brace
            && ["__tracing_instrument_future", "__tracing_attr_guard"]
                .iter()
                .any(|name| contains(group.stream(), name))
        {
            return Some((vec![at], group.clone()));
        }
    }
    None
}

/// Recognises the block of a sync function that tracing has wrapped: `(move || { ... })()`, or the last
/// block of all.
fn guarded(tokens: &[TokenTree], at: usize) -> Option<(Vec<usize>, Group)> {
    let TokenTree::Group(group) = tokens.get(at)? else {
        return None;
    };
    match group.delimiter() {
        Delimiter::Parenthesis => {
            let inside: Vec<TokenTree> = group.stream().into_iter().collect();
            match inside.as_slice() {
                [
                    TokenTree::Ident(word),
                    TokenTree::Punct(_),
                    TokenTree::Punct(_),
                    TokenTree::Group(block),
                ] if word == "move" => Some((vec![at, 3], block.clone())),
                _ => None,
            }
        }
        Delimiter::Brace if at + 1 == tokens.len() => {
            // Not the arms of a `match`.
            let closure = (0..at).any(
                |at| matches!(tokens.get(at), Some(TokenTree::Ident(word)) if word == "match"),
            );
            (!closure).then(|| (vec![at], group.clone()))
        }
        _ => None,
    }
}

/// Returns `true` for `match async move { ... }.await { #[allow(clippy::unit_arg)] ... }` and its
/// variants.
fn is_scrutinee(tokens: &[TokenTree], at: usize) -> bool {
    let word = |at: usize| tokens.get(at).map(ToString::to_string).unwrap_or_default();
    let awaited = word(at + 1) == "move" && word(at + 3) == "." && word(at + 4) == "await";
    let bound = word(0) == "let" && word(1) == "__match_scrutinee";
    let matched = word(0) == "match" && word(5 + at).contains("unit_arg");
    let traced = word(0) == "let"
        && word(1) == "x"
        && word(at + 5) == ";"
        && tokens
            .iter()
            .skip(at)
            .any(|token| matches!(token, TokenTree::Ident(ident) if ident == "tracing"));
    awaited && (bound || matched || traced)
}

fn contains(stream: TokenStream, name: &str) -> bool {
    stream.into_iter().any(|token| match token {
        TokenTree::Ident(ident) => ident == name,
        TokenTree::Group(group) => contains(group.stream(), name),
        TokenTree::Punct(_) | TokenTree::Literal(_) => false,
    })
}

/// Returns `body` with the block at the end of `path` replaced.
fn replace_at(body: &Group, path: &[usize], with: TokenStream) -> Group {
    let stream = match path.split_first() {
        None => with,
        Some((at, rest)) => {
            let mut with = Some(with);
            let tokens = body.stream().into_iter().enumerate();
            tokens
                .map(|(i, token)| match token {
                    TokenTree::Group(group) if i == *at => {
                        let with = with.take().unwrap_or_default();
                        TokenTree::Group(replace_at(&group, rest, with))
                    }
                    token => token,
                })
                .collect()
        }
    };
    let mut group = Group::new(body.delimiter(), stream);
    group.set_span(body.span());
    group
}

fn rename(stream: TokenStream) -> TokenStream {
    let tokens = stream.into_iter().map(|token| match token {
        TokenTree::Ident(ident) if ident == "self" => Ident::new("__self", ident.span()).into(),
        TokenTree::Group(group) => {
            let mut renamed = Group::new(group.delimiter(), rename(group.stream()));
            renamed.set_span(group.span());
            renamed.into()
        }
        token => token,
    });
    tokens.collect()
}
