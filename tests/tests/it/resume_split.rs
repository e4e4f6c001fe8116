//! An operation that is deferred and resumed any number of times ends like one that is not.

use std::cell::Cell;
use std::fmt::Write;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use proptest::prelude::*;
use redress::call::{ResumeToken, Steps};
use redress::testing::VirtualClock;
use redress::{
    Attempted, BackoffContext, Cause, Classification, ErrorClass, Event, Policy, PolicyBuilder,
    SleepDecision, Step, StopReason,
};

/// The result of one attempt.
#[derive(Debug, Clone)]
enum Attempt {
    Fails(Failure),
    /// Returns a value that counts as a failure.
    Disappoints(ErrorClass),
    Succeeds,
    /// Runs until it is cut off, or fails if it cannot be.
    Hangs,
}

#[derive(Debug, Clone, PartialEq)]
struct Failure {
    class: ErrorClass,
    hint: Option<Duration>,
}

type Value = Option<ErrorClass>;

/// The settings of a policy, and the attempts of one operation under it.
#[derive(Debug, Clone)]
struct Scenario {
    script: Vec<(Duration, Attempt)>,
    max_attempts: Option<u32>,
    max_unknown: Option<u32>,
    class_caps: Vec<(ErrorClass, u32)>,
    deadline: Option<Duration>,
    attempt_timeout: Option<Duration>,
    /// The scale of the default strategy's delays, if there is a default strategy.
    default: Option<u32>,
    own: Vec<(ErrorClass, u32)>,
    /// The attempts after which the operation is deferred, as bits.
    splits: u32,
}

fn class() -> impl Strategy<Value = ErrorClass> {
    prop::sample::select(ErrorClass::ALL.to_vec())
}

fn millis(most: u64) -> impl Strategy<Value = Duration> {
    prop_oneof![
        1 => Just(Duration::ZERO),
        8 => (0..=most).prop_map(Duration::from_millis),
    ]
}

fn attempt() -> impl Strategy<Value = Attempt> {
    let hint = prop::option::of(millis(900));
    prop_oneof![
        12 => (class(), hint).prop_map(|(class, hint)| Attempt::Fails(Failure { class, hint })),
        4 => class().prop_map(Attempt::Disappoints),
        1 => Just(Attempt::Succeeds),
        2 => Just(Attempt::Hangs),
    ]
}

prop_compose! {
    fn scenario()(
        script in prop::collection::vec((millis(400), attempt()), 1..12),
        max_attempts in prop::option::of(1_u32..12),
        max_unknown in prop::option::of(1_u32..5),
        class_caps in prop::collection::vec((class(), 1_u32..6), 0..4),
        deadline in prop::option::weighted(0.6, (1_u64..6000).prop_map(Duration::from_millis)),
        attempt_timeout in prop::option::of((1_u64..600).prop_map(Duration::from_millis)),
        default in prop::option::weighted(0.8, 0_u32..4),
        own in prop::collection::vec((class(), 0_u32..4), 0..6),
        splits in any::<u32>(),
    ) -> Scenario {
        Scenario {
            script, max_attempts, max_unknown, class_caps, deadline, attempt_timeout, default, own, splits,
        }
    }
}

/// The log of an operation, over all of its calls.
#[derive(Clone, Default)]
struct Seen(Arc<Mutex<String>>);

impl Seen {
    fn line(&self, line: std::fmt::Arguments<'_>) {
        writeln!(self.0.lock().unwrap(), "{line}").unwrap();
    }

    fn text(&self) -> String {
        self.0.lock().unwrap().clone()
    }
}

