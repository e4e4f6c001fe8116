//! Finds arguments that the first attempt would consume, so that the compiler's message names
//! `clone(argument)`.

use proc_macro2::{Group, Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens as _, quote_spanned};
use syn::{Block, Type};

use super::signature::{Binding, last_name};
use crate::diagnostics::name_of;
use crate::paths::Paths;
use crate::spans::{site, site_at};
use crate::variable::uses_in_block;

/// Returns a check for each argument which the body moves: that its type is `Copy`.
///
/// Only certain moves count. The borrow checker finds the rest, with a longer message.
pub(super) fn checks(
    bindings: &[Binding],
    cloned: &[Ident],
    body: &Group,
    paths: &Paths,
) -> TokenStream {
    moves(bindings, cloned, body)
        .into_iter()
        .map(|(name, at)| check(name, at, paths))
        .collect()
}

/// Finds the arguments that the body moves, and where.
pub(super) fn moves<'a>(
    bindings: &'a [Binding],
    cloned: &[Ident],
    body: &Group,
) -> Vec<(&'a Ident, Span)> {
    let owned = bindings.iter().filter(|Binding { name, of }| {
        of.as_ref().is_some_and(|ty| !is_surely_copy(ty))
            && !cloned.contains(name)
            && may_move(&body.stream(), &name_of(name))
    });
    let owned: Vec<_> = owned.collect();
    if owned.is_empty() {
        return Vec::new();
    }
    // A body of a syntax that only the compiler knows is left to it.
    let Ok(block) = syn::parse2::<Block>(body.to_token_stream()) else {
        return Vec::new();
    };
    owned
        .into_iter()
        .filter_map(|Binding { name, .. }| {
            let uses = uses_in_block(&block, &name_of(name))?;
            Some((name, uses.moved?))
        })
        .collect()
}

fn check(name: &Ident, at: Span, paths: &Paths) -> TokenStream {
    let p = paths.private();
    let text = name_of(name);
    let message = format!("`{text}` is consumed by the first attempt");
    let note = format!(
        "write `clone({text})` in `#[retry(...)]` to give each attempt a clone, or borrow `{text}` in the body"
    );
    let used = Ident::new(&name.to_string(), name.span().located_at(at));
    let call = quote_spanned!(site_at(at)=> __redress_kept(__moved););
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
            // An alias may hide that the argument is a `&mut`, which a call borrows anew.
            use #p::Moves as _;
            let __moved = #p::Used(&#used).redress_moved();
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

/// Returns `true` if the name stands in the body as a word of its own. A body that moves an argument is
/// parsed, and most bodies need not be.
fn may_move(body: &TokenStream, name: &str) -> bool {
    let tokens: Vec<TokenTree> = body.clone().into_iter().collect();
    let is_punct = |at: Option<usize>, wanted: &[char]| {
        let token = at.and_then(|at| tokens.get(at));
        matches!(token, Some(TokenTree::Punct(punct)) if wanted.contains(&punct.as_char()))
    };
    tokens.iter().enumerate().any(|(at, token)| match token {
        TokenTree::Group(group) => may_move(&group.stream(), name),
        TokenTree::Ident(ident) => {
            let borrowed =
                is_punct(at.checked_sub(1), &['&', '.']) || is_punct(Some(at + 1), &['.']);
            !borrowed && name_of(ident) == name
        }
        TokenTree::Punct(_) | TokenTree::Literal(_) => false,
    })
}
