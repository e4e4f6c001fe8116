//! Reads signatures: the names that arguments bind, and the returned type.

use proc_macro2::{Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::{FnArg, GenericArgument, GenericParam, Ident, Pat, PathArguments, Signature, Type};

use crate::diagnostics::name_of;

/// A name that an argument binds.
pub(super) struct Binding {
    pub(super) name: Ident,
    /// The type, if the argument is certainly there, and its pattern is only this name.
    pub(super) of: Option<Type>,
}

/// Lists the names that the arguments bind, `self` excluded.
pub(super) fn bindings(signature: &Signature) -> Vec<Binding> {
    let mut found = Vec::new();
    for input in &signature.inputs {
        match input {
            FnArg::Receiver(_) => {}
            FnArg::Typed(typed) => match &*typed.pat {
                Pat::Ident(ident) if ident.subpat.is_none() => {
                    // An attribute may remove the argument.
                    let of = typed.attrs.is_empty().then(|| (*typed.ty).clone());
                    found.push(Binding {
                        name: ident.ident.clone(),
                        of,
                    });
                }
                pattern => names(pattern.to_token_stream(), &mut found),
            },
        }
    }
    found
}

/// Collects the bindings of a pattern: names that are not parts of paths or constructors.
fn names(pattern: TokenStream, found: &mut Vec<Binding>) {
    let mut tokens = pattern.into_iter().peekable();
    let mut in_path = false;
    while let Some(token) = tokens.next() {
        let next = match tokens.peek() {
            Some(TokenTree::Punct(punct)) => punct.as_char(),
            Some(TokenTree::Group(_)) => '(',
            _ => ' ',
        };
        match token {
            TokenTree::Group(group) => names(group.stream(), found),
            TokenTree::Ident(name) => {
                let lower = name_of(&name).starts_with(|c: char| c.is_lowercase() || c == '_');
                let keyword = matches!(name.to_string().as_str(), "mut" | "ref" | "_");
                if lower && !keyword && !in_path && !matches!(next, ':' | '(') {
                    found.push(Binding { name, of: None });
                }
                in_path = false;
            }
            TokenTree::Punct(punct) => in_path = punct.as_char() == ':' && next == ':',
            TokenTree::Literal(_) => {}
        }
    }
}

/// Lists the names of generic types and constants.
pub(super) fn generics(signature: &Signature) -> Vec<String> {
    let params = signature.generics.params.iter();
    params
        .filter_map(|param| match param {
            GenericParam::Type(param) => Some(name_of(&param.ident)),
            GenericParam::Const(param) => Some(name_of(&param.ident)),
            GenericParam::Lifetime(_) => None,
        })
        .collect()
}

/// Replaces each `impl Trait` by `_`, since it has no name inside the function.
pub(super) fn nameable(ty: &Type) -> TokenStream {
    with_opaque_as(ty, &|at| {
        Type::Infer(syn::TypeInfer {
            attrs: Vec::new(),
            underscore_token: syn::Token![_](at),
        })
    })
}

/// Replaces each `impl Trait` by `()`, where only the rest of the type matters.
pub(super) fn without_opaque(ty: &Type) -> TokenStream {
    with_opaque_as(ty, &|at| {
        Type::Tuple(syn::TypeTuple {
            attrs: Vec::new(),
            paren_token: syn::token::Paren(at),
            elems: syn::punctuated::Punctuated::new(),
        })
    })
}

fn with_opaque_as(ty: &Type, other: &dyn Fn(Span) -> Type) -> TokenStream {
    let mut ty = ty.clone();
    replace_opaque(&mut ty, other);
    ty.into_token_stream()
}

fn replace_opaque(ty: &mut Type, other: &dyn Fn(Span) -> Type) {
    match ty {
        Type::ImplTrait(found) => {
            let at = syn::spanned::Spanned::span(&found);
            *ty = other(at);
        }
        Type::Path(path) => {
            for segment in &mut path.path.segments {
                if let PathArguments::AngleBracketed(arguments) = &mut segment.arguments {
                    for argument in &mut arguments.args {
                        if let GenericArgument::Type(inner) = argument {
                            replace_opaque(inner, other);
                        }
                    }
                }
            }
        }
        Type::Tuple(tuple) => tuple
            .elems
            .iter_mut()
            .for_each(|ty| replace_opaque(ty, other)),
        Type::Reference(reference) => replace_opaque(&mut reference.elem, other),
        Type::Paren(paren) => replace_opaque(&mut paren.elem, other),
        Type::Group(group) => replace_opaque(&mut group.elem, other),
        Type::Array(array) => replace_opaque(&mut array.elem, other),
        Type::Slice(slice) => replace_opaque(&mut slice.elem, other),
        _ => {}
    }
}

/// Returns the name of a type's last segment: `Result` of `std::io::Result<()>`.
pub(super) fn last_name(ty: &Type) -> Option<String> {
    match ty {
        Type::Path(path) => path
            .path
            .segments
            .last()
            .map(|segment| name_of(&segment.ident)),
        Type::Paren(paren) => last_name(&paren.elem),
        Type::Group(group) => last_name(&group.elem),
        _ => None,
    }
}

/// Returns `true` if the name of a type is that of a `Result`.
pub(super) fn is_result(ty: &Type) -> bool {
    last_name(ty).is_some_and(|name| name.ends_with("Result"))
}

/// Returns `true` if a type cannot be an alias of `Result`.
pub(super) fn is_no_result(ty: &Type) -> bool {
    const KNOWN: [&str; 23] = [
        "bool", "char", "str", "u8", "u16", "u32", "u64", "u128", "usize", "i8", "i16", "i32",
        "i64", "i128", "isize", "f32", "f64", "String", "Vec", "Option", "Box", "Arc", "Rc",
    ];
    match ty {
        Type::Path(_) => last_name(ty).is_some_and(|name| KNOWN.contains(&name.as_str())),
        Type::Paren(paren) => is_no_result(&paren.elem),
        Type::Group(group) => is_no_result(&group.elem),
        Type::Tuple(_)
        | Type::Reference(_)
        | Type::Array(_)
        | Type::Slice(_)
        | Type::Never(_)
        | Type::Ptr(_)
        | Type::FnPtr(_)
        | Type::ImplTrait(_) => true,
        _ => false,
    }
}
