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
