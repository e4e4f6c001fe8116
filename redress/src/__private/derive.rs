//! Functions that the expansion of `#[derive(Classify)]` calls.

use std::time::Duration;

use super::{Classification, ErrorClass, classify};
use crate::delay::Delay;

/// Classifies by a closure that learns its type from `error`.
#[inline]
pub fn by<E: ?Sized>(error: &E, classify: impl FnOnce(&E) -> Classification) -> Classification {
    classify(error)
}

/// Takes what `with = function` returned.
#[inline]
pub fn classified(by: impl Into<Classification>) -> Classification {
    by.into()
}

/// A type that `http_status = field` takes.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an HTTP status",
    label = "not an HTTP status",
    note = "the field must be a `u16`, or convert into one; otherwise use `with = function`"
)]
pub trait HttpStatus {
    /// Returns the number.
    fn number(&self) -> u16;
}

#[diagnostic::do_not_recommend]
impl<T: Clone + Into<u16>> HttpStatus for T {
    #[inline]
    fn number(&self) -> u16 {
        self.clone().into()
    }
}

/// Maps an HTTP status.
#[inline]
pub fn http_status(status: &impl HttpStatus) -> ErrorClass {
    classify::http_status(status.number())
}

/// A type that `grpc_code = field` takes.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a gRPC code",
    label = "not a gRPC code",
    note = "the field must be an `i32`, or convert into one; otherwise use `with = function`"
)]
pub trait GrpcCode {
    /// Returns the number.
    fn number(&self) -> i32;
}

#[diagnostic::do_not_recommend]
impl<T: Clone + Into<i32>> GrpcCode for T {
    #[inline]
    fn number(&self) -> i32 {
        self.clone().into()
    }
}

/// Maps a gRPC code.
#[inline]
pub fn grpc_code(code: &impl GrpcCode) -> ErrorClass {
    classify::grpc_code(code.number())
}

/// A type that `sqlstate = field` takes.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a SQLSTATE",
    label = "not a SQLSTATE",
    note = "the field must be a string, or anything that is `AsRef<str>`; otherwise use `with = function`"
)]
pub trait Sqlstate {
    /// Returns the five letters.
    fn state(&self) -> &str;
}

#[diagnostic::do_not_recommend]
impl<T: AsRef<str> + ?Sized> Sqlstate for T {
    #[inline]
    fn state(&self) -> &str {
        self.as_ref()
    }
}

/// Maps a SQLSTATE.
#[inline]
pub fn sqlstate(state: &(impl Sqlstate + ?Sized)) -> ErrorClass {
    classify::sqlstate(state.state())
}

/// A type that `retry_after = field` takes.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not say how long to wait",
    label = "neither a duration nor a number of seconds",
    note = "the field must be a `Duration`, a number of seconds, or an `Option` of one of them"
)]
pub trait RetryHint {
    /// Returns the hint; nonsense is none.
    fn hint(&self) -> Option<Duration>;
}

impl<T: RetryHint> RetryHint for Option<T> {
    #[inline]
    fn hint(&self) -> Option<Duration> {
        self.as_ref().and_then(T::hint)
    }
}

macro_rules! hints {
    ($($type:ty)*) => {$(
        impl RetryHint for $type {
            #[inline]
            fn hint(&self) -> Option<Duration> {
                Delay::from(*self).checked().ok()
            }
        }
    )*};
}

hints!(Duration f64 u64 u32 i32 Delay);

macro_rules! wider_hints {
    ($($type:ty => $as:ty)*) => {$(
        impl RetryHint for $type {
            #[inline]
            fn hint(&self) -> Option<Duration> {
                <$as>::try_from(*self).ok().as_ref().and_then(RetryHint::hint)
            }
        }
    )*};
}

wider_hints!(u8 => u64 u16 => u64 usize => u64 i8 => u64 i16 => u64 i64 => u64 f32 => f64);

/// Reads a hint.
#[inline]
pub fn retry_hint(hint: &impl RetryHint) -> Option<Duration> {
    hint.hint()
}
