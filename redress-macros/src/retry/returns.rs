//! The return type of a function: a value, or a future of one.

use syn::{
    AngleBracketedGenericArguments, GenericArgument, PathArguments, ReturnType, Signature, Type,
    TypeParamBound,
};

use super::signature::last_name;

/// The return type of a function.
pub(super) struct Returns {
    pub(super) kind: FunctionKind,
    /// The type of an attempt's result. `None` is `()`.
    pub(super) output: Option<Type>,
}

/// The way in which a function is called.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum FunctionKind {
    Sync,
    Async,
    /// `-> Pin<Box<dyn Future>>`.
    Boxed,
    /// `-> impl Future`.
    Opaque,
}

impl FunctionKind {
    /// Returns `true` if the function is not `async` itself but returns a future.
    pub(super) fn returns_future(self) -> bool {
        matches!(self, Self::Boxed | Self::Opaque)
    }
}

/// Reads the return type of a signature.
pub(super) fn returns(signature: &Signature) -> Returns {
    let declared = match &signature.output {
        ReturnType::Default => None,
        ReturnType::Type(_, ty) => Some((**ty).clone()),
    };
    if signature.asyncness.is_some() {
        return Returns {
            kind: FunctionKind::Async,
            output: declared,
        };
    }
    match declared.as_ref().and_then(future_output) {
        Some((kind, output)) => Returns {
            kind,
            output: Some(output),
        },
        None => Returns {
            kind: FunctionKind::Sync,
            output: declared,
        },
    }
}

/// Takes `T` out of a type that is a future of `T`.
fn future_output(ty: &Type) -> Option<(FunctionKind, Type)> {
    match ty {
        Type::ImplTrait(opaque) => {
            bounds_output(opaque.bounds.iter()).map(|ty| (FunctionKind::Opaque, ty))
        }
        Type::Path(_) => {
            let name = last_name(ty)?;
            let argument = last_argument(ty)?;
            match name.as_str() {
                "Pin" => match &argument {
                    Type::Path(_) if last_name(&argument)? == "Box" => {
                        match last_argument(&argument)? {
                            Type::TraitObject(object) => bounds_output(object.bounds.iter())
                                .map(|ty| (FunctionKind::Boxed, ty)),
                            _ => None,
                        }
                    }
                    _ => None,
                },
                // Aliases of the `futures` crate.
                "BoxFuture" | "LocalBoxFuture" => Some((FunctionKind::Boxed, argument)),
                _ => None,
            }
        }
        Type::Paren(paren) => future_output(&paren.elem),
        Type::Group(group) => future_output(&group.elem),
        _ => None,
    }
}

fn last_arguments(ty: &Type) -> Option<&AngleBracketedGenericArguments> {
    let Type::Path(path) = ty else {
        return None;
    };
    match &path.path.segments.last()?.arguments {
        PathArguments::AngleBracketed(arguments) => Some(arguments),
        _ => None,
    }
}

fn last_argument(ty: &Type) -> Option<Type> {
    last_arguments(ty)?
        .args
        .iter()
        .rev()
        .find_map(|argument| match argument {
            GenericArgument::Type(ty) => Some(ty.clone()),
            _ => None,
        })
}

fn bounds_output<'a>(bounds: impl Iterator<Item = &'a TypeParamBound>) -> Option<Type> {
    for bound in bounds {
        let TypeParamBound::Trait(bound) = bound else {
            continue;
        };
        let Some(segment) = bound
            .path
            .segments
            .last()
            .filter(|segment| segment.ident == "Future")
        else {
            continue;
        };
        if let PathArguments::AngleBracketed(arguments) = &segment.arguments {
            for argument in &arguments.args {
                if let GenericArgument::AssocType(found) = argument
                    && found.ident == "Output"
                {
                    return Some(found.ty.clone());
                }
            }
        }
    }
    None
}
