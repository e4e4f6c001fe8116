//! What `#[retry]` and `retry_block!` expand to: a policy, built once, and a loop around one call of the
//! runtime.

mod drive;
mod hooks;
mod inline;
mod judge;
mod leaves;
mod plan;
mod policy;

use quote::quote_spanned;

pub(crate) use judge::by_type;
pub(crate) use plan::{Attempt, Expansion, Plan};

use crate::spans::site;

/// Expands one operation.
pub(crate) fn expand(plan: &Plan<'_>) -> Expansion {
    let items = policy::items(plan);
    let lets = hooks::lets(plan);
    let body = drive::body(plan);
    Expansion {
        items,
        body: quote_spanned!(site()=> #lets #body),
    }
}
