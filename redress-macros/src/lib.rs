//! The macros of `redress`, which re-exports them. Use them through that crate.

mod block;
#[cfg(test)]
mod builder_agreement;
mod classify;
mod config;
mod crate_name;
mod diagnostics;
mod duration;
mod emit;
mod groups;
#[cfg(test)]
mod layers;
#[cfg(test)]
mod malformed_input;
mod paths;
mod retry;
#[cfg(test)]
mod same_as_files;
#[cfg(test)]
mod snapshots;
mod spans;
mod variable;

use proc_macro::TokenStream;

#[doc = include_str!("../docs/retry.md")]
#[proc_macro_attribute]
pub fn retry(arguments: TokenStream, item: TokenStream) -> TokenStream {
    retry::retry(arguments.into(), item.into()).into()
}

#[doc = include_str!("../docs/block.md")]
#[proc_macro]
pub fn retry_block(input: TokenStream) -> TokenStream {
    block::block(input.into()).into()
}

#[doc = include_str!("../docs/classify.md")]
#[proc_macro_derive(Classify, attributes(classify))]
pub fn classify(item: TokenStream) -> TokenStream {
    classify::derive(item.into()).into()
}
