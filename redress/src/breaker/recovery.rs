use std::fmt;
use std::time::Duration;

use crate::classify::{Classification, ErrorClass};
use crate::strategies::{BackoffContext, DelayBounds, Description, Strategy, fixed};

/// How long a breaker stays open.
pub(super) enum Recovery {
    Fixed(Duration),
    Strategy(Box<dyn Strategy>),
}

/// What the strategy is asked about: a breaker that opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Opening {
    /// Counted from 1, since the breaker was last closed.
    pub(super) in_a_row: u32,
    pub(super) previous: Option<Duration>,
}

impl Recovery {
    /// Returns the time if nobody has to be asked.
    pub(super) const fn fixed(&self) -> Option<Duration> {
        match self {
            Self::Fixed(time) => Some(*time),
            Self::Strategy(_) => None,
        }
    }

    pub(super) fn describe(&self) -> Description {
        match self {
            Self::Fixed(time) => fixed(*time).describe(),
            Self::Strategy(strategy) => strategy.describe(),
        }
    }

    /// Bounds the time for which it stays open at first.
    pub(super) fn first(&self) -> Option<DelayBounds> {
        match self {
            Self::Fixed(time) => Some(DelayBounds::exactly(*time)),
            Self::Strategy(strategy) => strategy.delay_bounds(1, None),
        }
    }

    /// Asks how long to stay open. This calls the user's code.
    pub(super) fn wait(&self, opening: Opening, class: ErrorClass) -> Duration {
        match self {
            Self::Fixed(time) => *time,
            Self::Strategy(strategy) => {
                let classification = Classification::new(class);
                let mut ctx = BackoffContext::first(&classification);
                ctx.attempt = opening.in_a_row;
                ctx.class_attempt = opening.in_a_row;
                ctx.slot_attempt = opening.in_a_row;
                ctx.prev_sleep = opening.previous;
                strategy.delay(&ctx).saturate()
            }
        }
    }
}

impl fmt::Debug for Recovery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fixed(time) => write!(f, "Fixed({time:?})"),
            Self::Strategy(_) => f.write_str("Strategy"),
        }
    }
}