/// Returns a strategy whose delay depends on all the state that a token must carry, and logs it.
fn strategy(
    scale: u32,
    seen: &Seen,
) -> impl Fn(&BackoffContext<'_>) -> Duration + Send + Sync + 'static {
    let seen = seen.clone();
    move |ctx| {
        let (class, hint) = (
            ctx.classification.class(),
            ctx.classification.retry_after_hint(),
        );
        seen.line(format_args!(
            "{class} #{} class #{} slot #{} after {:?} with {:?} left, {}",
            ctx.attempt,
            ctx.class_attempt,
            ctx.slot_attempt,
            ctx.prev_sleep,
            ctx.remaining,
            ctx.cause
        ));
        let steps = ctx.attempt + 3 * ctx.class_attempt + 5 * ctx.slot_attempt;
        let longer = ctx.prev_sleep.unwrap_or_default() / 2;
        (Duration::from_millis(u64::from(steps)) + longer + hint.unwrap_or_default()) * scale
    }
}

type Errors = fn(&Failure) -> Classification;
type Values = fn(&Value) -> Option<ErrorClass>;

impl Scenario {
    /// Creates the policy of a machine with its own clock.
    fn policy(&self, clock: &VirtualClock, seen: &Seen) -> Policy<Errors, Values> {
        let errors: Errors = |failure| Classification::new(failure.class).retry_after(failure.hint);
        let values: Values = |value| *value;
        let mut builder: PolicyBuilder<Errors, Values> = Policy::builder()
            .classifier(errors)
            .result_classifier(values)
            .clock(clock.clone());
        builder = match self.max_attempts {
            Some(cap) => builder.max_attempts(cap),
            None => builder.unlimited_attempts(),
        };
        builder = match self.max_unknown {
            Some(cap) => builder.max_unknown_attempts(cap),
            None => builder.unlimited_unknown_attempts(),
        };
        builder = match self.deadline {
            Some(deadline) => builder.deadline(deadline),
            None => builder.no_deadline(),
        };
        let cuts = |timeout: &Duration| self.deadline.is_none_or(|deadline| *timeout < deadline);
        if let Some(timeout) = self.attempt_timeout.filter(cuts) {
            builder = builder.attempt_timeout(timeout);
        }
        for (class, cap) in &self.class_caps {
            builder = builder.max_class_attempts(*class, *cap);
        }
        for (class, scale) in &self.own {
            builder = builder.class_strategy(*class, strategy(*scale, seen));
        }
        if let Some(scale) = self.default {
            builder = builder.strategy(strategy(scale, seen));
        } else if self.own.is_empty() {
            // Otherwise the built-in default would apply, whose jitter is not reproducible.
            builder = builder.class_strategy(ErrorClass::Auth, strategy(1, seen));
        }
        let starts = seen.clone();
        let events = seen.clone();
        builder
            .on_attempt_start(move |start| {
                starts.line(format_args!(
                    "attempt {} at {:?}",
                    start.attempt(),
                    start.elapsed()
                ));
            })
            .on_event(move |event: &Event<'_>| {
                if event.stop_reason() != Some(StopReason::Scheduled) {
                    events.line(format_args!(
                        "{} {} at {:?}, sleep {:?}, {:?}",
                        event.name(),
                        event.attempt(),
                        event.elapsed(),
                        event.sleep(),
                        event.class()
                    ));
                }
            })
            .build()
            .unwrap()
    }

    /// Returns the result of an attempt; the last one of the script repeats.
    fn attempt(&self, n: usize) -> &(Duration, Attempt) {
        &self.script[n.min(self.script.len() - 1)]
    }

    fn defers(&self, attempt: u32) -> bool {
        self.splits & (1 << (attempt % 32)) != 0
    }

    /// Returns `true` if the operation ends: one that always fails needs a cap or a deadline.
    fn ends(&self) -> bool {
        self.max_attempts.is_some() || matches!(self.script.last(), Some((_, Attempt::Succeeds)))
    }
}

/// The end of an operation, and the log of the way there.
#[derive(Debug, PartialEq)]
struct End {
    attempts: u32,
    stop: Option<StopReason>,
    class: Option<ErrorClass>,
    cause: Option<Cause>,
    elapsed: Duration,
    error: Option<Failure>,
    value: Option<Value>,
    seen: String,
}

impl End {
    fn of(outcome: redress::Outcome<Value, Failure>, seen: &Seen) -> Self {
        Self {
            attempts: outcome.attempts,
            stop: outcome.stop_reason,
            class: outcome.last_class,
            cause: outcome.cause,
            elapsed: outcome.elapsed,
            error: outcome.last_error,
            value: outcome.last_result,
            seen: seen.text(),
        }
    }
}

fn hung() -> Failure {
    Failure {
        class: ErrorClass::Transient,
        hint: None,
    }
}

fn ended(attempt: &Attempt) -> Result<Value, Failure> {
    match attempt {
        Attempt::Fails(failure) => Err(failure.clone()),
        Attempt::Disappoints(class) => Ok(Some(*class)),
        Attempt::Succeeds => Ok(None),
        Attempt::Hangs => Err(hung()),
    }
}

