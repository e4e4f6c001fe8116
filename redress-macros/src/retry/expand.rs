//! Expands the attribute to a function with a loop.

use proc_macro2::TokenStream;
use quote::{ToTokens as _, quote_spanned};
use syn::{FnArg, Pat, ReturnType, Signature};

use super::parse::Function;
use super::returns::FunctionKind;
use super::signature::{is_result, nameable, without_opaque};
use super::validate::RetryModel;
use super::{escape_diagnostics, moved_arguments};
use crate::diagnostics::name_of;
use crate::emit::{self, Attempt, Plan};
use crate::paths::Paths;
use crate::spans::site;

/// Expands a valid function.
pub(super) fn expand(model: RetryModel) -> TokenStream {
    let (function, bindings, config, escape) = model.into_parts();
    let paths = &Paths::new(config.krate.as_ref());
    let Function {
        attributes,
        visibility,
        defaultness,
        mut signature,
        returns,
        body,
    } = function;
    let block = body.retried();
    let returned = returns
        .output
        .as_ref()
        .map_or_else(|| quote_spanned!(site()=> ()), nameable);
    let known = returns
        .output
        .as_ref()
        .map_or_else(|| quote_spanned!(site()=> ()), without_opaque);
    let moved = moved_arguments::checks(&bindings, &config.clone, block, paths);
    let attempt = match returns.kind {
        FunctionKind::Sync => Attempt::Sync(block.to_token_stream()),
        FunctionKind::Async => Attempt::Async(block.to_token_stream()),
        FunctionKind::Boxed | FunctionKind::Opaque if body.is_wrapped() => {
            Attempt::Async(block.to_token_stream())
        }
        FunctionKind::Boxed => {
            let declared = declared(&signature);
            Attempt::Future(quote_spanned!(site()=> (|| -> #declared #block)()))
        }
        FunctionKind::Opaque => {
            let p = paths.private();
            Attempt::Future(quote_spanned!(site()=> #p::future_of::<#returned, _>(|| #block)))
        }
    };
    let before = consume(&config.clone, &mut signature, paths);
    let plan = Plan {
        config: &config,
        paths,
        name: Some(name_of(&signature.ident)),
        returns_at: returns
            .output
            .as_ref()
            .map_or_else(|| signature.ident.span(), syn::spanned::Spanned::span),
        returns_result: returns.output.as_ref().is_some_and(is_result),
        returns: Some(returned),
        returns_known: Some(known),
        leave: quote_spanned!(site()=> return),
        before_attempt: before.each,
        attempt,
        track_caller: attributes
            .iter()
            .any(|attribute| attribute.path().is_ident("track_caller")),
        clone_handles: lends_self(&signature),
    };
    let emit::Expansion { items, body: run } = emit::expand(&plan);
    let mut once = before.once;
    once.extend(moved);
    once.extend(escape.map(|escape| escape_diagnostics::check(&escape, paths)));
    let run = quote_spanned!(site()=> #items #once #run);
    let run = match returns.kind {
        FunctionKind::Boxed if !body.is_wrapped() => {
            let p = paths.private();
            quote_spanned!(site()=> #p::Box::pin(async move { #run }))
        }
        FunctionKind::Opaque if !body.is_wrapped() => quote_spanned!(site()=> async move { #run }),
        _ => run,
    };
    let body = body.replace(run);
    quote_spanned!(site()=> #(#attributes)* #visibility #defaultness #signature #body)
}

fn declared(signature: &Signature) -> TokenStream {
    match &signature.output {
        ReturnType::Default => quote_spanned!(site()=> ()),
        ReturnType::Type(_, ty) => ty.to_token_stream(),
    }
}

/// Returns `true` if the body may borrow `self` mutably, which may have the policy as a field.
fn lends_self(signature: &Signature) -> bool {
    match signature.receiver() {
        Some(receiver) => match &receiver.kind {
            syn::ReceiverKind::Reference(_, _, mutability) => mutability.is_some(),
            _ => true,
        },
        None => false,
    }
}

struct Clones {
    once: TokenStream,
    each: TokenStream,
}

/// Clones arguments for each attempt. A `mut` moves from the argument to its clones.
fn consume(names: &[syn::Ident], signature: &mut Signature, paths: &Paths) -> Clones {
    let p = paths.private();
    let (mut once, mut each) = (TokenStream::new(), TokenStream::new());
    for name in names {
        let mut mutability = None;
        for input in &mut signature.inputs {
            if let FnArg::Typed(typed) = input
                && let Pat::Ident(pattern) = &mut *typed.pat
                && pattern.ident == *name
            {
                mutability = pattern.mutability.take();
            }
        }
        let kept = quote::format_ident!("__redress_{}", name, span = site());
        // Without this move a lint would ask to borrow the argument.
        once.extend(quote_spanned!(site()=> let #kept = #name;));
        // The clone shadows the argument on purpose.
        each.extend(quote_spanned! {site()=>
            #[allow(clippy::shadow_reuse, clippy::shadow_same, clippy::shadow_unrelated)]
            let #mutability #name = #p::Clone::clone(&#kept);
        });
    }
    Clones { once, each }
}
