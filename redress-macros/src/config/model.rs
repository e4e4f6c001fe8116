//! The arguments, understood: what the checks look at and what the expansion is made of.

use std::time::Duration;

use proc_macro2::Ident;
use syn::{Expr, ExprClosure, Path};

use super::builtin::Builtin;
use super::class::Class;

/// A value beside the key that it was given for.
pub(crate) struct Keyed<T> {
    pub(crate) key: Ident,
    pub(crate) value: T,
}

/// How often something may happen.
pub(crate) enum Limit {
    /// `none`: no limit.
    None(Expr),
    /// A number in the source.
    Literal(u32, Expr),
    /// Anything else.
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

/// How long something may take.
pub(crate) enum Time {
    /// `none`: no limit.
    None(Expr),
    /// A duration in the source.
    Literal(Duration, Expr),
    /// Anything else.
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

/// What follows `strategy =`.
pub(crate) enum Strategy {
    /// One of ours, by its bare name.
    Builtin {
        name: Ident,
        builtin: &'static Builtin,
        arguments: Vec<(Ident, Setting)>,
    },
    /// A closure, whose parameter gets its type from us.
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

/// Everything that the arguments of one macro call say.
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
    /// Every known argument that was given, by its key.
    pub(crate) given: Vec<Ident>,
}

impl Config {
    /// Tells whether an argument can end a call that has nothing to return, and which one: such a
    /// call returns an `Interrupt`.
    pub(crate) fn interrupting(&self) -> Option<&Ident> {
        let timeout = self.attempt_timeout.as_ref().map(|k| &k.key);
        let refusing = [&self.policy, &self.abort_if, &self.circuit_breaker];
        let refusing = refusing.into_iter().flatten().map(|k| &k.key).next();
        refusing.or(timeout)
    }

    /// Tells whether a call can be refused before its first attempt.
    pub(crate) fn refusable(&self) -> bool {
        self.policy.is_some() || self.abort_if.is_some() || self.circuit_breaker.is_some()
    }
}
