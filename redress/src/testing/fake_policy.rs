use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use super::RecordedCall;
use super::recorded_call::{CallsLog, Recorder};
use crate::classify::ErrorClass;
use crate::delay::Delay;
use crate::observe::{Event, EventName, Observer};
use crate::outcome::Outcome;
use crate::policy::Execute;
use crate::reason::{Cause, StopReason};

/// A stand-in for a policy: it runs no engine, never waits, and gives each call a prepared answer.
/// Clones share the answers and the record.
///
/// | answer | the operation runs | the call ends with |
/// |---|---|---|
/// | [`passing`](Self::passing) | once | what the operation returned; an error is UNKNOWN, and stops at `MAX_ATTEMPTS_GLOBAL` |
/// | [`rejecting`](Self::rejecting), [`circuit_open`](Self::circuit_open) | never | an [`Error`](crate::Error) without a source, after 0 attempts |
///
/// Each answer is for one call; the last one repeats. No value counts as a failure: for code that
/// takes `&impl Execute<E, R>`, the result classifier `R` is [`AnyValue`](crate::classify::AnyValue).
///
/// ```
/// use redress::testing::FakePolicy;
/// use redress::{Execute, StopReason};
///
/// fn load(policy: &impl Execute<std::io::Error>) -> Result<u32, String> {
///     policy.call(|| Ok(7)).map_err(|e| e.stop_reason().to_string())
/// }
///
/// let policy = FakePolicy::passing().then_rejecting(StopReason::CircuitOpen);
/// assert_eq!(load(&policy), Ok(7));
/// assert_eq!(load(&policy), Err("CIRCUIT_OPEN".into()));
/// assert_eq!(policy.calls()[1].attempts, 0);
/// ```
#[derive(Debug, Clone)]
pub struct FakePolicy {
    /// Holds at least one.
    answers: Vec<Answer>,
    answered: Arc<AtomicUsize>,
    calls: CallsLog,
    operation: Option<String>,
}

#[derive(Debug, Clone, Copy)]
enum Answer {
    Pass,
    Reject {
        reason: StopReason,
        retry_after: Option<Duration>,
    },
}

impl Answer {
    const fn rejection(reason: StopReason) -> Self {
        Self::Reject {
            reason,
            retry_after: None,
        }
    }
}

impl FakePolicy {
    /// Creates a policy that runs the operation once and returns what it returned.
    #[must_use]
    pub fn passing() -> Self {
        Self::answering(Answer::Pass)
    }

    /// Creates a policy that runs nothing and stops for `reason`.
    #[must_use]
    pub fn rejecting(reason: StopReason) -> Self {
        Self::answering(Answer::rejection(reason))
    }

    /// Creates a policy that runs nothing, as if a circuit breaker refused every call until
    /// `retry_after` has passed, a `Duration` or a number of seconds.
    ///
    /// ```
    /// use std::time::Duration;
    /// use redress::{Execute, testing::FakePolicy};
    ///
    /// let policy = FakePolicy::circuit_open(30);
    /// let error = policy.call(|| Ok::<_, std::io::Error>(())).unwrap_err();
    /// assert_eq!(error.retry_after(), Some(Duration::from_secs(30)));
    /// ```
    #[must_use]
    pub fn circuit_open(retry_after: impl Into<Delay>) -> Self {
        Self::answering(Answer::Reject {
            reason: StopReason::CircuitOpen,
            retry_after: Some(retry_after.into().saturate()),
        })
    }

    /// Runs the operation once in the next call, and in those after it unless another answer
    /// follows.
    #[must_use]
    pub fn then_passing(mut self) -> Self {
        self.answers.push(Answer::Pass);
        self
    }

    /// Stops for `reason` in the next call, and in those after it unless another answer follows.
    #[must_use]
    pub fn then_rejecting(mut self, reason: StopReason) -> Self {
        self.answers.push(Answer::rejection(reason));
        self
    }

    /// Names the operation in the record. Default: no name.
    #[must_use]
    pub fn operation(mut self, name: impl Into<String>) -> Self {
        self.operation = Some(name.into());
        self
    }

    /// Returns the calls in the order of their starts, including those still running.
    #[must_use]
    pub fn calls(&self) -> Vec<RecordedCall> {
        self.calls.list()
    }

