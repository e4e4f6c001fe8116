//! Jobs of [`apalis`](::apalis_core_1) 1 under a policy. Feature `apalis-1`.
//!
//! [`Deferring`] is a layer of a worker. It makes one attempt of a job; instead of sleeping until the next
//! one it pushes a new task into the queue, due when the policy says, and ends the old one. Attempts, caps,
//! backoff and deadline are the policy's alone, and continue in whichever worker takes the task.
//!
#![cfg_attr(not(doctest), doc = include_str!("example.md"))]
//!
//! | how an attempt ends | the task | the job |
//! |---|---|---|
//! | it succeeds | `Done`, with its value | is done |
//! | it fails, and the policy would sleep | `Done`, with `null` | goes on as a new task |
//! | it fails, and the policy stops | `Killed`, with [`Killed`] as the reason | is over |
//! | [`AbortError`] | `Killed` | is over |
//! | the handler panics | `Killed`, with the message of the panic | is over |
//! | an open circuit breaker or a closed gate refuses it | `Done`, with `null` | goes on as a new task, with the attempts that it had |
//! | its worker dies | is delivered again by the storage, and `Done` with `null` | **the attempt counts as a failure**, and the job goes on as a new task or is `Killed` |
//! | the new task cannot be pushed | `Failed` | is delivered again, and the attempt counts as one whose worker died |
//!
//! So a task runs its body at most once, and the tasks of a job are a chain: each names the job
//! ([`JobId`]) and carries the [`ResumeToken`] of the one before, under the metadata `redress.token`. A
//! worker that dies between the push and the acknowledgement does not fork the chain: the new task has an
//! idempotency key that is made of the old one's id, and a second push of it is none.
//!
//! A body may happen although its worker died, or lost its lease, before it could say so: then it happens
//! again. Make it idempotent by the [`JobId`], which all attempts of a job have in common.
//!
//! # What to know
//!
//! - **Delays are whole seconds**, rounded up: tasks are never due before the policy says, by the clock of
//!   the worker. A strategy that should obey hints is `retry_after_or`; [`RetryAfterError`] is a hint.
//! - **Give the policy a deadline of hours**: the default is 60 s, and counts delays. Give it no budget: a
//!   job that the budget refuses to pay for is over.
//! - **The handler's error reaches the policy as [`JobError`]**: the default classifier looks into it, and
//!   `DefaultClassifier.knows::<MailError>()` asks your own type. A policy with a closure takes
//!   `|error: &JobError|`.
//! - **The result is an `Option`**: `null` where the job goes on. A value is stored as it would be without
//!   the layer.
//! - **Leave `max_attempts` of tasks as it is** (25): it bounds deliveries after failed pushes, no attempts
//!   of the policy's. Use no `.retry(..)` of apalis beside this layer.
//! - **A task in a dead worker's batch counts as an attempt**, even if its turn had not come: the storages do
//!   not tell (Redis does). A small `batch_size` loses less, and so does a worker that is stopped, in
//!   place of killed, when it is idle.
//! - **A worker that is taken for dead and is not** (`missed_heartbeats`) goes on with its body, and the job goes on
//!   beside it: the body may run twice at once, and what the first one says is not kept.
//! - **Each attempt is a task**, and stays in the storage until it is vacuumed. Remove none that ended more
//!   recently than a dead worker may go unseen: its key keeps the chain from forking.
//! - **A gate that is closed for less than the deadline** is waited for in the worker, which holds its slot.
//! - **Several layers**: what stands above this one in the builder sees the job's result, what stands below
//!   it is part of the attempt.
//!
//! | storage, version 1.0 | the key | a dead worker's task |
//! |---|---|---|
//! | `apalis-sqlite` | unique with the queue; a second push is ignored | comes with one more attempt |
//! | `apalis-postgres` | unique with the queue; a second push is an error, which is taken for what it is | comes with one more attempt |
//! | `apalis-redis` | **kept only with [`Config::idempotency_ttl`]**: set it to longer than a dead worker goes unseen, say a day | comes as `Running`, if that was written before it died: see [`Deferring::wait_for_lease`] |
//!
//! [`AbortError`]: ::apalis_core_1::error::AbortError
//! [`RetryAfterError`]: ::apalis_core_1::error::RetryAfterError
//! [`ResumeToken`]: crate::call::ResumeToken
//! [`Config::idempotency_ttl`]: https://docs.rs/apalis-redis/1/apalis_redis/struct.Config.html#method.idempotency_ttl
//!
//! # Sources
//!
//! | what | where |
//! |---|---|
//! | that the status of a task is set below this layer and written down above it | `apalis-core` 1.0.0, `worker/lifecycle.rs`, `backend/persistence/service.rs` |
//! | how keys are kept | `apalis-sqlite` 1.0.0 `queries/task/sink.sql`, `apalis-postgres` 1.0.0 `migrations/20260508093314_idempotency_key.sql`, `apalis-redis` 1.0.0 `lua/batch_push.lua`, where a time to live of 0 deletes the key at once |
//! | what is delivered again, and how | `reenqueue_orphaned.sql` and `.lua` of each |

mod caught;
mod delivery;
mod error;
mod job_id;
mod layer;
mod lease;
mod successor;

use std::error::Error;

use ::apalis_core_1::error::{AbortError, DeferredError, RetryAfterError};

pub use error::{JobError, Killed};
pub use job_id::JobId;
pub use layer::{Deferring, DeferringService};

use super::says_itself;
use crate::classify::{Classification, Classify, ErrorClass};

impl Classify for AbortError {
    /// Aborts: the handler says that the job is over.
    fn classify(&self) -> Classification {
        Classification::abort()
    }
}

impl Classify for RetryAfterError {
    /// TRANSIENT, with the duration as a hint.
    fn classify(&self) -> Classification {
        Classification::new(ErrorClass::Transient).retry_after(self.get_duration())
    }
}

impl Classify for DeferredError {
    /// TRANSIENT.
    fn classify(&self) -> Classification {
        ErrorClass::Transient.into()
    }
}

pub(super) fn classify_link(link: &(dyn Error + 'static)) -> Option<Classification> {
    says_itself::<AbortError>(link)
        .or_else(|| says_itself::<RetryAfterError>(link))
        .or_else(|| says_itself::<DeferredError>(link))
}
