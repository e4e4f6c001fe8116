use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;
use std::time::Instant;

use super::classifiers::{Classifiers, Values};
use super::{CallContext, PolicyBuilder};
use crate::breaker::CircuitBreaker;
use crate::budget::Budget;
use crate::classify::{
    AnyValue, BoxedClassifier, Classifier, DefaultClassifier, HiddenAs, ResultClassifier,
};
use crate::drive::{Compiled, CompiledPolicy, Steps};
use crate::engine::ResumeToken;
use crate::error::Error;
use crate::gate::Gate;
use crate::outcome::Outcome;

/// Decides what happens when an operation fails: how often it is tried again, after which delay,
/// and when to stop.
///
/// One policy serves sync and async callers and, with the default classifier, every type of error.
/// A clone is cheap and shares everything.
///
/// | what | default |
/// |---|---|
/// | strategy | the Retry-After hint if there is one, else [`decorrelated_jitter`] from 250 ms to 5 s |
/// | deadline | 60 s |
/// | attempts | 6, of which UNKNOWN failures 2 |
/// | attempt timeout | none |
/// | threads of [detached](Self::call_detached) attempts | 8 |
///
/// [`decorrelated_jitter`]: crate::strategies::decorrelated_jitter
///
/// An error type of your own is classified by the default classifier, **also if it implements
/// [`Classify`](crate::Classify)**, which `#[retry]` finds, also with `policy = ...`. Tell a policy
/// of it: `.classifier(ApiError::classify)`, or `.classifier(DefaultClassifier.knows::<ApiError>())`
/// where other errors may wrap it.
///
/// ```
/// use redress::{Policy, strategies::equal_jitter};
///
/// let policy = Policy::builder().strategy(equal_jitter(10)).max_attempts(4).build()?;
/// let text = policy.call(|| std::fs::read_to_string("Cargo.toml")).unwrap();
/// assert!(text.contains("[package]"));
/// # Ok::<_, redress::ConfigError>(())
/// ```
pub struct Policy<C = DefaultClassifier, R = AnyValue> {
    pub(super) config: Arc<CompiledPolicy>,
    pub(super) classifiers: Arc<Classifiers<C, R>>,
}

#[cfg(feature = "config")]
impl<C, R> Policy<C, R> {
    /// Makes a policy of parts that others share.
    pub(crate) const fn of_shared(
        config: Arc<CompiledPolicy>,
        classifiers: Arc<Classifiers<C, R>>,
    ) -> Self {
        Self {
            config,
            classifiers,
        }
    }

    pub(crate) fn shared_config(&self) -> Arc<CompiledPolicy> {
        Arc::clone(&self.config)
    }
}

impl Policy {
    /// Creates the policy with all defaults.
    #[must_use]
    pub fn new() -> Self {
        PolicyBuilder::new().build_unchecked()
    }

    /// Starts to build a policy.
    #[must_use]
    pub fn builder() -> PolicyBuilder {
        PolicyBuilder::new()
    }
}

impl Default for Policy {
    fn default() -> Self {
        Self::new()
    }
}

impl<C, R> Policy<C, R> {
    pub(super) fn from_parts(config: CompiledPolicy, classifiers: Classifiers<C, R>) -> Self {
        Self {
            config: Arc::new(config),
            classifiers: Arc::new(classifiers),
        }
    }

    /// Returns `true` if the policy was given a classifier, for errors or for values.
    pub(crate) fn is_classified(&self) -> bool {
        self.classifiers.given
    }

