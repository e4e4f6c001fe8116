//! The rules that attributes express: how a variant or a struct is classified.

use syn::{Expr, Member, Type};

use crate::config::class::Class;

/// The rule for a variant or a struct.
pub(super) struct Rule {
    pub(super) decision: Decision,
    pub(super) retry_after: Option<Member>,
}

/// The origin of the class.
pub(super) enum Decision {
    /// The type's default, or UNKNOWN.
    Default,
    Class(Class),
    /// A code in a field, which a table maps to a class.
    Code(CodeTable, Member),
    /// The error in a field.
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

/// The way in which a field holds the source.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum SourceKind {
    /// The field is the error.
    Plain,
    /// The field is a `Box` or another pointer to the error.
    Pointer,
    /// The field is a pointer to a `dyn Error`.
    Dyn,
}

/// Finds out how a field of this type holds the source.
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
