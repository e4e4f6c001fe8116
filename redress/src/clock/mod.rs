//! Clocks: the machine's, a coarser one, or the user's.

mod coarse;
mod paused;
mod started;
mod stopwatch;

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

pub(crate) use coarse::Coarse;
pub(crate) use paused::can_pause;
pub(crate) use started::Started;
pub(crate) use stopwatch::{NEVER, Stopwatch, nanos};

/// A boxed future that ends when a wait is over.
pub type Wait = Pin<Box<dyn Future<Output = ()> + Send>>;

/// A source of time for a policy, and a way to let time pass.
///
/// Only `now` is required. A clock whose time is not the machine's also says how to wait for it;
/// `redress::testing::VirtualClock` does.
///
/// ```
/// use std::time::{Duration, Instant};
/// use redress::time::Clock;
/// use redress::Policy;
///
/// struct Fast(Instant);
///
/// impl Clock for Fast {
///     fn now(&self) -> Instant {
///         self.0 + self.0.elapsed() * 2
///     }
///     fn sleep(&self, duration: Duration) {
///         std::thread::sleep(duration / 2);
///     }
/// }
/// let policy = Policy::builder().clock(Fast(Instant::now())).build()?;
/// # Ok::<_, redress::ConfigError>(())
/// ```
pub trait Clock: Send + Sync {
    /// Returns the time. It must never go back.
    fn now(&self) -> Instant;

    /// Blocks the thread between two attempts of a sync call. Default: [`std::thread::sleep`].
    fn sleep(&self, duration: Duration) {
        std::thread::sleep(duration);
    }

    /// Returns a future that waits between two attempts of an async call. `None`, the default,
    /// leaves it to the policy's [`Sleeper`](crate::time::Sleeper).
    fn sleep_async(&self, duration: Duration) -> Option<Wait> {
        let _ = duration;
        None
    }

    /// Returns a future that ends when an async attempt has run for too long. Unlike
    /// [`sleep_async`](Self::sleep_async) it runs beside the operation, so it must not make time
    /// pass by itself. `None`, the default, leaves it to the policy's
    /// [`Sleeper`](crate::time::Sleeper).
    fn timeout_async(&self, duration: Duration) -> Option<Wait> {
        let _ = duration;
        None
    }
}

impl<C: Clock + ?Sized> Clock for Arc<C> {
    fn now(&self) -> Instant {
        (**self).now()
    }
    fn sleep(&self, duration: Duration) {
        (**self).sleep(duration);
    }
    fn sleep_async(&self, duration: Duration) -> Option<Wait> {
        (**self).sleep_async(duration)
    }
    fn timeout_async(&self, duration: Duration) -> Option<Wait> {
        (**self).timeout_async(duration)
    }
}

/// The clock of a policy: the machine's without a call through a pointer, or the user's.
#[derive(Clone, Default)]
pub(crate) enum Time {
    #[default]
    System,
    Custom(Arc<dyn Clock>),
}

impl Time {
    #[inline]
    pub(crate) fn now(&self) -> Instant {
        match self {
            Self::System => system_now(),
            Self::Custom(clock) => clock.now(),
        }
    }

    /// Returns `true` for the machine's clock.
    #[inline]
    pub(crate) const fn is_system(&self) -> bool {
        matches!(self, Self::System)
    }

    pub(crate) fn sleep(&self, duration: Duration) {
        match self {
            Self::System => std::thread::sleep(duration),
            Self::Custom(clock) => clock.sleep(duration),
        }
    }

    pub(crate) fn sleep_async(&self, duration: Duration) -> Option<Wait> {
        match self {
            Self::System => None,
            Self::Custom(clock) => clock.sleep_async(duration),
        }
    }

    pub(crate) fn timeout_async(&self, duration: Duration) -> Option<Wait> {
        match self {
            Self::System => None,
            Self::Custom(clock) => clock.timeout_async(duration),
        }
    }
}

impl fmt::Debug for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::System => "System",
            Self::Custom(_) => "Custom",
        })
    }
}

/// The precision with which a call's time is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Timing {
    /// Not at all: there is no limit of time, and the time is not reported.
    Untimed,
    /// By the coarse clock where there is one: only a deadline that is long beside the clock's steps
    /// depends on it.
    Coarse,
    /// By the policy's clock.
    Exact,
}

/// Reads the machine's monotonic clock; with tokio, the one that `tokio::time::pause` stops, so
/// that deadlines follow a test's paused time. Calls that block go by the machine's alone: see
/// `Frame::block`.
#[inline]
pub(crate) fn system_now() -> Instant {
    #[cfg(feature = "tokio")]
    return tokio::time::Instant::now().into_std();
    #[cfg(not(feature = "tokio"))]
    return Instant::now();
}
