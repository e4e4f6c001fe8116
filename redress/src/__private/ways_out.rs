//! `?` in a body that stands in the loop as it is.

use std::convert::Infallible;
use std::ops::ControlFlow;
use std::task::Poll;

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

impl<T, E> Question for Poll<Result<T, E>> {
    type Value = Poll<T>;
    type Rest = Result<Infallible, E>;

    #[inline]
    fn question(self) -> ControlFlow<Self::Rest, Poll<T>> {
        match self {
            Self::Ready(Ok(value)) => ControlFlow::Continue(Poll::Ready(value)),
            Self::Ready(Err(error)) => ControlFlow::Break(Err(error)),
            Self::Pending => ControlFlow::Continue(Poll::Pending),
        }
    }
}

impl<T, E> Question for Poll<Option<Result<T, E>>> {
    type Value = Poll<Option<T>>;
    type Rest = Result<Infallible, E>;

    #[inline]
    fn question(self) -> ControlFlow<Self::Rest, Poll<Option<T>>> {
        match self {
            Self::Ready(Some(Ok(value))) => ControlFlow::Continue(Poll::Ready(Some(value))),
            Self::Ready(Some(Err(error))) => ControlFlow::Break(Err(error)),
            Self::Ready(None) => ControlFlow::Continue(Poll::Ready(None)),
            Self::Pending => ControlFlow::Continue(Poll::Pending),
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
