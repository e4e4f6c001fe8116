//! The ways in which a policy ends a call.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::{Context, Poll, Waker};

use redress::classify::AnyValue;
use redress::observe::CallResult;
use redress::strategies::{fixed, instant};
use redress::testing::VirtualClock;
use redress::{
    Budget, CallContext, CircuitBreaker, Classification, ErrorClass, Policy, PolicyBuilder,
    SleepDecision,
};

use super::Watch;

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Failure {
    Down,
    NotFound,
    Unknown,
    Abort,
    Forbidden,
}

fn classify(failure: &Failure) -> Classification {
    match failure {
        Failure::Down => ErrorClass::Transient.into(),
        Failure::NotFound => ErrorClass::Permanent.into(),
        Failure::Unknown => ErrorClass::Unknown.into(),
        Failure::Abort => Classification::abort(),
        Failure::Forbidden => Classification::new(ErrorClass::ServerError).no_retry(),
    }
}

pub(super) type Classify = fn(&Failure) -> Classification;
pub(super) type Builder = PolicyBuilder<Classify>;
pub(super) type TestPolicy = Policy<Classify>;

/// A policy that is watched, without a strategy, in virtual time.
pub(super) fn builder(watch: &impl Watch) -> Builder {
    in_real_time(watch).clock(VirtualClock::new())
}

pub(super) fn in_real_time(watch: &impl Watch) -> Builder {
    let builder = Policy::builder().classifier(classify as Classify);
    let builder = builder.operation("op").max_attempts(3);
    builder.on_event(watch.observer())
}

/// What the context of a call does.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Hook {
    Nothing,
    Defers,
    Aborts,
}

/// One way to end: how, the policy, what the operation returns how often, and the hook.
pub(super) struct Way {
    pub(super) result: CallResult,
    build: fn(Builder) -> Builder,
    failure: Failure,
    fails: u32,
    pub(super) hook: Hook,
}

fn way(result: CallResult, failure: Failure, build: fn(Builder) -> Builder) -> Way {
    Way {
        result,
        build,
        failure,
        fails: u32::MAX,
        hook: Hook::Nothing,
    }
}

fn open() -> CircuitBreaker {
    let breaker = CircuitBreaker::new();
    breaker.force_open();
    breaker
}

fn opens_at_an_attempt() -> CircuitBreaker {
    let breaker = CircuitBreaker::builder().failure_threshold(1);
    breaker.observe_attempts().build().unwrap()
}

pub(super) fn ways() -> Vec<Way> {
    use CallResult as R;
    use Failure::{Abort, Down, Forbidden, NotFound, Unknown};
    vec![
        Way {
            fails: 0,
            ..way(R::Success, Down, |b| b)
        },
        Way {
            fails: 2,
            ..way(R::SuccessAfterRetry, Down, |b| b)
        },
        way(R::Aborted, Abort, |b| b),
        Way {
            hook: Hook::Aborts,
            ..way(R::Aborted, Down, |b| b)
        },
        way(R::RetryForbidden, Forbidden, |b| b),
        way(R::MaxAttemptsExceeded, Down, |b| b),
        way(R::MaxAttemptsExceeded, Down, |b| {
            b.max_class_attempts(ErrorClass::Transient, 2)
        }),
        way(R::PermanentFail, NotFound, |b| b),
        way(R::MayHaveBeenApplied, Down, PolicyBuilder::once),
        way(R::MaxUnknownAttemptsExceeded, Unknown, |b| b),
        way(R::DeadlineExceeded, Down, |b| b.deadline(0.5)),
        way(R::NoStrategyConfigured, Down, |b| {
            b.class_strategy(ErrorClass::RateLimit, instant())
        }),
        way(R::BudgetExhausted, Down, |b| {
            b.budget(Budget::rolling(1, 60))
        }),
        Way {
            hook: Hook::Defers,
            ..way(R::Scheduled, Down, |b| b)
        },
        way(R::CircuitRejected, Down, |b| b.circuit_breaker(open())),
        way(R::CircuitRejected, Down, |b| {
            b.circuit_breaker(opens_at_an_attempt())
        }),
    ]
}

impl Way {
    /// The strategy is `fixed(1)` unless the way is to have none.
    pub(super) fn policy(&self, watch: &impl Watch) -> TestPolicy {
        let builder = (self.build)(builder(watch));
        let builder = match self.result {
            CallResult::NoStrategyConfigured => builder,
            _ => builder.strategy(fixed(1)),
        };
        builder.build().unwrap()
    }

    pub(super) fn context<'p>(
        &self,
        policy: &'p TestPolicy,
    ) -> CallContext<'p, Classify, AnyValue> {
        let hook = self.hook;
        policy.context().sleep_handler(move |_, _| match hook {
            Hook::Nothing => SleepDecision::Sleep,
            Hook::Defers => SleepDecision::Defer,
            Hook::Aborts => SleepDecision::Abort,
        })
    }

    /// Returns an operation that fails as the way says, and how often it has run.
    pub(super) fn operation(
        &self,
    ) -> (
        impl Fn() -> Result<(), Failure> + Send + Sync + 'static,
        Arc<AtomicU32>,
    ) {
        let runs = Arc::new(AtomicU32::new(0));
        let (failure, fails, counted) = (self.failure, self.fails, Arc::clone(&runs));
        let operation = move || match counted.fetch_add(1, Ordering::SeqCst) {
            run if run < fails => Err(failure),
            _ => Ok(()),
        };
        (operation, runs)
    }
}

/// A future that is pending twice before it returns.
pub(super) async fn pending_twice<T>(returned: T) -> T {
    for _ in 0..2 {
        let mut woken = false;
        std::future::poll_fn(|cx| {
            cx.waker().wake_by_ref();
            if std::mem::replace(&mut woken, true) {
                Poll::Ready(())
            } else {
                Poll::Pending
            }
        })
        .await;
    }
    returned
}

/// Polls a future to its end, or at most so many times. Returns `true` if it has ended.
pub(super) fn poll<F: Future>(future: F, times: usize) -> bool {
    let mut future = std::pin::pin!(future);
    let mut cx = Context::from_waker(Waker::noop());
    (0..times).any(|_| future.as_mut().poll(&mut cx).is_ready())
}
