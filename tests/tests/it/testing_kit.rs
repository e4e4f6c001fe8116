//! The testing kit, used as the tests of a user's crate use it.

use std::io::{Error, ErrorKind};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use redress::testing::Admission::{Admit, Reject};
use redress::testing::{
    CallStatus, DeterministicStrategy, FakePolicy, RecordingObserver, RecordingPolicy, Script,
    VirtualClock, assert_timeline, breaker_in, instant_retries, script_breaker,
};
use redress::{
    AnyValue, AttemptStatus, BackoffContext, Cause, CircuitBreaker, CircuitState, Classification,
    ErrorClass, Execute, Policy, ResultClassifier, StopReason, Strategy, strategies,
};

use crate::support::{SECOND, Transient, builder, down};

/// The message of a panic.
fn panic_of(f: impl FnOnce()) -> String {
    let panic = catch_unwind(AssertUnwindSafe(f)).unwrap_err();
    match panic.downcast::<String>() {
        Ok(message) => *message,
        Err(panic) => (*panic.downcast::<&str>().unwrap()).into(),
    }
}

mod deterministic_strategy {
    use super::*;

    #[test]
    fn mistakes_are_named_when_the_policy_is_built() {
        let empty = DeterministicStrategy::new([0.0; 0]);
        let error = Policy::builder().strategy(empty).build().unwrap_err();
        let problem = &error.problems()[0];
        assert_eq!(problem.setting(), "strategy.delays");
        assert!(problem.message().contains("at least one"), "{problem}");

        let bad = DeterministicStrategy::new([1.0, -1.0, f64::NAN]);
        let error = Policy::builder().strategy(bad).build().unwrap_err();
        let settings: Vec<_> = error.problems().iter().map(|p| p.setting()).collect();
        assert_eq!(settings, ["strategy.delays[1]", "strategy.delays[2]"]);
    }

    #[test]
    fn asked_by_hand_an_empty_one_ends_the_call() {
        let transient = Classification::new(ErrorClass::Transient);
        let empty = DeterministicStrategy::new([Duration::ZERO; 0]);
        let delay = empty.delay(&BackoffContext::first(&transient));
        assert_eq!(delay.saturate(), Duration::MAX);
    }

    #[test]
    fn each_call_starts_with_the_first_delay_and_clones_share_the_record() {
        let clock = VirtualClock::new();
        let strategy = DeterministicStrategy::new([SECOND, 2 * SECOND]);
        let policy = builder(&clock).strategy(strategy.clone()).max_attempts(3);
        let policy = policy.deadline(60).build().unwrap();
        for _ in 0..2 {
            policy.call(|| Err::<(), _>(down())).unwrap_err();
        }
        let sleeps = [SECOND, 2 * SECOND, SECOND, 2 * SECOND];
        assert_eq!(clock.sleeps(), sleeps);
        let calls = strategy.calls();
        assert_eq!(calls.len(), sleeps.len());
        let (first, second) = (&calls[0], &calls[1]);
        assert_eq!((first.attempt, first.prev_sleep), (1, None));
        assert_eq!(first.classification.class(), ErrorClass::Transient);
        assert_eq!(first.cause, Cause::Error);
        assert_eq!(first.remaining, Some(60 * SECOND));
        assert_eq!((second.attempt, second.prev_sleep), (2, Some(SECOND)));
        assert_eq!(second.remaining, Some(59 * SECOND));
        assert_eq!(second.delay.saturate(), 2 * SECOND);
        strategy.clear();
        assert!(strategy.calls().is_empty());
    }

    #[test]
    fn the_strategy_of_a_class_counts_the_failures_of_that_class() {
        let script = Script::fails_with(2, || ErrorKind::NotFound.into())
            .then_fails_with(1, || ErrorKind::TimedOut.into())
            .then(());
        let clock = VirtualClock::new();
        let own = DeterministicStrategy::new([5, 6]);
        let policy = Policy::builder()
            .strategy(DeterministicStrategy::new([1, 2]))
            .class_strategy(ErrorClass::Permanent, own)
            .clock(clock.clone())
            .build()
            .unwrap();
        policy
            .call(|| -> Result<(), Error> { script.run() })
            .unwrap();
        assert_eq!(clock.sleeps(), [5 * SECOND, 6 * SECOND, SECOND]);
    }
}

