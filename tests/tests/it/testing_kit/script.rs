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
            redress::time::Clock::now(&clock)
        }
    };
    let start = redress::time::Clock::now(&clock);
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
        // A hang of 5 s, two failures of 2 s each, and three pauses.
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
