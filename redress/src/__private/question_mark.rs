//! `?` in a body that is inlined into the loop, with traits like the standard library's unstable ones.

use std::convert::Infallible;
use std::ops::ControlFlow;
use std::task::Poll;

/// An operand of `?`.
#[diagnostic::on_unimplemented(
    message = "the `?` operator cannot be applied to `{Self}`",
    label = "`?` takes a `Result` or an `Option`"
)]
pub trait Try {
    /// The type that `?` evaluates to.
    type Output;
    /// The type that `?` returns early with.
    type Residual;
    /// Decides whether `?` continues or returns early.
    fn branch(self) -> ControlFlow<Self::Residual, Self::Output>;
}

impl<T, E> Try for Result<T, E> {
    type Output = T;
    type Residual = Result<Infallible, E>;

    #[inline]
    fn branch(self) -> ControlFlow<Self::Residual, T> {
        match self {
            Ok(value) => ControlFlow::Continue(value),
            Err(error) => ControlFlow::Break(Err(error)),
        }
    }
}

impl<T> Try for Option<T> {
    type Output = T;
    type Residual = Option<Infallible>;

    #[inline]
    fn branch(self) -> ControlFlow<Self::Residual, T> {
        match self {
            Some(value) => ControlFlow::Continue(value),
            None => ControlFlow::Break(None),
        }
    }
}

impl<T, E> Try for Poll<Result<T, E>> {
    type Output = Poll<T>;
    type Residual = Result<Infallible, E>;

    #[inline]
    fn branch(self) -> ControlFlow<Self::Residual, Poll<T>> {
        match self {
            Self::Ready(Ok(value)) => ControlFlow::Continue(Poll::Ready(value)),
            Self::Ready(Err(error)) => ControlFlow::Break(Err(error)),
            Self::Pending => ControlFlow::Continue(Poll::Pending),
        }
    }
}

impl<T, E> Try for Poll<Option<Result<T, E>>> {
    type Output = Poll<Option<T>>;
    type Residual = Result<Infallible, E>;

    #[inline]
    fn branch(self) -> ControlFlow<Self::Residual, Poll<Option<T>>> {
        match self {
            Self::Ready(Some(Ok(value))) => ControlFlow::Continue(Poll::Ready(Some(value))),
            Self::Ready(Some(Err(error))) => ControlFlow::Break(Err(error)),
            Self::Ready(None) => ControlFlow::Continue(Poll::Ready(None)),
            Self::Pending => ControlFlow::Continue(Poll::Pending),
        }
    }
}

impl<B, C> Try for ControlFlow<B, C> {
    type Output = C;
    type Residual = ControlFlow<B, Infallible>;

    #[inline]
    fn branch(self) -> ControlFlow<Self::Residual, C> {
        match self {
            Self::Continue(value) => ControlFlow::Continue(value),
            Self::Break(value) => ControlFlow::Break(ControlFlow::Break(value)),
        }
    }
}

/// A type that a function can return early from `?` with a residual `R`.
///
/// Temporaries of a body's last expression are dropped when the user's edition has it so:
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
pub trait FromResidual<R> {
    /// Converts the residual.
    fn from_residual(rest: R) -> Self;
}

impl<T, E, F: From<E>> FromResidual<Result<Infallible, E>> for Result<T, F> {
    #[inline]
    fn from_residual(rest: Result<Infallible, E>) -> Self {
        match rest {
            Err(error) => Err(error.into()),
            Ok(never) => match never {},
        }
    }
}

impl<T> FromResidual<Option<Infallible>> for Option<T> {
    #[inline]
    fn from_residual(_: Option<Infallible>) -> Self {
        None
    }
}

impl<T, E, F: From<E>> FromResidual<Result<Infallible, E>> for Poll<Result<T, F>> {
    #[inline]
    fn from_residual(rest: Result<Infallible, E>) -> Self {
        Self::Ready(FromResidual::from_residual(rest))
    }
}

impl<T, E, F: From<E>> FromResidual<Result<Infallible, E>> for Poll<Option<Result<T, F>>> {
    #[inline]
    fn from_residual(rest: Result<Infallible, E>) -> Self {
        Self::Ready(Some(FromResidual::from_residual(rest)))
    }
}

impl<B, C> FromResidual<ControlFlow<B, Infallible>> for ControlFlow<B, C> {
    #[inline]
    fn from_residual(rest: ControlFlow<B, Infallible>) -> Self {
        match rest {
            ControlFlow::Break(value) => Self::Break(value),
            ControlFlow::Continue(never) => match never {},
        }
    }
}