mod recording_observer {
    use super::*;

    #[test]
    fn everything_seen_is_kept_until_it_is_cleared() {
        let observer = RecordingObserver::new();
        let script = Script::fails_with(1, down).then(5);
        let policy = builder(&VirtualClock::new())
            .operation("load")
            .on_event(observer.clone())
            .build()
            .unwrap();
        policy.call(|| script.run()).unwrap();
        let retry = &observer.events()[0];
        assert_eq!(retry.operation.as_deref(), Some("load"));
        assert_eq!(retry.error_type, Some(std::any::type_name::<Error>()));
        assert_eq!(retry.sleep, SECOND);
        assert_timeline(&observer.timeline(), ["retry 1s @0s", "success @1s #2"]);
        let statuses: Vec<_> = observer.attempts().iter().map(|a| a.status).collect();
        let (failed, succeeded) = (AttemptStatus::Failed, AttemptStatus::Succeeded);
        assert_eq!(statuses, [None, Some(failed), None, Some(succeeded)]);
        observer.clear();
        assert!(observer.events().is_empty() && observer.attempts().is_empty());
        assert_eq!(observer.last(), None);
    }
}

mod attribute {
    use super::*;
    use redress::{EventName, retry};
    use std::sync::LazyLock;

    static OBSERVER: LazyLock<RecordingObserver> = LazyLock::new(RecordingObserver::new);

    #[retry(strategy = instant(), on_event = OBSERVER.clone())]
    fn load(script: &Script<u32, Error>) -> Result<u32, Error> {
        script.run()
    }

    #[test]
    fn functions_take_scripts_and_observers_of_the_kit() {
        let script = Script::fails_with(2, down).then(7);
        assert_eq!(load(&script).unwrap(), 7);
        assert_eq!(OBSERVER.count(EventName::Retry), 2);
    }
}

mod execute {
    use super::*;

    fn load(policy: &impl Execute<Error>) -> Result<u32, StopReason> {
        let work = || Ok(7);
        policy.call(work).map_err(|error| error.stop_reason())
    }

    async fn load_async(policy: &impl Execute<Error>, script: Script<u32, Error>) -> Option<u32> {
        policy.call_async(|| script.run_async()).await.ok()
    }

    /// Spawns for any executor, so it must be told that the future is `Send`.
    fn spawn(
        policy: impl Execute<Error> + 'static,
        script: Script<u32, Error>,
    ) -> tokio::task::JoinHandle<Option<u32>> {
        tokio::spawn(async move { policy.call_send(|| script.run_async()).await.ok() })
    }

    #[test]
    fn a_policy_and_its_contexts_run_code_that_takes_any() {
        let policy = Policy::new();
        assert_eq!(load(&policy), Ok(7));
        let context = policy.context().abort_if(|| true);
        assert_eq!(load(&context), Err(StopReason::Aborted));
        assert_eq!(load(&policy.clone().boxed::<Error>()), Ok(7));
    }

    #[test]
    fn code_may_fail_in_more_than_one_way() {
        fn both(policy: &(impl Execute<Error> + Execute<String>)) -> (u32, usize) {
            let error = policy
                .call(|| Err::<(), _>(String::from("down")))
                .unwrap_err();
            let value = policy.call(|| Ok::<_, Error>(7)).unwrap();
            (value, error.into_source().unwrap().len())
        }
        assert_eq!(both(&FakePolicy::passing()), (7, 4));
    }

