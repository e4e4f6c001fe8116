//! Every way in which a call can end, for whatever watches calls: a part of more than one package of
//! tests, because those who watch need crates of their own.

mod faces;
mod others;
mod panics;
mod steps;
mod ways;

use std::fmt::Debug;

use redress::Observer;
use redress::observe::CallResult;

/// What watches, and can be asked whether it has seen all of it.
pub(crate) trait Watch {
    /// Returns an observer for one policy.
    fn observer(&self) -> impl Observer + 'static;

    /// Returns `true` if nothing is open. It is asked until it is so where another thread may still be at
    /// work.
    fn is_closed(&self) -> bool;

    /// Asserts that nothing is open, and that what it was shown since the last time is this.
    fn assert_ended(&self, ended: &Ended<'_>);
}

/// The ends of calls.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ended<'a> {
    /// What has been done, for messages.
    pub(crate) way: &'a str,
    /// How the calls ended, in the order of their ends.
    pub(crate) results: &'a [CallResult],
    /// How many attempts there were, where it is known.
    pub(crate) attempts: Option<u32>,
    pub(crate) late: Late,
}

/// What of it a watcher sees that wants no successes: one that is shown calls from their first failure on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Late {
    Everything,
    Nothing,
    /// It depends on whether an attempt has failed before.
    Either,
}

impl Ended<'_> {
    /// Asserts what a watcher was shown of the results; one that wants no successes `is_late`.
    #[track_caller]
    pub(crate) fn assert_shown<S: PartialEq<E> + Debug, E>(
        &self,
        shown: &[S],
        is_late: bool,
        show: impl Fn(CallResult) -> E,
    ) {
        let expected: Vec<_> = self.results.iter().copied().map(show).collect();
        let nothing = is_late && self.late != Late::Everything && shown.is_empty();
        let all = shown.len() == expected.len() && shown.iter().zip(&expected).all(|(a, b)| a == b);
        let everything = all && (!is_late || self.late != Late::Nothing);
        let (way, results) = (self.way, self.results);
        assert!(
            nothing || everything,
            "{way}: {shown:?} is shown of {results:?}"
        );
    }
}

/// Returns the name of the event, or of the line, that says of a call that it ended so.
pub(crate) fn said(result: CallResult) -> &'static str {
    match result {
        CallResult::SuccessAfterRetry => CallResult::Success.as_str(),
        result => result.as_str(),
    }
}

/// Returns `true` for the name of what is shown within a call and does not end it.
pub(crate) fn goes_on(name: &str) -> bool {
    [
        "retry",
        "circuit_opened",
        "healthy",
        "session_ended",
        "not_yet",
    ]
    .contains(&name)
}

/// Ends calls in every way, each asserted.
pub(crate) fn every_end(watch: &impl Watch) {
    faces::every_way_by_every_face(watch);
    faces::dropped_after_every_poll(watch);
    panics::every_part_that_is_the_users_panics(watch);
    others::a_call_in_a_call(watch);
    others::a_call_that_is_resumed(watch);
    others::functions(watch);
    others::a_wait_for_what_is_never_ready(watch);
    others::a_session_that_is_lost_too_often(watch);
    others::no_thread(watch);
    steps::every_end_of_steps(watch);
}
