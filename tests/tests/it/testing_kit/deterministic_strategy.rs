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