    #[test]
    fn code_may_take_policies_with_a_result_classifier_too() {
        fn status<R: ResultClassifier<u16>>(policy: &impl Execute<Error, R>) -> (u16, u32) {
            let script = Script::returns(2, 503).then(200);
            let outcome = policy.execute(|| script.run());
            (outcome.last_result.unwrap(), outcome.attempts)
        }
        let judging = Policy::builder()
            .result_classifier(|status: &u16| (*status >= 500).then_some(ErrorClass::ServerError))
            .strategy(instant_retries())
            .build()
            .unwrap();
        assert_eq!(status(&judging), (200, 3));
        assert_eq!(status(&RecordingPolicy::new(judging)), (200, 3));
        assert_eq!(status(&Policy::new()), (503, 1));
        assert_eq!(status::<AnyValue>(&FakePolicy::passing()), (503, 1));
    }

    #[tokio::test(start_paused = true)]
    async fn tasks_run_under_every_executor() {
        let policy = Policy::builder()
            .strategy(strategies::fixed(1))
            .build()
            .unwrap();
        let recording = RecordingPolicy::new(policy.clone());
        let fake = FakePolicy::passing();
        let flaky = || Script::fails_with(1, down).then(7);

        // Where the type of the policy is known, any code may be spawned.
        let (policy2, script) = (policy.clone(), flaky());
        let task = tokio::spawn(async move { load_async(&policy2, script).await });
        assert_eq!(task.await.unwrap(), Some(7));
        let (recording2, script) = (recording.clone(), flaky());
        let task = tokio::spawn(async move { load_async(&recording2, script).await });
        assert_eq!(task.await.unwrap(), Some(7));
        let (fake2, script) = (fake.clone(), flaky());
        let task = tokio::spawn(async move { load_async(&fake2, script).await });
        assert_eq!(task.await.unwrap(), None);

        // Where it is not, `call_send` is the way.
        assert_eq!(spawn(policy, flaky()).await.unwrap(), Some(7));
        assert_eq!(spawn(recording.clone(), flaky()).await.unwrap(), Some(7));
        assert_eq!(spawn(fake.clone(), flaky()).await.unwrap(), None);
        assert_eq!(recording.calls().len(), 2);
        assert_eq!(fake.calls().len(), 2);
    }

    #[tokio::test]
    async fn what_is_not_send_runs_where_it_is() {
        async fn on_this_thread(policy: &impl Execute<Error>) -> std::rc::Rc<u32> {
            policy
                .call_async(|| async { Ok(std::rc::Rc::new(5)) })
                .await
                .unwrap()
        }
        assert_eq!(*on_this_thread(&Policy::new()).await, 5);
        assert_eq!(*on_this_thread(&FakePolicy::passing()).await, 5);
    }
}

mod recording_policy {
    use super::*;

    fn recording(clock: &VirtualClock) -> RecordingPolicy<Transient> {
        let policy = builder(clock).operation("load").max_attempts(2);
        RecordingPolicy::new(policy.build().unwrap())
    }

    #[test]
    fn a_call_is_recorded_with_all_that_its_outcome_says() {
        let policy = recording(&VirtualClock::new());
        let script = Script::fails_with(3, down).then(());
        policy.call(|| script.run()).unwrap_err();
        policy.call(|| script.run()).unwrap();
        let calls = policy.calls();
        assert_eq!(calls.len(), 2);
        assert_eq!(calls[0].operation.as_deref(), Some("load"));
        assert_eq!(calls[0].status, CallStatus::Failed);
        assert_eq!(calls[0].attempts, 2);
        assert_eq!(calls[0].stop_reason, Some(StopReason::MaxAttemptsGlobal));
        assert_eq!(calls[0].last_class, Some(ErrorClass::Transient));
        assert_eq!(calls[0].cause, Some(Cause::Error));
        assert_eq!(calls[0].elapsed, SECOND);
        assert_timeline(
            &calls[0].timeline,
            ["retry TRANSIENT 1s", "max_attempts_exceeded #2 @1s"],
        );
        assert!(calls[1].is_ok());
        assert_eq!((calls[1].attempts, calls[1].last_class), (2, None));
    }

