//! `retry_block!`: the attribute's arguments, then the operation, as an expression.

mod expand;
mod parse;
mod validate;

use proc_macro2::TokenStream;
use quote::quote_spanned;

use crate::config;
use crate::diagnostics::Diagnostics;
use crate::paths::Paths;
use crate::spans::site;

/// Expands the macro. On a mistake the operation runs once, so that what it gives keeps its type.
pub(crate) fn block(input: TokenStream) -> TokenStream {
    let mut diagnostics = Diagnostics::default();
    let block = parse::block(input, &mut diagnostics);
    let config = config::read(block.arguments, &mut diagnostics);
    config::check(&config, &mut diagnostics);
    validate::validate(block.operation.as_ref(), &config, &mut diagnostics);
    let Some(operation) = block.operation else {
        return diagnostics.into_expression(&TokenStream::new());
    };
    if !diagnostics.is_empty() {
        let once = match &operation {
            parse::Operation::Closure(closure) => quote_spanned!(site()=> (#closure)()),
            parse::Operation::Async { capture, body } => {
                quote_spanned!(site()=> async #capture #body)
            }
        };
        return diagnostics.into_expression(&once);
    }
    let paths = Paths::new(config.krate.as_ref());
    expand::expand(&operation, &block.types, &config, &paths)
}
