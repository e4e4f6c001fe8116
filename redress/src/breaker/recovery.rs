use std::time::Duration;

use crate::classify::{Classification, ErrorClass};
use crate::strategies::{BackoffContext, Strategy};

/// A breaker that opens: what its recovery strategy is asked about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Opening {
    /// Counted from 1, since the breaker was last closed.
    pub(super) in_a_row: u32,
    /// How long it was open the last time.
    pub(super) previous: Option<Duration>,
}

/// Asks a recovery strategy how long to stay open. This calls the user's code.
pub(super) fn wait(strategy: &dyn Strategy, opening: Opening, class: ErrorClass) -> Duration {
    let classification = Classification::new(class);
    let mut ctx = BackoffContext::first(&classification);
    ctx.attempt = opening.in_a_row;
    ctx.class_attempt = opening.in_a_row;
    ctx.slot_attempt = opening.in_a_row;
    ctx.prev_sleep = opening.previous;
    strategy.delay(&ctx).saturate()
}