    #[test]
    fn a_call_that_panics_is_recorded_as_cancelled() {
        let policy = recording(&VirtualClock::new());
        let script: Script<(), Error> = Script::fails_with(1, down).then_panics("boom");
        assert_eq!(panic_of(|| drop(policy.call(|| script.run()))), "boom");
        let [call] = &policy.calls()[..] else {
            panic!("one call")
        };
        assert_eq!((call.status, call.attempts), (CallStatus::Cancelled, 2));
        assert_eq!(call.elapsed, SECOND);
        assert_timeline(&call.timeline, ["retry"]);
    }

    #[tokio::test(start_paused = true)]
    async fn calls_on_their_way_and_dropped_ones_are_listed_in_the_order_of_their_starts() {
        let policy = Policy::builder()
            .strategy(strategies::fixed(1))
            .build()
            .unwrap();
        let policy = RecordingPolicy::new(policy);
        let hangs: Script<(), Error> = Script::new().then_hangs(1);
        let works: Script<(), Error> = Script::new().then(());
        let mut hanging = Box::pin(policy.call_async(|| hangs.run_async()));
        let timeout = tokio::time::timeout(SECOND, &mut hanging).await;
        assert!(timeout.is_err());
        policy.call_async(|| works.run_async()).await.unwrap();
        let statuses = |calls: Vec<_>| -> Vec<CallStatus> {
            calls
                .iter()
                .map(|call: &redress::testing::RecordedCall| call.status)
                .collect()
        };
        let (running, ok) = (CallStatus::Running, CallStatus::Succeeded);
        assert_eq!(statuses(policy.calls()), [running, ok]);
        drop(hanging);
        assert_eq!(statuses(policy.calls()), [CallStatus::Cancelled, ok]);
        assert_eq!(policy.calls()[0].attempts, 1);
    }

    #[tokio::test]
    async fn a_call_that_ends_after_the_record_was_cleared_is_not_taken_for_another() {
        let policy = RecordingPolicy::new(Policy::new());
        let hangs: Script<(), Error> = Script::new().then_hangs(1);
        let mut hanging = Box::pin(policy.call_async(|| hangs.run_async()));
        assert!(futures_poll(&mut hanging).await);
        policy.clear();
        policy.call(|| Ok::<_, Error>(())).unwrap();
        drop(hanging);
        let [call] = &policy.calls()[..] else {
            panic!("one call")
        };
        assert_eq!(call.status, CallStatus::Succeeded);
    }

    /// Polls once and tells whether the future is pending.
    async fn futures_poll<F: Future + Unpin>(future: &mut F) -> bool {
        std::future::poll_fn(|cx| {
            std::task::Poll::Ready(std::pin::Pin::new(&mut *future).poll(cx).is_pending())
        })
        .await
    }

    #[test]
    fn threads_record_into_one_list() {
        let policy = RecordingPolicy::new(Policy::new());
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| policy.call(|| Ok::<_, Error>(())).unwrap());
            }
        });
        assert_eq!(policy.clone().calls().len(), 4);
        assert!(policy.calls().iter().all(|call| call.is_ok()));
    }
}

mod fake_policy {
    use super::*;

    #[test]
    fn a_rejection_never_runs_the_operation() {
        let fake = FakePolicy::rejecting(StopReason::BudgetExhausted).operation("load");
        let script: Script<(), Error> = Script::new();
        let error = fake.call(|| script.run()).unwrap_err();
        assert_eq!(script.calls(), 0);
        assert_eq!(error.stop_reason(), StopReason::BudgetExhausted);
        assert_eq!((error.attempts(), error.class()), (0, None));
        assert!(error.source_ref().is_none());
        let [call] = &fake.calls()[..] else {
            panic!("one call")
        };
        assert_eq!((call.status, call.attempts), (CallStatus::Failed, 0));
        assert_eq!(call.operation.as_deref(), Some("load"));
        assert_timeline(&call.timeline, ["budget_exhausted #0 BUDGET_EXHAUSTED"]);
    }

