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
