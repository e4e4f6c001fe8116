//! Replays a case with one of the drivers.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use redress::observe::TimelineEvent;
use redress::strategies::{adaptive, retry_after_or};
use redress::testing::VirtualClock;
use redress::time::{Clock, Wait};
use redress::{
    BackoffContext, Budget, CallContext, Cause, CircuitBreaker, Classification, Outcome, Policy,
    SleepDecision, StopReason,
};

use super::case::{self, Attempt, Call, Case, Event, Seconds, Shown, Strategy, What};

/// The observable result of a call, with the times that the files do not contain.
#[derive(Debug, PartialEq)]
pub(crate) struct Trace {
    pub(crate) shown: Shown,
    elapsed: Duration,
    event_times: Vec<Duration>,
}

pub(crate) fn sync(case: &Case) -> Vec<Trace> {
    let clock = SlowClock::default();
    let shared = Shared::new(case, &clock);
    let policy = policy(case, &clock, &shared);
    let play = |call| {
        let script = Script::start(call, &clock);
        let context = context(&policy, call, &script);
        let outcome = context.execute(|| script.attempt());
        script.trace(outcome, &shared)
    };
    case.calls.iter().map(play).collect()
}

pub(crate) fn future(case: &Case) -> Vec<Trace> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let clock = SlowClock::default();
    let shared = Shared::new(case, &clock);
    let policy = policy(case, &clock, &shared);
    let play = |call| {
        let script = Script::start(call, &clock);
        let context = context(&policy, call, &script);
        let outcome = runtime.block_on(context.execute_async(|| async {
            tokio::task::yield_now().await;
            script.attempt()
        }));
        script.trace(outcome, &shared)
    };
    case.calls.iter().map(play).collect()
}

/// The state that the calls of a case share.
struct Shared {
    budget: Option<Budget>,
    breaker: Option<CircuitBreaker>,
}

impl Shared {
    fn new(case: &Case, clock: &SlowClock) -> Self {
        let budget = case.policy.budget.as_ref().map(|settings| {
            Budget::rolling(settings.max_retries, settings.window_s.0).clock(clock.clone())
        });
        let breaker = case.policy.breaker.as_ref();
        Self {
            budget,
            breaker: breaker.map(|settings| breaker_of(settings, clock)),
        }
    }
}

fn breaker_of(settings: &case::Breaker, clock: &SlowClock) -> CircuitBreaker {
    let mut builder = CircuitBreaker::builder()
        .failure_threshold(settings.failure_threshold)
        .window(settings.window_s.0)
        .recovery_timeout(settings.recovery_timeout_s.0)
        .clock(clock.clone());
    if let Some(classes) = &settings.trip_on {
        builder = builder.trip_on(classes.iter().map(|class| class.0));
    }
    for (class, threshold) in settings.class_thresholds.iter().flatten() {
        builder = builder.class_threshold(class.0, *threshold);
    }
    builder.build().unwrap()
}

fn policy(
    case: &Case,
    clock: &SlowClock,
    shared: &Shared,
) -> Policy<
    impl Fn(&Failure) -> Classification + use<>,
    impl Fn(&Value) -> Option<Classification> + use<>,
> {
    let settings = &case.policy;
    let mut builder = Policy::builder()
        .classifier(|failure: &Failure| failure.0.clone())
        .result_classifier(|value: &Value| value.0.clone())
        .clock(clock.clone())
        .deadline(settings.deadline_s.0)
        .max_attempts(settings.max_attempts);
    builder = match settings.max_unknown_attempts {
        Some(cap) => builder.max_unknown_attempts(cap),
        None => builder.unlimited_unknown_attempts(),
    };
    if let Some(budget) = &shared.budget {
        builder = builder.budget(budget.clone());
    }
    if let Some(breaker) = &shared.breaker {
        builder = builder.circuit_breaker(breaker.clone());
    }
    for (class, cap) in &settings.per_class_max_attempts {
        builder = builder.max_class_attempts(class.0, *cap);
    }
    builder = match &settings.strategy {
        Some(strategy) => builder.strategy(boxed(strategy, clock)),
        // Without any strategy, the policy would get the default one.
        None => {
            assert!(!settings.strategies.is_empty(), "{}", case.name);
            builder
        }
    };
    for (class, own) in &settings.strategies {
        builder = builder.class_strategy(class.0, boxed(own, clock));
    }
    builder.build().unwrap()
}

fn boxed(strategy: &Strategy, clock: &SlowClock) -> Arc<dyn redress::Strategy> {
    match strategy {
        Strategy::Sleeps(sleeps) => {
            let sleeps: Vec<_> = sleeps.iter().map(|sleep| sleep.0).collect();
            Arc::new(move |ctx: &BackoffContext<'_>| {
                let last = sleeps.len() - 1;
                sleeps[last.min(ctx.attempt as usize - 1)]
            })
        }
        Strategy::DoublePrev(first) => {
            let first = first.0;
            Arc::new(move |ctx: &BackoffContext<'_>| ctx.prev_sleep.map_or(first, |prev| prev * 2))
        }
        Strategy::RetryAfterOr(fallback) => {
            Arc::new(retry_after_or(boxed(fallback, clock)).jitter(0))
        }
        Strategy::Adaptive {
            fallback,
            window_s,
            target_success,
            min_multiplier,
            max_multiplier,
        } => Arc::new(
            adaptive(boxed(fallback, clock))
                .window(window_s.0)
                .target_success(*target_success)
                .min_multiplier(*min_multiplier)
                .max_multiplier(*max_multiplier)
                .clock(clock.clone()),
        ),
    }
}