    #[test]
    fn passing_runs_the_operation_once() {
        let fake = FakePolicy::passing();
        let script = Script::fails_with(1, down).then(5);
        let outcome = fake.execute(|| script.run());
        assert_eq!(outcome.attempts, 1);
        assert_eq!(outcome.stop_reason, Some(StopReason::MaxAttemptsGlobal));
        assert_eq!(
            outcome.last_error.unwrap().kind(),
            ErrorKind::ConnectionRefused
        );
        assert_eq!(fake.call(|| script.run()).unwrap(), 5);
        assert_eq!(script.calls(), 2);
        assert!(!fake.calls()[0].is_ok());
        assert!(fake.calls()[1].is_ok());
    }

    #[test]
    fn answers_come_in_order_and_the_last_repeats_for_all_clones() {
        let fake = FakePolicy::circuit_open(5)
            .then_passing()
            .then_rejecting(StopReason::DeadlineExceeded);
        let answer = |fake: &FakePolicy| {
            let outcome = fake.execute(|| Ok::<_, Error>(()));
            (outcome.stop_reason, outcome.retry_after)
        };
        let open = (Some(StopReason::CircuitOpen), Some(5 * SECOND));
        let late = (Some(StopReason::DeadlineExceeded), None);
        assert_eq!(answer(&fake), open);
        assert_eq!(answer(&fake.clone()), (None, None));
        assert_eq!(answer(&fake), late);
        assert_eq!(answer(&fake.clone()), late);
        assert_eq!(fake.calls().len(), 4);
    }

    #[tokio::test(start_paused = true)]
    async fn a_dropped_call_is_recorded_as_cancelled() {
        let fake = FakePolicy::passing();
        let hangs: Script<(), Error> = Script::new().then_hangs(1);
        let call = fake.call_async(|| hangs.run_async());
        assert!(tokio::time::timeout(SECOND, call).await.is_err());
        let [call] = &fake.calls()[..] else {
            panic!("one call")
        };
        assert_eq!((call.status, call.attempts), (CallStatus::Cancelled, 1));
    }
}

mod script {
    use super::*;

    #[test]
    fn what_follows_is_done_in_order_and_the_last_value_repeats() {
        let script = Script::fails(2, "a")
            .then(1)
            .then_returns(2, 2)
            .then_fails(1, "b")
            .then_with(|| 3);
        let all: Vec<_> = (0..8).map(|_| script.clone().run()).collect();
        let expected = [
            Err("a"),
            Err("a"),
            Ok(1),
            Ok(2),
            Ok(2),
            Err("b"),
            Ok(3),
            Ok(3),
        ];
        assert_eq!(all, expected);
        assert_eq!(script.calls(), 8);
    }

    #[test]
    fn past_its_end_it_says_how_many_calls_came() {
        let script: Script<(), _> = Script::fails(3, "down");
        for _ in 0..3 {
            script.run().unwrap_err();
        }
        let message = panic_of(|| _ = script.run());
        assert_eq!(
            message,
            "the script is over: it says what 3 calls do, and this is call 4"
        );
        let empty = Script::<(), ()>::new();
        let message = panic_of(|| _ = empty.run_async());
        assert!(
            message.ends_with("what 0 calls do, and this is call 1"),
            "{message}"
        );
    }

    #[test]
    fn counts_do_not_overflow() {
        let script = Script::fails(u32::MAX, 1).then_fails(u32::MAX, 2).then(());
        assert_eq!(script.run(), Err(1));
        let none = Script::fails(0, 1).then(());
        assert_eq!(none.run(), Ok(()));
    }

    #[test]
    fn a_sync_call_cannot_hang() {
        let script: Script<(), ()> = Script::new().then_hangs(1);
        let message = panic_of(|| _ = script.run());
        assert!(message.contains("use `run_async`"), "{message}");
    }

    #[test]
    fn an_empty_script_takes_no_time() {
        let message = panic_of(|| drop(Script::<(), ()>::new().taking(SECOND)));
        assert!(message.contains("say first what its calls do"), "{message}");
    }