    /// Clears the record. The answers continue where they were.
    pub fn clear(&self) {
        self.calls.clear();
    }

    fn answering(answer: Answer) -> Self {
        Self {
            answers: vec![answer],
            answered: Arc::default(),
            calls: CallsLog::default(),
            operation: None,
        }
    }

    fn next_answer(&self) -> Answer {
        let n = self.answered.fetch_add(1, Ordering::Relaxed);
        let answer = self.answers.get(n).or(self.answers.last());
        answer.copied().unwrap_or(Answer::Pass)
    }

    async fn answer_async<T, E, F>(&self, mut operation: impl FnMut() -> F) -> Outcome<T, E>
    where
        F: Future<Output = Result<T, E>>,
    {
        let call = self.calls.start();
        match self.next_answer() {
            Answer::Pass => {
                self.start_attempt(&call);
                let returned = operation().await;
                self.finish(&call, passed(returned))
            }
            Answer::Reject {
                reason,
                retry_after,
            } => self.finish(&call, rejected(reason, retry_after)),
        }
    }

    fn start_attempt(&self, call: &Recorder) {
        call.observer()
            .on_attempt_start(&crate::observe::AttemptStart {
                attempt: 1,
                elapsed: Duration::ZERO,
                operation: self.operation.as_deref(),
            });
    }

    /// Records the end of a call, with the one event that a policy would have emitted.
    fn finish<T, E>(&self, call: &Recorder, outcome: Outcome<T, E>) -> Outcome<T, E> {
        let name = outcome.stop_reason.map(EventName::of_stop);
        call.observer().on_event(&Event {
            name: name.unwrap_or(EventName::Success),
            attempt: outcome.attempts,
            elapsed: Duration::ZERO,
            sleep: Duration::ZERO,
            class: outcome.last_class,
            stop_reason: outcome.stop_reason,
            cause: outcome.cause,
            error_type: outcome.cause.map(|_| std::any::type_name::<E>()),
            classification: None,
            operation: self.operation.as_deref(),
        });
        call.end(&outcome);
        outcome
    }
}

fn passed<T, E>(returned: Result<T, E>) -> Outcome<T, E> {
    let failed = returned.is_err();
    let (value, error) = match returned {
        Ok(value) => (Some(value), None),
        Err(error) => (None, Some(error)),
    };
    Outcome {
        attempts: 1,
        elapsed: Duration::ZERO,
        stop_reason: failed.then_some(StopReason::MaxAttemptsGlobal),
        last_class: failed.then_some(ErrorClass::Unknown),
        cause: failed.then_some(Cause::Error),
        last_result: value,
        last_error: error,
        next_sleep: None,
        retry_after: None,
        timeline: None,
        resume: None,
    }
}

const fn rejected<T, E>(reason: StopReason, retry_after: Option<Duration>) -> Outcome<T, E> {
    Outcome {
        attempts: 0,
        elapsed: Duration::ZERO,
        stop_reason: Some(reason),
        last_class: None,
        cause: None,
        last_result: None,
        last_error: None,
        next_sleep: None,
        retry_after,
        timeline: None,
        resume: None,
    }
}

impl<E> Execute<E> for FakePolicy {
    fn execute<T>(&self, mut operation: impl FnMut() -> Result<T, E>) -> Outcome<T, E> {
        let call = self.calls.start();
        match self.next_answer() {
            Answer::Pass => {
                self.start_attempt(&call);
                self.finish(&call, passed(operation()))
            }
            Answer::Reject {
                reason,
                retry_after,
            } => self.finish(&call, rejected(reason, retry_after)),
        }
    }

    fn execute_async<T, F>(
        &self,
        operation: impl FnMut() -> F,
    ) -> impl Future<Output = Outcome<T, E>>
    where
        F: Future<Output = Result<T, E>>,
    {
        self.answer_async(operation)
    }

    fn execute_send<T, F>(
        &self,
        operation: impl FnMut() -> F + Send,
    ) -> impl Future<Output = Outcome<T, E>> + Send
    where
        F: Future<Output = Result<T, E>> + Send,
        T: Send,
        E: Send,
    {
        self.answer_async(operation)
    }
}
