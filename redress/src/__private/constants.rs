//! Checks of values that are constants.

use std::time::Duration;

use crate::delay::Delay;

/// A length of time that is known when the program is compiled, in any form that [`Delay`] takes.
#[derive(Debug)]
pub struct Constant<T>(pub T);

macro_rules! constants {
    ($($type:ty: |$value:ident| $nanos:expr;)*) => {$(
        impl Constant<$type> {
            /// Returns the length; `None` for what is none.
            #[must_use]
            #[inline]
            pub const fn nanos(self) -> Option<u128> {
                let $value = self.0;
                $nanos
            }

            /// Returns `true` if this is a length of time, and not zero.
            #[must_use]
            #[inline]
            pub const fn is_above_zero(self) -> bool {
                matches!(self.nanos(), Some(1..))
            }

            /// Returns `true` if this is below `other`. A value that is not a length is reported elsewhere.
            #[must_use]
            #[inline]
            pub const fn below(self, other: Option<u128>) -> bool {
                match (self.nanos(), other) {
                    (Some(nanos), Some(other)) => nanos < other,
                    _ => true,
                }
            }

            /// Returns `true` if this is not above `other`.
            #[must_use]
            #[inline]
            pub const fn at_most(self, other: Option<u128>) -> bool {
                match (self.nanos(), other) {
                    (Some(nanos), Some(other)) => nanos <= other,
                    _ => true,
                }
            }
        }
    )*};
}

constants! {
    Duration: |value| Some(value.as_nanos());
    u64: |value| Some(value as u128 * 1_000_000_000);
    u32: |value| Some(value as u128 * 1_000_000_000);
    i32: |value| if value < 0 { None } else { Some(value as u128 * 1_000_000_000) };
    f64: |value| if value < 0.0 || !value.is_finite() { None } else { Some((value * 1e9) as u128) };
    Delay: |value| match value.checked() {
        Ok(duration) => Some(duration.as_nanos()),
        Err(_) => None,
    };
}
