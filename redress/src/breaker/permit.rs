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
/// is as if the call had not been, and a half-open breaker lets the next one probe. Only that it was
/// [slow](super::CircuitBreakerBuilder::slow_call) counts.
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
    /// When it was given, in the breaker's nanoseconds; [`UNTIMED`] where that does not matter.
    since: u64,
}

/// Not a time of any breaker: all are less than [`NEVER`](crate::clock::NEVER).
const UNTIMED: u64 = u64::MAX;

impl<'a> Permit<'a> {
    #[inline]
    const fn new(shared: &'a SharedBreaker, ticket: PermitTicket, since: u64) -> Self {
        Self {
            shared,
            ticket,
            since,
        }
    }

    /// Tells that the call succeeded. It decides nothing if the breaker has changed its state since
    /// the call came in.
    #[inline]
    pub fn success(self) {
        let slow = self.is_slow();
        let _ = self.succeed(slow);
    }

    /// Tells that the call failed: an [`ErrorClass`], or a [`Classification`], whose hint keeps a
    /// breaker that opens by it open at least as long. A class outside
    /// [`trip_on`](super::CircuitBreakerBuilder::trip_on) is not a verdict, an abort is none, and
    /// neither is a failure that comes after the breaker has changed its state.
    ///
    /// ```
    /// use std::time::Duration;
    /// use redress::{Classification, CircuitBreaker, ErrorClass};
    ///
    /// let breaker = CircuitBreaker::builder().failure_threshold(1).recovery_timeout(1).build()?;
    /// let unavailable = Classification::new(ErrorClass::ServerError);
    /// let unavailable = unavailable.retry_after(Duration::from_secs(90));
    /// breaker.try_acquire().unwrap().failure(unavailable);
    /// assert!(breaker.try_acquire().unwrap_err().retry_after() > Duration::from_secs(80));
    /// # Ok::<_, redress::ConfigError>(())
    /// ```
    pub fn failure(self, failure: impl Into<Classification>) {
        let failure = failure.into();
        if !failure.is_abort() {
            let slow = self.is_slow();
            if let Some(hint) = failure.retry_after_hint() {
                self.shared.asked(failure.class(), hint);
            }
            let _ = self.fail(failure.class(), slow);
        }
    }

    /// Returns `true` if the call has taken so long that it counts as slow.
    fn is_slow(&self) -> bool {
        self.since != UNTIMED && {
            let took = self.shared.now().saturating_sub(self.since);
            self.shared.is_slow(Duration::from_nanos(took))
        }
    }

    /// As [`success`](Self::success), and returns the change of state that it was.
    #[inline]
    pub(crate) fn succeed(mut self, slow: bool) -> Option<Change> {
        let change = self.shared.succeed(self.ticket, slow);
        self.settle();
        change
    }

    /// As [`failure`](Self::failure), and returns the change of state that it was.
    pub(crate) fn fail(mut self, class: ErrorClass, slow: bool) -> Option<Change> {
        let change = self.shared.fail(self.ticket, class, slow);
        self.settle();
        change
    }

    /// Leaves only what must be remembered, for [`SharedBreaker::permit`] to make a permit of again.
    #[inline]
    pub(crate) const fn into_ticket(self) -> PermitTicket {
        let ticket = self.ticket;
        std::mem::forget(self);
        ticket
    }

    /// Tells that an attempt was slow, of a call that goes on. Returns the change of state that it was.
    #[cold]
    pub(crate) fn slow(&self) -> Option<Change> {
        self.shared.take_slow(self.ticket, false)
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
        if self.ticket.is_held() {
            self.abandon();
        }
    }
}

impl Permit<'_> {
    /// Ends it without a verdict. What was slow by then counts as slow, unless a panic unwinds: that
    /// says nothing of the other side.
    #[cold]
    fn abandon(&self) {
        if !std::thread::panicking() && self.is_slow() {
            let _ = self.shared.take_slow(self.ticket, false);
        } else {
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
        Permit::new(self, ticket, UNTIMED)
    }

    #[inline]
    pub(crate) fn try_acquire(&self) -> Result<Permit<'_>, Rejected> {
        match self.admit() {
            Ok(ticket) if ticket.is_held() && self.is_timed() => {
                Ok(Permit::new(self, ticket, self.now()))
            }
            Ok(ticket) => Ok(Permit::new(self, ticket, UNTIMED)),
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