    #[test]
    fn a_sync_call_takes_time_on_the_virtual_clock() {
        let clock = VirtualClock::new();
        let script = Script::fails_with(5, down).taking(20 * SECOND).on(&clock);
        let policy = builder(&clock).deadline(60).build().unwrap();
        let outcome = policy.execute(|| -> Result<(), Error> { script.run() });
        // 20 s each and 1 s between them: the third ends at 62 s.
        assert_eq!(outcome.stop_reason, Some(StopReason::DeadlineExceeded));
        assert_eq!((outcome.attempts, outcome.elapsed), (3, 62 * SECOND));
        assert_eq!(clock.sleeps(), [SECOND; 2]);
    }

    #[tokio::test]
    async fn an_async_call_takes_time_on_the_virtual_clock_and_is_cut_off_in_time() {
        let clock = VirtualClock::new();
        let script: Script<_, Error> = Script::returns(1, 1)
            .taking(5 * SECOND)
            .then_hangs(1)
            .then(2)
            .taking(SECOND)
            .on(&clock);
        let policy = builder(&clock).attempt_timeout(2).build().unwrap();
        let context = policy.context().capture_timeline();
        let outcome = context.execute_async(|| script.run_async()).await;
        assert_eq!(outcome.last_result, Some(2));
        assert_timeline(
            &outcome.timeline.unwrap(),
            [
                "retry TRANSIENT timeout 1s @2s",
                "retry TRANSIENT timeout 1s @5s",
                "success @7s",
            ],
        );
        assert_eq!(clock.sleeps(), [SECOND; 2]);
    }

    #[tokio::test]
    async fn a_hang_lasts_until_the_deadline() {
        let clock = VirtualClock::new();
        let hangs: Script<(), Error> = Script::new().then_hangs(1).on(&clock);
        let policy = builder(&clock).deadline(60).build().unwrap();
        let outcome = policy.execute_async(|| hangs.run_async()).await;
        assert_eq!(outcome.stop_reason, Some(StopReason::DeadlineExceeded));
        assert_eq!((outcome.attempts, outcome.elapsed), (1, 60 * SECOND));
    }

    #[tokio::test]
    async fn calls_beside_each_other_share_the_virtual_time() {
        let clock = VirtualClock::new();
        let short = Script::<_, ()>::new().then(1).taking(SECOND).on(&clock);
        let long = Script::<_, ()>::new().then(3).taking(3 * SECOND).on(&clock);
        let ended = |script: &Script<u32, ()>| {
            let call = script.run_async();
            let clock = clock.clone();
            async move {
                call.await.unwrap();
                redress::Clock::now(&clock)
            }
        };
        let start = redress::Clock::now(&clock);
        let (a, b) = tokio::join!(ended(&long), ended(&short));
        assert_eq!((a - start, b - start), (3 * SECOND, SECOND));
        let (a, b) = tokio::join!(ended(&short), ended(&long));
        assert_eq!((a - start, b - start), (4 * SECOND, 6 * SECOND));
    }

