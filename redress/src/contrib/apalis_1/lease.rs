//! Waits until a storage knows that a task has begun.

use std::pin::Pin;
use std::time::Duration;

use ::apalis_core_1::backend::{Backend, FetchById};
use ::apalis_core_1::error::BoxDynError;
use ::apalis_core_1::task::Task;
use ::apalis_core_1::task::status::Status;
use ::apalis_core_1::task::task_id::TaskId;

use crate::policy::Policy;
use crate::strategies::exponential;

/// How a layer waits for a lease: a function, so that what it needs of a storage is asked where it is chosen.
pub(super) type Lease<B> =
    fn(B, TaskId) -> Pin<Box<dyn Future<Output = Result<(), BoxDynError>> + Send>>;

/// How long it waits: much longer than a write takes, much shorter than a worker may be silent.
const LIMIT: Duration = Duration::from_secs(10);

/// Waits until `storage` says that the task runs.
pub(super) fn written<B, X>(
    storage: B,
    id: TaskId,
) -> Pin<Box<dyn Future<Output = Result<(), BoxDynError>> + Send>>
where
    B: FetchById + Backend<Task = Task<X>> + Clone + Send + Sync + 'static,
    X: Send + Sync + 'static,
{
    Box::pin(async move {
        // Most leases are there at the second look.
        let policy = Policy::builder()
            .strategy(exponential(0.001, 0.05))
            .deadline(LIMIT)
            .build()
            .unwrap_or_else(|_| Policy::polling(LIMIT));
        let look = || {
            let (mut storage, id) = (storage.clone(), id.clone());
            async move { storage.fetch_by_id(&id).await }
        };
        let runs = |task: &Option<Task<X>>| {
            task.as_ref()
                .is_some_and(|task| task.status() == Status::Running)
        };
        let context = policy.context().operation("redress lease");
        match context.until_async(look, runs).await {
            Ok(_) => Ok(()),
            Err(error) if error.last_value().is_some() => Err(
                "the storage has not written that the task runs: its configuration needs `lock_tasks(true)`"
                    .into(),
            ),
            Err(error) => Err(crate::error::Error::from(error).into()),
        }
    })
}
