//! The hooks that an expansion gives to the runtime.

use proc_macro2::{Ident, TokenStream};
use quote::quote_spanned;
use syn::{Expr, spanned::Spanned as _};

use super::plan::Plan;
use super::static_policy;
use crate::config::Keyed;
use crate::spans::{site, site_at};

/// Returns the hooks of the call, with its breaker, its budget, its gate and `once`, if there are any.
pub(super) fn hooks(plan: &Plan<'_>) -> Option<TokenStream> {
    let p = plan.paths.private();
    let hooks = observers(plan);
    let option = |keyed: &Option<Keyed<Expr>>, name: &str| {
        let name = Ident::new(name, site());
        match keyed {
            Some(_) => quote_spanned!(site()=> #p::Option::Some(#name)),
            None => quote_spanned!(site()=> #p::Option::None),
        }
    };
    let (breaker, budget) = (&plan.config.circuit_breaker, &plan.config.budget);
    // Without `policy` the static says it.
    let once = plan.config.once && plan.config.policy.is_some();
    let gate = &plan.config.gate;
    if breaker.is_none() && budget.is_none() && gate.is_none() && !once {
        return hooks;
    }
    let (breaker, budget) = (option(breaker, "__breaker"), option(budget, "__budget"));
    let gate = option(gate, "__gate");
    let hooks = hooks.unwrap_or_else(|| quote_spanned!(site()=> ()));
    Some(quote_spanned! {site()=>
        #p::Guarded {
            breaker: #breaker,
            budget: #budget,
            gate: #gate,
            once: #once,
            hooks: #hooks,
        }
    })
}

/// Returns the hooks that observe the call, if there are any.
fn observers(plan: &Plan<'_>) -> Option<TokenStream> {
    let p = plan.paths.private();
    let config = plan.config;
    let operation = operation(plan);
    let mut arms = TokenStream::new();
    if config.abort_if.is_some() {
        arms.extend(quote_spanned!(site()=> #p::Hook::Abort => return __abort_if(),));
    }
    let mut starts = TokenStream::new();
    let mut ends = TokenStream::new();
    if let Some(Keyed { value, .. }) = &config.on_event {
        let at = site_at(value.span());
        if matches!(value, Expr::Closure(_)) {
            arms.extend(quote_spanned!(site()=> #p::Hook::Event(__event) => __on_event(__event),));
        } else {
            // An observer may observe attempts and calls, too.
            let at_p = plan.paths.private_at(at);
            arms.extend(quote_spanned! {at=>
                #p::Hook::Event(__event) => #at_p::Observer::on_event(__on_event, __event),
            });
            arms.extend(quote_spanned! {site()=>
                #p::Hook::CallStart(__call, __watchers) => {
                    #p::start_call(__on_event, __call, __watchers);
                }
                #p::Hook::CallEnd(__call) => #p::Observer::on_call_end(__on_event, __call),
            });
            starts.extend(
                quote_spanned!(site()=> #p::Observer::on_attempt_start(__on_event, __attempt);),
            );
            ends.extend(
                quote_spanned!(site()=> #p::Observer::on_attempt_end(__on_event, __attempt);),
            );
        }
    }
    if config.on_attempt_start.is_some() {
        starts.extend(quote_spanned!(site()=> __on_attempt_start(__attempt);));
    }
    if config.on_attempt_end.is_some() {
        ends.extend(quote_spanned!(site()=> __on_attempt_end(__attempt);));
    }
    if !starts.is_empty() {
        arms.extend(quote_spanned!(site()=> #p::Hook::AttemptStart(__attempt) => { #starts }));
    }
    if !ends.is_empty() {
        arms.extend(quote_spanned!(site()=> #p::Hook::AttemptEnd(__attempt) => { #ends }));
    }
    if config.before_sleep.is_some() {
        arms.extend(quote_spanned! {site()=>
            #p::Hook::BeforeSleep(__context, __delay) => __before_sleep(__context, __delay),
        });
    }
    let abort_on = match config.abort_on {
        Some(_) => quote_spanned!(site()=> __abort_on),
        None => quote_spanned!(site()=> ()),
    };
    if operation.is_none() && config.abort_on.is_none() && arms.is_empty() {
        return None;
    }
    let operation = operation.unwrap_or_else(|| quote_spanned!(site()=> ()));
    let on = if arms.is_empty() {
        quote_spanned!(site()=> |_: #p::Hook<'_>| false)
    } else {
        quote_spanned! {site()=>
            move |__hook: #p::Hook<'_>| {
                match __hook {
                    #arms
                    _ => {}
                }
                false
            }
        }
    };
    Some(quote_spanned! {site()=>
        #p::Hooked { operation: #operation, abort_on: #abort_on, on: #on }
    })
}

/// Returns the operation's name, unless the policy has it already.
fn operation(plan: &Plan<'_>) -> Option<TokenStream> {
    let p = plan.paths.private();
    match static_policy::static_name(plan) {
        Some(name) if plan.config.policy.is_some() => {
            Some(quote_spanned!(site()=> #p::Operation(#name)))
        }
        Some(_) => None,
        None => {
            plan.config.operation.as_ref()?;
            Some(quote_spanned!(site()=> __operation))
        }
    }
}
