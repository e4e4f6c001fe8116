//! What a watcher is shown of every way in which a call can end: one start, one end, attempts in pairs, and
//! nothing left. The ways are those of `tests/every_end`, which whatever ships is held to, too.

mod broken;
mod watcher;

use redress::observe::Interest;

use self::watcher::Watcher;
use crate::every_end::every_end;

#[test]
fn every_end_is_shown_once() {
    every_end(&Watcher::new(Interest::ALL));
}

#[test]
fn every_end_is_shown_once_without_times() {
    every_end(&Watcher::new(Interest::ALL.without_times()));
}

#[test]
fn every_end_but_that_of_a_success_is_shown_once_to_a_watcher_of_failures() {
    every_end(&Watcher::new(Interest::FAILURES));
}