    /// Calls a sync operation until it succeeds or the policy stops it.
    ///
    /// Between two attempts the thread sleeps. The deadline is checked between attempts: a thread
    /// cannot be interrupted. [`call_detached`](Self::call_detached) leaves it behind instead.
    ///
    /// # Errors
    ///
    /// The operation's last error inside [`Error`]; [`Error::into_error`] makes the operation's own
    /// error of it, as `#[retry]` returns. A value that the result classifier takes for a
    /// failure is not lost either: the last one comes back as `Ok`; [`execute`](Self::execute)
    /// tells the difference.
    ///
    /// # Panics
    ///
    /// A panic of the operation, a classifier, a strategy, a clock or a sleeper goes through to the
    /// caller; what the call holds of a breaker or a budget is given back. Panics of hooks and
    /// observers are caught.
    ///
    /// ```
    /// use redress::Policy;
    ///
    /// fn length(policy: &Policy, path: &str) -> std::io::Result<usize> {
    ///     let read = policy.call(|| std::fs::read(path));
    ///     let bytes = read.map_err(redress::Error::into_error)?;
    ///     Ok(bytes.len())
    /// }
    /// let policy = Policy::new();
    /// assert!(length(&policy, "Cargo.toml").unwrap() > 0);
    /// assert_eq!(length(&policy, "no such file").unwrap_err().kind(), std::io::ErrorKind::NotFound);
    /// ```
    #[inline]
    pub fn call<T, E>(&self, operation: impl FnMut() -> Result<T, E>) -> Result<T, Error<E>>
    where
        C: Classifier<E>,
        R: ResultClassifier<T>,
    {
        self.call_with((), operation)
    }

    /// Calls an async operation until it succeeds or the policy stops it.
    ///
    /// An attempt that runs longer than the attempt timeout, or beyond the deadline, is dropped
    /// where it waits. The future is `Send` if the operation and its futures are.
    ///
    /// # Errors
    ///
    /// As for [`call`](Self::call). There is no error inside if every attempt was cut off.
    ///
    /// # Panics
    ///
    /// As for [`call`](Self::call).
    ///
    /// # Cancel safety
    ///
    /// Dropping the future drops the attempt in progress; attempt hooks are told, and nothing is
    /// retried.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let policy = redress::Policy::new();
    /// let got = policy.call_async(|| async { Ok::<_, std::io::Error>(5) }).await;
    /// assert_eq!(got.unwrap(), 5);
    /// # }
    /// ```
    pub fn call_async<T, E, F>(
        &self,
        operation: impl FnMut() -> F,
    ) -> impl Future<Output = Result<T, Error<E>>>
    where
        C: Classifier<E>,
        R: ResultClassifier<T>,
        F: Future<Output = Result<T, E>>,
    {
        self.call_async_with((), operation)
    }

    /// Calls a sync operation as [`call`](Self::call) does, and reports how it ended.
    ///
    /// # Panics
    ///
    /// As for [`call`](Self::call).
    pub fn execute<T, E>(&self, operation: impl FnMut() -> Result<T, E>) -> Outcome<T, E>
    where
        C: Classifier<E>,
        R: ResultClassifier<T>,
    {
        self.execute_with((), operation)
    }

    /// Calls an async operation as [`call_async`](Self::call_async) does, and reports how it
    /// ended.
    ///
    /// # Panics
    ///
    /// As for [`call`](Self::call).
    ///
    /// # Cancel safety
    ///
    /// As for [`call_async`](Self::call_async).
    pub fn execute_async<T, E, F>(
        &self,
        operation: impl FnMut() -> F,
    ) -> impl Future<Output = Outcome<T, E>>
    where
        C: Classifier<E>,
        R: ResultClassifier<T>,
        F: Future<Output = Result<T, E>>,
    {
        self.execute_async_with((), operation)
    }

