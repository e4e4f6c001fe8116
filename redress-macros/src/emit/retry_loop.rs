//! The loop of an expansion: one attempt, and one call of the runtime.

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use quote::quote_spanned;

use super::control_flow::may_exit_early;
use super::inline_body::inline_body;
use super::plan::{Attempt, Plan};
use super::{exits, hooks, verdict};
use crate::spans::{site, site_at};

/// Returns the statements that start the call and run attempts until the last.
pub(super) fn statements(plan: &Plan<'_>) -> TokenStream {
    let start = start(plan);
    let Plan { before_attempt, .. } = plan;
    let shown = shown_attempt(plan);
    let attempt = match &plan.attempt {
        Attempt::Sync(block) if plan.config.span => in_scope(plan, block),
        Attempt::Call(attempt) if plan.config.span => in_scope(plan, attempt),
        Attempt::Sync(block) if may_exit_early(block) => {
            match known_inline(plan, block).or_else(|| tracked_inline(plan, block)) {
                Some(block) => sync(plan, &inlined(plan, &block)),
                None => {
                    let returns = &plan.returns;
                    sync(
                        plan,
                        &quote_spanned!(site()=> let __returned = (|| -> #returns #block)();),
                    )
                }
            }
        }
        Attempt::Sync(block) => sync(plan, &inlined(plan, block)),
        Attempt::Call(attempt) => sync(plan, &quote_spanned!(site()=> let __returned = #attempt;)),
        Attempt::Async(block) if can_interrupt_attempts(plan) => {
            interruptible(plan, &asynchronous(plan, block))
        }
        Attempt::Async(block) if plan.config.shows_attempts() => {
            polled(plan, &asynchronous(plan, block))
        }
        Attempt::Async(block) if may_exit_early(block) => match known_inline(plan, block) {
            Some(block) => future(plan, &inlined(plan, &block)),
            None => {
                let attempt = asynchronous(plan, block);
                future(
                    plan,
                    &quote_spanned!(site()=> let __returned = #attempt.await;),
                )
            }
        },
        Attempt::Async(block) => future(plan, &inlined(plan, block)),
        Attempt::Future(attempt) if can_interrupt_attempts(plan) => interruptible(plan, attempt),
        Attempt::Future(attempt) if plan.config.shows_attempts() => polled(plan, attempt),
        Attempt::Future(attempt) => future(
            plan,
            &quote_spanned!(site()=> let __returned = #attempt.await;),
        ),
    };
    quote_spanned! {site()=>
        #start
        loop {
            #before_attempt
            #shown
            #attempt
        }
    }
}

/// Returns the statements that make an attempt known to its body, if it is.
fn shown_attempt(plan: &Plan<'_>) -> Option<TokenStream> {
    let p = plan.paths.private();
    if !plan.config.shows_attempts() {
        return None;
    }
    // An operation that is called takes it as its argument.
    let taken = matches!(plan.attempt, Attempt::Call(_));
    let bound = plan.config.attempt.as_ref().filter(|_| !taken);
    let bound = bound.map(|keyed| {
        let name = &keyed.value;
        quote_spanned!(site()=> let #name: &#p::Attempt = &__at;)
    });
    Some(quote_spanned!(site()=> let __at = __run.redress_attempt(__key); #bound))
}

/// Runs a sync attempt in the scope of the call's watchers.
fn in_scope(plan: &Plan<'_>, block: &TokenStream) -> TokenStream {
    let returns = plan.returns.as_ref();
    let contents = contents(block);
    let body = match returns {
        Some(returns) => quote_spanned!(site()=> || -> #returns { #contents }),
        None => quote_spanned!(site()=> || { #contents }),
    };
    sync(
        plan,
        &quote_spanned!(site()=> let __returned = __run.redress_in_scope(#body);),
    )
}

/// Awaits an attempt through the call, which says of each poll whose attempt it is.
fn polled(plan: &Plan<'_>, attempt: &TokenStream) -> TokenStream {
    let p = plan.paths.private();
    let attempt = quote_spanned! {site()=>
        let __returned = {
            let __attempt = #p::pin!(#attempt);
            __run.redress_known(__attempt, &__at).await
        };
    };
    future(plan, &attempt)
}

/// Starts the call, which may be refused before its first attempt.
fn start(plan: &Plan<'_>) -> TokenStream {
    let p = plan.paths.private();
    let hooks = hooks::hooks(plan);
    let given = hooks.clone().unwrap_or_else(|| quote_spanned!(site()=> ()));
    let leave = &plan.leave;
    let policy = match plan.config.policy {
        Some(_) => quote_spanned!(site()=> __policy),
        None => quote_spanned!(site()=> &__REDRESS_POLICY),
    };
    let run = match (plan.config.refusable(), plan.config.interrupting()) {
        (true, Some(key)) => {
            let at = site_at(key.span());
            let at_p = plan.paths.private_at(at);
            let refused = quote_spanned!(at=> #at_p::interrupted(__interrupt));
            let sync = matches!(plan.attempt, Attempt::Sync(_) | Attempt::Call(_));
            let (begin, wait) = if sync || !plan.config.may_wait() {
                (quote_spanned!(site()=> begin), None)
            } else {
                let wait = quote_spanned! {site()=>
                    if __run.redress_waits() && __run.redress_pause().await {
                        let __interrupt = __run.redress_interrupt();
                        #leave #refused;
                    }
                };
                (quote_spanned!(site()=> begin_async), Some(wait))
            };
            quote_spanned! {site()=>
                let mut __run = match #p::Run::#begin(#policy, #given) {
                    #p::Result::Ok(__run) => __run,
                    #p::Result::Err(__interrupt) => #leave #refused,
                };
                #wait
            }
        }
        _ => {
            let run = match &hooks {
                None if plan.config.policy.is_none() => {
                    quote_spanned!(site()=> __REDRESS_POLICY.redress_run())
                }
                _ => quote_spanned!(site()=> #p::Run::new(#policy, #given)),
            };
            quote_spanned!(site()=> let mut __run = #run;)
        }
    };
    let key = plan.config.shows_attempts();
    let key = key.then(|| quote_spanned!(site()=> let __key = #p::idempotency_key();));
    let run = quote_spanned!(site()=> #run #key);
    if can_interrupt_attempts(plan) {
        quote_spanned!(site()=> #run let mut __last = #p::Option::None;)
    } else {
        run
    }
}

/// Returns `true` if an attempt may be interrupted, which only a future can be.
fn can_interrupt_attempts(plan: &Plan<'_>) -> bool {
    let sync = matches!(plan.attempt, Attempt::Sync(_) | Attempt::Call(_));
    !sync && plan.config.interrupting().is_some()
}

/// Rewrites the early exits of a block, if the type of its value is known.
fn known_inline(plan: &Plan<'_>, block: &TokenStream) -> Option<TokenStream> {
    plan.returns.as_ref()?;
    inline_body(block, plan.paths)
}

/// Rewrites the early exits of a block that no closure may be around.
fn tracked_inline(plan: &Plan<'_>, block: &TokenStream) -> Option<TokenStream> {
    plan.returns.as_ref().filter(|_| plan.track_caller)?;
    exits::rewritten(block, plan.paths)
}

/// Makes an attempt of a block without early exits.
fn inlined(plan: &Plan<'_>, block: &TokenStream) -> TokenStream {
    let returns = plan
        .returns
        .as_ref()
        .map(|returns| quote_spanned!(site()=> : #returns));
    quote_spanned!(site()=> let __returned #returns = #block;)
}

fn sync(plan: &Plan<'_>, attempt: &TokenStream) -> TokenStream {
    let verdict = verdict_statement(plan);
    let judged = verdict_tokens(plan);
    let p = plan.paths.private();
    let entered = plan.config.shows_attempts();
    let entered = entered.then(|| quote_spanned!(site()=> let __entered = #p::enter(&__at);));
    let after = quote_spanned! {site()=> {
        #entered
        #attempt
        #verdict
        __run.redress_after(__returned, #judged)
    }};
    let leave = &plan.leave;
    quote_spanned! {site()=>
        if let #p::Break(__returned) = #after {
            #leave __returned;
        }
    }
}

/// Returns the result of the last attempt, or continues with the next one: at once, or after a pause.
/// If the call ends in the pause, it returns `last`; `kept` is the pattern that binds its parts.
///
/// The result is bound after everything else of the attempt is dropped, so that a future which waits
/// holds the result once.
fn await_next_attempt(
    plan: &Plan<'_>,
    after: &TokenStream,
    kept: &TokenStream,
    last: &TokenStream,
) -> TokenStream {
    let p = plan.paths.private();
    let leave = &plan.leave;
    quote_spanned! {site()=>
        let #kept = match #after {
            #p::After::Ended(__returned) => #leave __returned,
            #p::After::Again => continue,
            #p::After::Paused(__kept) => __kept,
        };
        if __run.redress_pause().await {
            #leave #last;
        }
    }
}

/// Makes a future of a block. A branch that is never taken tells the compiler the type of the block's
/// value, so that a mistake is reported at its place in the block.
fn asynchronous(plan: &Plan<'_>, block: &TokenStream) -> TokenStream {
    let p = plan.paths.private();
    let edge = plan
        .returns
        .as_ref()
        .map(|returns| quote_spanned!(site()=> if false { return #p::never::<#returns>(); }));
    let contents = contents(block);
    quote_spanned!(site()=> async { #edge #contents })
}

/// Returns the contents of a block, so that no lint reports two pairs of braces.
fn contents(block: &TokenStream) -> TokenStream {
    let mut tokens = block.clone().into_iter();
    match (tokens.next(), tokens.next()) {
        (Some(TokenTree::Group(group)), None) if group.delimiter() == Delimiter::Brace => {
            group.stream()
        }
        _ => block.clone(),
    }
}

/// Returns the statement that judges an attempt. A body that never returns is not a mistake, and the
/// user cannot mend that this statement is unreachable then.
fn verdict_statement(plan: &Plan<'_>) -> TokenStream {
    let judge = verdict::verdict(plan, &returned(plan));
    quote_spanned! {site()=>
        #[allow(unreachable_code)]
        let __judged = #judge;
    }
}

/// Returns the operand of the verdict, located at the declared type, which a message is about.
fn returned(plan: &Plan<'_>) -> TokenStream {
    quote_spanned!(site_at(plan.returns_at)=> &__returned)
}

/// Returns the verdict at the same location: the compiler reports two mistakes at one location once.
fn verdict_tokens(plan: &Plan<'_>) -> TokenStream {
    quote_spanned!(site_at(plan.returns_at)=> __judged)
}

fn future(plan: &Plan<'_>, attempt: &TokenStream) -> TokenStream {
    let verdict = verdict_statement(plan);
    let judged = verdict_tokens(plan);
    // A block of its own drops what the attempt returned before the future waits.
    let after = quote_spanned! {site()=> {
        #attempt
        #verdict
        __run.redress_after_async(__returned, #judged)
    }};
    let kept = quote_spanned!(site()=> __kept);
    await_next_attempt(plan, &after, &kept, &kept)
}

/// Returns an attempt that may be interrupted. It is polled through the call, which keeps the future
/// at the size of one attempt.
fn interruptible(plan: &Plan<'_>, attempt: &TokenStream) -> TokenStream {
    let p = plan.paths.private();
    let judge = verdict::verdict(plan, &quote_spanned!(site()=> __outcome));
    let at = plan
        .config
        .interrupting()
        .map_or_else(site, |key| site_at(key.span()));
    let after = quote_spanned! {at=>
        __run.redress_after_async_or_interrupt(__returned, &mut __last, __judged)
    };
    let poll = if plan.config.shows_attempts() {
        quote_spanned! {site()=> {
            let __entered = #p::enter(&__at);
            __run.redress_poll_attempt(__attempt.as_mut(), __cx)
        }}
    } else {
        quote_spanned!(site()=> __run.redress_poll_attempt(__attempt.as_mut(), __cx))
    };
    let after = quote_spanned! {site()=> {
        let __returned = {
            let mut __attempt = #p::pin!(#attempt);
            #p::poll_fn(|__cx| #poll).await
        };
        let __judged = match &__returned {
            #p::Option::Some(__outcome) => #p::Judge::judge(#judge, __outcome),
            #p::Option::None => #p::TIMED_OUT,
        };
        #after
    }};
    let last = quote_spanned!(at=> __run.redress_last(__last));
    await_next_attempt(plan, &after, &quote_spanned!(site()=> ()), &last)
}
