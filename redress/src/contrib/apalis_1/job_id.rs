use std::convert::Infallible;
use std::fmt;

use ::apalis_core_1::task::from_request::FromRequest;
use ::apalis_core_1::task::{ExecutionContext, Task};

use super::successor::JOB;

/// Names a job: the same in all its attempts, where each has a task of its own. It is the id of the first.
///
/// A handler takes it as an argument, as what the other side tells a repeated request by.
///
/// ```
/// # extern crate apalis_core_1 as apalis_core; // as users name it
/// use apalis_core::error::BoxDynError;
/// use redress::contrib::apalis_1::JobId;
///
/// async fn pay(amount: u32, job: JobId) -> Result<(), BoxDynError> {
///     println!("POST /payments, Idempotency-Key: {job}, {amount}");
///     Ok(())
/// }
/// # let _ = pay;
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct JobId(Option<String>);

impl JobId {
    /// Returns the name; `None` for a task without an id, which no storage delivers.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        self.0.as_deref()
    }

    pub(super) fn of(context: &ExecutionContext) -> Self {
        let first = context.metadata().get(JOB).map(str::to_owned);
        Self(first.or_else(|| context.task_id().map(ToString::to_string)))
    }
}

impl fmt::Display for JobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str().unwrap_or_default())
    }
}

impl<A: Send + Sync> FromRequest<Task<A>> for JobId {
    type Error = Infallible;

    async fn from_request(task: &Task<A>) -> Result<Self, Self::Error> {
        Ok(Self::of(task.ctx()))
    }
}
