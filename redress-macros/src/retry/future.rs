//! What a call of the function gives: a value, or a future of one; and where the body to be
//! retried is, when another macro has already wrapped it.

use proc_macro2::{Delimiter, Group, Ident, TokenStream, TokenTree};
use quote::ToTokens as _;
use syn::{
    AngleBracketedGenericArguments, GenericArgument, PathArguments, ReturnType, Signature, Type,
    TypeParamBound,
};

use super::signature::last_name;

/// What a call of the function gives.
pub(super) struct Returns {
    pub(super) kind: Kind,
    /// What an attempt gives; `None` is `()`.
    pub(super) output: Option<Type>,
    /// The way through the body's tokens to the block that is to be retried.
    pub(super) inner: Vec<usize>,
}

/// How a call of the function is made.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Sync,
    Async,
    /// `-> Pin<Box<dyn Future>>`.
    Boxed,
    /// `-> impl Future`.
    Opaque,
}

/// Looks at the signature, and into the body for what other macros make of one.
pub(super) fn returns(signature: &Signature, body: &Group) -> Returns {
    let declared = match &signature.output {
        ReturnType::Default => None,
        ReturnType::Type(_, ty) => Some((**ty).clone()),
    };
    let future = if signature.asyncness.is_some() {
        None
    } else {
        declared.as_ref().and_then(future_output)
    };
    let (kind, output) = match future {
        Some((kind, output)) => (kind, Some(output)),
        None if signature.asyncness.is_some() => (Kind::Async, declared),
        None => (Kind::Sync, declared),
    };
    let mut inner = Vec::new();
    let start = match kind {
        Kind::Sync | Kind::Async => Some(body.stream()),
        Kind::Boxed | Kind::Opaque => async_block(body.stream(), &mut inner),
    };
    if let Some(start) = start {
        wrapped(start, &mut inner);
    }
    Returns {
        kind,
        output,
        inner,
    }
}

/// Takes `T` out of a type that is a future of `T`.
fn future_output(ty: &Type) -> Option<(Kind, Type)> {
    match ty {
        Type::ImplTrait(opaque) => bounds_output(opaque.bounds.iter()).map(|ty| (Kind::Opaque, ty)),
        Type::Path(_) => {
            let name = last_name(ty)?;
            let argument = last_argument(ty)?;
            match name.as_str() {
                "Pin" => match &argument {
                    Type::Path(_) if last_name(&argument)? == "Box" => {
                        match last_argument(&argument)? {
                            Type::TraitObject(object) => {
                                bounds_output(object.bounds.iter()).map(|ty| (Kind::Boxed, ty))
                            }
                            _ => None,
                        }
                    }
                    _ => None,
                },
                // The alias of the `futures` crate.
                "BoxFuture" | "LocalBoxFuture" => Some((Kind::Boxed, argument)),
                _ => None,
            }
        }
        Type::Paren(paren) => future_output(&paren.elem),
        Type::Group(group) => future_output(&group.elem),
        _ => None,
    }
}

fn last_arguments(ty: &Type) -> Option<&AngleBracketedGenericArguments> {
    let Type::Path(path) = ty else {
        return None;
    };
    match &path.path.segments.last()?.arguments {
        PathArguments::AngleBracketed(arguments) => Some(arguments),
        _ => None,
    }
}

fn last_argument(ty: &Type) -> Option<Type> {
    last_arguments(ty)?
        .args
        .iter()
        .rev()
        .find_map(|argument| match argument {
            GenericArgument::Type(ty) => Some(ty.clone()),
            _ => None,
        })
}

fn bounds_output<'a>(bounds: impl Iterator<Item = &'a TypeParamBound>) -> Option<Type> {
    for bound in bounds {
        let TypeParamBound::Trait(bound) = bound else {
            continue;
        };
        let Some(segment) = bound
            .path
            .segments
            .last()
            .filter(|segment| segment.ident == "Future")
        else {
            continue;
        };
        if let PathArguments::AngleBracketed(arguments) = &segment.arguments {
            for argument in &arguments.args {
                if let GenericArgument::AssocType(found) = argument
                    && found.ident == "Output"
                {
                    return Some(found.ty.clone());
                }
            }
        }
    }
    None
}

