//! The attribute `#[retry]`.

mod borrow_search;
mod escape_diagnostics;
mod escaping_borrow;
mod expand;
mod moved_arguments;
mod parse;
#[cfg(test)]
mod real_functions;
mod returns;
mod signature;
mod validate;
mod wrapped_body;

use proc_macro2::TokenStream;

use crate::config;
use crate::crate_name;
use crate::diagnostics::Diagnostics;
use validate::RetryModel;

/// Expands the attribute. After a mistake the function is emitted as it was written, so that the mistake
/// is the only error, and completion in editors works.
pub(crate) fn retry(arguments: TokenStream, item: TokenStream) -> TokenStream {
    let mut diagnostics = Diagnostics::default();
    let function = parse::function(&item, &mut diagnostics);
    let arguments = match &function {
        Some(function) => function.body.rename_self(arguments, function.returns.kind),
        None => arguments,
    };
    let arguments =
        config::parse::arguments(arguments, config::arguments::name_for, &mut diagnostics);
    let config = config::read(arguments, &mut diagnostics);
    let example = |name: &str| format!("#[retry(crate = {name})]");
    crate_name::check(config.krate.as_ref(), example, &mut diagnostics);
    match RetryModel::validate(function, config, diagnostics) {
        Ok(model) => expand::expand(model),
        Err(diagnostics) => {
            let mut out = diagnostics.into_items();
            out.extend(item);
            out
        }
    }
}
