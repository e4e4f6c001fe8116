use std::fmt;

use super::RecordedCall;
use super::recorded_call::CallsLog;
use crate::classify::{AnyValue, Classifier, DefaultClassifier, ResultClassifier};
use crate::outcome::Outcome;
use crate::policy::{Execute, Policy};

/// A policy that works like the one it wraps, and records its calls. Clones share the record.
///
/// Give it to code that takes `&impl Execute<E>`.
///
/// ```
/// use redress::testing::{RecordingPolicy, assert_timeline, instant_retries};
/// use redress::{Execute, Policy, StopReason};
///
/// fn load(policy: &impl Execute<std::io::Error>) -> Option<String> {
///     policy.call(|| std::fs::read_to_string("no/such/file")).ok()
/// }
///
/// let policy = RecordingPolicy::new(Policy::builder().operation("load").build()?);
/// assert_eq!(load(&policy), None);
/// let [call] = &policy.calls()[..] else { panic!("one call") };
/// assert_eq!(call.operation.as_deref(), Some("load"));
/// assert_eq!(call.attempts, 1);
/// assert_eq!(call.stop_reason, Some(StopReason::NonRetryableClass));
/// assert_timeline(&call.timeline, ["permanent_fail PERMANENT"]);
/// # Ok::<_, redress::ConfigError>(())
/// ```
pub struct RecordingPolicy<C = DefaultClassifier, R = AnyValue> {
    policy: Policy<C, R>,
    calls: CallsLog,
}

impl<C, R> RecordingPolicy<C, R> {
    /// Wraps `policy`.
    #[must_use]
    pub fn new(policy: Policy<C, R>) -> Self {
        Self {
            policy,
            calls: CallsLog::default(),
        }
    }

    /// Returns the calls in the order of their starts, including those still running.
    #[must_use]
    pub fn calls(&self) -> Vec<RecordedCall> {
        self.calls.list()
    }

    /// Clears the record, including the calls still running.
    pub fn clear(&self) {
        self.calls.clear();
    }

    /// Returns the wrapped policy, whose own calls are not recorded.
    #[must_use]
    pub const fn policy(&self) -> &Policy<C, R> {
        &self.policy
    }

    async fn record<T, E, F>(&self, operation: impl FnMut() -> F) -> Outcome<T, E>
    where
        C: Classifier<E>,
        R: ResultClassifier<T>,
        F: Future<Output = Result<T, E>>,
    {
        let call = self.calls.start();
        let context = self.policy.context().on_event(call.observer());
        let outcome = context.execute_async(operation).await;
        call.end(&outcome);
        outcome
    }
}

impl<C, R, E> Execute<E, R> for RecordingPolicy<C, R>
where
    C: Classifier<E> + Send + Sync,
    R: Send + Sync,
{
    fn execute<T>(&self, operation: impl FnMut() -> Result<T, E>) -> Outcome<T, E>
    where
        R: ResultClassifier<T>,
    {
        let call = self.calls.start();
        let context = self.policy.context().on_event(call.observer());
        let outcome = context.execute(operation);
        call.end(&outcome);
        outcome
    }

    fn execute_async<T, F>(
        &self,
        operation: impl FnMut() -> F,
    ) -> impl Future<Output = Outcome<T, E>>
    where
        R: ResultClassifier<T>,
        F: Future<Output = Result<T, E>>,
    {
        self.record(operation)
    }

    fn execute_send<T, F>(
        &self,
        operation: impl FnMut() -> F + Send,
    ) -> impl Future<Output = Outcome<T, E>> + Send
    where
        R: ResultClassifier<T>,
        F: Future<Output = Result<T, E>> + Send,
        T: Send,
        E: Send,
    {
        self.record(operation)
    }
}

impl<C, R> Clone for RecordingPolicy<C, R> {
    fn clone(&self) -> Self {
        Self {
            policy: self.policy.clone(),
            calls: self.calls.clone(),
        }
    }
}

impl<C, R> fmt::Debug for RecordingPolicy<C, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RecordingPolicy")
            .field("policy", &self.policy)
            .field("calls", &self.calls)
            .finish()
    }
}
