//! The outage in small: calls that end in every way, the same in each run, in virtual time.
//!
//! What they must be counted as is in [`expected`].

pub mod expected;
#[cfg(test)]
mod reference;

use std::cell::Cell;
use std::collections::VecDeque;
use std::future::pending;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::pin;
use std::sync::{Mutex, mpsc};
use std::task::{Context, Waker};
use std::time::Duration;

use redress::strategies::fixed;
use redress::testing::VirtualClock;
use redress::{
    Budget, CircuitBreaker, Classification, ErrorClass, Policy, PolicyBuilder, SleepDecision,
    StopReason,
};

use ErrorClass::{Concurrency, Permanent, RateLimit, ServerError, Transient, Unknown};

/// How long an attempt takes.
pub const ATTEMPT: Duration = Duration::from_millis(40);

/// What calls share. Exporters that read states and budgets are given these two.
pub struct Outage {
    clock: VirtualClock,
    pub breaker: CircuitBreaker,
    pub budget: Budget,
}

type Classified = fn(&Classification) -> Classification;

impl Default for Outage {
    fn default() -> Self {
        Self::new()
    }
}

impl Outage {
    /// Creates the clock, and what the calls share.
    pub fn new() -> Self {
        let clock = VirtualClock::new();
        let breaker = CircuitBreaker::builder()
            .name("db")
            .failure_threshold(2)
            .recovery_timeout(30)
            .clock(clock.clone());
        Self {
            breaker: breaker.build().unwrap(),
            budget: Budget::rolling(1, 60).named("shared").clock(clock.clone()),
            clock,
        }
    }

    /// Runs the calls once. `watch` adds what watches them to a policy.
    ///
    /// The first run starts with a breaker that is closed; each run leaves it open.
    pub fn run(&self, watch: &dyn Fn(PolicyBuilder) -> PolicyBuilder) {
        // Beyond the window of the budget and the recovery of the breaker.
        self.clock.advance(Duration::from_secs(3600));
        self.pay(watch);
        self.load(watch);
    }

    /// Makes ten payments that succeed at once.
    pub fn calm(&self, watch: &dyn Fn(PolicyBuilder) -> PolicyBuilder) {
        let pay = self.builder(watch).operation("pay").build().unwrap();
        for _ in 0..10 {
            pay.call(self.fails([])).unwrap();
        }
    }

    /// Makes a payment whose first attempts, so many of three, fail with SERVER_ERROR.
    pub fn retried(&self, watch: &dyn Fn(PolicyBuilder) -> PolicyBuilder, failures: usize) {
        let pay = self.builder(watch).operation("pay").strategy(fixed(2));
        let pay = pay.max_attempts(3).build().unwrap();
        let mut left = failures;
        let answer = pay.call(|| {
            let fails = left > 0;
            left = left.saturating_sub(1);
            if fails {
                Err(ServerError.into())
            } else {
                Ok(())
            }
        });
        assert_eq!(answer.is_ok(), failures < 3);
    }

    fn builder(&self, watch: &dyn Fn(PolicyBuilder) -> PolicyBuilder) -> PolicyBuilder<Classified> {
        watch(Policy::builder())
            .clock(self.clock.clone())
            .classifier(Clone::clone as Classified)
    }

    /// Returns an operation that fails with these, and then succeeds.
    fn fails<const N: usize>(
        &self,
        with: [ErrorClass; N],
    ) -> impl FnMut() -> Result<(), Classification> {
        self.returns(with.map(Classification::new))
    }

    fn returns<const N: usize>(
        &self,
        failures: [Classification; N],
    ) -> impl FnMut() -> Result<(), Classification> {
        let clock = self.clock.clone();
        let mut failures = VecDeque::from(failures);
        move || {
            clock.advance(ATTEMPT);
            failures.pop_front().map_or(Ok(()), Err)
        }
    }

