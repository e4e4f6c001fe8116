//! Searches a body for a mutable borrow that leaves the function with the returned value.

use proc_macro2::{Ident, Spacing, TokenStream, TokenTree};
use quote::{ToTokens as _, quote_spanned};
use syn::{Block, Expr, ExprCall, ExprMethodCall, Local, Member, Pat, Stmt, UnOp};

use crate::diagnostics::name_of;
use crate::spans::site;

/// Methods of the standard library that lend a part of their receiver.
const LENDING: [&str; 15] = [
    "first_mut",
    "last_mut",
    "get_mut",
    "front_mut",
    "back_mut",
    "iter_mut",
    "values_mut",
    "as_mut",
    "as_deref_mut",
    "as_mut_slice",
    "as_mut_str",
    "get_or_insert",
    "get_or_insert_with",
    "insert",
    "entry",
];

/// Methods that pass on what an earlier method of the chain has lent.
const PASSING: [&str; 18] = [
    "unwrap",
    "expect",
    "ok_or",
    "ok_or_else",
    "map_err",
    "next",
    "next_back",
    "nth",
    "last",
    "find",
    "filter",
    "rev",
    "skip",
    "max_by_key",
    "min_by_key",
    "or_default",
    "or_insert",
    "or_insert_with",
];

/// Macros that never return.
const DIVERGING: [&str; 4] = ["panic", "todo", "unimplemented", "unreachable"];

/// A mutable borrow that leaves the function with the returned value.
pub(super) struct Escape {
    /// The argument that is borrowed, or `self`.
    pub(super) owner: String,
    pub(super) borrow: Borrow,
}

/// How it is made.
pub(super) enum Borrow {
    /// `&mut self.field`, or an argument itself.
    Explicit(Expr),
    /// `self.field.first_mut()`, if the field is of a type that is known.
    Method { of: TokenStream, method: Ident },
}

/// The type in the `Ok` that a function returns.
pub(super) enum Returned {
    /// `&mut T`, or an `Option` of it.
    Reference,
    /// `Guard<'_>`, by its name.
    Guard(String),
}

/// Searches a body for the values that it returns.
pub(super) struct Search {
    /// The arguments that are mutable references.
    pub(super) owners: Vec<String>,
    pub(super) returned: Returned,
    /// The whole body.
    pub(super) body: TokenStream,
}

/// The variables of a block, and their values.
type Locals<'a> = Vec<(&'a Ident, &'a Expr)>;

impl Search {
    /// Searches the values of a block: its last expression, and those of `return`.
    pub(super) fn block(&self, block: &Block) -> Option<Escape> {
        let mut locals = Locals::new();
        for statement in &block.stmts {
            match statement {
                Stmt::Local(local) => locals.extend(held(local)),
                Stmt::Expr(expr, _) if has_attributes(expr) => return None,
                Stmt::Expr(Expr::Loop(_), _) => return None,
                Stmt::Expr(Expr::Return(_), _) | Stmt::Expr(_, None) => {
                    // The block's last expression, or a `return`, after which nothing is reached. An
                    // `if` without a value has no semicolon either.
                    let Stmt::Expr(expr, _) = statement else {
                        continue;
                    };
                    let found = self.result(expr, &locals);
                    if found.is_some() || matches!(expr, Expr::Return(_)) {
                        return found;
                    }
                }
                Stmt::Macro(found)
                    if found.mac.path.segments.last().is_some_and(|segment| {
                        DIVERGING.iter().any(|name| segment.ident == name)
                    }) =>
                {
                    return None;
                }
                Stmt::Expr(..) | Stmt::Item(_) | Stmt::Macro(_) => {}
            }
        }
        None
    }

    /// Searches an expression that is a `Result`.
    fn result(&self, expr: &Expr, locals: &Locals<'_>) -> Option<Escape> {
        if has_attributes(expr) {
            return None;
        }
        match expr {
            Expr::Return(returned) => self.result(returned.expr.as_deref()?, locals),
            Expr::Paren(paren) => self.result(&paren.expr, locals),
            Expr::Block(block) if block.label.is_none() => self.block(&block.block),
            Expr::If(branches) => self.block(&branches.then_branch).or_else(|| {
                let (_, other) = branches.else_branch.as_ref()?;
                self.result(other, &Locals::new())
            }),
            Expr::Match(matched) => {
                let mut arms = matched.arms.iter().filter(|arm| arm.attrs.is_empty());
                arms.find_map(|arm| self.result(&arm.body, &Locals::new()))
            }
            Expr::Call(call) => {
                let value = constructed(call, "Ok")?;
                self.value(value, locals)
            }
            other => self.chain(other, locals),
        }
    }

    /// Searches an expression that is the value in an `Ok`.
    fn value(&self, expr: &Expr, locals: &Locals<'_>) -> Option<Escape> {
        match (expr, &self.returned) {
            (Expr::Paren(paren), _) => self.value(&paren.expr, locals),
            (Expr::Reference(_), Returned::Reference) => self.explicit(expr),
            (Expr::Path(_), Returned::Reference) => match self.owner(expr) {
                Some(owner) => Some(Escape {
                    owner,
                    borrow: Borrow::Explicit(expr.clone()),
                }),
                None => self.value(held_by(expr, locals)?, &Locals::new()),
            },
            (Expr::Call(call), Returned::Reference) => {
                self.value(constructed(call, "Some")?, locals)
            }
            (Expr::Call(call), Returned::Guard(name)) => match constructed(call, name) {
                Some(value) => self.explicit(value),
                None => self.value(constructed(call, "Some")?, locals),
            },
            // The only field must be the one that has the lifetime.
            (Expr::Struct(made), Returned::Guard(name)) => {
                let named = made.path.segments.last()?.ident == name;
                match made.fields.first() {
                    Some(field) if named && made.fields.len() == 1 && made.rest.is_none() => {
                        self.explicit(&field.expr)
                    }
                    _ => None,
                }
            }
            (_, Returned::Reference) => self.chain(expr, locals),
            (_, Returned::Guard(_)) => None,
        }
    }

