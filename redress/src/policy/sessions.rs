use std::sync::LazyLock;

use super::context_hooks::{ContextHooks, ContextSettings};
use super::{CallContext, Policy, PolicyBuilder};
use crate::classify::Classifier;
use crate::defaults;
use crate::drive::{Judge, Run, Session, SessionWatch, Verdict, future};
use crate::error::Error;
use crate::strategies::{equal_jitter, retry_after_or};

impl Policy {
    /// Starts to build a policy for [sessions](Self::session): work that goes on for as long as it can,
    /// such as a connection, a watch, a task to supervise.
    ///
    /// | what | setting |
    /// |---|---|
    /// | strategy | the Retry-After hint if there is one, else [`equal_jitter`](crate::strategies::equal_jitter()) from 0.5 s to 60 s, factor 3 |
    /// | deadline | none |
    /// | attempts | any number, UNKNOWN ones as well |
    /// | [healthy after](PolicyBuilder::healthy_after) | 10 s, or progress |
    /// | [restarts](PolicyBuilder::restarts) | 20 in 60 s |
    ///
    /// So a server that drops each session at once sees at most 20 connects in ten minutes, and one
    /// blip costs a quarter to half of a second, however many there were before. Classes decide as ever:
    /// AUTH, PERMISSION and PERMANENT end it.
    ///
    /// ```
    /// use redress::Policy;
    ///
    /// let feed = Policy::sessions().healthy_after(30).stall_timeout(60).build()?;
    /// # Ok::<_, redress::ConfigError>(())
    /// ```
    #[must_use]
    pub fn sessions() -> PolicyBuilder {
        Self::builder().sessions()
    }
}

impl<C, R> PolicyBuilder<C, R> {
    /// Sets what [`Policy::sessions`] says, in place of what was given before.
    #[must_use]
    pub(crate) fn sessions(self) -> Self {
        let backoff = equal_jitter(defaults::SESSION_MAX)
            .base(defaults::SESSION_BASE)
            .factor(defaults::SESSION_FACTOR);
        self.strategy(retry_after_or(backoff))
            .no_deadline()
            .unlimited_attempts()
            .unlimited_unknown_attempts()
            .restarts(defaults::SESSION_RESTARTS, defaults::SESSION_WINDOW)
    }
}

/// The settings of a call without a context.
pub(super) static NO_CONTEXT: LazyLock<ContextSettings<'static>> =
    LazyLock::new(ContextSettings::default);

impl<C, R> Policy<C, R> {
    /// Runs an operation that goes on for as long as it can, and again whenever it ends, until the policy
    /// stops it for good. Returns why.
    ///
    /// It is for what is meant to stay: a connection, a subscription, a watch, a task under supervision.
    /// Each run is an attempt of one call, and an attempt can become **healthy**: when it has made
    /// [`progress`](Session::progress), or has lasted for
    /// [`healthy_after`](PolicyBuilder::healthy_after). Health forgets what failed before: all caps, all
    /// backoff and the deadline start anew. What never becomes healthy backs off further and further,
    /// and what was healthy comes back at once: each is wrong for the other.
    ///
    /// | a session | is |
    /// |---|---|
    /// | returns an error | a failure of its class, the first one if it was healthy |
    /// | returns `Ok` before it was healthy | a failure of class TRANSIENT, cause [`Ended`](crate::Cause::Ended) |
    /// | returns `Ok` after it was healthy | no failure: the next connect follows, no sooner after the last connect than the strategy's first delay |
    /// | expects something for longer than [`stall_timeout`](PolicyBuilder::stall_timeout) | cut off: TRANSIENT, cause [`Stalled`](crate::Cause::Stalled) |
    /// | is not healthy within [`attempt_timeout`](PolicyBuilder::attempt_timeout), or by the deadline | cut off: TRANSIENT, cause [`Timeout`](crate::Cause::Timeout) |
    ///
    /// The deadline bounds the time **without** health, and nothing bounds a healthy session. A circuit
    /// breaker and a budget see connects: health is a success for both and gives back what the attempt
    /// holds of them, and a session that was never healthy is a failure. A breaker that opens ends the
    /// call, as any other limit does; give it none if it shall go on.
    /// [`CallContext::abort_on`] ends it anywhere, also within an attempt.
    ///
    /// Attempts are counted anew after health, in events as well: number 1 is the first one since, and
    /// [`Session::connect`] counts them all. So is the time in events, the duration of
    /// [`CallEnd`](crate::observe::CallEnd) included: it is that since health was last lost.
    ///
    /// There is no session on a blocked thread: nothing could watch it. There is none as `#[retry]`
    /// either: a function returns a value or an error of its own, and a session ends with neither when it
    /// is told to stop; call this in its body.
    ///
    /// # Errors
    ///
    /// What it returns is always an error: why the call stopped, and the last error of a session.
    ///
    /// # Panics
    ///
    /// As for [`call`](Self::call).
    ///
    /// # Cancel safety
    ///
    /// Dropping the future drops the session in progress, and gives back what the call holds.
    ///
    /// ```
    /// use redress::{Policy, StopReason, testing::VirtualClock};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let policy = Policy::sessions().clock(VirtualClock::new()).build().unwrap();
    /// let mut answers = [
    ///     Err(std::io::ErrorKind::ConnectionRefused), // backs off
    ///     Ok(()),                                     // a session that was healthy, and ended
    ///     Err(std::io::ErrorKind::PermissionDenied),  // ends it for good
    /// ]
    /// .into_iter();
    /// let stopped = policy
    ///     .session(|session| {
    ///         let answer = answers.next().unwrap();
    ///         async move {
    ///             answer?;
    ///             session.progress();
    ///             Ok::<_, std::io::Error>(())
    ///         }
    ///     })
    ///     .await;
    /// assert_eq!(stopped.stop_reason(), StopReason::NonRetryableClass);
    /// # }
    /// ```
    pub fn session<E, F>(
        &self,
        operation: impl FnMut(Session) -> F,
    ) -> impl Future<Output = Error<E>>
    where
        C: Classifier<E>,
        F: Future<Output = Result<(), E>>,
    {
        self.session_with(&NO_CONTEXT, operation)
    }

