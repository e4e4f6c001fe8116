//! The static that holds a function's policy.

use std::time::Duration;

use proc_macro2::{Ident, Literal, TokenStream};
use quote::{ToTokens, quote_spanned};
use syn::{Expr, Lit};

use super::plan::Plan;
use crate::config::model::{Limit, Setting, Strategy, Time};
use crate::config::values::as_float;
use crate::config::{Config, constants};
use crate::paths::Paths;
use crate::spans::{site, site_at};

/// Returns the static with the policy, and the checks of its constants.
pub(super) fn items(plan: &Plan<'_>) -> TokenStream {
    if plan.config.policy.is_some() {
        return TokenStream::new();
    }
    let p = plan.paths.private();
    let settings = settings(plan);
    let checks = constants::checks(plan.config, plan.paths);
    let name = static_name(plan);
    let policy = if is_literal(plan.config) {
        let start = match name {
            Some(name) => quote_spanned!(site()=> of(#name)),
            None => quote_spanned!(site()=> unnamed()),
        };
        quote_spanned!(site()=> #start #settings)
    } else {
        let name = name.map(|name| quote_spanned!(site()=> .operation(#name)));
        quote_spanned!(site()=> computed(|| #p::build(#p::builder() #name #settings)))
    };
    quote_spanned! {site()=>
        static __REDRESS_POLICY: #p::FnPolicy = #p::FnPolicy::#policy;
        #checks
    }
}

/// Returns `true` if all settings are literals. The static is initialized as data then, without a
/// closure for the compiler to check and to compile.
fn is_literal(config: &Config) -> bool {
    config.strategy.is_none()
        && config.class_strategies.is_empty()
        && config.class_caps.is_empty()
        && config.counts().all(|(_, count)| count.literal().is_some())
        && config.times().all(|time| time.literal().is_some())
}

fn settings(plan: &Plan<'_>) -> TokenStream {
    let (config, paths) = (plan.config, plan.paths);
    let p = paths.private();
    let mut out = TokenStream::new();
    let mut set = |name: &str, value: TokenStream| {
        let method = Ident::new(name, site());
        out.extend(quote_spanned!(site()=> .#method(#value)));
    };
    if let Some(keyed) = &config.strategy {
        set("strategy", strategy(&keyed.value, paths));
    }
    for (class, keyed) in &config.class_strategies {
        let (class, value) = (class.variant(), strategy(&keyed.value, paths));
        set(
            "class_strategy",
            quote_spanned!(site()=> #p::ErrorClass::#class, #value),
        );
    }
    match config.max_attempts.as_ref().map(|keyed| &keyed.value) {
        Some(Limit::None) => set("unlimited_attempts", TokenStream::new()),
        Some(Limit::At(count)) => set("max_attempts", count.tokens().to_token_stream()),
        None => {}
    }
    match config
        .max_unknown_attempts
        .as_ref()
        .map(|keyed| &keyed.value)
    {
        Some(Limit::None) => set("unlimited_unknown_attempts", TokenStream::new()),
        Some(Limit::At(count)) => set("max_unknown_attempts", count.tokens().to_token_stream()),
        None => {}
    }
    for (class, keyed) in &config.class_caps {
        let (class, value) = (class.variant(), keyed.value.tokens());
        set(
            "max_class_attempts",
            quote_spanned!(site()=> #p::ErrorClass::#class, #value),
        );
    }
    match config.deadline.as_ref().map(|keyed| &keyed.value) {
        Some(Limit::None) => set("no_deadline", TokenStream::new()),
        Some(Limit::At(value)) => set("deadline", time(value, paths)),
        None => {}
    }
    match config.attempt_timeout.as_ref().map(|keyed| &keyed.value) {
        None | Some(Limit::None) => {}
        Some(Limit::At(value)) => set("attempt_timeout", time(value, paths)),
    }
    if config.once {
        set("once", TokenStream::new());
    }
    if config.inherit_deadline.is_some() {
        set("inherit_deadline", TokenStream::new());
    }
    if config.leave_retries_to_caller {
        set("leave_retries_to_caller", TokenStream::new());
    }
    out
}

/// Returns the operation's name if it is the same for every call.
pub(super) fn static_name(plan: &Plan<'_>) -> Option<TokenStream> {
    match plan.config.operation.as_ref().map(|keyed| &keyed.value) {
        Some(Expr::Lit(lit)) if matches!(lit.lit, Lit::Str(_)) => Some(lit.to_token_stream()),
        Some(_) => None,
        None => plan.name.as_ref().map(|name| {
            let mut literal = Literal::string(name);
            literal.set_span(site());
            literal.into_token_stream()
        }),
    }
}

fn time(time: &Time, paths: &Paths) -> TokenStream {
    match time {
        Time::Literal(duration, _) => literal(*duration, paths),
        Time::Expr(expr) => expr.to_token_stream(),
    }
}

/// Returns the tokens of a duration, in the largest unit that holds it exactly.
fn literal(duration: Duration, paths: &Paths) -> TokenStream {
    let p = paths.private();
    let nanos = duration.as_nanos();
    let whole = |scale: u128| {
        nanos
            .is_multiple_of(scale)
            .then(|| u64::try_from(nanos / scale).ok())
            .flatten()
            .map(Literal::u64_unsuffixed)
    };
    if let Some(n) = whole(1_000_000_000) {
        quote_spanned!(site()=> #p::Duration::from_secs(#n))
    } else if let Some(n) = whole(1_000_000) {
        quote_spanned!(site()=> #p::Duration::from_millis(#n))
    } else if let Some(n) = whole(1) {
        quote_spanned!(site()=> #p::Duration::from_nanos(#n))
    } else {
        let seconds = Literal::u64_unsuffixed(duration.as_secs());
        let rest = Literal::u32_unsuffixed(duration.subsec_nanos());
        quote_spanned!(site()=> #p::Duration::new(#seconds, #rest))
    }
}

fn strategy(value: &Strategy, paths: &Paths) -> TokenStream {
    let p = paths.private();
    match value {
        Strategy::User(expr) => expr.to_token_stream(),
        Strategy::Closure(closure) => {
            let at = site_at(syn::spanned::Spanned::span(closure));
            let p = paths.private_at(at);
            quote_spanned!(at=> #p::strategy_fn(#closure))
        }
        Strategy::Builtin {
            name,
            builtin,
            arguments,
        } => {
            let strategies = paths.strategies();
            let find = |parameter: &str| {
                let found = arguments.iter().find(|(key, _)| key == parameter);
                found.map(|(_, value)| setting(value, paths))
            };
            let constructor =
                builtin
                    .parameters
                    .iter()
                    .filter(|p| p.constructor)
                    .map(|parameter| {
                        // Only `max` can be missing: validation requires the others.
                        find(parameter.name)
                            .unwrap_or_else(|| quote_spanned!(site()=> #p::DEFAULT_MAX))
                    });
            let setters = builtin
                .parameters
                .iter()
                .filter(|p| !p.constructor)
                .filter_map(|parameter| {
                    let method = Ident::new(parameter.name, site());
                    find(parameter.name).map(|value| quote_spanned!(site()=> .#method(#value)))
                });
            quote_spanned!(site()=> #strategies::#name(#(#constructor),*) #(#setters)*)
        }
    }
}

fn setting(value: &Setting, paths: &Paths) -> TokenStream {
    match value {
        Setting::Time(value) => time(value, paths),
        Setting::Number(expr) => as_float(expr),
        Setting::Strategy(inner) => strategy(inner, paths),
    }
}
