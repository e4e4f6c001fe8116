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
