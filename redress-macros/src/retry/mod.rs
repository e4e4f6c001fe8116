//! `#[retry]`: an attribute for functions.

mod expand;
mod future;
mod moved;
mod parse;
mod signature;
mod validate;

use proc_macro2::TokenStream;

use crate::config;
use crate::diagnostics::Diagnostics;
use crate::paths::Paths;

/// Expands the attribute. On a mistake the function stays as it was written, so that nothing else
/// breaks and the editor goes on completing.
pub(crate) fn retry(arguments: TokenStream, item: TokenStream) -> TokenStream {
    let mut diagnostics = Diagnostics::default();
    let function = parse::function(&item, &mut diagnostics);
    let arguments = match &function {
        Some(function) => future::rename_self(arguments, function.returns.kind, &function.body),
        None => arguments,
    };
    let arguments = config::parse::arguments(arguments, &mut diagnostics);
    let config = config::read(arguments, &mut diagnostics);
    config::check(&config, &mut diagnostics);
    let expanded = function.and_then(|function| {
        validate::validate(&function, &config, &mut diagnostics);
        let paths = Paths::new(config.krate.as_ref());
        diagnostics
            .is_empty()
            .then(|| expand::expand(function, &config, &paths))
    });
    match expanded {
        Some(expanded) => expanded,
        None => {
            let mut out = diagnostics.into_items();
            out.extend(item);
            out
        }
    }
}
