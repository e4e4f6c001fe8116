use std::fmt;
use std::time::Duration;

use super::{Gate, GateEnd, GateTicket, SharedGate};
use crate::classify::{Classification, Classify, ErrorClass};

/// The leave to make one call, from [`Gate::try_enter`].
///
/// Say how the call went with [`success`](Self::success) or [`failure`](Self::failure): that is how
/// the gate learns. One that is dropped instead, by a cancelled future, a panic or a return, says
/// nothing.
#[must_use = "a pass that is dropped says nothing: call `success` or `failure`"]
pub struct GatePass<'a> {
    shared: &'a SharedGate,
    ticket: Option<GateTicket>,
}

impl GatePass<'_> {
    /// Tells that the call succeeded.
    pub fn success(self) {
        self.settle(GateEnd::Succeeded);
    }

    /// Tells that the call failed: an [`ErrorClass`], or a [`Classification`]. One of RATE_LIMIT
    /// slows the gate down, and its hint closes it.
    pub fn failure(self, failure: impl Into<Classification>) {
        let end = self.shared.end_of(&failure.into());
        self.settle(end);
    }

    fn settle(mut self, end: GateEnd) {
        if self.ticket.is_some() || matches!(end, GateEnd::Limited(_)) {
            self.shared.end(self.ticket, end);
        }
        // Not before: the clock is the user's, and may panic.
        self.ticket = None;
    }
}

impl Drop for GatePass<'_> {
    fn drop(&mut self) {
        if let Some(ticket) = self.ticket.take() {
            self.shared.end(Some(ticket), GateEnd::Other);
        }
    }
}

impl fmt::Debug for GatePass<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GatePass").finish_non_exhaustive()
    }
}

impl Gate {
    /// Asks for leave to make one call now, without waiting: for code that has no policy.
    ///
    /// # Errors
    ///
    /// [`GateClosed`] while the gate is closed, or while others go first.
    ///
    /// ```
    /// use std::time::Duration;
    /// use redress::{Classification, ErrorClass, Gate};
    ///
    /// let gate = Gate::new();
    /// let limited = Classification::new(ErrorClass::RateLimit).retry_after(Duration::from_secs(30));
    /// gate.try_enter().unwrap().failure(limited);
    /// let closed = gate.try_enter().unwrap_err();
    /// assert!(closed.retry_after() > Duration::from_secs(29));
    /// ```
    pub fn try_enter(&self) -> Result<GatePass<'_>, GateClosed> {
        let shared = self.shared();
        if shared.is_open() {
            return Ok(GatePass {
                shared,
                ticket: None,
            });
        }
        match shared.ask(None, false) {
            Ok(ticket) => Ok(GatePass { shared, ticket }),
            Err(waiting) => {
                shared.leave(waiting.place);
                Err(GateClosed {
                    nanos: waiting.at_least.max(waiting.ask_in),
                })
            }
        }
    }
}

/// A gate is closed, or has others to let in first.
///
/// ```
/// use std::time::Duration;
///
/// let gate = redress::Gate::new();
/// gate.close_for(30);
/// let closed = gate.try_enter().unwrap_err();
/// assert!(closed.retry_after() <= Duration::from_secs(31));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GateClosed {
    nanos: u64,
}

impl GateClosed {
    /// Returns how long to wait before asking again.
    #[must_use]
    pub const fn retry_after(&self) -> Duration {
        Duration::from_nanos(self.nanos)
    }
}

impl fmt::Display for GateClosed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "gate closed: ask again in {:?}", self.retry_after())
    }
}

impl std::error::Error for GateClosed {}

impl Classify for GateClosed {
    /// RATE_LIMIT and [unsent](Classification::unsent), with the time to wait as its hint.
    fn classify(&self) -> Classification {
        let refused = Classification::new(ErrorClass::RateLimit).unsent();
        refused.retry_after(self.retry_after())
    }
}