    /// Starts the settings of one call, or of many that share them.
    #[must_use]
    pub fn context(&self) -> CallContext<'_, C, R> {
        CallContext::new(Cow::Borrowed(self))
    }

    /// Returns the circuit breaker, if there is one: to look at its state, or to set it by hand.
    ///
    /// ```
    /// let policy = redress::Policy::recommended();
    /// let breaker = policy.circuit_breaker().expect("the preset has one");
    /// assert_eq!(breaker.state(), redress::CircuitState::Closed);
    /// ```
    #[must_use]
    pub fn circuit_breaker(&self) -> Option<&CircuitBreaker> {
        self.config.breaker.as_ref()
    }

    /// Returns the retry budget, if there is one.
    ///
    /// ```
    /// assert!(redress::Policy::new().budget().is_none());
    /// assert!(redress::Policy::recommended().budget().is_some());
    /// ```
    #[must_use]
    pub fn budget(&self) -> Option<&Budget> {
        self.config.rules.budget.as_ref()
    }

    /// Returns the gate, if there is one.
    ///
    /// ```
    /// assert!(redress::Policy::new().gate().is_none());
    /// let policy = redress::Policy::builder().gate(redress::Gate::named("account")).build()?;
    /// assert_eq!(policy.gate().unwrap().name(), Some("account"));
    /// # Ok::<_, redress::ConfigError>(())
    /// ```
    #[must_use]
    pub fn gate(&self) -> Option<&Gate> {
        self.config.gate.as_ref()
    }

    /// Starts a call without a loop: the caller owns time and execution.
    #[must_use]
    pub fn start(&self, now: Instant) -> Steps {
        Steps::new(Arc::clone(&self.config), now)
    }

    /// Goes on without a loop with an operation that was deferred, once its delay has passed:
    /// [`start`](Self::start) for what has begun elsewhere. See [`ResumeToken`].
    #[must_use]
    pub fn resume(&self, token: &ResumeToken, now: Instant) -> Steps {
        Steps::resume(Arc::clone(&self.config), token, now)
    }

    /// Hides the types of the classifiers, so that the policy's type can be written down: as a field
    /// of a struct.
    ///
    /// | policy | boxed |
    /// |---|---|
    /// | without a result classifier | `Policy<BoxedClassifier<E>>` |
    /// | with one, a closure that takes `&T` | `Policy<BoxedClassifier<E>, BoxedResultClassifier<T>>` |
    ///
    /// ```
    /// use redress::classify::BoxedResultClassifier;
    /// use redress::{BoxedClassifier, ErrorClass, Policy};
    ///
    /// struct Files {
    ///     policy: Policy<BoxedClassifier<std::io::Error>>,
    /// }
    /// struct Http {
    ///     policy: Policy<BoxedClassifier<std::io::Error>, BoxedResultClassifier<u16>>,
    /// }
    ///
    /// let policy = Policy::builder().classifier(|_: &std::io::Error| ErrorClass::Transient).build()?;
    /// let files = Files { policy: policy.boxed() };
    ///
    /// let policy = Policy::builder()
    ///     .result_classifier(|status: &u16| (*status >= 500).then_some(ErrorClass::ServerError))
    ///     .build()?;
    /// let http = Http { policy: policy.boxed() };
    /// assert_eq!(http.policy.call(|| Ok(200)).unwrap(), 200);
    /// # Ok::<_, redress::ConfigError>(())
    /// ```
    #[must_use]
    pub fn boxed<E, B>(self) -> Policy<BoxedClassifier<E>, B>
    where
        C: Classifier<E> + Send + Sync + 'static,
        R: HiddenAs<B> + Send + Sync + 'static,
        E: 'static,
    {
        let given = self.classifiers.given;
        let values = R::hide(Values(Arc::clone(&self.classifiers)));
        let classifiers = self.classifiers;
        let errors = BoxedClassifier::new(move |e: &E| classifiers.errors.classify(e));
        Policy {
            config: self.config,
            classifiers: Arc::new(Classifiers {
                errors,
                values,
                given,
            }),
        }
    }
}

#[cfg(any(
    feature = "reqwest-0_13",
    feature = "tower-service-0_3",
    feature = "ureq-3"
))]
impl<C, R> Policy<C, R> {
    pub(super) fn errors(&self) -> &C {
        &self.classifiers.errors
    }

    pub(super) fn values(&self) -> &R {
        &self.classifiers.values
    }

    /// Returns `true` if an observer sees its calls.
    pub(crate) fn is_shown(&self) -> bool {
        self.config.observers.len() > 0
    }

    /// Returns `true` if it names its operations.
    #[cfg(feature = "http-body-1")]
    pub(crate) fn is_named(&self) -> bool {
        self.config.operation.is_some()
    }

    /// Returns `true` if a call can have more than one attempt.
    #[cfg(any(feature = "reqwest-0_13", feature = "tower-service-0_3"))]
    pub(crate) fn may_retry(&self) -> bool {
        self.config.rules.max_attempts != Some(1)
    }
}

impl<C, R> Compiled for Policy<C, R> {
    #[inline]
    fn compiled(&self) -> &CompiledPolicy {
        &self.config
    }
}

impl<C, R> Clone for Policy<C, R> {
    fn clone(&self) -> Self {
        Self {
            config: Arc::clone(&self.config),
            classifiers: Arc::clone(&self.classifiers),
        }
    }
}

impl<C, R> fmt::Debug for Policy<C, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Policy")
            .field("config", &self.config)
            .finish_non_exhaustive()
    }
}
