use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

use super::Scope;
use super::current::Entered;

pin_project! {
    /// A future that runs in a scope: what [`attach`] and [`Scope::attach`] make.
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub struct InScope<F> {
        scope: Option<Scope>,
        #[pin]
        future: F,
    }
}

impl<F> InScope<F> {
    pub(super) fn new(scope: Option<Scope>, future: F) -> Self {
        Self { scope, future }
    }
}

impl<F: Future> Future for InScope<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let _entered = Entered::enter(this.scope);
        this.future.poll(cx)
    }
}

/// Carries the scope in force where this is called into a future that is polled elsewhere, such as a
/// spawned task. Without a scope in force, the future runs as it would have.
///
/// Spawned work that outlives its caller, such as an audit log, is left without it.
///
/// ```
/// use std::time::Duration;
/// use redress::deadline::{self, Scope};
///
/// async fn handler() -> Option<Duration> {
///     let task = tokio::spawn(deadline::attach(async { deadline::remaining() }));
///     task.await.unwrap()
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let left = Scope::new(Duration::from_secs(1)).attach(handler()).await;
/// assert!(left.unwrap() <= Duration::from_secs(1));
/// # }
/// ```
pub fn attach<F: Future>(future: F) -> InScope<F> {
    InScope::new(Scope::current(), future)
}
