//! What becomes of one task, whatever happens to it.

use std::time::{Duration, SystemTime};

use apalis::prelude::*;
use redress::classify::{PermanentError, ServerError};
use redress::contrib::apalis_1::{Deferring, JobError, JobId, Killed};
use redress::strategies::{fixed, retry_after_or};
use redress::{CircuitBreaker, ErrorClass, Policy, PolicyBuilder, StopReason};
use tower::ServiceExt as _;

use super::storage::Storage;

const ID: &str = "01K0A0000000000000000000AA";

/// A task as a storage delivers it.
fn delivered(attempts: usize) -> TaskBuilder<u32> {
    TaskBuilder::new(7)
        .task_id(TaskId::from_string(ID))
        .attempt(attempts)
        .status(Status::Queued)
}

fn policy() -> PolicyBuilder {
    Policy::builder()
        .strategy(retry_after_or(fixed(2)))
        .max_attempts(3)
}

/// Delivers a task to a body under a policy, and returns what the worker is told and what is written down.
macro_rules! deliver {
    ($storage:expr, $policy:expr, $task:expr, $body:expr) => {{
        let layer = Deferring::new($policy, $storage.clone());
        let body = tower::service_fn(|task: Task<u32>| async move {
            let body: fn(u32) -> Result<u32, BoxDynError> = $body;
            body(task.args)
        });
        let task: Task<u32> = $task.build();
        let context = task.ctx().clone();
        let mut service = layer.layer(body);
        let told: Result<Option<u32>, BoxDynError> =
            service.ready().await.unwrap().call(task).await;
        (told, context.status())
    }};
}

fn killed(told: Result<Option<u32>, BoxDynError>) -> (String, Option<StopReason>) {
    let error = told.unwrap_err();
    let abort = error.downcast_ref::<AbortError>().expect("it is no retry");
    let killed = std::error::Error::source(abort).unwrap();
    let killed = killed.downcast_ref::<Killed>().unwrap();
    (killed.to_string(), killed.stop_reason())
}

macro_rules! sqlite {
    ($storage:ident) => {
        let (mut $storage, _) = Storage::sqlite().await;
        let Storage::Sqlite($storage, _folder) = &mut $storage else {
            panic!()
        };
    };
}

async fn count(storage: &apalis_sqlite::SqliteStorage<u32>) -> i64 {
    let count = sqlx::query_scalar("SELECT count(*) FROM Jobs");
    count.fetch_one(storage.pool()).await.unwrap()
}

fn busy(_: u32) -> Result<u32, BoxDynError> {
    Err(ServerError::new("503").into())
}

/// A failure, a crash after its push, and the delivery that follows: one task goes on with the job.
macro_rules! one_chain {
    ($name:ident, $storage:ident) => {
        #[tokio::test]
        async fn $name() {
            let (mut held, _) = Storage::$name().await;
            let storage = match &held {
                Storage::$storage(storage, _) => storage.clone(),
                _ => unreachable!(),
            };
            let policy = policy().build().unwrap();
            let (told, status) = deliver!(storage, policy.clone(), delivered(0), busy);
            assert_eq!((told.unwrap(), status), (None, Status::Done));
            // Its worker died before that was written down.
            let unreached = |_| panic!("a task runs its body once");
            let (told, status) = deliver!(storage, policy.clone(), delivered(1), unreached);
            assert_eq!((told.unwrap(), status), (None, Status::Done));
            // The same, as Redis tells it.
            let again = delivered(0).status(Status::Running);
            let (told, _) = deliver!(storage, policy, again, unreached);
            assert_eq!(told.unwrap(), None);

            let (waiting, metadata) = held.waiting().await;
            assert_eq!(waiting, 1);
            // Of the failure, not of the crash: the first push counts.
            assert!(
                metadata.contains("redress1:attempts=1;failures=SERVER_ERROR:1"),
                "{metadata}"
            );
        }
    };
}

one_chain!(sqlite, Sqlite);
one_chain!(postgres, Postgres);
one_chain!(redis, Redis);

#[tokio::test]
async fn redis_forgets_keys_unless_it_is_told_how_long_to_keep_them() {
    let (mut held, _) = Storage::redis().await;
    let Storage::Redis(storage, _) = &mut held else {
        panic!()
    };
    let config = storage.get_config().clone().idempotency_ttl(None);
    let storage = storage.clone().with_config(config);
    for _ in 0..2 {
        let (told, _) = deliver!(storage, policy().build().unwrap(), delivered(0), busy);
        assert_eq!(told.unwrap(), None);
    }
    // A chain that forks, which the documentation warns of.
    assert_eq!(held.waiting().await.0, 2);
}

#[tokio::test]
async fn a_task_is_due_when_the_policy_says_and_no_earlier() {
    sqlite!(storage);
    let asks = |_| Err(RetryAfterError::new("later", Duration::from_millis(4_200)).into());
    let before = SystemTime::now();
    let (told, status) = deliver!(
        storage,
        policy().build().unwrap(),
        delivered(0).priority(3),
        asks
    );
    assert_eq!((told.unwrap(), status), (None, Status::Done));
    let row =
        "SELECT run_at, priority, idempotency_key, metadata ->> '$.\"redress.job\"' FROM Jobs";
    let (due, priority, key, job): (i64, i64, String, String) =
        sqlx::query_as(row).fetch_one(storage.pool()).await.unwrap();
    let due = SystemTime::UNIX_EPOCH + Duration::from_secs(u64::try_from(due).unwrap());
    assert!(due.duration_since(before).unwrap() >= Duration::from_millis(4_200));
    assert_eq!(
        (priority, key, job),
        (3, format!("redress:{ID}"), ID.to_owned())
    );
}