    pub(super) fn session_with<'c, 'a, E, F>(
        &'c self,
        context: &'c ContextSettings<'a>,
        mut operation: impl FnMut(Session) -> F,
    ) -> impl Future<Output = Error<E>>
    where
        C: Classifier<E>,
        F: Future<Output = Result<(), E>>,
        'a: 'c,
    {
        let (watch, connector) = SessionWatch::new();
        let run = Run::prepare(self, context.hooks_for(watch), false);
        let connect = move || operation(connector.next());
        future::CallFuture::new(SessionJudge(self), run, connect, stopped)
    }
}

/// Returns why a session has stopped.
fn stopped<E>(
    run: &mut Run<'_, ContextHooks<'_, '_, SessionWatch>>,
    returned: Option<Result<(), E>>,
) -> Error<E> {
    Error::new(returned.and_then(Result::err), run.report())
}

/// Judges how a session ended: without an error it did not succeed either.
struct SessionJudge<'p, C, R>(&'p Policy<C, R>);

impl<C, R> Clone for SessionJudge<'_, C, R> {
    fn clone(&self) -> Self {
        Self(self.0)
    }
}

impl<C: Classifier<E>, R, E> Judge<Result<(), E>> for SessionJudge<'_, C, R> {
    fn judge(self, returned: &Result<(), E>) -> Verdict {
        match returned {
            Ok(()) => Verdict::ENDED,
            Err(error) => Verdict::failed::<E>(self.0.classify_error(error)),
        }
    }
}

impl<C, R, M> CallContext<'_, C, R, M> {
    /// Runs a session. See [`Policy::session`]. A token that [`resume`](Self::resume) goes on from is
    /// that of a call, not of a session.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// use redress::{Policy, StopReason};
    ///
    /// let policy = Policy::sessions().build().unwrap();
    /// let (shutdown, stopping) = tokio::sync::watch::channel(false);
    /// let context = policy.context().abort_on(|| {
    ///     let mut stopping = stopping.clone();
    ///     async move { stopping.wait_for(|stop| *stop).await.map_or((), |_| ()) }
    /// });
    /// let session = context.session(|_| async {
    ///     std::future::pending::<()>().await; // a connection that stays
    ///     Ok::<_, std::io::Error>(())
    /// });
    /// let (stopped, _) = tokio::join!(session, async { shutdown.send(true) });
    /// assert_eq!(stopped.stop_reason(), StopReason::Aborted);
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`Policy::session`].
    ///
    /// # Cancel safety
    ///
    /// As [`Policy::session`].
    pub fn session<E, F>(
        &self,
        operation: impl FnMut(Session) -> F,
    ) -> impl Future<Output = Error<E>>
    where
        C: Classifier<E>,
        F: Future<Output = Result<(), E>>,
    {
        self.policy.session_with(&self.shared, operation)
    }
}
