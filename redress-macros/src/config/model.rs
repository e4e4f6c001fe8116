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

/// A count or a duration.
pub(crate) enum Quantity<T> {
    /// A literal.
    Literal(T, Expr),
    /// Any other expression.
    Expr(Expr),
}

pub(crate) type Count = Quantity<u32>;
pub(crate) type Time = Quantity<Duration>;

impl<T: Copy> Quantity<T> {
    /// Returns the value of a literal.
    pub(crate) fn literal(&self) -> Option<T> {
        match self {
            Self::Literal(value, _) => Some(*value),
            Self::Expr(_) => None,
        }
    }

    /// Returns the expression as written.
    pub(crate) fn tokens(&self) -> &Expr {
        match self {
            Self::Literal(_, expr) | Self::Expr(expr) => expr,
        }
    }
}

/// A limit that may be lifted.
#[allow(
    clippy::large_enum_variant,
    reason = "how large depends on the features of syn; an expansion has a few"
)]
pub(crate) enum Limit<T> {
    /// `none`: no limit.
    None,
    At(Quantity<T>),
}

impl<T> Keyed<Limit<T>> {
    /// Returns the limit, unless it is lifted.
    pub(crate) fn limit(&self) -> Option<&Quantity<T>> {
        match &self.value {
            Limit::None => None,
            Limit::At(quantity) => Some(quantity),
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
    pub(crate) max_attempts: Option<Keyed<Limit<u32>>>,
    pub(crate) max_unknown_attempts: Option<Keyed<Limit<u32>>>,
    pub(crate) class_caps: Vec<(Class, Keyed<Count>)>,
    pub(crate) deadline: Option<Keyed<Limit<Duration>>>,
    pub(crate) attempt_timeout: Option<Keyed<Limit<Duration>>>,
    /// Only what is unsent is retried.
    pub(crate) once: bool,
    /// Calls end with the scope that they are in; the argument's key.
    pub(crate) inherit_deadline: Option<Ident>,
    /// One attempt is made for a caller that makes several.
    pub(crate) leave_retries_to_caller: bool,
    /// The variable that the body finds its attempt in.
    pub(crate) attempt: Option<Keyed<Ident>>,
    /// Attempts run in the scope of the call's watchers.
    pub(crate) span: bool,
    pub(crate) classifier: Option<Keyed<Expr>>,
    pub(crate) result_classifier: Option<Keyed<Expr>>,
    /// The error types that the default classifier is to know; not empty.
    pub(crate) knows: Option<Keyed<Vec<Type>>>,
    pub(crate) operation: Option<Keyed<Expr>>,
    pub(crate) policy: Option<Keyed<Expr>>,
    pub(crate) circuit_breaker: Option<Keyed<Expr>>,
    pub(crate) budget: Option<Keyed<Expr>>,
    pub(crate) gate: Option<Keyed<Expr>>,
    pub(crate) on_event: Option<Keyed<Expr>>,
    pub(crate) on_attempt_start: Option<Keyed<Expr>>,
    pub(crate) on_attempt_end: Option<Keyed<Expr>>,
    pub(crate) before_sleep: Option<Keyed<Expr>>,
    pub(crate) abort_if: Option<Keyed<Expr>>,
    pub(crate) abort_on: Option<Keyed<Expr>>,
    pub(crate) clone: Vec<Ident>,
    pub(crate) krate: Option<Path>,
    /// The key of every known argument that was given.
    pub(crate) given: Vec<Ident>,
}

impl Config {
    /// Returns `true` if attempts are known while they run: to the body, or to watchers.
    pub(crate) fn shows_attempts(&self) -> bool {
        self.span || self.attempt.is_some() || self.inherit_deadline.is_some()
    }

    /// Returns the first argument that can end a call before an attempt has returned, if any. Such a
    /// call returns an `Interrupt`.
    pub(crate) fn interrupting(&self) -> Option<&Ident> {
        let timeout = self.limited_attempts();
        self.refusing().or(timeout)
    }

    /// Returns the key of `attempt_timeout`, unless it is `none`.
    pub(crate) fn limited_attempts(&self) -> Option<&Ident> {
        let keyed = self.attempt_timeout.as_ref()?;
        keyed.limit().map(|_| &keyed.key)
    }

    /// Returns the caps of classes by their keys, that of UNKNOWN in general included.
    pub(crate) fn caps(&self) -> impl Iterator<Item = (&Ident, &Count)> {
        let own = self.class_caps.iter().map(|(_, k)| (&k.key, &k.value));
        own.chain(limit(self.max_unknown_attempts.as_ref()))
    }

    /// Returns all counts by their keys.
    pub(crate) fn counts(&self) -> impl Iterator<Item = (&Ident, &Count)> {
        limit(self.max_attempts.as_ref())
            .into_iter()
            .chain(self.caps())
    }

    /// Returns the limits on time.
    pub(crate) fn times(&self) -> impl Iterator<Item = &Time> {
        let times = self.deadline.iter().chain(&self.attempt_timeout);
        times.filter_map(Keyed::limit)
    }

    /// Returns the first argument that can refuse a call before its first attempt, if any.
    fn refusing(&self) -> Option<&Ident> {
        let refusing = [
            &self.policy,
            &self.abort_if,
            &self.abort_on,
            &self.circuit_breaker,
            &self.gate,
        ];
        let first = refusing.into_iter().flatten().map(|k| &k.key).next();
        first.or(self.inherit_deadline.as_ref())
    }

    /// Returns `true` if a call may have to wait before its first attempt.
    pub(crate) const fn may_wait(&self) -> bool {
        self.gate.is_some() || self.policy.is_some()
    }

    /// Returns `true` if a call can be refused before its first attempt.
    pub(crate) fn refusable(&self) -> bool {
        self.refusing().is_some()
    }
}

fn limit(keyed: Option<&Keyed<Limit<u32>>>) -> Option<(&Ident, &Count)> {
    let keyed = keyed?;
    keyed.limit().map(|count| (&keyed.key, count))
}
