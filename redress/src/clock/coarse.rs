//! A clock that takes a quarter of the exact clock's time to read, and moves in steps.

use std::time::Duration;

/// A moment on the kernel's tick, which moves every 1 ms to 10 ms, as the kernel was built.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Coarse(imp::Instant);

impl Coarse {
    /// Reads the clock; `None` where there is no such clock, or where it would not follow time that a
    /// test has paused.
    #[inline]
    pub(crate) fn now() -> Option<Self> {
        if super::paused::can_pause() {
            return None;
        }
        imp::now().map(Self)
    }

    /// Returns the time since then.
    #[inline]
    pub(crate) fn elapsed(self) -> Duration {
        imp::since(self.0)
    }
}

#[cfg(any(target_os = "linux", target_os = "android"))]
mod imp {
    use std::time::Duration;

    pub(super) use coarsetime::Instant;

    #[inline]
    pub(super) fn now() -> Option<Instant> {
        // Only `now` writes the shared value, so an elapsed time writes nothing.
        Some(Instant::now_without_cache_update())
    }

    #[inline]
    pub(super) fn since(then: Instant) -> Duration {
        let elapsed = Instant::now_without_cache_update().duration_since(then);
        elapsed.into()
    }
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
mod imp {
    use std::convert::Infallible;
    use std::time::Duration;

    pub(super) type Instant = Infallible;

    #[inline]
    pub(super) fn now() -> Option<Instant> {
        None
    }

    #[inline]
    pub(super) fn since(then: Instant) -> Duration {
        match then {}
    }
}

#[cfg(all(test, not(redress_loom)))]
mod tests {
    use super::*;
    use crate::defaults;

    #[test]
    fn it_is_never_further_from_the_exact_clock_than_documented() {
        let Some(coarse) = Coarse::now() else { return };
        let exact = std::time::Instant::now();
        for _ in 0..200_000 {
            let before = exact.elapsed();
            let elapsed = coarse.elapsed();
            let after = exact.elapsed();
            assert!(
                elapsed + defaults::COARSE_STEP >= before,
                "{elapsed:?} {before:?}"
            );
            assert!(
                elapsed <= after + defaults::COARSE_STEP,
                "{elapsed:?} {after:?}"
            );
        }
    }
}
