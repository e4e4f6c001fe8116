//! Expands `retry_block!` to an expression with a loop.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens as _, quote_spanned};
use syn::{Expr, ExprClosure, ReturnType, spanned::Spanned as _};

use super::parse::{Operation, Types};
use super::validate::BlockModel;
use crate::emit::{self, Attempt, Plan};
use crate::paths::Paths;
use crate::spans::site;

/// Expands a valid operation.
pub(super) fn expand(model: BlockModel) -> TokenStream {
    let (types, operation, config) = model.into_parts();
    let paths = &Paths::new(config.krate.as_ref());
    let p = paths.private();
    let (returns, known) = match &types {
        Types::None => (None, None),
        Types::Error(error) => (
            Some(quote_spanned!(site()=> #p::Result<_, #error>)),
            Some(quote_spanned!(site()=> #p::Result<(), #error>)),
        ),
        Types::Both(types) => {
            let [value, error] = &**types;
            let both = quote_spanned!(site()=> #p::Result<#value, #error>);
            (Some(both.clone()), Some(both))
        }
    };
    let clones = config
        .clone
        .iter()
        .map(|name| quote_spanned!(site()=> let #name = #p::Clone::clone(&#name);));
    let (attempt, once, leave, returns_at) = match &operation {
        Operation::Closure(closure) => {
            let at = closure.body.span();
            let argument = config.attempt.as_ref().map(|keyed| {
                let name = &keyed.value;
                quote_spanned!(site()=> #name: &#p::Attempt)
            });
            let given = argument.as_ref();
            let given = given.map(|_| quote_spanned!(site()=> &__at));
            let closure = typed(closure, argument, returns.as_ref());
            let once = quote_spanned!(site()=> let mut __attempt = #closure;);
            let leave = quote_spanned!(site()=> break '__redress);
            (
                Attempt::Call(quote_spanned!(site()=> __attempt(#given))),
                once,
                leave,
                at,
            )
        }
        Operation::Async { body, .. } => {
            let leave = quote_spanned!(site()=> return);
            (
                Attempt::Async(body.to_token_stream()),
                TokenStream::new(),
                leave,
                body.span(),
            )
        }
    };
    let plan = Plan {
        config: &config,
        paths,
        name: None,
        returns_result: returns.is_some(),
        returns_known: known,
        returns_at,
        returns,
        before_attempt: clones.collect(),
        attempt,
        leave,
        track_caller: false,
        clone_handles: false,
    };
    let emit::Expansion { items, body } = emit::expand(&plan);
    match operation {
        Operation::Closure(_) => {
            quote_spanned!(Span::mixed_site()=> '__redress: { #items #once #body })
        }
        Operation::Async { capture, .. } => {
            quote_spanned!(site()=> async #capture { #items #body })
        }
    }
}

/// Gives a closure the attempt as its argument, if it wants it, and the type that the user names, unless
/// it declares one itself.
fn typed(
    closure: &ExprClosure,
    argument: Option<TokenStream>,
    returns: Option<&TokenStream>,
) -> TokenStream {
    let ExprClosure {
        capture,
        body,
        output,
        ..
    } = closure;
    let (Some(returns), ReturnType::Default) = (returns, output) else {
        return match argument {
            None => closure.to_token_stream(),
            Some(argument) => quote_spanned!(site()=> #capture |#argument| #output #body),
        };
    };
    match &**body {
        Expr::Block(block) if block.label.is_none() && block.attrs.is_empty() => {
            quote_spanned!(site()=> #capture |#argument| -> #returns #body)
        }
        _ => quote_spanned!(site()=> #capture |#argument| -> #returns { #body }),
    }
}