    /// Recognises `&mut self.field`.
    fn explicit(&self, expr: &Expr) -> Option<Escape> {
        let Expr::Reference(reference) = expr else {
            return None;
        };
        reference.mutability?;
        let (owner, _) = self.place(&reference.expr)?;
        let borrow = Borrow::Explicit(expr.clone());
        Some(Escape { owner, borrow })
    }

    /// Recognises `self.field.first_mut().ok_or(error)`, where `first_mut` lends.
    fn chain(&self, expr: &Expr, locals: &Locals<'_>) -> Option<Escape> {
        if !matches!(self.returned, Returned::Reference) {
            return None;
        }
        match expr {
            Expr::Paren(paren) => self.chain(&paren.expr, locals),
            Expr::Try(tried) => self.chain(&tried.expr, locals),
            Expr::Path(_) => self.chain(held_by(expr, locals)?, &Locals::new()),
            Expr::MethodCall(call) => {
                let method = call.method.to_string();
                if LENDING.contains(&method.as_str())
                    && let Some(found) = self.lent(call)
                {
                    return Some(found);
                }
                let passes = PASSING.contains(&method.as_str());
                passes.then(|| self.chain(&call.receiver, locals)).flatten()
            }
            _ => None,
        }
    }

    fn lent(&self, call: &ExprMethodCall) -> Option<Escape> {
        let (owner, steps) = self.place(&call.receiver)?;
        // An index may need variables that are not in scope at the check.
        if call.receiver.to_token_stream().to_string().contains('[') {
            return None;
        }
        let place = &call.receiver;
        let of = if steps == 0 {
            quote_spanned!(site()=> *#place)
        } else {
            place.to_token_stream()
        };
        let method = call.method.clone();
        let borrow = Borrow::Method { of, method };
        Some(Escape { owner, borrow })
    }

    /// Returns the owner of a place, and the number of fields, indices and references to it.
    fn place(&self, expr: &Expr) -> Option<(String, usize)> {
        let mut steps = Vec::new();
        let mut root = expr;
        let owner = loop {
            root = match root {
                Expr::Field(field) => {
                    steps.push(Some(&field.member));
                    &field.base
                }
                Expr::Index(index) => {
                    steps.push(None);
                    &index.expr
                }
                Expr::Unary(unary) if matches!(unary.op, UnOp::Deref(_)) => {
                    // The reference that the argument is does not count.
                    if let Some(owner) = self.owner(&unary.expr) {
                        break owner;
                    }
                    steps.push(None);
                    &unary.expr
                }
                Expr::Paren(paren) => &paren.expr,
                _ => break self.owner(root)?,
            };
        };
        // If the first field is a reference, and each attempt assigns another one, the borrow of its
        // target ends with the assignment.
        let replaced = match steps.last() {
            Some(Some(Member::Named(first))) => is_assigned(&self.body, first),
            _ => true,
        };
        (steps.len() < 2 || !replaced).then_some((owner, steps.len()))
    }

    fn owner(&self, expr: &Expr) -> Option<String> {
        let Expr::Path(path) = expr else {
            return None;
        };
        let name = name_of(path.path.get_ident()?);
        self.owners.contains(&name).then_some(name)
    }
}

/// Returns the variable that a `let` binds, and its value, if the variable does not change.
fn held(local: &Local) -> Option<(&Ident, &Expr)> {
    let mut pattern = &local.pat;
    if let Pat::Type(typed) = pattern {
        pattern = &typed.pat;
    }
    let init = local.init.as_ref().filter(|init| init.diverge.is_none())?;
    match pattern {
        Pat::Ident(name)
            if name.mutability.is_none() && name.by_ref.is_none() && local.attrs.is_empty() =>
        {
            Some((&name.ident, &init.expr))
        }
        _ => None,
    }
}

fn held_by<'a>(expr: &Expr, locals: &Locals<'a>) -> Option<&'a Expr> {
    let Expr::Path(path) = expr else {
        return None;
    };
    let name = path.path.get_ident()?;
    let found = locals.iter().rev().find(|(local, _)| *local == name)?;
    Some(found.1)
}

/// Returns the only argument of a call of this constructor.
fn constructed<'a>(call: &'a ExprCall, name: &str) -> Option<&'a Expr> {
    let Expr::Path(function) = &*call.func else {
        return None;
    };
    let named = function.path.segments.last()?.ident == name;
    call.args.first().filter(|_| named && call.args.len() == 1)
}

fn has_attributes(expr: &Expr) -> bool {
    let first = expr.to_token_stream().into_iter().next();
    matches!(first, Some(TokenTree::Punct(punct)) if punct.as_char() == '#')
}

/// Returns `true` if the body assigns to a field of this name.
fn is_assigned(body: &TokenStream, field: &Ident) -> bool {
    let tokens: Vec<TokenTree> = body.clone().into_iter().collect();
    tokens.iter().enumerate().any(|(at, token)| match token {
        TokenTree::Group(group) => is_assigned(&group.stream(), field),
        TokenTree::Ident(ident) if ident == field => matches!(
            tokens.get(at + 1),
            Some(TokenTree::Punct(punct)) if punct.as_char() == '=' && punct.spacing() == Spacing::Alone
        ),
        _ => false,
    })
}
