//! What becomes of a task that was delivered.

use std::future::pending;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::{Duration, Instant, SystemTime};

use ::apalis_core_1::backend::{BackendConfig, TaskSink};
use ::apalis_core_1::error::{AbortError, BoxDynError};
use ::apalis_core_1::task::ExecutionContext;
use ::apalis_core_1::task::status::Status;

use super::caught::caught;
use super::error::Stop;
use super::lease::Lease;
use super::successor::{TOKEN, due, is_there_already, successor};
use super::{JobError, Killed};
use crate::classify::{Classifier, ErrorClass, ResultClassifier};
use crate::drive::{SleepDecision, Step};
use crate::engine::{Attempted, ResumeToken};
use crate::outcome::Outcome;
use crate::policy::Policy;
use crate::reason::StopReason;

/// How soon a job comes back that a circuit breaker refused without saying for how long.
const AGAIN: Duration = Duration::from_secs(1);

/// A task, and all that decides what becomes of its job.
pub(super) struct Delivery<A, B, C, R> {
    pub(super) args: A,
    pub(super) context: Arc<ExecutionContext>,
    pub(super) storage: B,
    pub(super) policy: Policy<C, R>,
    pub(super) lease: Option<Lease<B>>,
}

impl<A, B, C, R> Delivery<A, B, C, R>
where
    A: Clone + Send + Sync + 'static,
    B: BackendConfig<Args = A> + TaskSink<A, <B as BackendConfig>::Kind>,
    B: Clone + Send + Sync + 'static,
    C: Classifier<JobError> + Send + Sync,
    R: Send + Sync,
{
    /// Makes the attempt.
    pub(super) async fn run<F, T, E>(self, body: F) -> Result<Option<T>, BoxDynError>
    where
        F: Future<Output = Result<T, E>> + Send,
        E: Into<BoxDynError>,
        T: Send,
        R: ResultClassifier<T>,
    {
        let token = match self.token() {
            Ok(token) => token,
            Err(killed) => return self.kill(killed),
        };
        if let (Some(written), Some(id)) = (self.lease, self.context.task_id())
            && let Err(error) = written(self.storage.clone(), id.clone()).await
        {
            return self.fail(error);
        }
        let begun = AtomicBool::new(false);
        let outcome = match caught(self.attempt(token.clone(), body, &begun)).await {
            Ok(outcome) => outcome,
            Err(message) => return self.kill(Killed::panicked(message)),
        };
        match (outcome.stop_reason, outcome.resume_token()) {
            (None, _) => {
                self.context.raw_status().store(Status::Done);
                Ok(outcome.last_result)
            }
            (Some(_), Some(token)) => self.defer(Some(&token), token.delay()).await,
            // Refused by a breaker or a gate, before anything was tried: the job has lost nothing.
            (Some(StopReason::CircuitOpen), None) if !begun.load(Relaxed) => {
                let delay = outcome.retry_after.unwrap_or(AGAIN);
                self.defer(token.as_ref(), delay).await
            }
            (Some(reason), None) => match outcome.retry_after {
                Some(delay) if !begun.load(Relaxed) => self.defer(token.as_ref(), delay).await,
                _ => self.kill(Killed::stopped(Stop {
                    reason,
                    attempts: outcome.attempts,
                    class: outcome.last_class,
                    last: outcome.last_error,
                })),
            },
        }
    }

    async fn attempt<F, T, E>(
        &self,
        token: Option<ResumeToken>,
        body: F,
        begun: &AtomicBool,
    ) -> Outcome<T, JobError>
    where
        F: Future<Output = Result<T, E>> + Send,
        E: Into<BoxDynError>,
        T: Send,
        R: ResultClassifier<T>,
    {
        let aborted = &AtomicBool::new(false);
        let mut body = Some(body);
        let operation = || {
            let body = body.take();
            async move {
                // The policy waits for no second attempt: each is deferred.
                let Some(body) = body else {
                    return pending().await;
                };
                begun.store(true, Relaxed);
                body.await.map_err(|error| {
                    let error = JobError::new(error);
                    // Whatever the classifier makes of it.
                    aborted.store(error.downcast_ref::<AbortError>().is_some(), Relaxed);
                    error
                })
            }
        };
        let mut context = self
            .policy
            .context()
            .sleep_handler(|_, _| SleepDecision::Defer)
            .abort_if(|| aborted.load(Relaxed));
        if let Some(queue) = self.context.queue() {
            context = context.operation(queue.as_ref());
        }
        match token {
            Some(token) => context.resume(token).execute_async(operation).await,
            None => context.execute_async(operation).await,
        }
    }

    /// Counts an attempt of which nobody knows how it ended.
    ///
    /// If it ended with a push, this one finds the key taken, and the chain goes on from the other.
    pub(super) async fn after_crash<T>(self, crash: ErrorClass) -> Result<Option<T>, BoxDynError> {
        let token = match self.token() {
            Ok(token) => token,
            Err(killed) => return self.kill(killed),
        };
        let (step, attempts, token) = self.count(token.as_ref(), crash);
        match (step, token) {
            (_, Some(token)) => self.defer(Some(&token), token.delay()).await,
            (Step::Stop(reason), None) => self.kill(Killed::worker_died(Stop {
                reason,
                attempts,
                class: Some(crash),
                last: None,
            })),
            // Neither can follow a failure.
            (_, None) => self.defer(None, Duration::ZERO).await,
        }
    }

    fn count(
        &self,
        token: Option<&ResumeToken>,
        crash: ErrorClass,
    ) -> (Step, u32, Option<ResumeToken>) {
        let now = Instant::now();
        let mut steps = match token {
            Some(token) => self.policy.resume(token, now),
            None => self.policy.start(now),
        };
        let mut step = steps.next_attempt(now);
        if matches!(step, Step::Attempt(_)) {
            step = steps.record(Attempted::Failed(crash.into()), now);
        }
        (step, steps.attempts(), steps.resume_token())
    }

    fn token(&self) -> Result<Option<ResumeToken>, Killed> {
        let stored = self.context.metadata().get(TOKEN);
        stored.map(str::parse).transpose().map_err(Killed::token)
    }

    /// Pushes the task that goes on with the job, then lets the storage take this one for done.
    async fn defer<T>(
        &self,
        token: Option<&ResumeToken>,
        delay: Duration,
    ) -> Result<Option<T>, BoxDynError> {
        let due = due(SystemTime::now(), delay);
        let push = || {
            // A clone each time: one whose push failed may keep it for the next flush.
            let mut storage = self.storage.clone();
            let task = successor(self.args.clone(), &self.context, token, due);
            async move {
                match storage.push_task(task).await {
                    Err(error) if is_there_already(&error) => Ok(()),
                    pushed => pushed,
                }
            }
        };
        let policy = Policy::new();
        match policy
            .context()
            .operation("redress push")
            .call_async(push)
            .await
        {
            Ok(()) => {
                self.context.raw_status().store(Status::Done);
                Ok(None)
            }
            Err(error) => self.fail(error.into()),
        }
    }

    /// Lets the storage deliver the task again.
    fn fail<T>(&self, error: BoxDynError) -> Result<Option<T>, BoxDynError> {
        self.context.raw_status().store(Status::Failed);
        Err(error)
    }

    fn kill<T>(&self, killed: Killed) -> Result<Option<T>, BoxDynError> {
        self.context.raw_status().store(Status::Killed);
        Err(Box::new(AbortError::new(killed)))
    }
}
