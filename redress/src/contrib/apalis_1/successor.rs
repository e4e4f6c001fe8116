//! The task that goes on with a job.

use std::error::Error;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use ::apalis_core_1::task::builder::TaskBuilder;
use ::apalis_core_1::task::{ExecutionContext, Task};

use super::job_id::JobId;
use crate::engine::ResumeToken;

/// The metadata in which the token is.
pub(super) const TOKEN: &str = "redress.token";

/// The metadata in which the id of the job's first task is.
pub(super) const JOB: &str = "redress.job";

/// The end of the year 9999. What databases take for a time ends later, and no delay is meant to be longer.
const LATEST: u64 = 253_402_300_799;

/// Makes the task that follows one, due after `delay` at the earliest.
pub(super) fn successor<A>(
    args: A,
    of: &ExecutionContext,
    token: Option<&ResumeToken>,
    due: u64,
) -> Task<A> {
    let mut metadata = of.metadata().clone();
    if let Some(token) = token {
        metadata.replace(TOKEN, token.to_string());
    }
    if let Some(job) = JobId::of(of).as_str() {
        metadata.replace(JOB, job);
    }
    let mut task = TaskBuilder::new(args)
        .with_metadata(metadata)
        .run_at_timestamp(due);
    if let Some(id) = of.task_id() {
        // Not of the key that the old task has: who removes old tasks frees their keys, and a later job with
        // the same key must not find those of its predecessor taken. An id is never used again.
        task = task.idempotency_key(format!("redress:{id}"));
    }
    if let Some(priority) = of.priority() {
        task = task.priority(priority);
    }
    if let Some(max_attempts) = of.max_attempts() {
        task = task.max_attempts(max_attempts);
    }
    task.build()
}

/// Returns the first whole second of the wall clock that is not earlier than `now + delay`.
pub(super) fn due(now: SystemTime, delay: Duration) -> u64 {
    let now = now.duration_since(UNIX_EPOCH).unwrap_or_default();
    let due = now.saturating_add(delay);
    let begun = u64::from(due.subsec_nanos() > 0);
    due.as_secs().saturating_add(begun).min(LATEST)
}

/// Returns `true` if a push failed because the same task was pushed before.
///
/// `apalis-postgres` 1.0.0 leaves that to its unique index, whose name the server puts into the message in
/// every language. A pushed task of ours has one key, so that the index can mean no other.
pub(super) fn is_there_already(error: &(dyn Error + 'static)) -> bool {
    let mut link = Some(error);
    while let Some(error) = link {
        if error.to_string().contains("idx_jobs_idempotency_key") {
            return true;
        }
        link = error.source();
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_task_is_never_due_before_its_delay_has_passed() {
        let at = |millis| UNIX_EPOCH + Duration::from_millis(millis);
        for (now, delay, second) in [
            (0, Duration::ZERO, 0),
            (1, Duration::ZERO, 1),
            (1_000, Duration::from_secs(4), 5),
            (1_001, Duration::from_secs(4), 6),
            (1_999, Duration::from_millis(1), 2),
            (1_999, Duration::from_nanos(1_000_001), 3),
            (1_000, Duration::MAX, LATEST),
        ] {
            assert_eq!(due(at(now), delay), second, "{now} ms + {delay:?}");
        }
        // A clock that is before 1970.
        let before = UNIX_EPOCH - Duration::from_secs(9);
        assert_eq!(due(before, Duration::from_secs(4)), 4);
    }

    #[test]
    fn the_chain_of_a_job_keeps_its_name_and_has_one_key_for_each_task() {
        let first = TaskBuilder::new(())
            .task_id("a".to_owned().into())
            .idempotency_key("order-17")
            .priority(3)
            .max_attempts(9)
            .build();
        let second = successor((), first.ctx(), None, 5);
        assert_eq!(second.idempotency_key(), Some("redress:a"));
        assert_eq!(JobId::of(second.ctx()).as_str(), Some("a"));
        assert_eq!(second.metadata().get(TOKEN), None);
        assert_eq!(
            (second.priority(), second.max_attempts()),
            (Some(3), Some(9))
        );
        assert_eq!(second.run_at(), Some(5));

        let second = second.into_builder().task_id("b".to_owned().into()).build();
        let third = successor((), second.ctx(), None, 6);
        assert_eq!(third.idempotency_key(), Some("redress:b"));
        assert_eq!(JobId::of(third.ctx()).as_str(), Some("a"));
    }
}
