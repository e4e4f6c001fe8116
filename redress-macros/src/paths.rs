//! Every path that an expansion names, in one place.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote_spanned};

/// The way to the runtime: absolute, so that nothing in the user's scope can shadow it.
pub(crate) struct Paths {
    krate: TokenStream,
    private: TokenStream,
    /// The path is the user's, with spans of its own.
    given: bool,
}

impl Paths {
    /// Takes the `crate = path` argument, for a crate that renamed or re-exported `redress`.
    pub(crate) fn new(krate: Option<&syn::Path>) -> Self {
        let site = Span::mixed_site();
        let given = krate.is_some();
        let krate = match krate {
            Some(path) => path.to_token_stream(),
            None => quote_spanned!(site=> ::redress),
        };
        let private = quote_spanned!(site=> #krate::__private);
        Self {
            krate,
            private,
            given,
        }
    }

    /// Returns the module that holds everything an expansion calls.
    pub(crate) fn private(&self) -> &TokenStream {
        &self.private
    }

    /// The same, located where a message about it belongs.
    pub(crate) fn private_at(&self, at: Span) -> TokenStream {
        if !self.given {
            let at = Span::mixed_site().located_at(at);
            return quote_spanned!(at=> ::redress::__private);
        }
        let tokens = self.private.clone().into_iter().map(|mut token| {
            token.set_span(token.span().located_at(at));
            token
        });
        tokens.collect()
    }

    /// Returns the public module of the built-in strategies.
    pub(crate) fn strategies(&self) -> TokenStream {
        let krate = &self.krate;
        quote_spanned!(Span::mixed_site()=> #krate::strategies)
    }

    /// Returns the root of the crate, for its public items.
    pub(crate) fn root(&self) -> &TokenStream {
        &self.krate
    }
}
