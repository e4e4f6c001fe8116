//! The paths that expansions use.

use proc_macro2::{Span, TokenStream, TokenTree};
use quote::{ToTokens, TokenStreamExt as _, quote_spanned};

/// The path of the runtime, which is absolute so that nothing in the user's scope can shadow it.
pub(crate) struct Paths {
    krate: PathTokens,
    private: PathTokens,
    /// Whether the user gave the path, which has spans of its own then.
    given: bool,
}

impl Paths {
    /// Makes the paths from the `crate = path` argument of a crate that renamed or re-exported
    /// `redress`.
    pub(crate) fn new(krate: Option<&syn::Path>) -> Self {
        let site = Span::mixed_site();
        let given = krate.is_some();
        let krate = match krate {
            Some(path) => path.to_token_stream(),
            None => quote_spanned!(site=> ::redress),
        };
        let private = quote_spanned!(site=> #krate::__private);
        Self {
            krate: PathTokens::of(krate),
            private: PathTokens::of(private),
            given,
        }
    }

    /// Returns the module whose items expansions call.
    pub(crate) fn private(&self) -> &PathTokens {
        &self.private
    }

    /// Like [`private`](Self::private), for calls about which compiler messages point at `at`.
    pub(crate) fn private_at(&self, at: Span) -> PathTokens {
        let at = Span::mixed_site().located_at(at);
        let located = self.private.0.iter().cloned().map(|mut token| {
            let own = if self.given {
                token.span().located_at(at)
            } else {
                at
            };
            token.set_span(own);
            token
        });
        PathTokens(located.collect())
    }

    /// Returns the public module of the built-in strategies.
    pub(crate) fn strategies(&self) -> TokenStream {
        let krate = &self.krate;
        quote_spanned!(Span::mixed_site()=> #krate::strategies)
    }

    /// Returns the root of the crate, for its public items.
    pub(crate) fn root(&self) -> &PathTokens {
        &self.krate
    }
}

/// The tokens of a path. A `TokenStream` would cross to the compiler and back with each use.
pub(crate) struct PathTokens(Vec<TokenTree>);

impl PathTokens {
    fn of(path: TokenStream) -> Self {
        Self(path.into_iter().collect())
    }
}

impl ToTokens for PathTokens {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        for token in &self.0 {
            tokens.append(token.clone());
        }
    }
}
