//! The derive of `Classify`.

mod expand;
mod parse;
mod rules;
mod validate;

use proc_macro2::TokenStream;

use crate::crate_name;
use crate::diagnostics::Diagnostics;
use crate::paths::Paths;

/// Expands the derive. After a mistake the type still implements the trait, so that the mistake is the
/// only error.
pub(crate) fn derive(item: TokenStream) -> TokenStream {
    let mut diagnostics = Diagnostics::default();
    let Some(input) = parse::input(item, &mut diagnostics) else {
        return diagnostics.into_items();
    };
    let example = |name: &str| format!("#[classify(crate = {name})]");
    if !crate_name::check(input.krate.as_ref(), example, &mut diagnostics) {
        return diagnostics.into_items();
    }
    let rules = validate::validate(&input, &mut diagnostics);
    let paths = Paths::new(input.krate.as_ref());
    let mut out = if diagnostics.is_empty() {
        expand::expand(&input, &rules, &paths)
    } else {
        expand::fallback(&input, &paths)
    };
    out.extend(diagnostics.into_items());
    out
}
