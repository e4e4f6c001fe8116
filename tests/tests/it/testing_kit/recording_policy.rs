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

/// Polls once and returns `true` if the future is pending.
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