    /// A payment, which is retried twice, after two seconds.
    fn pay(&self, watch: &dyn Fn(PolicyBuilder) -> PolicyBuilder) {
        let builder = || {
            let builder = self.builder(watch).operation("pay");
            builder.strategy(fixed(2)).max_attempts(3)
        };
        let pay = builder().build().unwrap();
        for _ in 0..5 {
            pay.call(self.fails([])).unwrap();
        }
        for _ in 0..2 {
            pay.call(self.fails([Transient])).unwrap();
        }
        pay.call(self.fails([RateLimit, RateLimit])).unwrap();
        pay.call(self.fails([Permanent])).unwrap_err();
        for _ in 0..2 {
            pay.call(self.fails([ServerError; 3])).unwrap_err();
        }
        pay.call(self.fails([Unknown; 2])).unwrap_err();
        pay.call(self.returns([Classification::abort()]))
            .unwrap_err();
        let pushback = Classification::new(Transient).no_retry();
        pay.call(self.returns([pushback])).unwrap_err();

        let context = pay.context();
        context.once().call(self.fails([Transient])).unwrap_err();
        let deferred = pay.context().sleep_handler(|_, _| SleepDecision::Defer);
        deferred.call(self.fails([RateLimit])).unwrap_err();

        // The third attempt would come after the deadline.
        let short = builder().deadline(3).build().unwrap();
        short.call(self.fails([Transient; 2])).unwrap_err();
        let narrow = self.builder(watch).operation("pay");
        let narrow = narrow.class_strategy(Transient, fixed(2)).build().unwrap();
        narrow.call(self.fails([Concurrency])).unwrap_err();

        // The value of the first attempt is a failure.
        let values = builder().result_classifier(|ready: &bool| (!ready).then_some(Transient));
        let mut ready = [false, true].into_iter();
        let values = values.build().unwrap();
        let answer = values.call(|| {
            self.clock.advance(ATTEMPT);
            Ok::<_, Classification>(ready.next().unwrap())
        });
        assert!(answer.unwrap());

        let panics = || -> Result<(), Classification> { resume_unwind(Box::new("on purpose")) };
        catch_unwind(AssertUnwindSafe(|| pay.call(panics))).unwrap_err();
        self.dropped(&pay);

        let timed = builder().attempt_timeout(1).build().unwrap();
        let hangs = Cell::new(true);
        let answer = timed.call_async(async || {
            if hangs.take() {
                self.clock.advance(Duration::from_secs(1));
                pending::<()>().await;
            }
            self.clock.advance(ATTEMPT);
            Ok::<_, Classification>(())
        });
        let mut answer = pin!(answer);
        let mut context = Context::from_waker(Waker::noop());
        while answer.as_mut().poll(&mut context).is_pending() {}

        let narrow = builder().attempt_timeout(1).max_detached_threads(1);
        self.without_a_thread(&narrow.build().unwrap());

        // A call inside a call.
        let checkout = self.builder(watch).operation("checkout").build().unwrap();
        checkout
            .call(|| {
                pay.call(self.fails([Transient]))
                    .map_err(|_| Permanent.into())
            })
            .unwrap();
    }

    /// One call is dropped in its attempt, one in its pause.
    fn dropped(&self, pay: &Policy<Classified>) {
        let mut context = Context::from_waker(Waker::noop());
        {
            let hangs = pin!(pay.call_async(async || {
                self.clock.advance(ATTEMPT);
                pending::<Result<(), Classification>>().await
            }));
            assert!(hangs.poll(&mut context).is_pending());
        }
        let fails = pin!(pay.call_async(async || {
            self.clock.advance(ATTEMPT);
            Err::<(), _>(Classification::new(Transient))
        }));
        assert!(fails.poll(&mut context).is_pending());
    }

    /// The only thread is held by the first attempt, which was given up.
    fn without_a_thread(&self, pay: &Policy<Classified>) {
        let (clock, (hold, held)) = (self.clock.clone(), mpsc::channel::<()>());
        let held = Mutex::new(held);
        let answer = pay.call_detached(move || {
            clock.advance(Duration::from_secs(1));
            let _ = held.lock().map(|held| held.recv());
            Ok::<_, Classification>(())
        });
        assert_eq!(answer.unwrap_err().stop_reason(), StopReason::NoThread);
        drop(hold);
    }

    /// A read, with a breaker and a budget.
    fn load(&self, watch: &dyn Fn(PolicyBuilder) -> PolicyBuilder) {
        let builder = self.builder(watch).operation("load");
        let builder = builder.strategy(fixed(0.5)).max_attempts(2);
        let builder = builder.budget(self.budget.clone());
        let load = builder
            .circuit_breaker(self.breaker.clone())
            .build()
            .unwrap();
        // In a later run this is the probe that closes the breaker.
        load.call(self.fails([])).unwrap();
        // The budget has one retry.
        load.call(self.fails([Transient])).unwrap();
        for _ in 0..2 {
            load.call(self.fails([ServerError])).unwrap_err();
        }
        for _ in 0..3 {
            load.call(self.fails([])).unwrap_err();
        }
        // It recovers, and fails again.
        self.clock.advance(Duration::from_secs(31));
        load.call(self.fails([])).unwrap();
        for _ in 0..2 {
            load.call(self.fails([ServerError])).unwrap_err();
        }
        load.call(self.fails([])).unwrap_err();
    }
}
