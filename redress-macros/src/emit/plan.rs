//! One operation to be retried, as the attribute and the block describe it.

use proc_macro2::{Span, TokenStream};

use crate::config::Config;
use crate::paths::Paths;

/// Everything that an expansion is made of.
pub(crate) struct Plan<'a> {
    pub(crate) config: &'a Config,
    pub(crate) paths: &'a Paths,
    /// The operation's name where no argument gives one.
    pub(crate) name: Option<String>,
    /// The type that an attempt returns, with `_` for each part that has no name; `None` where
    /// nothing is known.
    pub(crate) returns: Option<TokenStream>,
    /// The same with `()` in place of `_`, which is enough to infer the type of the error. `None`
    /// where the type of the value would have to be known too.
    pub(crate) returns_known: Option<TokenStream>,
    /// Where a message about the returned type belongs.
    pub(crate) returns_at: Span,
    /// Whether `returns` is called `Result`.
    pub(crate) returns_result: bool,
    /// Runs before each attempt: the clones of arguments.
    pub(crate) before_attempt: TokenStream,
    pub(crate) attempt: Attempt,
    /// How the result leaves the loop: `return`, or `break` out of a labeled block.
    pub(crate) leave: TokenStream,
    /// Whether the function reports its caller's place.
    pub(crate) track_caller: bool,
    /// Whether the policy is borrowed from something that an attempt borrows mutably.
    pub(crate) clone_handles: bool,
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
    /// Statements that end in a `return` of the last attempt's result.
    pub(crate) body: TokenStream,
}
