use std::pin::Pin;
use std::time::Duration;

use super::thread_timer;
use crate::clock::Wait;

/// Waits between the attempts of async calls. Any function from a [`Duration`] to a future is one.
///
/// A policy without one waits with tokio's timer inside a tokio runtime (feature `tokio`), and
/// elsewhere with a single background thread that serves all calls of the process. A sleeper of
/// the runtime's own is cheaper:
///
/// ```
/// use redress::Policy;
///
/// let policy = Policy::builder()
///     .sleeper(tokio::time::sleep)
///     .build()?;
/// # Ok::<_, redress::ConfigError>(())
/// ```
pub trait Sleeper: Send + Sync {
    /// Returns a future that ends after `duration`.
    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>>;
}

impl<F, W> Sleeper for F
where
    F: Fn(Duration) -> W + Send + Sync,
    W: Future<Output = ()> + Send + 'static,
{
    fn sleep(&self, duration: Duration) -> Wait {
        Box::pin(self(duration))
    }
}

/// Waits as the place allows where the future is first polled.
pub(crate) fn sleep_here(duration: Duration) -> Wait {
    #[cfg(feature = "tokio")]
    if tokio::runtime::Handle::try_current().is_ok() {
        return Box::pin(tokio::time::sleep(duration));
    }
    Box::pin(thread_timer::sleep(duration))
}
