use std::fmt;
use std::time::Duration;

use crate::classify::ErrorClass;
use crate::reason::{Cause, StopReason};

/// How a call ended, without what was returned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Report {
    pub(crate) attempts: u32,
    pub(crate) stop_reason: Option<StopReason>,
    pub(crate) class: Option<ErrorClass>,
    pub(crate) cause: Option<Cause>,
    pub(crate) retry_after: Option<Duration>,
}

impl Report {
    pub(crate) const SUCCESS_AT_ONCE: Self = Self {
        attempts: 1,
        stop_reason: None,
        class: None,
        cause: None,
        retry_after: None,
    };

    /// Returns why a call stopped that did not succeed.
    pub(crate) fn stop_reason(&self) -> StopReason {
        self.stop_reason.unwrap_or(StopReason::Aborted)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let reason = self.stop_reason();
        match self.attempts {
            // Looks are no attempts against a cap, and not counted.
            _ if reason == StopReason::NotReady => write!(f, "not ready by the deadline: {reason}"),
            // Attempts are counted anew after each session that was healthy.
            _ if reason == StopReason::RestartsExceeded => {
                write!(f, "restarted too often: {reason}")
            }
            0 => write!(f, "stopped before the first attempt: {reason}"),
            1 => write!(f, "stopped after 1 attempt: {reason}"),
            n => write!(f, "stopped after {n} attempts: {reason}"),
        }?;
        if reason == StopReason::NoThread {
            f.write_str(" (abandoned attempts have all of `max_detached_threads`, or the system gives none)")?;
        }
        match self.retry_after {
            Some(wait) => write!(f, ", ask again in {wait:?}"),
            None => Ok(()),
        }
    }
}
