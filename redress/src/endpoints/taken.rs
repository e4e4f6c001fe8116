use std::fmt;
use std::ops::Deref;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::load::InFlight;
use super::{Endpoints, list::Member};
use crate::breaker::{Permit, PermitTicket};
use crate::classify::{Classification, Classifier, DefaultClassifier, ErrorClass};
use crate::shielded::shielded;

/// An endpoint that one attempt has taken: see [`Endpoints`]. It is in flight until this is dropped.
///
/// Say how the attempt went, with [`record`](Self::record) of its result, or with
/// [`success`](Self::success) or [`failure`](Self::failure). What is said first counts. Dropped without a
/// word, by a cancelled future, an attempt timeout or a return, it says that an answer would have taken
/// longer; in a panic it says nothing. Nothing is held any more then.
#[must_use = "an endpoint that is dropped is no verdict: call `record`, `success` or `failure`"]
pub struct Endpoint<'a, T, C = DefaultClassifier> {
    endpoints: &'a Endpoints<T, C>,
    member: &'a Member<T>,
    place: usize,
    /// None where the breaker would have refused it, and there was no better one.
    ticket: Option<PermitTicket>,
    since: u64,
    settled: AtomicBool,
    _in_flight: InFlight<'a>,
}

impl<'a, T, C> Endpoint<'a, T, C> {
    pub(super) fn new(
        endpoints: &'a Endpoints<T, C>,
        place: usize,
        ticket: Option<PermitTicket>,
        since: u64,
    ) -> Self {
        let member = endpoints.member(place);
        Self {
            endpoints,
            member,
            place,
            ticket,
            since,
            settled: AtomicBool::new(false),
            _in_flight: member.load.begin(),
        }
    }

    /// Returns its name.
    #[must_use]
    pub fn name(&self) -> &'a str {
        &self.member.name
    }

    /// Returns its place in the list, from 0.
    #[must_use]
    pub const fn place(&self) -> usize {
        self.place
    }

    /// Records how the attempt went, by the list's classifier, and hands its result on.
    ///
    /// ```
    /// use redress::endpoints::Endpoints;
    ///
    /// let files = Endpoints::new([("here", "Cargo.toml")])?;
    /// let file = files.take();
    /// let read = file.record(std::fs::read_to_string(*file));
    /// assert!(read.is_ok());
    /// # Ok::<_, redress::ConfigError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Those that it is given.
    pub fn record<V, E>(&self, result: Result<V, E>) -> Result<V, E>
    where
        C: Classifier<E>,
    {
        match &result {
            Ok(_) => self.success(),
            Err(error) => self.failure(self.endpoints.classifier.classify(error)),
        }
        result
    }

    /// Says that the attempt succeeded.
    pub fn success(&self) {
        if let Some((took, permit)) = self.settle() {
            self.member.load.answered(took);
            self.endpoints.note(took);
            if let Some(permit) = permit {
                let _ = permit.succeed(self.is_slow(took));
            }
        }
    }

    /// Says that the attempt failed: an [`ErrorClass`], or a [`Classification`], whose hint keeps its breaker
    /// open at least as long.
    ///
    /// | class | is |
    /// |---|---|
    /// | TRANSIENT, SERVER_ERROR, RATE_LIMIT | a failure of the endpoint |
    /// | any other | an answer: another endpoint would have said the same |
    /// | an abort | no verdict |
    ///
    /// Which classes count for its breaker is the breaker's to say.
    pub fn failure(&self, failure: impl Into<Classification>) {
        let failure = failure.into();
        if failure.is_abort() {
            drop(self.settle());
            return;
        }
        let Some((took, permit)) = self.settle() else {
            return;
        };
        if is_its_own(failure.class()) {
            self.member.load.failed(took);
        } else {
            self.member.load.answered(took);
            self.endpoints.note(took);
        }
        if let Some(hint) = failure.retry_after_hint() {
            self.member.breaker.shared().asked(failure.class(), hint);
        }
        if let Some(permit) = permit {
            let _ = permit.fail(failure.class(), self.is_slow(took));
        }
    }

    /// Returns how long it took and its permit, to whom it is the first to say how it went.
    fn settle(&self) -> Option<(u64, Option<Permit<'a>>)> {
        if self.settled.swap(true, Ordering::Relaxed) {
            return None;
        }
        // A permit before the clock, which may panic: then it is given back.
        let permit = self.permit();
        let took = self.endpoints.now().saturating_sub(self.since);
        Some((took, permit))
    }

    fn permit(&self) -> Option<Permit<'a>> {
        let ticket = self.ticket?;
        Some(self.member.breaker.shared().permit(ticket))
    }

    fn is_slow(&self, took: u64) -> bool {
        let took = Duration::from_nanos(took);
        self.member.breaker.shared().is_slow(took)
    }
}

/// Returns `true` if a failure is one of the endpoint, and another one may do better.
const fn is_its_own(class: ErrorClass) -> bool {
    matches!(
        class,
        ErrorClass::Transient | ErrorClass::ServerError | ErrorClass::RateLimit
    )
}

impl<T, C> Deref for Endpoint<'_, T, C> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.member.value
    }
}

impl<T, C> Drop for Endpoint<'_, T, C> {
    fn drop(&mut self) {
        if std::mem::replace(self.settled.get_mut(), true) {
            return;
        }
        let permit = self.permit();
        if std::thread::panicking() {
            // It says nothing of the other side.
            return;
        }
        let now = shielded(self.since, || self.endpoints.now());
        let took = now.saturating_sub(self.since);
        self.member.load.given_up(took);
        if let Some(permit) = permit
            && self.is_slow(took)
            && shielded(false, || {
                let _ = permit.slow();
                true
            })
        {
            // That was its verdict.
            let _ = permit.into_ticket();
        }
    }
}

impl<T, C> fmt::Debug for Endpoint<'_, T, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Endpoint")
            .field("name", &self.member.name)
            .finish_non_exhaustive()
    }
}
