//! Binds the arguments that are evaluated at each call, before its first attempt.

use proc_macro2::{Ident, TokenStream};
use quote::quote_spanned;
use syn::{Expr, spanned::Spanned as _};

use super::plan::Plan;
use super::static_policy;
use crate::config::Keyed;
use crate::spans::site_at;

/// Returns one or more `let` statements for each argument.
pub(super) fn bindings(plan: &Plan<'_>) -> TokenStream {
    let config = plan.config;
    let mut out = TokenStream::new();
    if let Some(keyed) = &config.policy {
        out.extend(policy_of(plan, keyed));
    }
    for (name, of, keyed) in [
        ("__breaker", "CircuitBreaker", &config.circuit_breaker),
        ("__budget", "Budget", &config.budget),
        ("__gate", "Gate", &config.gate),
    ] {
        if let Some(Keyed { value, .. }) = keyed {
            out.extend(handle(plan, name, of, value));
        }
    }
    out.extend(classifier(plan, config.classifier.as_ref()));
    out.extend(result_classifier(plan, config.result_classifier.as_ref()));
    if let Some(Keyed { value, .. }) = &config.operation
        && static_policy::static_name(plan).is_none()
    {
        let at = site_at(value.span());
        let p = plan.paths.private_at(at);
        out.extend(quote_spanned!(at=> let __operation = &#value; let __operation = #p::operation(__operation);));
    }
    for (name, hook, keyed) in [
        (
            "__on_attempt_start",
            "attempt_start_hook",
            &config.on_attempt_start,
        ),
        (
            "__on_attempt_end",
            "attempt_end_hook",
            &config.on_attempt_end,
        ),
        ("__before_sleep", "before_sleep_hook", &config.before_sleep),
        ("__abort_if", "abort_check", &config.abort_if),
        ("__abort_on", "abort_on", &config.abort_on),
    ] {
        if let Some(Keyed { value, .. }) = keyed {
            out.extend(hooked(plan, name, hook, value));
        }
    }
    if let Some(Keyed { value, .. }) = &config.on_event {
        let at = site_at(value.span());
        let p = plan.paths.private_at(at);
        out.extend(match value {
            Expr::Closure(_) => quote_spanned!(at=> let __on_event = #p::event_hook(#value);),
            _ => quote_spanned!(at=> let __on_event = &#value;),
        });
    }
    out
}

/// Finds the policy, which may be missing, and borrows it. It is cloned if it may be a part of `self`
/// that an attempt borrows mutably.
fn policy_of(plan: &Plan<'_>, Keyed { key, value }: &Keyed<Expr>) -> TokenStream {
    let at = site_at(value.span());
    let p = plan.paths.private_at(at);
    let leave = &plan.leave;
    let at_key = site_at(key.span());
    let key_p = plan.paths.private_at(at_key);
    let refused = quote_spanned!(at_key=> #key_p::interrupted(__interrupt));
    let (borrow, given, take) = if plan.clone_handles {
        let given = quote_spanned!(at=> &#value);
        (None, given, quote_spanned!(at=> #p::own))
    } else {
        // A temporary of the expression lives as long as the call.
        let borrow = quote_spanned!(at=> let __policy = &#value;);
        let given = quote_spanned!(at=> __policy);
        (Some(borrow), given, quote_spanned!(at=> #p::hold))
    };
    quote_spanned! {at=>
        #borrow
        let __policy = {
            use #p::Given as _;
            match #p::Source(#given).found() {
                #p::Result::Ok(__policy) => #take(__policy),
                #p::Result::Err(__interrupt) => #leave #refused,
            }
        };
        let __policy: &#p::Policy<_, _> = #p::held(&__policy);
    }
}

/// Borrows a shared handle from any place. It is cloned if it may be a part of `self` that an attempt
/// borrows mutably: a clone shares the same state.
fn handle(plan: &Plan<'_>, name: &str, of: &str, value: &Expr) -> TokenStream {
    let at = site_at(value.span());
    let p = plan.paths.private_at(at);
    let (name, of) = (Ident::new(name, at), Ident::new(of, at));
    if plan.clone_handles {
        quote_spanned!(at=> let #name: &#p::#of = &#p::#of::clone(&#value);)
    } else {
        quote_spanned!(at=> let #name: &#p::#of = &#value;)
    }
}

/// Gives a closure its signature. Anything else is borrowed, so that it may be a field.
fn hooked(plan: &Plan<'_>, name: &str, hook: &str, value: &Expr) -> TokenStream {
    let at = site_at(value.span());
    let p = plan.paths.private_at(at);
    let (name, hook) = (Ident::new(name, at), Ident::new(hook, at));
    match value {
        Expr::Closure(_) => quote_spanned!(at=> let #name = #p::#hook(#value);),
        _ => quote_spanned!(at=> let #name = &#value; let #name = #p::#hook(#name);),
    }
}

/// Gives a classifier that is a closure the type of the error, if the returned type names it.
fn classifier(plan: &Plan<'_>, keyed: Option<&Keyed<Expr>>) -> Option<TokenStream> {
    let value = &keyed?.value;
    let at = site_at(value.span());
    let p = plan.paths.private_at(at);
    Some(match (value, &plan.returns_known) {
        (Expr::Closure(_), Some(returns)) if plan.returns_result => {
            quote_spanned!(at=> let __classifier = &#p::classifier_fn::<#returns, _, _>(#value);)
        }
        _ => quote_spanned!(at=> let __classifier = &#value;),
    })
}

/// Gives a result classifier that is a closure the type of the value, if the returned type names it.
fn result_classifier(plan: &Plan<'_>, keyed: Option<&Keyed<Expr>>) -> Option<TokenStream> {
    let value = &keyed?.value;
    let at = site_at(value.span());
    let p = plan.paths.private_at(at);
    // A type with `_` in it does not name the type of the value.
    let known = plan.returns.as_ref().filter(|returns| {
        plan.returns_known
            .as_ref()
            .is_some_and(|known| known.to_string() == returns.to_string())
    });
    Some(match (value, known) {
        (Expr::Closure(_), Some(returns)) if plan.returns_result => {
            quote_spanned!(at=> let __results = &#p::result_fn::<#returns, _, _>(#value);)
        }
        (Expr::Closure(_), Some(returns)) => {
            quote_spanned!(at=> let __results = &#p::value_fn::<#returns, _, _>(#value);)
        }
        _ => quote_spanned!(at=> let __results = &#value;),
    })
}
