//! Detects a build of tokio that can pause time. Deadlines follow paused time, so tokio's own clock
//! must then keep them.

/// Returns `true` if tokio was built with `test-util`, as it is for tests and not for production.
#[inline]
pub(crate) const fn can_pause() -> bool {
    imp::CAN_PAUSE
}

#[cfg(feature = "tokio")]
#[allow(dead_code)] // Where tokio has the function, what stands for it is not used.
mod imp {
    /// Takes the place of `tokio::time::pause` where tokio has no such function.
    const fn pause() -> Missing {
        Missing
    }

    struct Missing;

    /// Returns `true` if a function is tokio's, which its return type shows.
    trait Found {
        const FOUND: bool;
    }

    impl Found for () {
        const FOUND: bool = true;
    }

    impl Found for Missing {
        const FOUND: bool = false;
    }

    const fn found<R: Found>(_: &impl Fn() -> R) -> bool {
        R::FOUND
    }

    pub(super) const CAN_PAUSE: bool = {
        // tokio's function, if there is one, hides the one above: an inner scope comes first. A
        // crate cannot ask in any other way which features another was built with.
        #[allow(unused_imports)]
        use tokio::time::*;
        found(&pause)
    };
}

#[cfg(not(feature = "tokio"))]
mod imp {
    pub(super) const CAN_PAUSE: bool = false;
}
