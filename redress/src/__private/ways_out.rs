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

impl<B, C> Question for ControlFlow<B, C> {
    type Value = C;
    type Rest = ControlFlow<B, Infallible>;

    #[inline]
    fn question(self) -> ControlFlow<Self::Rest, C> {
        match self {
            Self::Continue(value) => ControlFlow::Continue(value),
            Self::Break(value) => ControlFlow::Break(ControlFlow::Break(value)),
        }
    }
}

/// What a `?` can leave with.
///
/// What the last expression of a body has made is dropped when the user's edition says so:
///
/// ```edition2021
/// # use std::sync::Mutex;
/// static LOG: Mutex<Vec<&str>> = Mutex::new(Vec::new());
/// struct Logs(&'static str);
/// impl Logs {
///     fn get(&self) -> std::io::Result<u32> { Ok(1) }
/// }
/// impl Drop for Logs {
///     fn drop(&mut self) { LOG.lock().unwrap().push(self.0) }
/// }
/// #[redress::retry]
/// fn get() -> std::io::Result<u32> {
///     let _local = Logs("local");
///     Ok(Logs("last expression").get()?)
/// }
/// get()?;
/// assert_eq!(*LOG.lock().unwrap(), ["local", "last expression"]);
/// # Ok::<_, std::io::Error>(())
/// ```
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

impl<T, E, F: From<E>> Leaves<Result<Infallible, E>> for Poll<Result<T, F>> {
    #[inline]
    fn leave(rest: Result<Infallible, E>) -> Self {
        Self::Ready(Leaves::leave(rest))
    }
}

impl<T, E, F: From<E>> Leaves<Result<Infallible, E>> for Poll<Option<Result<T, F>>> {
    #[inline]
    fn leave(rest: Result<Infallible, E>) -> Self {
        Self::Ready(Some(Leaves::leave(rest)))
    }
}

impl<B, C> Leaves<ControlFlow<B, Infallible>> for ControlFlow<B, C> {
    #[inline]
    fn leave(rest: ControlFlow<B, Infallible>) -> Self {
        match rest {
            ControlFlow::Break(value) => Self::Break(value),
            ControlFlow::Continue(never) => match never {},
        }
    }
}
