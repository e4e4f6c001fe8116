use super::{CallContext, Policy};
use crate::classify::{AnyValue, Classifier, ResultClassifier};
use crate::error::Error;
use crate::outcome::Outcome;

/// Runs operations that fail with `E`: a [`Policy`], a [`CallContext`] without a hook that is
/// awaited, or in a test what `redress::testing` has for it.
///
/// Code that takes `&impl Execute<E>` runs under any policy, and in a test under a
/// `RecordingPolicy` or a `FakePolicy`. Code that is given a [`Policy`] needs none of this: the
/// methods of the same names are its own.
///
/// `R` is the result classifier. Left out, it is that of a policy that was given none; code that
/// also runs under a policy with one takes `&impl Execute<E, R>` with `R: ResultClassifier<T>` for
/// each of its types of value.
///
/// There is no `dyn Execute`: the methods take operations of any type. A struct that stores a
/// policy takes its type as a parameter, or stores a
/// `Policy<BoxedClassifier<E>>`.
///
/// ```
/// use redress::testing::FakePolicy;
/// use redress::{Execute, Policy, StopReason};
///
/// fn motto(policy: &impl Execute<std::io::Error>) -> String {
///     policy.call(|| std::fs::read_to_string("Cargo.toml")).unwrap_or_default()
/// }
/// assert!(motto(&Policy::new()).contains("[package]"));
/// assert_eq!(motto(&FakePolicy::rejecting(StopReason::CircuitOpen)), "");
/// ```
///
/// # Async
///
/// | method | the future is `Send` |
/// |---|---|
/// | [`call_async`](Self::call_async), [`execute_async`](Self::execute_async) | where the compiler sees which type implements this, and the operation and its futures are |
/// | [`call_send`](Self::call_send), [`execute_send`](Self::execute_send) | always, and so must be the operation and its futures |
///
/// So a task may be spawned that runs an `async fn load(policy: &impl Execute<E>)` which uses
/// `call_async`, as long as the spawning code knows the policy's type. Code that spawns for any
/// `P: Execute<E>` uses `call_send`:
///
/// ```
/// use redress::{Execute, Policy};
///
/// fn spawn<P: Execute<std::io::Error> + 'static>(policy: P) -> tokio::task::JoinHandle<u32> {
///     tokio::spawn(async move { policy.call_send(|| async { Ok(5) }).await.unwrap_or(0) })
/// }
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// assert_eq!(spawn(Policy::new()).await.unwrap(), 5);
/// # }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not run operations that fail with `{E}`",
    label = "does not run operations that fail with `{E}`",
    note = "a `Policy` does if its classifier takes `&{E}` and is `Send + Sync`; the default classifier takes any `std::error::Error + 'static`",
    note = "for a policy with a result classifier, take `&impl Execute<{E}, R>`"
)]
pub trait Execute<E, R = AnyValue>: Send + Sync {
    /// Runs a sync operation and reports how its call ended. See [`Policy::execute`].
    fn execute<T>(&self, operation: impl FnMut() -> Result<T, E>) -> Outcome<T, E>
    where
        R: ResultClassifier<T>;

    /// Runs an async operation and reports how its call ended. See [`Policy::execute_async`].
    ///
    /// # Cancel safety
    ///
    /// As for [`Policy::call_async`].
    fn execute_async<T, F>(
        &self,
        operation: impl FnMut() -> F,
    ) -> impl Future<Output = Outcome<T, E>>
    where
        R: ResultClassifier<T>,
        F: Future<Output = Result<T, E>>;

    /// As [`execute_async`](Self::execute_async), in a future that is known to be `Send`.
    ///
    /// # Cancel safety
    ///
    /// As for [`Policy::call_async`].
    fn execute_send<T, F>(
        &self,
        operation: impl FnMut() -> F + Send,
    ) -> impl Future<Output = Outcome<T, E>> + Send
    where
        R: ResultClassifier<T>,
        F: Future<Output = Result<T, E>> + Send,
        T: Send,
        E: Send;

    /// Runs a sync operation until it succeeds or the policy stops it. See [`Policy::call`].
    ///
    /// # Errors
    ///
    /// As for [`Policy::call`].
    fn call<T>(&self, operation: impl FnMut() -> Result<T, E>) -> Result<T, Error<E>>
    where
        R: ResultClassifier<T>,
    {
        self.execute(operation).into_result()
    }

    /// Runs an async operation until it succeeds or the policy stops it. See
    /// [`Policy::call_async`].
    ///
    /// # Errors
    ///
    /// As for [`Policy::call_async`].
    ///
    /// # Cancel safety
    ///
    /// As for [`Policy::call_async`].
    fn call_async<T, F>(
        &self,
        operation: impl FnMut() -> F,
    ) -> impl Future<Output = Result<T, Error<E>>>
    where
        R: ResultClassifier<T>,
        F: Future<Output = Result<T, E>>,
    {
        let execution = self.execute_async(operation);
        async move { execution.await.into_result() }
    }

    /// As [`call_async`](Self::call_async), in a future that is known to be `Send`.
    ///
    /// # Errors
    ///
    /// As for [`Policy::call_async`].
    ///
    /// # Cancel safety
    ///
    /// As for [`Policy::call_async`].
    fn call_send<T, F>(
        &self,
        operation: impl FnMut() -> F + Send,
    ) -> impl Future<Output = Result<T, Error<E>>> + Send
    where
        R: ResultClassifier<T>,
        F: Future<Output = Result<T, E>> + Send,
        T: Send,
        E: Send,
    {
        let execution = self.execute_send(operation);
        async move { execution.await.into_result() }
    }
}

/// Forwards to the methods of the type itself, which have the same names.
macro_rules! execute_by_own_methods {
    () => {
        fn execute<T>(&self, operation: impl FnMut() -> Result<T, E>) -> Outcome<T, E>
        where
            R: ResultClassifier<T>,
        {
            self.execute(operation)
        }

        fn execute_async<T, F>(
            &self,
            operation: impl FnMut() -> F,
        ) -> impl Future<Output = Outcome<T, E>>
        where
            R: ResultClassifier<T>,
            F: Future<Output = Result<T, E>>,
        {
            self.execute_async(operation)
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
            self.execute_async(operation)
        }

        fn call<T>(&self, operation: impl FnMut() -> Result<T, E>) -> Result<T, Error<E>>
        where
            R: ResultClassifier<T>,
        {
            self.call(operation)
        }

        fn call_async<T, F>(
            &self,
            operation: impl FnMut() -> F,
        ) -> impl Future<Output = Result<T, Error<E>>>
        where
            R: ResultClassifier<T>,
            F: Future<Output = Result<T, E>>,
        {
            self.call_async(operation)
        }

        fn call_send<T, F>(
            &self,
            operation: impl FnMut() -> F + Send,
        ) -> impl Future<Output = Result<T, Error<E>>> + Send
        where
            R: ResultClassifier<T>,
            F: Future<Output = Result<T, E>> + Send,
            T: Send,
            E: Send,
        {
            self.call_async(operation)
        }
    };
}

impl<C, R, E> Execute<E, R> for Policy<C, R>
where
    C: Classifier<E> + Send + Sync,
    R: Send + Sync,
{
    execute_by_own_methods!();
}

impl<C, R, E> Execute<E, R> for CallContext<'_, C, R>
where
    C: Classifier<E> + Send + Sync,
    R: Send + Sync,
{
    execute_by_own_methods!();
}

#[cfg(feature = "config")]
pub(crate) use execute_by_own_methods;