#[tokio::test]
async fn a_job_ends_with_its_caps_and_says_why() {
    sqlite!(storage);
    let token = |attempts: u32, failures: &str| {
        let token = format!(
            "redress1:attempts={attempts};failures={failures};last=TRANSIENT;cause=error;\
             slept=default:2000000000;elapsed=0;delay=2000000000"
        );
        let metadata = [("redress.token".to_owned(), token)].into_iter().collect();
        delivered(0).with_metadata(metadata)
    };
    let policy = || policy().build().unwrap();

    let (told, status) = deliver!(storage, policy(), token(2, "TRANSIENT:2"), busy);
    assert_eq!(status, Status::Killed);
    let (said, reason) = killed(told);
    assert_eq!(said, "MAX_ATTEMPTS_GLOBAL after 3 attempts: 503");
    assert_eq!(reason, Some(StopReason::MaxAttemptsGlobal));

    // A crash in the last attempt.
    let crashed = token(2, "TRANSIENT:2").attempt(1);
    let (told, status) = deliver!(storage, policy(), crashed, busy);
    assert_eq!(status, Status::Killed);
    let said = "MAX_ATTEMPTS_GLOBAL after 3 attempts: its worker died, it may have been done";
    assert_eq!(killed(told).0, said);

    let permanent = |_| Err(PermanentError::new("no such mailbox").into());
    let (told, status) = deliver!(storage, policy(), delivered(0), permanent);
    assert_eq!(status, Status::Killed);
    assert_eq!(
        killed(told).0,
        "NON_RETRYABLE_CLASS after 1 attempt: no such mailbox"
    );
    assert_eq!(count(storage).await, 0);
}

#[tokio::test]
async fn a_crash_has_the_class_that_the_layer_gives_it() {
    sqlite!(storage);
    let policy = policy()
        .max_class_attempts(ErrorClass::Unknown, 1)
        .build()
        .unwrap();
    let layer = Deferring::new(policy, storage.clone()).crash_as(ErrorClass::Unknown);
    let unreached = tower::service_fn(|_: Task<u32>| async { Err::<u32, BoxDynError>("".into()) });
    let told = layer.layer(unreached).oneshot(delivered(1).build()).await;
    assert_eq!(killed(told).1, Some(StopReason::MaxAttemptsPerClass));
}

#[tokio::test]
async fn what_the_handler_says_of_itself_counts_whatever_the_classifier_says() {
    sqlite!(storage);
    let transient = || {
        let all = |_: &JobError| ErrorClass::Transient;
        policy().classifier(all).build().unwrap()
    };
    let aborts = |_| Err(AbortError::new("the customer is gone").into());
    let (told, status) = deliver!(storage, transient(), delivered(0), aborts);
    assert_eq!(status, Status::Killed);
    let (said, reason) = killed(told);
    assert!(said.ends_with("the customer is gone"), "{said}");
    assert_eq!(reason, Some(StopReason::Aborted));

    let panics = |_| panic!("the mail has no address");
    let (told, status) = deliver!(storage, transient(), delivered(0), panics);
    assert_eq!(status, Status::Killed);
    assert_eq!(
        killed(told).0,
        "the handler panicked: the mail has no address"
    );
    assert_eq!(count(storage).await, 0);
}

#[tokio::test]
async fn a_token_that_cannot_be_read_ends_the_job_and_names_the_mistake() {
    sqlite!(storage);
    let metadata = [(
        "redress.token".to_owned(),
        "redress1:attempts=many".to_owned(),
    )];
    let task = delivered(0).with_metadata(metadata.into_iter().collect());
    let (told, status) = deliver!(storage, policy().build().unwrap(), task, busy);
    assert_eq!(status, Status::Killed);
    let (said, _) = killed(told);
    assert!(
        said.contains("redress.token") && said.contains("many"),
        "{said}"
    );
}

#[tokio::test]
async fn a_job_that_a_breaker_refuses_loses_nothing() {
    sqlite!(storage);
    let breaker = CircuitBreaker::new();
    breaker.force_open();
    let policy = policy().circuit_breaker(breaker).build().unwrap();
    let (told, status) = deliver!(storage, policy, delivered(0), busy);
    assert_eq!((told.unwrap(), status), (None, Status::Done));
    let metadata: String = sqlx::query_scalar("SELECT metadata FROM Jobs")
        .fetch_one(storage.pool())
        .await
        .unwrap();
    assert!(!metadata.contains("redress.token"), "{metadata}");
}

#[tokio::test]
async fn a_task_that_cannot_be_pushed_is_delivered_again() {
    sqlite!(storage);
    storage.pool().close().await;
    let (told, status) = deliver!(storage, policy().build().unwrap(), delivered(0), busy);
    assert!(told.unwrap_err().downcast_ref::<AbortError>().is_none());
    assert_eq!(status, Status::Failed);
}

#[tokio::test]
async fn a_handler_is_told_the_job() {
    let task = delivered(0).build();
    let job: JobId = task.extract().await.unwrap();
    assert_eq!(job.as_str(), Some(ID));
}
