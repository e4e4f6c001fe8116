//! The model of a macro call's arguments, which is checked and expanded.

use std::time::Duration;

use proc_macro2::Ident;
use syn::{Expr, ExprClosure, Path, Type};

use super::builtin::Builtin;
use super::class::Class;

/// A value and the key it was given for.
pub(crate) struct Keyed<T> {
    pub(crate) key: Ident,
    pub(crate) value: T,
}

/// A limit on a count.
pub(crate) enum Limit {
    /// `none`: no limit.
    None(Expr),
    /// A literal.
    Literal(u32, Expr),
    /// Any other expression.
    Expr(Expr),
}

impl Limit {
    pub(crate) fn literal(&self) -> Option<u32> {
        match self {
            Self::Literal(n, _) => Some(*n),
            Self::None(_) | Self::Expr(_) => None,
        }
    }

    pub(crate) fn tokens(&self) -> &Expr {
        match self {
            Self::None(expr) | Self::Literal(_, expr) | Self::Expr(expr) => expr,
        }
    }
}

/// A duration, or a limit on one.
pub(crate) enum Time {
    /// `none`: no limit.
    None(Expr),
    /// A literal.
    Literal(Duration, Expr),
    /// Any other expression.
    Expr(Expr),
}

impl Time {
    pub(crate) fn literal(&self) -> Option<Duration> {
        match self {
            Self::Literal(duration, _) => Some(*duration),
            Self::None(_) | Self::Expr(_) => None,
        }
    }

    pub(crate) fn tokens(&self) -> &Expr {
        match self {
            Self::None(expr) | Self::Literal(_, expr) | Self::Expr(expr) => expr,
        }
    }
}

/// The value of `strategy = ...`.
pub(crate) enum Strategy {
    /// A built-in strategy, by its bare name.
    Builtin {
        name: Ident,
        builtin: &'static Builtin,
        arguments: Vec<(Ident, Setting)>,
    },
    /// A closure. The expansion gives its parameter a type.
    Closure(ExprClosure),
    /// Any other expression.
    User(Expr),
}

/// The value of one argument of a built-in strategy.
pub(crate) enum Setting {
    Time(Time),
    Number(Expr),
    Strategy(Box<Strategy>),
}

/// The arguments of one macro call.
#[derive(Default)]
pub(crate) struct Config {
    pub(crate) strategy: Option<Keyed<Strategy>>,
    pub(crate) class_strategies: Vec<(Class, Keyed<Strategy>)>,
    pub(crate) max_attempts: Option<Keyed<Limit>>,
    pub(crate) max_unknown_attempts: Option<Keyed<Limit>>,
    pub(crate) class_caps: Vec<(Class, Keyed<Limit>)>,
    pub(crate) deadline: Option<Keyed<Time>>,
    pub(crate) attempt_timeout: Option<Keyed<Time>>,
    pub(crate) classifier: Option<Keyed<Expr>>,
    pub(crate) result_classifier: Option<Keyed<Expr>>,
    /// The error types that the default classifier is to know; not empty.
    pub(crate) knows: Option<Keyed<Vec<Type>>>,
    pub(crate) operation: Option<Keyed<Expr>>,
    pub(crate) policy: Option<Keyed<Expr>>,
    pub(crate) circuit_breaker: Option<Keyed<Expr>>,
    pub(crate) budget: Option<Keyed<Expr>>,
    pub(crate) on_event: Option<Keyed<Expr>>,
    pub(crate) on_attempt_start: Option<Keyed<Expr>>,
    pub(crate) on_attempt_end: Option<Keyed<Expr>>,
    pub(crate) before_sleep: Option<Keyed<Expr>>,
    pub(crate) abort_if: Option<Keyed<Expr>>,
    pub(crate) clone: Vec<Ident>,
    pub(crate) krate: Option<Path>,
    /// The key of every known argument that was given.
    pub(crate) given: Vec<Ident>,
}

impl Config {
    /// Returns the first argument that can end a call before an attempt has returned, if any. Such a
    /// call returns an `Interrupt`.
    pub(crate) fn interrupting(&self) -> Option<&Ident> {
        let timeout = self.attempt_timeout.as_ref().map(|k| &k.key);
        let refusing = [&self.policy, &self.abort_if, &self.circuit_breaker];
        let refusing = refusing.into_iter().flatten().map(|k| &k.key).next();
        refusing.or(timeout)
    }

    /// Returns `true` if a call can be refused before its first attempt.
    pub(crate) fn refusable(&self) -> bool {
        self.policy.is_some() || self.abort_if.is_some() || self.circuit_breaker.is_some()
    }
}
