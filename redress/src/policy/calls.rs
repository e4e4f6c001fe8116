//! How a policy runs a call: hooks and operation in, result or outcome out.

use super::Policy;
use crate::classify::{Classification, Classifier, ResultClassifier};
use crate::drive::{Hooks, Judge, Run, Verdict, blocking, future};
use crate::error::Error;
use crate::outcome::Outcome;

impl<C, R> Policy<C, R> {
    #[inline]
    pub(super) fn call_with<T, E>(
        &self,
        hooks: impl Hooks,
        operation: impl FnMut() -> Result<T, E>,
    ) -> Result<T, Error<E>>
    where
        C: Classifier<E>,
        R: ResultClassifier<T>,
    {
        let mut run = Run::new(self, hooks);
        let returned = blocking::call(&mut run, self, operation);
        run.result(returned)
    }

    pub(super) fn call_async_with<T, E, F>(
        &self,
        hooks: impl Hooks,
        operation: impl FnMut() -> F,
    ) -> impl Future<Output = Result<T, Error<E>>>
    where
        C: Classifier<E>,
        R: ResultClassifier<T>,
        F: Future<Output = Result<T, E>>,
    {
        let run = Run::prepare(self, hooks, false);
        future::CallFuture::new(self, run, operation, Run::result)
    }

    pub(super) fn execute_with<T, E>(
        &self,
        hooks: impl Hooks,
        operation: impl FnMut() -> Result<T, E>,
    ) -> Outcome<T, E>
    where
        C: Classifier<E>,
        R: ResultClassifier<T>,
    {
        let mut run = Run::new_timed(self, hooks);
        let returned = blocking::call(&mut run, self, operation);
        run.outcome(returned)
    }

    pub(super) fn execute_async_with<T, E, F>(
        &self,
        hooks: impl Hooks,
        operation: impl FnMut() -> F,
    ) -> impl Future<Output = Outcome<T, E>>
    where
        C: Classifier<E>,
        R: ResultClassifier<T>,
        F: Future<Output = Result<T, E>>,
    {
        let run = Run::prepare(self, hooks, true);
        future::CallFuture::new(self, run, operation, Run::outcome)
    }
}

// By reference, so that the drivers need not know of policies.
impl<C: Classifier<E>, R: ResultClassifier<T>, T, E> Judge<Result<T, E>> for &Policy<C, R> {
    #[inline]
    fn judge(self, returned: &Result<T, E>) -> Verdict {
        self.judge_errors_by(&self.classifiers.errors, returned)
    }
}

impl<C, R> Policy<C, R> {
    #[inline]
    pub(super) fn classify_error<E>(&self, error: &E) -> Classification
    where
        C: Classifier<E>,
    {
        self.classifiers.errors.classify(error)
    }

    /// Judges what an attempt returned, its errors by another classifier than the policy's.
    #[inline]
    pub(crate) fn judge_errors_by<T, E>(
        &self,
        errors: &impl Classifier<E>,
        returned: &Result<T, E>,
    ) -> Verdict
    where
        R: ResultClassifier<T>,
    {
        match returned {
            Ok(value) => Verdict::value(self.classifiers.values.classify(value)),
            Err(error) => Verdict::failed::<E>(errors.classify(error)),
        }
    }
}
