//! What a call has once there is more to it than a success at once.

use std::cell::Cell;
use std::time::Duration;

use super::flow::Flow;
use crate::clock::Wait;

/// The state of a call that has failed, is watched, or waits.
///
/// It lies on the heap, so that the futures of calls stay small. Each thread keeps one for its next
/// call: calls one after the other allocate nothing.
#[derive(Default)]
pub(super) struct Progress {
    pub(super) flow: Flow,
    /// The pause that is still to start.
    pub(super) pause: Option<Duration>,
    /// What the call waits for: the end of a pause, or of an attempt's time.
    pub(super) wait: Option<Wait>,
}

thread_local! {
    static SPARE: Cell<Option<Box<Progress>>> = const { Cell::new(None) };
}

impl Progress {
    /// Starts before the first attempt.
    pub(super) fn before_first_attempt() -> Box<Self> {
        // While a thread ends there is no spare.
        let spare = SPARE.try_with(Cell::take).ok().flatten();
        spare.unwrap_or_default()
    }

    /// Starts within the first attempt of a call that nobody watches.
    pub(super) fn in_first_attempt() -> Box<Self> {
        let mut progress = Self::before_first_attempt();
        progress.flow.start_unseen();
        progress
    }

    /// Takes back what a call has finished with.
    pub(super) fn give_back(mut progress: Box<Self>) {
        *progress = Self::default();
        let _thread_ends = SPARE.try_with(|spare| spare.set(Some(progress)));
    }
}
