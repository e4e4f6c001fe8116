use std::time::{Duration, Instant};

use super::{Coarse, Time, can_pause};

/// When a call started, by the clock that goes on telling its time.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Started {
    /// Nothing depends on it.
    Untimed,
    /// By the policy's clock.
    At(Instant),
    /// By the coarse one.
    Coarse(Coarse),
}

impl Started {
    /// Returns the time since then; zero for an untimed call. An `unpaused` call goes by the machine's
    /// clock, also where a test has paused tokio's.
    #[inline]
    pub(crate) fn elapsed(self, time: &Time, unpaused: impl FnOnce() -> bool) -> Duration {
        match self {
            Self::Coarse(started) => started.elapsed(),
            _ => self.elapsed_exactly(time, unpaused),
        }
    }

    /// Called, so that it takes one comparison to find the clock that most calls have.
    #[inline(never)]
    fn elapsed_exactly(self, time: &Time, unpaused: impl FnOnce() -> bool) -> Duration {
        match self {
            Self::At(started) if can_pause() && unpaused() => started.elapsed(),
            Self::At(started) => time.now().saturating_duration_since(started),
            Self::Untimed | Self::Coarse(_) => Duration::ZERO,
        }
    }
}
