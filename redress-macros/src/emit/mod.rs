//! Expands an operation: to a static with the policy, and a loop around one call of the runtime.

mod control_flow;
mod exits;
mod hooks;
mod inline_body;
mod per_call;
mod plan;
mod retry_loop;
mod static_policy;
mod verdict;

use quote::quote_spanned;

pub(crate) use plan::{Attempt, Expansion, Plan};
pub(crate) use verdict::by_traits;

use crate::spans::site;

/// Expands one operation.
pub(crate) fn expand(plan: &Plan<'_>) -> Expansion {
    let items = static_policy::items(plan);
    let bindings = per_call::bindings(plan);
    let retry_loop = retry_loop::statements(plan);
    Expansion {
        items,
        body: quote_spanned!(site()=> #bindings #retry_loop),
    }
}
