//! Reports mutable borrows that escape: as an error of the macro if that is certain, or as an error of
//! the compiler if it depends on a type.

use proc_macro2::{Ident, TokenStream};
use quote::quote_spanned;

use super::borrow_search::{Borrow, Escape};
use crate::diagnostics::Diagnostics;
use crate::paths::Paths;
use crate::spans::{site, site_at};

const REASON: &str = "the borrow lasts as long as the returned value, but that of a failed attempt would have to end before the next attempt starts";
const WAYS_OUT: [&str; 3] = [
    "return an index, a key or an owned value from the retried function, and borrow after it",
    "or let the retried function prepare what is to be borrowed and return `()`, and borrow after it",
    "or borrow shared (`&self`), and return the guard of a `Mutex` or a `RefCell`",
];

/// Reports an escape that is certain. Returns one that depends on a type.
pub(super) fn report(escape: Escape, diagnostics: &mut Diagnostics) -> Option<Escape> {
    let Borrow::Explicit(expr) = &escape.borrow else {
        return Some(escape);
    };
    let what = format!("{}: {REASON}", message(&escape));
    diagnostics.error(expr, what, &WAYS_OUT.join("; "));
    None
}

fn message(escape: &Escape) -> String {
    let owner = &escape.owner;
    format!("`#[retry]` cannot return what an attempt borrows mutably from `{owner}`")
}

/// Returns code that does not compile if the borrow escapes.
pub(super) fn check(escape: &Escape, paths: &Paths) -> TokenStream {
    let Borrow::Method { of, method } = &escape.borrow else {
        return TokenStream::new();
    };
    let at = site_at(method.span());
    let p = paths.private();
    let message = message(escape);
    let [first, second, third] = WAYS_OUT;
    let probe = Ident::new(
        if method == "insert" {
            "redress_option_lends"
        } else {
            "redress_lends"
        },
        site(),
    );
    let call = quote_spanned!(at=> __borrow_ends_with_attempt(__lends););
    quote_spanned! {site()=>
        if false {
            #[diagnostic::on_unimplemented(
                message = #message,
                label = #REASON,
                note = #first,
                note = #second,
                note = #third,
            )]
            trait __BorrowEndsWithAttempt {}
            impl __BorrowEndsWithAttempt for #p::MayLend {}
            fn __borrow_ends_with_attempt<T: __BorrowEndsWithAttempt>(_: T) {}
            use #p::Lends as _;
            let __lends = #p::Lender(&#of).#probe();
            #call
        }
    }
}