fn context<'a, C, R>(
    policy: &'a Policy<C, R>,
    call: &'a Call,
    script: &'a Script<'_>,
) -> CallContext<'a, C, R> {
    let handler = call.sleep_handler.as_deref().map(|handler| {
        let (decision, attempt) = handler.split_once('@').unwrap();
        let decision = match decision {
            "defer" => SleepDecision::Defer,
            "abort" => SleepDecision::Abort,
            other => panic!("unknown sleep handler {other}"),
        };
        (decision, attempt.parse::<u32>().unwrap())
    });
    let context = policy
        .context()
        .capture_timeline()
        .before_sleep(|_, sleep| script.sleeps.lock().unwrap().push(Seconds(sleep)))
        .abort_if(|| {
            call.abort_after_attempts
                .is_some_and(|n| script.ran.load(Relaxed) >= n)
        });
    match handler {
        None => context,
        Some((decision, attempt)) => context.sleep_handler(move |ctx, _| {
            if ctx.attempt == attempt {
                decision
            } else {
                SleepDecision::Sleep
            }
        }),
    }
}

/// An error that carries its classification.
#[derive(Debug)]
struct Failure(Classification);

/// A value that carries its classification, if it counts as a failure.
#[derive(Debug)]
struct Value(Option<Classification>);

/// The attempts of one call, in order; the last one repeats.
struct Script<'a> {
    call: &'a Call,
    clock: &'a SlowClock,
    ran: AtomicUsize,
    sleeps: Mutex<Vec<Seconds>>,
}

impl<'a> Script<'a> {
    fn start(call: &'a Call, clock: &'a SlowClock) -> Self {
        clock.time.advance(call.advance_s.0);
        Self {
            call,
            clock,
            ran: AtomicUsize::new(0),
            sleeps: Mutex::default(),
        }
    }

    fn attempt(&self) -> Result<Value, Failure> {
        let last = self.call.attempts.len() - 1;
        let attempt = &self.call.attempts[self.ran.fetch_add(1, Relaxed).min(last)];
        self.clock.time.advance(attempt.takes_s.0);
        match attempt.what {
            What::Ok => Ok(Value(None)),
            What::Fail => Err(Failure(classification(attempt))),
            What::BadResult => Ok(Value(Some(classification(attempt)))),
            What::Abort => Err(Failure(Classification::abort())),
        }
    }

    fn trace(&self, outcome: Outcome<Value, Failure>, shared: &Shared) -> Trace {
        let timeline = outcome.timeline.unwrap();
        Trace {
            shown: Shown {
                ok: outcome.stop_reason.is_none(),
                rejected: outcome.stop_reason == Some(StopReason::CircuitOpen),
                attempts: outcome.attempts,
                ran: self.ran.load(Relaxed),
                stop_reason: outcome.stop_reason.map(|reason| reason.to_string()),
                last_class: outcome.last_class.map(|class| class.to_string()),
                cause: outcome.cause.map(cause),
                next_sleep_s: outcome.next_sleep.map(Seconds),
                sleeps_s: std::mem::take(&mut self.sleeps.lock().unwrap()),
                events: timeline.events().iter().map(event).collect(),
                breaker_state: shared.breaker.as_ref().map(|b| b.state().to_string()),
                budget_remaining: shared.budget.as_ref().map(Budget::remaining),
            },
            elapsed: outcome.elapsed,
            event_times: timeline
                .events()
                .iter()
                .map(|event| event.elapsed)
                .collect(),
        }
    }
}

fn classification(attempt: &Attempt) -> Classification {
    let class = attempt.class.expect("a failure has a class").0;
    Classification::new(class).retry_after(attempt.retry_after_s.map(|hint| hint.0))
}

fn event(event: &TimelineEvent) -> Event {
    Event {
        event: event.name.to_string(),
        attempt: event.attempt,
        sleep_s: Seconds(event.sleep),
        class: event.class.map(|class| class.to_string()),
        stop_reason: event.stop_reason.map(|reason| reason.to_string()),
        cause: event.cause.map(cause),
    }
}

/// Translates a cause to Python's term: an error is an exception.
fn cause(cause: Cause) -> String {
    match cause {
        Cause::Error => "exception".to_owned(),
        other => other.as_str().to_owned(),
    }
}

/// A clock on which every sleep takes a little longer than requested, as on a real machine.
#[derive(Clone, Default)]
struct SlowClock {
    time: VirtualClock,
}

impl SlowClock {
    const EXTRA: Duration = Duration::from_nanos(1_953_125); // 2^-9 s
}

impl Clock for SlowClock {
    fn now(&self) -> Instant {
        self.time.now()
    }

    fn sleep(&self, duration: Duration) {
        self.time.advance(duration + Self::EXTRA);
    }

    fn sleep_async(&self, duration: Duration) -> Option<Wait> {
        let clock = self.clone();
        Some(Box::pin(async move { clock.sleep(duration) }))
    }

    fn timeout_async(&self, duration: Duration) -> Option<Wait> {
        self.time.timeout_async(duration)
    }
}
