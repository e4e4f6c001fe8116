//! The macros of `redress`: use them through that crate, which re-exports them.

mod block;
mod classify;
mod config;
mod diagnostics;
mod duration;
mod emit;
mod paths;
mod retry;

use proc_macro::TokenStream;

/// Retries a function.
#[proc_macro_attribute]
pub fn retry(arguments: TokenStream, item: TokenStream) -> TokenStream {
    retry::retry(arguments.into(), item.into()).into()
}
