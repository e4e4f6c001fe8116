use std::borrow::Cow;
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Instant;

use crate::classify::{AnyValue, Classifier, DefaultClassifier, ResultClassifier};
use crate::drive::{CompiledPolicy, Session, Steps};
use crate::engine::ResumeToken;
use crate::error::Error;
use crate::outcome::Outcome;
use crate::policy::{
    CallContext, Classifiers, Execute, Policy, Readiness, UntilError, execute_by_own_methods,
};

/// A policy of a file, from [`Policies::get`](crate::Policies::get).
///
/// Each call through it has the values that the file gives when the call starts; a call that is
/// under way ends with those that it started with. A clone is cheap, and shares the breaker and
/// the budget.
///
/// Finding the values costs a call some tens of nanoseconds.
///
/// ```
/// use redress::{ErrorClass, Policies};
/// use redress::config::Format;
///
/// let policies = Policies::from_str(Format::Toml, "[policies.payments]\nmax_attempts = 1\n")?;
/// let payments = policies.get("payments").expect("it is in the text");
/// assert!(payments.call(|| Ok::<_, std::io::Error>(5)).is_ok());
///
/// // Paired with a classifier, which is code and in no file:
/// let payments = payments.classifier(|_: &String| ErrorClass::Transient);
/// let outcome = payments.execute(|| Err::<(), _>("down".to_owned()));
/// assert_eq!(outcome.attempts, 1);
/// # Ok::<_, redress::config::ConfigFileError>(())
/// ```
///
/// Hooks of single calls are those of a [context](Self::context).
pub struct PolicyHandle<C = DefaultClassifier, R = AnyValue> {
    slot: Arc<PolicySlot>,
    classifiers: Arc<Classifiers<C, R>>,
}

/// The place of one policy, which reloads put new values into.
pub(super) struct PolicySlot {
    name: String,
    current: RwLock<Arc<CompiledPolicy>>,
}

impl PolicySlot {
    pub(super) fn new(name: &str, policy: &Policy) -> Self {
        Self {
            name: name.to_owned(),
            current: RwLock::new(policy.shared_config()),
        }
    }

    pub(super) fn set(&self, policy: &Policy) {
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = policy.shared_config();
    }

    fn get(&self) -> Arc<CompiledPolicy> {
        let current = self.current.read();
        Arc::clone(&current.unwrap_or_else(PoisonError::into_inner))
    }
}

impl PolicyHandle {
    pub(super) fn new(
        slot: Arc<PolicySlot>,
        classifiers: Arc<Classifiers<DefaultClassifier, AnyValue>>,
    ) -> Self {
        Self { slot, classifiers }
    }
}

