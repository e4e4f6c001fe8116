use std::pin::Pin;
use std::time::Duration;

use super::thread_timer;
use crate::clock::Wait;

/// Waits between the attempts of async calls. Any function from a [`Duration`] to a future is one.
///
/// A policy without one waits with tokio's timer inside a tokio runtime (feature `tokio`), and
/// elsewhere, also in a runtime that was built without a timer, with a single background thread
/// that serves all calls of the process. A call that is polled after its runtime was shut down goes
/// on with that thread. A tokio runtime without a timer can only be told by a panic
/// of tokio's, which is caught but printed, and ends a process that is built with
/// `panic = "abort"`: give such a runtime a sleeper. One of the runtime's own is cheaper in any case:
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
    if let Some(sleep) = super::tokio_timer::sleep(duration) {
        return sleep;
    }
    Box::pin(thread_timer::sleep(duration))
}

/// Lets other tasks run once.
pub(crate) fn yield_now() -> Wait {
    let mut yielded = false;
    Box::pin(std::future::poll_fn(move |cx| {
        if std::mem::replace(&mut yielded, true) {
            return std::task::Poll::Ready(());
        }
        cx.waker().wake_by_ref();
        std::task::Poll::Pending
    }))
}
