//! The spans that an expansion's own tokens get.

use proc_macro2::Span;

/// Returns the span of an expansion's own names, which cannot clash with the user's.
pub(crate) fn site() -> Span {
    Span::mixed_site()
}

/// Like [`site`], for tokens about which a compiler message points at `span`.
pub(crate) fn site_at(span: Span) -> Span {
    Span::mixed_site().located_at(span)
}
