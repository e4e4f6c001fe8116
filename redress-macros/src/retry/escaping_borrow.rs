//! Finds functions that return what an attempt borrows mutably, which no loop can do.
//!
//! The borrow of an attempt that fails would have to end before the next attempt starts, but it lasts
//! as long as the returned value. The borrow checker would report that in the loop, which the user has
//! not written. (Polonius, the next borrow checker, accepts such loops, and makes this check obsolete.)
//!
//! A function that compiles is never refused, so only certain escapes count: the returned value must
//! be an explicit `&mut` of a field, or the result of a method of the standard library that lends. In
//! the second case the compiler looks up the receiver's type, which a macro does not know.

use quote::ToTokens as _;
use syn::{FnArg, GenericArgument, Pat, PathArguments, ReceiverKind, Safety, Signature, Type};

use super::borrow_search::{Escape, Returned, Search};
use super::parse::Function;
use super::returns::FunctionKind;
use super::signature::{is_result, last_name};
use crate::diagnostics::name_of;
use crate::variable::uses_in_block;

/// Finds a mutable borrow that escapes.
pub(super) fn find(function: &Function) -> Option<Escape> {
    let asked = matches!(
        function.returns.kind,
        FunctionKind::Sync | FunctionKind::Async
    );
    // What an unsafe function reaches through a raw pointer is not borrowed from the pointer.
    let certain = !matches!(function.signature.safety, Safety::Unsafe(_));
    if !asked || !certain || function.body.is_wrapped() {
        return None;
    }
    let output = function.returns.output.as_ref()?;
    let returned = returned(output)?;
    let body = function.body.retried();
    let mut owners = owners(&function.signature);
    if owners.is_empty() {
        return None;
    }
    let block = syn::parse2(body.to_token_stream()).ok()?;
    owners.retain(|owner| owner == "self" || uses_in_block(&block, owner).is_some());
    let search = Search {
        owners,
        returned,
        body: body.stream(),
    };
    search.block(&block)
}

fn returned(output: &Type) -> Option<Returned> {
    let ok = argument(output).filter(|_| is_result(output))?;
    let inner = match argument(&ok) {
        Some(inner) if last_name(&ok).as_deref() == Some("Option") => inner,
        _ => ok,
    };
    match &inner {
        Type::Reference(reference) => reference.mutability.map(|_| Returned::Reference),
        Type::Path(_) if inner.to_token_stream().to_string().contains('\'') => {
            last_name(&inner).map(Returned::Guard)
        }
        _ => None,
    }
}

/// Returns the first type argument.
fn argument(ty: &Type) -> Option<Type> {
    let Type::Path(path) = ty else {
        return None;
    };
    let PathArguments::AngleBracketed(arguments) = &path.path.segments.last()?.arguments else {
        return None;
    };
    arguments.args.iter().find_map(|argument| match argument {
        GenericArgument::Type(ty) => Some(ty.clone()),
        _ => None,
    })
}