/// Runs the operation in one call, or in one more each time that it is deferred.
fn run_sync(scenario: &Scenario, split: bool) -> End {
    let (seen, tries) = (Seen::default(), Cell::new(0));
    let mut token: Option<ResumeToken> = None;
    loop {
        let clock = VirtualClock::new();
        let policy = scenario.policy(&clock, &seen);
        let context = policy
            .context()
            .sleep_handler(|ctx, _| decide(scenario, split, ctx));
        let operation = || {
            let (takes, attempt) = scenario.attempt(tries.replace(tries.get() + 1));
            clock.advance(*takes);
            ended(attempt)
        };
        let outcome = match token.take() {
            Some(token) => context.resume(token).execute(operation),
            None => context.execute(operation),
        };
        match outcome.resume_token() {
            Some(deferred) => token = Some(stored(&deferred)),
            None => return End::of(outcome, &seen),
        }
    }
}

async fn run_async(scenario: &Scenario, split: bool) -> End {
    let (seen, tries) = (Seen::default(), Cell::new(0));
    let mut token: Option<ResumeToken> = None;
    let mut last = None;
    loop {
        let clock = VirtualClock::new();
        let policy = scenario.policy(&clock, &seen);
        let context = policy
            .context()
            .sleep_handler(|ctx, _| decide(scenario, split, ctx));
        let operation = || {
            let (takes, attempt) = scenario.attempt(tries.replace(tries.get() + 1));
            let limited = scenario.attempt_timeout.is_some() || scenario.deadline.is_some();
            let clock = clock.clone();
            async move {
                if limited && matches!(attempt, Attempt::Hangs) {
                    loop {
                        clock.advance(Duration::from_millis(50));
                        tokio::task::yield_now().await;
                    }
                }
                clock.advance(*takes);
                ended(attempt)
            }
        };
        let mut outcome = match token.take() {
            Some(token) => context.resume(token).execute_async(operation).await,
            None => context.execute_async(operation).await,
        };
        // A token holds no value. Where all attempts of a resumed call were cut off, the last
        // result is that of an earlier call.
        if outcome.last_error.is_none() && outcome.last_result.is_none() {
            (outcome.last_error, outcome.last_result) = last.take().unwrap_or_default();
        }
        match outcome.resume_token() {
            Some(deferred) => {
                token = Some(stored(&deferred));
                last = Some((outcome.last_error, outcome.last_result));
            }
            None => return End::of(outcome, &seen),
        }
    }
}

fn run_steps(scenario: &Scenario, split: bool) -> (Step, u32, String) {
    let seen = Seen::default();
    let clock = VirtualClock::new();
    let policy = scenario.policy(&clock, &seen);
    let mut now = Instant::now();
    let mut steps: Steps = policy.start(now);
    for tries in 0.. {
        match steps.next_attempt(now) {
            Step::Attempt(n) => seen.line(format_args!("attempt {n}")),
            over => return (over, steps.attempts(), seen.text()),
        }
        let (takes, attempt) = scenario.attempt(tries);
        now += *takes;
        let attempted = match attempt {
            Attempt::Fails(failure) => {
                let classification = Classification::new(failure.class).retry_after(failure.hint);
                Attempted::Failed(classification)
            }
            Attempt::Disappoints(class) => Attempted::BadResult((*class).into()),
            Attempt::Succeeds => Attempted::Succeeded,
            Attempt::Hangs => Attempted::TimedOut,
        };
        match steps.record(attempted, now) {
            Step::RetryAfter(delay) => {
                seen.line(format_args!("retry after {delay:?}"));
                if split && scenario.defers(steps.attempts()) {
                    let token = stored(&steps.resume_token().expect("it waits"));
                    now += Duration::from_secs(3600); // another machine, much later
                    steps = policy.resume(&token, now);
                } else {
                    now += delay;
                }
            }
            over => return (over, steps.attempts(), seen.text()),
        }
    }
    unreachable!("the loop has no end of its own")
}

fn decide(scenario: &Scenario, split: bool, ctx: &BackoffContext<'_>) -> SleepDecision {
    if split && scenario.defers(ctx.attempt) {
        SleepDecision::Defer
    } else {
        SleepDecision::Sleep
    }
}

/// Returns a token as it is read back from a queue.
fn stored(token: &ResumeToken) -> ResumeToken {
    let json = serde_json::to_string(token).unwrap();
    let read: ResumeToken = serde_json::from_str(&json).unwrap();
    assert_eq!(read, *token);
    read
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn a_split_operation_ends_as_an_unsplit_one(scenario in scenario().prop_filter("ends", Scenario::ends)) {
        prop_assert_eq!(run_sync(&scenario, true), run_sync(&scenario, false));
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let split = runtime.block_on(run_async(&scenario, true));
        let unsplit = runtime.block_on(run_async(&scenario, false));
        prop_assert_eq!(split, unsplit);
        prop_assert_eq!(run_steps(&scenario, true), run_steps(&scenario, false));
    }
}
