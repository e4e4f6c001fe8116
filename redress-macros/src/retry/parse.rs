//! Parses the function under the attribute: its signature as syntax, its body as tokens.

use proc_macro2::{Group, TokenStream, TokenTree};
use quote::ToTokens as _;
use syn::parse::{ParseStream, Parser as _};
use syn::{AttrStyle, Attribute, Signature, Token, Visibility, token};

use super::returns::{Returns, returns};
use super::wrapped_body::Body;
use crate::diagnostics::{Diagnostics, message};
use crate::groups::ungrouped_block;

/// A function with a body.
pub(super) struct Function {
    pub(super) attributes: Vec<Attribute>,
    pub(super) visibility: Visibility,
    /// `default`, in an implementation of a trait that may be specialised.
    pub(super) defaultness: Option<TokenTree>,
    pub(super) signature: Signature,
    pub(super) returns: Returns,
    pub(super) body: Body,
}

/// Reads a function, or reports the item that it is instead.
pub(super) fn function(item: &TokenStream, diagnostics: &mut Diagnostics) -> Option<Function> {
    match parse.parse2(item.clone()) {
        Ok(function) => Some(function),
        Err(error) => {
            match other_item(item) {
                Some(error) => diagnostics.absorb(error),
                None => diagnostics.absorb(error),
            }
            None
        }
    }
}

fn parse(input: ParseStream<'_>) -> syn::Result<Function> {
    let mut attributes = input.call(Attribute::parse_outer)?;
    let visibility = input.parse()?;
    let is_default = input.peek(syn::Ident)
        && input
            .fork()
            .parse::<syn::Ident>()
            .is_ok_and(|i| i == "default");
    let defaultness = is_default.then(|| input.parse::<TokenTree>()).transpose()?;
    let signature: Signature = input.parse()?;
    if input.peek(Token![;]) {
        let text = message(
            "`#[retry]` needs a function with a body",
            "put the attribute on the implementation of this method",
        );
        return Err(syn::Error::new_spanned(&signature, text));
    }
    if !input.peek(token::Brace) {
        return Err(input.error("expected the function's body"));
    }
    let TokenTree::Group(body) = input.parse::<TokenTree>()? else {
        return Err(input.error("expected the function's body"));
    };
    let (inner, body) = inner_attributes(ungrouped_block(body))?;
    attributes.extend(inner);
    let returns = returns(&signature);
    let body = Body::new(body, returns.kind);
    Ok(Function {
        attributes,
        visibility,
        defaultness,
        signature,
        returns,
        body,
    })
}

/// Splits `#![...]` off a body. They become attributes of the function, since only the body of a
/// function may have them.
fn inner_attributes(body: Group) -> syn::Result<(Vec<Attribute>, Group)> {
    let mut tokens = body.stream().into_iter();
    let hash = matches!(tokens.next(), Some(TokenTree::Punct(p)) if p.as_char() == '#');
    let bang = matches!(tokens.next(), Some(TokenTree::Punct(p)) if p.as_char() == '!');
    if !(hash && bang) {
        return Ok((Vec::new(), body));
    }
    let split = |input: ParseStream<'_>| {
        let attributes = input.call(Attribute::parse_inner)?;
        Ok((attributes, input.parse::<TokenStream>()?))
    };
    let (mut attributes, rest) = split.parse2(body.stream())?;
    for attribute in &mut attributes {
        attribute.style = AttrStyle::Outer;
    }
    let mut without = Group::new(body.delimiter(), rest);
    without.set_span(body.span());
    Ok((attributes, without))
}

/// Describes an item that is not a function.
fn other_item(item: &TokenStream) -> Option<syn::Error> {
    let mut tokens = item.clone().into_iter();
    let mut first = TokenStream::new();
    while let Some(token) = tokens.next() {
        let TokenTree::Ident(ident) = &token else {
            continue; // Attributes, and `(crate)` of a visibility.
        };
        let kind = match ident.to_string().as_str() {
            "pub" | "crate" | "unsafe" | "default" | "auto" | "async" => continue,
            "struct" | "enum" | "union" => "a type",
            "impl" => "an `impl` block",
            "trait" => "a trait",
            "mod" => "a module",
            "static" => "a value",
            "const" if !item.to_string().contains(" fn ") => "a value",
            "type" | "use" | "extern" if !item.to_string().contains("fn ") => {
                "an item without a body"
            }
            "let" => "a statement",
            _ => return None,
        };
        first.extend([token]);
        first.extend(tokens.next().map(TokenTree::into_token_stream));
        let help = match kind {
            "an `impl` block" | "a trait" => {
                "put the attribute on each method that is to be retried"
            }
            "a statement" => "use `redress::retry_block!` for an expression",
            _ => "put the attribute on a function",
        };
        let text = message(
            &format!("`#[retry]` is for functions, not for {kind}"),
            help,
        );
        return Some(syn::Error::new_spanned(first, text));
    }
    None
}
