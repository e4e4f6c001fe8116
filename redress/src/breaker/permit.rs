use std::fmt;
use std::time::Duration;

use super::shared::SharedBreaker;
use super::ticket::{PermitKind, PermitTicket};
use super::{Change, CircuitBreaker};
use crate::classify::{Classification, Classify, ErrorClass};

/// The leave to make one call, from [`CircuitBreaker::try_acquire`].
///
/// Say how the call went with [`success`](Self::success) or [`failure`](Self::failure). A permit
/// that is dropped instead, by a cancelled future, a panic or a return, is not a verdict: the breaker
/// is as if the call had not been, and a half-open breaker lets the next one probe.
///
/// ```
/// use redress::{CircuitBreaker, ErrorClass};
///
/// static BREAKER: CircuitBreaker = CircuitBreaker::new();
///
/// fn ping() -> std::io::Result<()> {
///     let permit = BREAKER.try_acquire().map_err(std::io::Error::other)?;
///     match std::fs::metadata("Cargo.toml") {
///         Ok(_) => permit.success(),
///         Err(_) => permit.failure(ErrorClass::ServerError),
///     }
///     Ok(())
/// }
/// # ping().unwrap();
/// ```
#[must_use = "a permit that is dropped is no verdict: call `success` or `failure`"]
pub struct Permit<'a> {
    shared: &'a SharedBreaker,
    ticket: PermitTicket,
}

impl<'a> Permit<'a> {
    #[inline]
    pub(super) const fn new(shared: &'a SharedBreaker, ticket: PermitTicket) -> Self {
        Self { shared, ticket }
    }

    /// Tells that the call succeeded. It decides nothing if the breaker has changed its state since
    /// the call came in.
    #[inline]
    pub fn success(self) {
        let _ = self.succeed();
    }

    /// Tells that the call failed with an error of `class`. A class outside
    /// [`trip_on`](super::CircuitBreakerBuilder::trip_on) is not a verdict, and neither is a failure
    /// that comes after the breaker has changed its state.
    pub fn failure(self, class: ErrorClass) {
        let _ = self.fail(class);
    }

    /// Leaves only what must be remembered, for [`SharedBreaker::permit`] to make a permit of again.
    #[inline]
    pub(crate) const fn into_ticket(self) -> PermitTicket {
        let ticket = self.ticket;
        std::mem::forget(self);
        ticket
    }

    /// Returns the change of state that letting this call in was.
    pub(crate) const fn change(&self) -> Option<Change> {
        match self.ticket.kind {
            PermitKind::FirstProbe => Some(Change::HalfOpened),
            PermitKind::Plain | PermitKind::Counted | PermitKind::Probe => None,
        }
    }

    /// As [`success`](Self::success), and returns the change of state that it was.
    #[inline]
    pub(crate) fn succeed(mut self) -> Option<Change> {
        let change = self.shared.succeed(self.ticket);
        self.settle();
        change
    }

    /// As [`failure`](Self::failure), and returns the change of state that it was.
    pub(crate) fn fail(mut self, class: ErrorClass) -> Option<Change> {
        let change = self.shared.fail(self.ticket, class);
        self.settle();
        change
    }

    /// Leaves nothing to give back. Not before the verdict is given: until then the user's clock or
    /// recovery strategy may panic.
    const fn settle(&mut self) {
        self.ticket.kind = PermitKind::Plain;
    }
}

impl Drop for Permit<'_> {
    #[inline]
    fn drop(&mut self) {
        if self.ticket.is_probe() {
            self.shared.release(self.ticket);
        }
    }
}

impl fmt::Debug for Permit<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Permit")
            .field("probe", &self.ticket.is_probe())
            .finish_non_exhaustive()
    }
}

impl CircuitBreaker {
    /// Asks for leave to make one call.
    ///
    /// # Errors
    ///
    /// [`Rejected`] while the breaker is open, while a half-open breaker has all its probes on
    /// their way, and for some calls while it ramps up.
    #[inline]
    pub fn try_acquire(&self) -> Result<Permit<'_>, Rejected> {
        self.shared().try_acquire()
    }
}

impl SharedBreaker {
    /// Makes the permit again of which this is the ticket.
    #[inline]
    pub(crate) const fn permit(&self, ticket: PermitTicket) -> Permit<'_> {
        Permit::new(self, ticket)
    }

    #[inline]
    pub(crate) fn try_acquire(&self) -> Result<Permit<'_>, Rejected> {
        match self.admit() {
            Ok(ticket) => Ok(Permit::new(self, ticket)),
            Err(nanos) => Err(Rejected { nanos }),
        }
    }
}

/// A circuit breaker refused the call.
///
/// ```
/// use std::time::Duration;
/// use redress::CircuitBreaker;
///
/// let breaker = CircuitBreaker::new();
/// breaker.force_open();
/// let rejected = breaker.try_acquire().unwrap_err();
/// assert_eq!(rejected.retry_after(), Duration::from_secs(30));
/// assert_eq!(rejected.to_string(), "circuit open: ask again in 30s");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rejected {
    nanos: u64,
}

impl Rejected {
    /// Returns how long to wait before asking again.
    ///
    /// | the breaker is | the time until |
    /// |---|---|
    /// | open | the next probe may go |
    /// | open by hand | unknown: the recovery timeout, or 30 s if that is a strategy |
    /// | half-open | a probe loses its slot, at the latest; most come back sooner |
    /// | ramping up | every call goes |
    #[must_use]
    pub const fn retry_after(&self) -> Duration {
        Duration::from_nanos(self.nanos)
    }

    pub(crate) const fn nanos(self) -> u64 {
        self.nanos
    }
}

impl fmt::Display for Rejected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "circuit open: ask again in {:?}", self.retry_after())
    }
}

impl std::error::Error for Rejected {}

impl Classify for Rejected {
    /// TRANSIENT and [unsent](Classification::unsent), with the time to wait as its hint.
    fn classify(&self) -> Classification {
        let refused = Classification::new(ErrorClass::Transient).unsent();
        refused.retry_after(self.retry_after())
    }
}