/// Finds the block of a body that is `async move { ... }` or `Box::pin(async move { ... })`.
fn async_block(stream: TokenStream, way: &mut Vec<usize>) -> Option<TokenStream> {
    let tokens: Vec<TokenTree> = stream.into_iter().collect();
    let (last, rest) = tokens.split_last()?;
    let TokenTree::Group(group) = last else {
        return None;
    };
    let words: String = rest.iter().map(ToString::to_string).collect();
    let found = match group.delimiter() {
        Delimiter::Brace => matches!(words.as_str(), "async" | "asyncmove"),
        Delimiter::Parenthesis => {
            let calls_pin = words
                .trim_start_matches("::")
                .trim_start_matches("std::boxed::")
                .trim_start_matches("alloc::boxed::");
            way.push(rest.len());
            let inside = (calls_pin == "Box::pin")
                .then(|| async_block(group.stream(), way))
                .flatten();
            if inside.is_none() {
                way.clear();
            }
            return inside;
        }
        _ => false,
    };
    found.then(|| {
        way.push(rest.len());
        group.stream()
    })
}

/// Follows the wrappings of `#[tracing::instrument]` and `#[async_trait]` down to the user's block.
fn wrapped(stream: TokenStream, way: &mut Vec<usize>) {
    let tokens: Vec<TokenTree> = stream.into_iter().collect();
    if let Some((at, group)) = next_wrapping(&tokens) {
        way.push(at);
        wrapped(group.stream(), way);
    }
}

fn next_wrapping(tokens: &[TokenTree]) -> Option<(usize, &Group)> {
    let text = |at: usize| match tokens.get(at) {
        // A group is none of the words looked for, and long to write out.
        Some(TokenTree::Group(_)) | None => String::new(),
        Some(token) => token.to_string(),
    };
    let group = |at: usize| match tokens.get(at) {
        Some(TokenTree::Group(group)) => Some((at, group)),
        _ => None,
    };
    for at in 0..tokens.len() {
        match text(at).as_str() {
            // tracing: `let __tracing_instrument_future = async move { ... };`
            "__tracing_instrument_future" if text(at + 1) == "=" && text(at + 2) == "async" => {
                return group(at + 4);
            }
            // tracing, with `err` or `ret`, inside of that: the block of another future.
            "async" if at <= 3 && is_scrutinee(tokens, at) => return group(at + 2),
            // async-trait: `let __ret: T = { ... };`
            "__ret" if at > 0 && text(at - 1) == "let" && text(at + 1) == ":" => {
                let equals = (at..tokens.len()).find(|i| text(*i) == "=" && text(i + 2) == ";")?;
                return group(equals + 1);
            }
            _ => {}
        }
        if let Some(TokenTree::Group(group)) = tokens.get(at)
            && group.delimiter() == Delimiter::Brace
            && contains(group.stream(), "__tracing_instrument_future")
        {
            return Some((at, group));
        }
    }
    None
}

/// Recognises `match async move { ... }.await { #[allow(clippy::unit_arg)] ... }` and its kind.
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
            .any(|t| contains(t.to_token_stream(), "__CALLSITE"));
    awaited && (bound || matched || traced)
}

fn contains(stream: TokenStream, name: &str) -> bool {
    stream.into_iter().any(|token| match token {
        TokenTree::Ident(ident) => ident == name,
        TokenTree::Group(group) => contains(group.stream(), name),
        TokenTree::Punct(_) | TokenTree::Literal(_) => false,
    })
}

/// Returns the block at the end of `way`.
pub(super) fn block_at(body: &Group, way: &[usize]) -> Option<Group> {
    way.iter().try_fold(body.clone(), |group, at| {
        match group.stream().into_iter().nth(*at) {
            Some(TokenTree::Group(inner)) => Some(inner),
            _ => None,
        }
    })
}

/// Returns the body with the block at the end of `way` replaced.
pub(super) fn replace_at(body: &Group, way: &[usize], with: TokenStream) -> Group {
    let stream = match way.split_first() {
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

/// `#[async_trait]` calls `self` by another name inside the body, and so must the arguments.
pub(super) fn rename_self(arguments: TokenStream, kind: Kind, body: &Group) -> TokenStream {
    let renamed = kind == Kind::Boxed
        && contains(body.stream(), "__ret")
        && contains(body.stream(), "__self");
    if renamed {
        rename(arguments)
    } else {
        arguments
    }
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
