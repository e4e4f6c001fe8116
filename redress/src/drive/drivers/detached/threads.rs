use std::sync::Arc;

use super::monitor::{Limit, Monitor};

/// Counts the threads of a policy's detached attempts: awaited ones and abandoned ones.
#[derive(Clone)]
pub(crate) struct Threads {
    max: u32,
    counts: Arc<Monitor<ThreadCounts>>,
}

struct ThreadCounts {
    awaited: u32,
    abandoned: u32,
}

/// The reason why there is no thread.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// No thread will be free before an abandoned attempt ends.
    AllAbandoned,
    /// No thread was free in time.
    Late,
}

impl Threads {
    pub(crate) fn new(max: u32) -> Self {
        Self {
            max,
            counts: Arc::new(Monitor::new(ThreadCounts {
                awaited: 0,
                abandoned: 0,
            })),
        }
    }

    /// Takes one of the threads. Waits while awaited attempts have all of them.
    pub(super) fn enter(&self, limit: &mut Limit) -> Result<(), Refusal> {
        let entered = self.counts.wait(limit, |counts| {
            if counts.abandoned >= self.max {
                return Some(Err(Refusal::AllAbandoned));
            }
            if counts.awaited.saturating_add(counts.abandoned) >= self.max {
                return None;
            }
            counts.awaited += 1;
            Some(Ok(()))
        });
        entered.unwrap_or(Err(Refusal::Late))
    }

    /// Counts that an awaited attempt has ended, or never started.
    pub(super) fn leave(&self) {
        self.counts
            .change(|counts| counts.awaited = counts.awaited.saturating_sub(1));
    }

    /// Counts that the call has stopped waiting for an attempt.
    pub(super) fn abandon(&self) {
        self.counts.change(|counts| {
            counts.awaited = counts.awaited.saturating_sub(1);
            counts.abandoned = counts.abandoned.saturating_add(1);
        });
    }

    /// Counts that an abandoned attempt has ended.
    pub(super) fn leave_abandoned(&self) {
        self.counts
            .change(|counts| counts.abandoned = counts.abandoned.saturating_sub(1));
    }
}