    #[tokio::test]
    async fn pauses_and_timeouts_beside_each_other_share_the_virtual_time() {
        let clock = VirtualClock::new();
        let slow = builder(&clock)
            .strategy(strategies::fixed(10))
            .build()
            .unwrap();
        let impatient = builder(&clock).attempt_timeout(2).build().unwrap();
        let flaky = Script::fails_with(1, down).then(());
        let hangs: Script<(), Error> = Script::new().then_hangs(1).then(()).on(&clock);
        let (slow, impatient) = tokio::join!(
            slow.execute_async(|| flaky.run_async()),
            impatient.execute_async(|| hangs.run_async()),
        );
        assert_eq!((slow.attempts, slow.elapsed), (2, 10 * SECOND));
        assert_eq!((impatient.attempts, impatient.elapsed), (2, 3 * SECOND));
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn tasks_on_many_threads_lose_no_wake_up() {
        let clock = VirtualClock::new();
        let policy = builder(&clock)
            .attempt_timeout(5)
            .no_deadline()
            .build()
            .unwrap();
        let tasks: Vec<_> = (0..100)
            .map(|_| {
                let script = Script::new()
                    .then_hangs(1)
                    .then_fails_with(2, down)
                    .taking(2 * SECOND)
                    .then(())
                    .on(&clock);
                let policy = policy.clone();
                tokio::spawn(async move { policy.execute_async(|| script.run_async()).await })
            })
            .collect();
        for task in tasks {
            let outcome = task.await.unwrap();
            assert!(outcome.is_ok());
            assert_eq!(outcome.attempts, 4);
            // 5 s of hanging, twice 2 s of failing, three pauses.
            assert!(outcome.elapsed >= 12 * SECOND);
        }
    }

    #[tokio::test]
    async fn a_pause_that_no_clock_can_hold_is_over_at_once() {
        let clock = VirtualClock::new();
        let pause = Duration::MAX - SECOND;
        let policy = builder(&clock).strategy(strategies::fixed(pause));
        let policy = policy.no_deadline().build().unwrap();
        let flaky = Script::fails_with(1, down).then(5);
        assert_eq!(policy.call_async(|| flaky.run_async()).await.unwrap(), 5);
        assert_eq!(clock.sleeps(), [pause]);
    }

    #[tokio::test(start_paused = true)]
    async fn it_works_with_the_paused_time_of_tokio() {
        let script = Script::new()
            .then_hangs(1)
            .then_fails_with(1, down)
            .taking(SECOND / 2)
            .then(7)
            .taking(SECOND);
        let policy = Policy::builder()
            .strategy(DeterministicStrategy::new([3]))
            .attempt_timeout(2)
            .build()
            .unwrap();
        let policy = RecordingPolicy::new(policy);
        let before = tokio::time::Instant::now();
        let got = policy.call_async(|| script.run_async()).await.unwrap();
        assert_eq!(got, 7);
        let ms = Duration::from_millis;
        // Tokio's timer rounds up to a millisecond.
        let slack = ms(5);
        let took = before.elapsed();
        assert!(took >= ms(9_500) && took <= ms(9_500) + slack, "{took:?}");
        assert_timeline(
            &policy.calls()[0].timeline,
            [
                "retry timeout 3s @2s..2.005s",
                "retry error 3s @5.5s..5.505s",
                "success @9.5s..9.505s",
            ],
        );
    }

    #[tokio::test]
    async fn a_hang_that_nothing_ends_does_not_spin() {
        let clock = VirtualClock::new();
        let script = Script::<(), ()>::new().then_hangs(1).on(&clock);
        let polls = Arc::new(std::sync::atomic::AtomicU32::new(0));
        let counted = Arc::clone(&polls);
        let mut hang = Box::pin(script.run_async());
        let task = tokio::spawn(std::future::poll_fn(move |cx| {
            counted.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            hang.as_mut().poll(cx)
        }));
        for _ in 0..100 {
            tokio::task::yield_now().await;
        }
        assert_eq!(polls.load(std::sync::atomic::Ordering::Relaxed), 2);
        task.abort();
    }
}

mod breakers {
    use super::*;

    fn ask(policy: &Policy) -> Option<StopReason> {
        policy.execute(|| Ok::<_, Error>(())).stop_reason
    }

    #[test]
    fn a_breaker_is_in_the_state_that_was_asked_for() {
        for state in [
            CircuitState::Closed,
            CircuitState::Open,
            CircuitState::HalfOpen,
        ] {
            assert_eq!(breaker_in(state).state(), state);
        }
        let half_open = breaker_in(CircuitState::HalfOpen);
        let probe = half_open.try_acquire().unwrap();
        assert!(half_open.try_acquire().is_err(), "one probe at a time");
        probe.failure(ErrorClass::Transient);
        assert_eq!(half_open.state(), CircuitState::Open);
        assert!(half_open.try_acquire().is_err());
    }