/// Returns the arguments that are mutable references and cannot be assigned to.
fn owners(signature: &Signature) -> Vec<String> {
    let inputs = signature.inputs.iter();
    inputs
        .filter_map(|input| match input {
            FnArg::Receiver(receiver) => match &receiver.kind {
                ReceiverKind::Reference(_, _, Some(_)) => Some("self".to_owned()),
                _ => None,
            },
            FnArg::Typed(typed) => match (&*typed.pat, &*typed.ty) {
                (Pat::Ident(pattern), Type::Reference(reference))
                    if reference.mutability.is_some()
                        && pattern.mutability.is_none()
                        && pattern.by_ref.is_none()
                        && pattern.subpat.is_none() =>
                {
                    Some(name_of(&pattern.ident))
                }
                _ => None,
            },
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::borrow_search::Borrow;
    use super::super::parse::function;
    use super::*;
    use crate::diagnostics::Diagnostics;

    #[test]
    fn only_certain_escapes_are_found() {
        for (output, body, expected) in [
            ("&mut u32", "Ok(&mut self.n)", "explicit"),
            ("&mut u32", "Ok(&mut self.list[3])", "explicit"),
            ("&mut Self", "Ok(self)", "explicit"),
            ("&mut u32", "let n = &mut self.n; Ok(n)", "explicit"),
            (
                "&mut u32",
                "f()?; if x { return Ok(&mut self.n); } g()",
                "explicit",
            ),
            (
                "&mut u32",
                "match f()? { 1 => Ok(&mut self.n), _ => g() }",
                "explicit",
            ),
            ("Option<&mut u32>", "Ok(Some(&mut self.n))", "explicit"),
            ("Guard<'_>", "Ok(Guard(&mut self.n))", "explicit"),
            ("&mut u32", "self.list.first_mut().ok_or(E)", "method"),
            ("&mut u32", "Ok(self.list.get_mut(3).ok_or(E)?)", "method"),
            (
                "&mut u32",
                "let n = self.list.first_mut(); n.ok_or(E)",
                "method",
            ),
            (
                "&mut u32",
                "self.list.iter_mut().find(|n| **n > 3).ok_or(E)",
                "method",
            ),
            ("Option<&mut u32>", "Ok(self.map.get_mut(&3))", "method"),
            // Not borrowed mutably, or not for long.
            ("&u32", "Ok(&mut self.n)", "nothing"),
            (
                "u32",
                "Ok(self.list.first_mut().ok_or(E)?.len())",
                "nothing",
            ),
            ("*mut u32", "Ok(&mut self.n)", "nothing"),
            ("Handle", "Ok(Handle(&mut self.n))", "nothing"),
            ("Guard<'_>", "Ok(Guard(self))", "nothing"),
            (
                "Guard<'_>",
                "Ok(Guard { a: &mut self.n, b: PhantomData })",
                "nothing",
            ),
            ("Guard<'_>", "Ok(Guard::new(&mut self.n))", "nothing"),
            // Of something that may lend for longer.
            ("&mut u32", "self.iter.next().ok_or(E)", "nothing"),
            ("&mut u32", "(&mut self.iter).next().ok_or(E)", "nothing"),
            ("&mut u32", "self.take().ok_or(E)", "nothing"),
            (
                "&mut u32",
                "self.slot = new(); Ok(&mut self.slot.n)",
                "nothing",
            ),
            (
                "&mut u32",
                "self.slot = new(); Ok(&mut *self.slot)",
                "nothing",
            ),
            // Never reached, or perhaps not there.
            ("&mut u32", "return g(); Ok(&mut self.n)", "nothing"),
            ("&mut u32", "todo!(); Ok(&mut self.n)", "nothing"),
            ("&mut u32", "#[cfg(x)] { Ok(&mut self.n) }", "nothing"),
            (
                "&mut u32",
                "match f() { #[cfg(x)] 1 => Ok(&mut self.n), _ => g() }",
                "nothing",
            ),
        ] {
            let item = format!("fn call(&mut self) -> Result<{output}, E> {{ {body} }}");
            let mut diagnostics = Diagnostics::default();
            let function = function(&item.parse().unwrap(), &mut diagnostics).unwrap();
            let found = match find(&function).map(|escape| escape.borrow) {
                Some(Borrow::Explicit(_)) => "explicit",
                Some(Borrow::Method { .. }) => "method",
                None => "nothing",
            };
            assert_eq!(found, expected, "{item}");
        }
    }

    #[test]
    fn nothing_is_found_in_an_unsafe_function() {
        for (safety, expected) in [("", true), ("unsafe", false)] {
            let item = format!(
                "{safety} fn call(&mut self) -> Result<&mut u32, E> {{ Ok(&mut *self.pointer) }}"
            );
            let mut diagnostics = Diagnostics::default();
            let function = function(&item.parse().unwrap(), &mut diagnostics).unwrap();
            assert_eq!(find(&function).is_some(), expected, "{item}");
        }
    }

    #[test]
    fn an_argument_that_may_be_assigned_to_is_not_found() {
        for (argument, body, expected) in [
            ("x: &mut X", "Ok(&mut x.n)", true),
            ("x: &mut X", "Ok(&mut (*x).n)", true),
            ("mut x: &mut X", "x = new(); Ok(&mut x.n)", false),
            ("x: &mut X", "let x = new(); Ok(&mut x.n)", false),
            ("mut x: X", "Ok(&mut x.n)", false),
            ("x: &X", "Ok(&mut x.n)", false),
            ("(x, y): (&mut X, u32)", "Ok(&mut x.n)", false),
        ] {
            let item = format!("fn call({argument}) -> Result<&mut u32, E> {{ {body} }}");
            let mut diagnostics = Diagnostics::default();
            let function = function(&item.parse().unwrap(), &mut diagnostics).unwrap();
            assert_eq!(find(&function).is_some(), expected, "{item}");
        }
    }
}
