//! Expands the derive to an implementation of `Classify`.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote_spanned};
use syn::{Fields, Member, Type, spanned::Spanned as _};

use super::parse::{Input, Shape};
use super::rules::{CodeTable, Decision, Rule, SourceKind};
use super::validate::Rules;
use crate::config::parse::Argument;
use crate::emit::by_traits;
use crate::paths::Paths;
use crate::spans::{site, site_at};

/// Expands a type with valid attributes.
pub(super) fn expand(input: &Input, rules: &Rules, paths: &Paths) -> TokenStream {
    let body = match &input.shape {
        Shape::Struct(fields) => arm(
            &quote_spanned!(site()=> Self),
            fields,
            &rules.own,
            None,
            paths,
        ),
        Shape::Enum(variants) if variants.is_empty() => {
            return implement(input, &quote_spanned!(site()=> match *self {}), paths);
        }
        Shape::Enum(variants) => variants
            .iter()
            .zip(&rules.variants)
            .map(|(variant, rule)| {
                let name = &variant.name;
                let path = quote_spanned!(site()=> Self::#name);
                arm(&path, &variant.fields, rule, Some(&rules.own), paths)
            })
            .collect(),
    };
    implement(input, &quote_spanned!(site()=> match self { #body }), paths)
}

/// Implements the trait for a type with invalid attributes: its failures are UNKNOWN.
pub(super) fn fallback(input: &Input, paths: &Paths) -> TokenStream {
    let p = paths.private();
    let unknown = quote_spanned!(site()=> #p::Classification::new(#p::ErrorClass::Unknown));
    implement(input, &unknown, paths)
}

fn implement(input: &Input, body: &TokenStream, paths: &Paths) -> TokenStream {
    let (p, root, name) = (paths.private(), paths.root(), &input.name);
    let mut generics = input.generics.clone();
    for ty in unbounded_sources(input) {
        let predicate = quote_spanned!(site_at(ty.span())=> #ty: #root::Classify);
        if let Ok(predicate) = syn::parse2(predicate) {
            generics.make_where_clause().predicates.push(predicate);
        }
    }
    let (impl_generics, type_generics, bounds) = generics.split_for_impl();
    quote_spanned! {site()=>
        #[automatically_derived]
        impl #impl_generics #root::Classify for #name #type_generics #bounds {
            fn classify(&self) -> #p::Classification {
                #body
            }
        }
    }
}

/// Returns the type parameters that are the source of a variant and have no bounds. They get the bound
/// `Classify`.
fn unbounded_sources(input: &Input) -> Vec<Type> {
    let all: Vec<(&Fields, &[Argument])> = match &input.shape {
        Shape::Struct(fields) => vec![(fields, &input.own)],
        Shape::Enum(variants) => variants
            .iter()
            .map(|v| (&v.fields, v.own.as_slice()))
            .collect(),
    };
    let is_unbounded = |ident: &Ident| {
        input.generics.where_clause.is_none()
            && input
                .generics
                .type_params()
                .any(|param| param.ident == *ident && param.bounds.is_empty())
    };
    let mut found: Vec<Type> = Vec::new();
    for (fields, arguments) in all {
        if !arguments.iter().any(|argument| argument.key == "source") {
            continue;
        }
        for field in fields {
            if let Type::Path(path) = &field.ty
                && path.path.get_ident().is_some_and(is_unbounded)
            {
                found.push(field.ty.clone());
            }
        }
    }
    found
}

fn arm(
    path: &TokenStream,
    fields: &Fields,
    rule: &Rule,
    default: Option<&Rule>,
    paths: &Paths,
) -> TokenStream {
    let p = paths.private();
    let mut used: Vec<(Member, Ident)> = Vec::new();
    let mut bind = |member: &Member| {
        let name = format_ident!("__field_{}", used.len(), span = site_at(member.span()));
        used.push((member.clone(), name.clone()));
        name
    };
    let value = match &rule.decision {
        Decision::Default => match default.map(|rule| &rule.decision) {
            Some(Decision::Class(class)) => {
                let class = class.variant();
                quote_spanned!(site()=> #p::Classification::new(#p::ErrorClass::#class))
            }
            Some(Decision::With(function)) => {
                let at = site_at(function.span());
                quote_spanned!(at=> #p::classified((#function)(self)))
            }
            _ => quote_spanned!(site()=> #p::Classification::new(#p::ErrorClass::Unknown)),
        },
        Decision::Class(class) => {
            let class = class.variant();
            quote_spanned!(site()=> #p::Classification::new(#p::ErrorClass::#class))
        }
        Decision::Code(table, member) => {
            let (at, field) = (site_at(member.span()), bind(member));
            let p = paths.private_at(at);
            let class = match table {
                CodeTable::HttpStatus => quote_spanned!(at=> #p::http_status(#field)),
                CodeTable::Sqlstate => quote_spanned!(at=> #p::sqlstate(#field)),
                CodeTable::GrpcCode => quote_spanned!(at=> #p::grpc_code(#field)),
            };
            quote_spanned!(site()=> #p::Classification::new(#class))
        }
        Decision::Source(member, inner) => {
            let field = bind(member);
            let classify = by_traits(paths, member.span());
            match inner {
                SourceKind::Plain => quote_spanned!(site()=> #p::by(#field, #classify)),
                SourceKind::Pointer => quote_spanned!(site()=> #p::by(&**#field, #classify)),
                SourceKind::Dyn => quote_spanned!(site()=> #p::classify::classify_dyn(&**#field)),
            }
        }
        Decision::With(function) => {
            let at = site_at(function.span());
            let arguments: Vec<Ident> = match default {
                // On a type it is a function of `&self`.
                None => vec![Ident::new("self", site())],
                Some(_) => fields.members().map(|member| bind(&member)).collect(),
            };
            quote_spanned!(at=> #p::classified((#function)(#(#arguments),*)))
        }
    };
    let hint = rule.retry_after.as_ref().map(|member| {
        let (at, field) = (site_at(member.span()), bind(member));
        let p = paths.private_at(at);
        quote_spanned!(at=> .retry_after(#p::retry_hint(#field)))
    });
    let bindings = used
        .iter()
        .map(|(member, name)| quote_spanned!(site()=> #member: #name,));
    quote_spanned!(site()=> #path { #(#bindings)* .. } => #value #hint,)
}
