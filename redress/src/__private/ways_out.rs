//! `?` in a body that stands in the loop as it is.

use std::convert::Infallible;
use std::ops::ControlFlow;

/// What stands before a `?`.
#[diagnostic::on_unimplemented(
    message = "the `?` operator cannot be applied to `{Self}`",
    label = "`?` takes a `Result` or an `Option`"
)]
pub trait Question {
    /// What `?` gives.
    type Value;
    /// What `?` leaves with.
    type Rest;
    /// Goes on or leaves.
    fn question(self) -> ControlFlow<Self::Rest, Self::Value>;
}

impl<T, E> Question for Result<T, E> {
    type Value = T;
    type Rest = Result<Infallible, E>;

    #[inline]
    fn question(self) -> ControlFlow<Self::Rest, T> {
        match self {
            Ok(value) => ControlFlow::Continue(value),
            Err(error) => ControlFlow::Break(Err(error)),
        }
    }
}

impl<T> Question for Option<T> {
    type Value = T;
    type Rest = Option<Infallible>;

    #[inline]
    fn question(self) -> ControlFlow<Self::Rest, T> {
        match self {
            Some(value) => ControlFlow::Continue(value),
            None => ControlFlow::Break(None),
        }
    }
}

/// What a `?` can leave with.
#[diagnostic::on_unimplemented(
    message = "`?` cannot leave a function that returns `{Self}` with `{R}`",
    label = "the error does not convert",
    note = "`?` converts an error by `From`"
)]
pub trait Leaves<R> {
    /// Converts.
    fn leave(rest: R) -> Self;
}

impl<T, E, F: From<E>> Leaves<Result<Infallible, E>> for Result<T, F> {
    #[inline]
    fn leave(rest: Result<Infallible, E>) -> Self {
        match rest {
            Err(error) => Err(error.into()),
            Ok(never) => match never {},
        }
    }
}

impl<T> Leaves<Option<Infallible>> for Option<T> {
    #[inline]
    fn leave(_: Option<Infallible>) -> Self {
        None
    }
}
