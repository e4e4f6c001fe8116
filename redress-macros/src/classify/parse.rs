//! Parses the type under the derive, and its `#[classify(...)]` attributes.

use proc_macro2::TokenStream;
use syn::{Attribute, Expr, Fields, Generics, Ident, Item, Meta, Path};

use crate::config::class;
use crate::config::parse::{Argument, Value, arguments};
use crate::diagnostics::{Diagnostics, name_of};

/// A type with its attributes.
pub(super) struct Input {
    pub(super) name: Ident,
    pub(super) generics: Generics,
    /// The attributes of the type itself.
    pub(super) own: Vec<Argument>,
    pub(super) krate: Option<Path>,
    pub(super) shape: Shape,
}

/// The kind of a type.
pub(super) enum Shape {
    Struct(Fields),
    Enum(Vec<Variant>),
}

/// One variant with its attributes.
pub(super) struct Variant {
    pub(super) name: Ident,
    pub(super) fields: Fields,
    pub(super) own: Vec<Argument>,
}

/// Reads the type, or reports an item for which the trait cannot be derived.
pub(super) fn input(item: TokenStream, diagnostics: &mut Diagnostics) -> Option<Input> {
    match syn::parse2::<Item>(item) {
        Ok(Item::Enum(item)) => {
            let (own, krate) = own_arguments(&item.attrs, diagnostics);
            let variants = item.variants.into_iter().map(|variant| {
                let own = attributes(&variant.attrs, diagnostics);
                stray(&variant.fields, diagnostics);
                Variant {
                    name: variant.ident,
                    fields: variant.fields,
                    own,
                }
            });
            let shape = Shape::Enum(variants.collect());
            Some(Input {
                name: item.ident,
                generics: item.generics,
                own,
                krate,
                shape,
            })
        }
        Ok(Item::Struct(item)) => {
            let (own, krate) = own_arguments(&item.attrs, diagnostics);
            stray(&item.fields, diagnostics);
            let shape = Shape::Struct(item.fields);
            Some(Input {
                name: item.ident,
                generics: item.generics,
                own,
                krate,
                shape,
            })
        }
        Ok(Item::Union(item)) => {
            let help = "implement `redress::Classify` by hand";
            diagnostics.error(
                item.union_token,
                "`Classify` cannot be derived for a union",
                help,
            );
            None
        }
        Ok(other) => {
            diagnostics.error(other, "`Classify` is derived for enums and structs", "");
            None
        }
        Err(error) => {
            diagnostics.absorb(error);
            None
        }
    }
}

/// Reads the attributes of the type. `crate = path` is returned by itself.
fn own_arguments(
    attrs: &[Attribute],
    diagnostics: &mut Diagnostics,
) -> (Vec<Argument>, Option<Path>) {
    let mut krate = None;
    let mut own = Vec::new();
    for argument in attributes(attrs, diagnostics) {
        match argument {
            Argument {
                key,
                value: Value::Expr(Expr::Path(path)),
            } if name_of(&key) == "crate" => {
                krate = Some(path.path);
            }
            other => own.push(other),
        }
    }
    (own, krate)
}

/// Collects the arguments of all `#[classify(...)]` attributes of one item.
fn attributes(attrs: &[Attribute], diagnostics: &mut Diagnostics) -> Vec<Argument> {
    let mut found = Vec::new();
    for attribute in attrs
        .iter()
        .filter(|attribute| attribute.path().is_ident("classify"))
    {
        match &attribute.meta {
            Meta::List(list) if !list.tokens.is_empty() => {
                found.extend(arguments(
                    list.tokens.clone(),
                    class::for_literal,
                    diagnostics,
                ));
            }
            _ => {
                let help = "write `#[classify(transient)]`, or leave it out for `unknown`";
                diagnostics.error(attribute, "`classify` says nothing here", help);
            }
        }
    }
    found
}

/// Reports attributes on fields, which belong on the variant.
fn stray(fields: &Fields, diagnostics: &mut Diagnostics) {
    for field in fields {
        for attribute in field
            .attrs
            .iter()
            .filter(|attribute| attribute.path().is_ident("classify"))
        {
            let help = "put it on the variant (or the struct) and name the field there: `#[classify(http_status = field)]`";
            diagnostics.error(attribute, "`classify` does not go on a field", help);
        }
    }
}