    #[test]
    fn a_script_answers_in_order_and_its_last_answer_repeats() {
        let breaker = CircuitBreaker::new();
        let policy = Policy::builder()
            .circuit_breaker(breaker.clone())
            .build()
            .unwrap();
        script_breaker(&breaker, [Admit, Admit, Reject(5.into())]).unwrap();
        assert_eq!(breaker.state(), CircuitState::Closed);
        assert!(breaker.snapshot().forced);
        assert_eq!(ask(&policy), None);
        assert_eq!(ask(&policy), None);
        for _ in 0..3 {
            assert_eq!(breaker.state(), CircuitState::Open);
            let refused = policy.call(|| Ok::<_, Error>(())).unwrap_err();
            assert_eq!(refused.stop_reason(), StopReason::CircuitOpen);
            assert_eq!(refused.retry_after(), Some(5 * SECOND));
        }
        assert_eq!(breaker.snapshot().retry_after, Some(5 * SECOND));
        breaker.reset();
        assert_eq!(ask(&policy), None);
        assert!(!breaker.snapshot().forced);
    }

    #[test]
    fn failures_decide_nothing_while_a_script_does() {
        let breaker = CircuitBreaker::builder()
            .failure_threshold(1)
            .build()
            .unwrap();
        script_breaker(&breaker, [Admit]).unwrap();
        for _ in 0..10 {
            breaker
                .try_acquire()
                .unwrap()
                .failure(ErrorClass::Transient);
        }
        let late = breaker.try_acquire().unwrap();
        breaker.reset();
        late.failure(ErrorClass::Transient);
        assert_eq!(breaker.state(), CircuitState::Closed);
        assert_eq!(breaker.snapshot().failures, 0);
    }

    #[test]
    fn a_breaker_that_observes_attempts_can_refuse_the_second_attempt() {
        let clock = VirtualClock::new();
        let breaker = CircuitBreaker::builder()
            .observe_attempts()
            .clock(clock.clone());
        let breaker = breaker.build().unwrap();
        let policy = builder(&clock)
            .circuit_breaker(breaker.clone())
            .build()
            .unwrap();
        script_breaker(&breaker, [Admit, Reject(30.into())]).unwrap();
        let outcome = policy.execute(|| Err::<(), _>(down()));
        assert_eq!(outcome.attempts, 1);
        assert_eq!(outcome.stop_reason, Some(StopReason::CircuitOpen));
        assert_eq!(outcome.retry_after, Some(30 * SECOND));
        assert!(outcome.last_error.is_some());
    }

    #[test]
    fn mistakes_are_named_and_change_nothing() {
        let breaker = CircuitBreaker::new();
        let error = script_breaker(&breaker, []).unwrap_err();
        assert!(error.to_string().contains("script: is empty"), "{error}");
        let script = [Admit, Reject(f64::NAN.into()), Reject((-1).into())];
        let error = script_breaker(&breaker, script).unwrap_err();
        let settings: Vec<_> = error.problems().iter().map(|p| p.setting()).collect();
        assert_eq!(settings, ["script[1]", "script[2]"]);
        assert!(!breaker.snapshot().forced);
        script_breaker(&breaker, [Reject(Duration::MAX.into())]).unwrap();
        assert!(breaker.try_acquire().is_err());
        let _no_panic = breaker.snapshot();
    }
}

mod timelines {
    use super::*;
    use std::cell::Cell;
    use std::panic;

    thread_local! {
        static PANICKED_AT: Cell<u32> = const { Cell::new(0) };
    }

    #[test]
    fn a_difference_panics_where_the_assertion_stands() {
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            PANICKED_AT.set(info.location().unwrap().line());
            before(info);
        }));
        let observer = RecordingObserver::new();
        let timeline = observer.timeline();
        let message = panic_of(|| {
            assert_timeline(&timeline, ["success"]);
        });
        assert!(message.starts_with("the timeline differs at event 1: it is missing\n"));
        assert_eq!(PANICKED_AT.get(), line!() - 3);
    }
}
