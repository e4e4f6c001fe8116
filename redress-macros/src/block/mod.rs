//! The macro `retry_block!`.

mod expand;
mod parse;
mod validate;

use proc_macro2::TokenStream;
use quote::quote_spanned;

use crate::diagnostics::Diagnostics;
use crate::spans::site;
use parse::Operation;
use validate::{BlockModel, Rejected};

/// Expands the macro. After a mistake the operation stands alone, so that the expression keeps its type.
pub(crate) fn block(input: TokenStream) -> TokenStream {
    let mut diagnostics = Diagnostics::default();
    let block = parse::block(input, &mut diagnostics);
    match BlockModel::validate(block, diagnostics) {
        Ok(model) => expand::expand(model),
        Err(Rejected {
            diagnostics,
            operation,
        }) => diagnostics.into_expression(&once(operation)),
    }
}

/// Returns the operation without its retries.
fn once(operation: Option<Operation>) -> TokenStream {
    match operation {
        None => TokenStream::new(),
        Some(Operation::Closure(closure)) => quote_spanned!(site()=> (#closure)()),
        Some(Operation::Async { capture, body }) => {
            quote_spanned!(site()=> async #capture #body)
        }
    }
}
