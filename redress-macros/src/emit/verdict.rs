//! The verdict on an attempt: whether it failed, and how.

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote_spanned;
use syn::spanned::Spanned as _;

use super::plan::Plan;
use crate::config::Keyed;
use crate::paths::Paths;
use crate::spans::{site, site_at};

/// Returns an expression that evaluates to a verdict, or to a type that can make one. It is not a
/// closure, so that all functions that return the same type share one copy of the step that takes it.
pub(super) fn verdict(plan: &Plan<'_>, returned: &TokenStream) -> TokenStream {
    let config = plan.config;
    match (
        &config.policy,
        &config.classifier,
        &config.result_classifier,
    ) {
        (Some(policy), _, _) => {
            let at = site_at(policy.value.span());
            let p = plan.paths.private_at(at);
            quote_spanned! {at=>
                #p::by_policy(__policy)
                    .redress_errors_of(#returned)
                    .redress_classifier()
                    .redress_judge(__policy, #returned)
            }
        }
        (None, None, None) => {
            let at = site_at(plan.returns_at);
            let p = plan.paths.private_at(at);
            let classifier = default_classifier(plan);
            quote_spanned!(at=> #p::by_type(#returned).#classifier)
        }
        (None, Some(classifier), None) => {
            let at = site_at(classifier.value.span());
            let p = plan.paths.private_at(at);
            quote_spanned!(at=> #p::judge_with(#returned, __classifier))
        }
        (None, None, Some(results)) => {
            let classify = by_type(plan.paths, &default_classifier(plan));
            let at = site_at(results.value.span());
            let p = plan.paths.private_at(at);
            quote_spanned!(at=> {
                use #p::PlainValue as _;
                #p::Returned(#returned).judge(#classify, __results)
            })
        }
        (None, Some(_), Some(results)) => {
            let at = site_at(results.value.span());
            let p = plan.paths.private_at(at);
            quote_spanned!(at=> {
                use #p::PlainValue as _;
                #p::Returned(#returned).judge_with(__classifier, __results)
            })
        }
    }
}

/// Returns the call that chooses a classifier by the error's type.
fn default_classifier(plan: &Plan<'_>) -> TokenStream {
    let Some(Keyed { value: types, .. }) = &plan.config.knows else {
        return quote_spanned!(site()=> redress_classifier());
    };
    let at = site_at(plan.returns_at);
    let p = plan.paths.private_at(at);
    let knows = Ident::new(&format!("knows_{}", types.len()), at);
    let classify = quote_spanned!(at=> |__error| #p::#knows::<#(#types,)* _>(__error));
    quote_spanned!(at=> redress_knowing(#classify))
}

/// Returns a closure that classifies the source of an error by the traits of its type. A type that says nothing
/// is reported at `at`.
pub(crate) fn by_traits(paths: &Paths, at: Span) -> TokenStream {
    let p = paths.private();
    let known = quote_spanned!(site_at(at)=> redress_classify_source(__error));
    quote_spanned!(site()=> |__error| #p::by_type_of(__error).redress_classifier().#known)
}

fn by_type(paths: &Paths, classifier: &TokenStream) -> TokenStream {
    let p = paths.private();
    quote_spanned! {site()=>
        |__error| #p::by_type_of(__error).#classifier.redress_classify(__error)
    }
}
