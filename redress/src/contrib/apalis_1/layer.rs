use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use ::apalis_core_1::backend::{Backend, BackendConfig, FetchById, TaskSink};
use ::apalis_core_1::error::BoxDynError;
use ::apalis_core_1::task::Task;
use ::apalis_core_1::task::status::Status;
use ::tower_layer_0_3::Layer;
use ::tower_service_0_3::Service;

use super::JobError;
use super::delivery::Delivery;
use super::lease::{Lease, written};
use crate::classify::{AnyValue, Classifier, DefaultClassifier, ErrorClass, ResultClassifier};
use crate::policy::Policy;

/// Runs the jobs of a worker under a policy, and defers their retries through the queue.
///
/// A clone shares the policy. See [the page](super) for what becomes of a job.
pub struct Deferring<B, C = DefaultClassifier, R = AnyValue> {
    policy: Policy<C, R>,
    storage: B,
    crash: ErrorClass,
    lease: Option<Lease<B>>,
}

impl<B, C, R> Deferring<B, C, R> {
    /// Creates a layer that pushes what a policy defers into `storage`: a clone of the worker's, before
    /// `.poll_with_strategy(..)` and its like.
    #[must_use]
    pub const fn new(policy: Policy<C, R>, storage: B) -> Self {
        Self {
            policy,
            storage,
            crash: ErrorClass::Transient,
            lease: None,
        }
    }

    /// Sets the class of an attempt whose worker died, by which it counts against the caps of the policy.
    /// Default: TRANSIENT. UNKNOWN gives up a job after its second worker.
    ///
    /// ```
    /// # extern crate apalis_core_1 as apalis_core; // as users name it
    /// use apalis_core::backend::memory::MemoryStorage;
    /// use redress::contrib::apalis_1::Deferring;
    /// use redress::{ErrorClass, Policy};
    ///
    /// let storage = MemoryStorage::<u32>::new();
    /// let layer = Deferring::new(Policy::new(), storage).crash_as(ErrorClass::Unknown);
    /// # let _ = layer;
    /// ```
    #[must_use]
    pub const fn crash_as(mut self, class: ErrorClass) -> Self {
        self.crash = class;
        self
    }

    /// Begins no attempt before the storage has written that its task runs, for `apalis-redis`.
    ///
    /// Redis tells by that whether a task had begun when its worker died, and apalis writes it while the body
    /// runs already. A body that kills its worker in the first moments, always, would be delivered for ever.
    /// SQL storages need none of this. It costs two round trips or more for each attempt. Where nothing is
    /// written within 10 s, the task is `Failed` without an attempt, and is delivered again.
    ///
    /// Set `batch_size(1)` in the storage's `Config`: of a larger batch each task waits for what is written of all.
    ///
    /// ```no_run
    /// # extern crate apalis_core_1 as apalis_core; // as users name it
    /// use apalis_core::backend::{Backend, FetchById};
    /// use apalis_core::task::Task;
    /// use redress::Policy;
    /// use redress::contrib::apalis_1::Deferring;
    ///
    /// fn layer<S>(storage: S) -> Deferring<S> // a `RedisStorage`
    /// where
    ///     S: FetchById + Backend<Task = Task<Vec<u8>>> + Clone + Send + Sync + 'static,
    /// {
    ///     Deferring::new(Policy::new(), storage).wait_for_lease()
    /// }
    /// ```
    #[must_use]
    pub fn wait_for_lease<X>(mut self) -> Self
    where
        B: FetchById + Backend<Task = Task<X>> + Clone + Send + Sync + 'static,
        X: Send + Sync + 'static,
    {
        self.lease = Some(written::<B, X>);
        self
    }
}

impl<S, B: Clone, C, R> Layer<S> for Deferring<B, C, R> {
    type Service = DeferringService<S, B, C, R>;

    fn layer(&self, inner: S) -> Self::Service {
        DeferringService {
            inner,
            layer: self.clone(),
        }
    }
}

/// A service that defers: what [`Deferring`] makes.
pub struct DeferringService<S, B, C = DefaultClassifier, R = AnyValue> {
    inner: S,
    layer: Deferring<B, C, R>,
}

impl<S, A, B, C, R> Service<Task<A>> for DeferringService<S, B, C, R>
where
    S: Service<Task<A>>,
    S::Response: Send + 'static,
    S::Error: Into<BoxDynError> + 'static,
    S::Future: Send + 'static,
    A: Clone + Send + Sync + 'static,
    B: BackendConfig<Args = A> + TaskSink<A, <B as BackendConfig>::Kind>,
    B: Clone + Send + Sync + 'static,
    C: Classifier<JobError> + Send + Sync + 'static,
    R: ResultClassifier<S::Response> + Send + Sync + 'static,
{
    /// `None` where the job goes on as another task.
    type Response = Option<S::Response>;
    type Error = BoxDynError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, BoxDynError>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx).map_err(Into::into)
    }

    fn call(&mut self, task: Task<A>) -> Self::Future {
        let delivery = Delivery {
            args: task.args.clone(),
            context: task.ctx().clone(),
            storage: self.layer.storage.clone(),
            policy: self.layer.policy.clone(),
            lease: self.layer.lease,
        };
        // A task runs its body once. One that comes again may have begun to: SQL storages count it up,
        // Redis has left the lease on it.
        if task.attempt() > 0 || task.status() == Status::Running {
            return Box::pin(delivery.after_crash(self.layer.crash));
        }
        Box::pin(delivery.run(self.inner.call(task)))
    }
}

impl<B: Clone, C, R> Clone for Deferring<B, C, R> {
    fn clone(&self) -> Self {
        Self {
            policy: self.policy.clone(),
            storage: self.storage.clone(),
            crash: self.crash,
            lease: self.lease,
        }
    }
}

impl<S: Clone, B: Clone, C, R> Clone for DeferringService<S, B, C, R> {
    fn clone(&self) -> Self {
        Self {
            inner: self.inner.clone(),
            layer: self.layer.clone(),
        }
    }
}

impl<B, C, R> fmt::Debug for Deferring<B, C, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Deferring")
            .field("policy", &self.policy)
            .field("crash", &self.crash)
            .finish_non_exhaustive()
    }
}

impl<S: fmt::Debug, B, C, R> fmt::Debug for DeferringService<S, B, C, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DeferringService")
            .field("inner", &self.inner)
            .field("layer", &self.layer)
            .finish()
    }
}
