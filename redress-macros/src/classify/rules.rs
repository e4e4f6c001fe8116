//! What the attributes mean: how one variant, or a struct, is classified.

use syn::{Expr, Member, Type};

use crate::config::class::Class;

/// How one variant is classified.
pub(super) struct Rule {
    pub(super) decision: Decision,
    pub(super) retry_after: Option<Member>,
}

/// What says the class.
pub(super) enum Decision {
    /// Nothing: the type's default, or UNKNOWN.
    Default,
    Class(Class),
    /// A number or text that a table maps.
    Table(Table, Member),
    /// The error inside.
    Source(Member, Inner),
    /// A function.
    With(Expr),
}

/// A table of codes.
#[derive(Clone, Copy)]
pub(super) enum Table {
    HttpStatus,
    Sqlstate,
    GrpcCode,
}

/// How an inner error is reached.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Inner {
    /// It is the field.
    Plain,
    /// It is a type in a `Box`, or behind another pointer.
    Pointer,
    /// It is a `dyn Error` behind a pointer.
    Dyn,
}

/// Looks through a pointer.
pub(super) fn inner(ty: &Type) -> Inner {
    match ty {
        Type::Reference(reference) => match &*reference.elem {
            Type::TraitObject(_) => Inner::Dyn,
            _ => Inner::Pointer,
        },
        Type::Group(group) => inner(&group.elem),
        Type::Paren(paren) => inner(&paren.elem),
        Type::Path(path) => {
            let Some(segment) = path.path.segments.last() else {
                return Inner::Plain;
            };
            let syn::PathArguments::AngleBracketed(arguments) = &segment.arguments else {
                return Inner::Plain;
            };
            if !["Box", "Arc", "Rc"]
                .iter()
                .any(|name| segment.ident == name)
            {
                return Inner::Plain;
            }
            match arguments.args.first() {
                Some(syn::GenericArgument::Type(Type::TraitObject(_))) => Inner::Dyn,
                _ => Inner::Pointer,
            }
        }
        _ => Inner::Plain,
    }
}
