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
