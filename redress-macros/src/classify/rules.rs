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
    Code(CodeTable, Member),
    /// The error inside.
    Source(Member, SourceKind),
    /// A function.
    With(Expr),
}

/// A table of codes.
#[derive(Clone, Copy)]
pub(super) enum CodeTable {
    HttpStatus,
    Sqlstate,
    GrpcCode,
}

/// How an inner error is reached.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum SourceKind {
    /// It is the field.
    Plain,
    /// It is a type in a `Box`, or behind another pointer.
    Pointer,
    /// It is a `dyn Error` behind a pointer.
    Dyn,
}

/// Looks through a pointer.
pub(super) fn source_kind(ty: &Type) -> SourceKind {
    match ty {
        Type::Reference(reference) => match &*reference.elem {
            Type::TraitObject(_) => SourceKind::Dyn,
            _ => SourceKind::Pointer,
        },
        Type::Group(group) => source_kind(&group.elem),
        Type::Paren(paren) => source_kind(&paren.elem),
        Type::Path(path) => {
            let Some(segment) = path.path.segments.last() else {
                return SourceKind::Plain;
            };
            let syn::PathArguments::AngleBracketed(arguments) = &segment.arguments else {
                return SourceKind::Plain;
            };
            if !["Box", "Arc", "Rc"]
                .iter()
                .any(|name| segment.ident == name)
            {
                return SourceKind::Plain;
            }
            match arguments.args.first() {
                Some(syn::GenericArgument::Type(Type::TraitObject(_))) => SourceKind::Dyn,
                _ => SourceKind::Pointer,
            }
        }
        _ => SourceKind::Plain,
    }
}