impl<C, R> PolicyHandle<C, R> {
    /// Returns the policy's name in its file.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.slot.name
    }

    /// Returns the policy with the values of now, which it keeps.
    #[must_use]
    pub fn current(&self) -> Policy<C, R> {
        Policy::of_shared(self.slot.get(), Arc::clone(&self.classifiers))
    }

    /// Says what errors mean, as [`PolicyBuilder::classifier`](crate::PolicyBuilder::classifier)
    /// does.
    #[must_use]
    pub fn classifier<D>(self, classifier: D) -> PolicyHandle<D, R>
    where
        R: Clone,
    {
        PolicyHandle {
            classifiers: Arc::new(self.classifiers.with_errors(classifier)),
            slot: self.slot,
        }
    }

    /// Says which returned values are failures, as
    /// [`PolicyBuilder::result_classifier`](crate::PolicyBuilder::result_classifier) does.
    #[must_use]
    pub fn result_classifier<S>(self, classifier: S) -> PolicyHandle<C, S>
    where
        C: Clone,
    {
        PolicyHandle {
            classifiers: Arc::new(self.classifiers.with_values(classifier)),
            slot: self.slot,
        }
    }

    /// Calls a sync operation. See [`Policy::call`].
    ///
    /// # Errors
    ///
    /// As [`Policy::call`].
    pub fn call<T, E>(&self, operation: impl FnMut() -> Result<T, E>) -> Result<T, Error<E>>
    where
        C: Classifier<E>,
        R: ResultClassifier<T>,
    {
        self.current().call(operation)
    }

    /// Calls an async operation, with the values of when the future is first polled. See
    /// [`Policy::call_async`].
    ///
    /// # Errors
    ///
    /// As [`Policy::call_async`].
    ///
    /// # Cancel safety
    ///
    /// As [`Policy::call_async`].
    pub async fn call_async<T, E, F>(&self, operation: impl FnMut() -> F) -> Result<T, Error<E>>
    where
        C: Classifier<E>,
        R: ResultClassifier<T>,
        F: Future<Output = Result<T, E>>,
    {
        self.current().call_async(operation).await
    }

    /// Calls a sync operation, and reports how it ended. See [`Policy::execute`].
    pub fn execute<T, E>(&self, operation: impl FnMut() -> Result<T, E>) -> Outcome<T, E>
    where
        C: Classifier<E>,
        R: ResultClassifier<T>,
    {
        self.current().execute(operation)
    }

    /// Calls an async operation, with the values of when the future is first polled, and reports
    /// how it ended. See [`Policy::execute_async`].
    ///
    /// # Cancel safety
    ///
    /// As [`Policy::call_async`].
    pub async fn execute_async<T, E, F>(&self, operation: impl FnMut() -> F) -> Outcome<T, E>
    where
        C: Classifier<E>,
        R: ResultClassifier<T>,
        F: Future<Output = Result<T, E>>,
    {
        self.current().execute_async(operation).await
    }

    /// Calls a sync operation whose attempts can be cut off. See [`Policy::call_detached`].
    ///
    /// # Errors
    ///
    /// As [`Policy::call_detached`].
    ///
    /// # Panics
    ///
    /// As [`Policy::call_detached`].
    pub fn call_detached<T, E>(
        &self,
        operation: impl Fn() -> Result<T, E> + Send + Sync + 'static,
    ) -> Result<T, Error<E>>
    where
        C: Classifier<E>,
        R: ResultClassifier<T>,
        T: Send + 'static,
        E: Send + 'static,
    {
        self.current().call_detached(operation)
    }

    /// Calls a sync operation whose attempts can be cut off, and reports how it ended. See
    /// [`Policy::execute_detached`].
    ///
    /// # Panics
    ///
    /// As [`Policy::call_detached`].
    pub fn execute_detached<T, E>(
        &self,
        operation: impl Fn() -> Result<T, E> + Send + Sync + 'static,
    ) -> Outcome<T, E>
    where
        C: Classifier<E>,
        R: ResultClassifier<T>,
        T: Send + 'static,
        E: Send + 'static,
    {
        self.current().execute_detached(operation)
    }

    /// Runs a session, with the values of when the future is first polled, for as long as it goes on. See
    /// [`Policy::session`].
    ///
    /// # Errors
    ///
    /// As [`Policy::session`].
    ///
    /// # Cancel safety
    ///
    /// As [`Policy::session`].
    pub async fn session<E, F>(&self, operation: impl FnMut(Session) -> F) -> Error<E>
    where
        C: Classifier<E>,
        F: Future<Output = Result<(), E>>,
    {
        self.current().session(operation).await
    }

    /// Calls a sync operation until its value is ready. See [`Policy::until`].
    ///
    /// # Errors
    ///
    /// As [`Policy::until`].
    pub fn until<T, E, Q>(
        &self,
        operation: impl FnMut() -> Result<T, E>,
        ready: impl Fn(&T) -> Q,
    ) -> Result<T, UntilError<T, E>>
    where
        C: Classifier<E>,
        R: ResultClassifier<T>,
        Q: Into<Readiness>,
    {
        self.current().until(operation, ready)
    }

    /// Calls an async operation until its value is ready, with the values of when the future is first
    /// polled. See [`Policy::until_async`].
    ///
    /// # Errors
    ///
    /// As [`Policy::until_async`].
    ///
    /// # Cancel safety
    ///
    /// As [`Policy::until_async`].
    pub async fn until_async<T, E, F, Q>(
        &self,
        operation: impl FnMut() -> F,
        ready: impl Fn(&T) -> Q,
    ) -> Result<T, UntilError<T, E>>
    where
        C: Classifier<E>,
        R: ResultClassifier<T>,
        F: Future<Output = Result<T, E>>,
        Q: Into<Readiness>,
    {
        self.current().until_async(operation, ready).await
    }

    /// Starts the settings of one call, or of many that share them. See [`Policy::context`].
    ///
    /// The context keeps the values of now: it owns the [`current`](Self::current) policy. Make one
    /// for each call that is to follow the file.
    ///
    /// ```
    /// # let policies = redress::Policies::from_str(redress::config::Format::Toml, "[policies.payments]")?;
    /// # let payments = policies.get("payments").expect("it is in the text");
    /// let context = payments.context().operation("charge").capture_timeline();
    /// let outcome = context.execute(|| Ok::<_, std::io::Error>(5));
    /// assert_eq!(outcome.timeline.unwrap().events().len(), 1);
    /// # Ok::<_, redress::config::ConfigFileError>(())
    /// ```
    #[must_use]
    pub fn context<'a>(&self) -> CallContext<'a, C, R> {
        CallContext::new(Cow::Owned(self.current()))
    }

    /// Starts a call without a loop. See [`Policy::start`].
    #[must_use]
    pub fn start(&self, now: Instant) -> Steps {
        self.current().start(now)
    }

    /// Goes on without a loop with an operation that was deferred. See [`Policy::resume`];
    /// [`CallContext::resume`] goes on with a loop.
    #[must_use]
    pub fn resume(&self, token: &ResumeToken, now: Instant) -> Steps {
        self.current().resume(token, now)
    }
}

impl<'a, C, R> From<&'a PolicyHandle<C, R>> for CallContext<'a, C, R> {
    /// As [`PolicyHandle::context`]: what takes the context of a policy, such as `retry` of a request, takes
    /// a handle.
    ///
    /// ```
    /// # let policies = redress::Policies::from_str(redress::config::Format::Toml, "[policies.payments]")?;
    /// # let payments = policies.get("payments").expect("it is in the text");
    /// let call = redress::CallContext::from(&payments);
    /// assert_eq!(call.call(|| Ok::<_, std::io::Error>(5)).unwrap(), 5);
    /// # Ok::<_, redress::config::ConfigFileError>(())
    /// ```
    fn from(handle: &'a PolicyHandle<C, R>) -> Self {
        handle.context()
    }
}

impl<C, R> Clone for PolicyHandle<C, R> {
    fn clone(&self) -> Self {
        Self {
            slot: Arc::clone(&self.slot),
            classifiers: Arc::clone(&self.classifiers),
        }
    }
}

impl<C, R> fmt::Debug for PolicyHandle<C, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PolicyHandle")
            .field("name", &self.slot.name)
            .finish_non_exhaustive()
    }
}

impl<C, R, E> Execute<E, R> for PolicyHandle<C, R>
where
    C: Classifier<E> + Send + Sync,
    R: Send + Sync,
{
    execute_by_own_methods!();
}
