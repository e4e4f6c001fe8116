//! What `#[retry]` and `retry_block!` expand to: a policy, built once, and a loop around one call of the
//! runtime.

mod drive;
mod hooks;
mod inline;
mod judge;
mod leaves;
mod policy;

pub(crate) use judge::by_type;
use proc_macro2::{Span, TokenStream};
use quote::quote_spanned;

use crate::config::Config;
use crate::paths::Paths;

/// One operation to be retried.
pub(crate) struct Plan<'a> {
    pub(crate) config: &'a Config,
    pub(crate) paths: &'a Paths,
    /// The operation's name where no argument gives one.
    pub(crate) name: Option<String>,
    /// What an attempt returns, with `_` for what cannot be named; `None` where nothing is known.
    pub(crate) returns: Option<TokenStream>,
    /// The same with `()` in place of `_`: good for the type of the error. `None` where the type of
    /// the value would have to be known too.
    pub(crate) returns_known: Option<TokenStream>,
    /// Where a message about the returned type belongs.
    pub(crate) returns_at: Span,
    /// Whether `returns` says `Result`.
    pub(crate) returns_result: bool,
    /// Runs before each attempt: the clones of arguments.
    pub(crate) before_attempt: TokenStream,
    pub(crate) attempt: Attempt,
    /// How the result leaves the loop: `return`, or `break` out of a labeled block.
    pub(crate) leave: TokenStream,
    /// Whether the policy is borrowed from what an attempt borrows mutably.
    pub(crate) own_policy: bool,
}

/// How an attempt is made.
pub(crate) enum Attempt {
    /// A block that a closure runs; `return` in it leaves the attempt.
    Sync(TokenStream),
    /// An expression that makes a sync attempt.
    Call(TokenStream),
    /// A block that an `async` block runs; `return` in it leaves the attempt.
    Async(TokenStream),
    /// An expression that makes a future.
    Future(TokenStream),
}

/// An expansion in its two parts.
pub(crate) struct Expansion {
    /// Items: the policy and the checks of constants.
    pub(crate) items: TokenStream,
    /// Statements that end in a `return` of what the last attempt returned.
    pub(crate) body: TokenStream,
}

/// Where an expansion's own names live: no name of the user's can meet them.
pub(crate) fn site() -> Span {
    Span::mixed_site()
}

/// Like [`site`], for tokens about which a message should point at the user's.
pub(crate) fn site_at(span: Span) -> Span {
    Span::mixed_site().located_at(span)
}

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
