use std::sync::PoisonError;
use std::time::Duration;

use super::pacer::{GateEnd, GateTicket, Pacer, Waiting};
use super::queue::Place;
use super::settings::{GateSettings, GateSnapshot};
use crate::classify::{Classification, ErrorClass};
use crate::clock::{Stopwatch, Time, nanos};
use crate::sync::{AtomicBool, Mutex, MutexGuard, Ordering};

/// The state that all handles of one gate share.
pub(crate) struct SharedGate {
    /// Every call goes at once. Written under the lock only.
    open: AtomicBool,
    pacer: Mutex<Pacer>,
    stopwatch: Stopwatch,
    pub(super) settings: GateSettings,
}

impl SharedGate {
    pub(super) fn new(settings: GateSettings, time: Time) -> Self {
        Self {
            open: AtomicBool::new(false),
            pacer: Mutex::new(Pacer::new()),
            stopwatch: Stopwatch::start(time),
            settings,
        }
    }

    /// Returns the clock.
    #[cfg(feature = "keyed")]
    pub(super) fn time(&self) -> Time {
        self.stopwatch.time()
    }

    /// Returns `true` if it has met no limit, or none for long, and no call waits.
    #[cfg(feature = "keyed")]
    pub(super) fn knows_no_limit(&self) -> bool {
        let now = self.stopwatch.nanos();
        self.change(|pacer| pacer.knows_no_limit(now))
    }

    /// Returns `true` if every call goes at once.
    #[inline]
    pub(crate) fn is_open(&self) -> bool {
        // Relaxed: nothing else is read because of it.
        self.open.load(Ordering::Relaxed)
    }

    /// Lets a call in; see [`Pacer::ask`].
    #[cold]
    pub(crate) fn ask(
        &self,
        place: Option<Place>,
        again: bool,
    ) -> Result<Option<GateTicket>, Waiting> {
        let now = self.stopwatch.nanos();
        self.change(|pacer| pacer.ask(place, again, now))
    }

    /// Gives a place in the queue up.
    #[cold]
    pub(crate) fn leave(&self, place: Place) {
        self.change(|pacer| pacer.leave(Some(place)));
    }

    /// Takes how a call ended. Returns for how long it has closed the gate, if it has.
    #[cold]
    pub(crate) fn end(&self, ticket: Option<GateTicket>, end: GateEnd) -> Option<Duration> {
        // Of what says nothing the time does not matter.
        let now = match end {
            GateEnd::Other => 0,
            GateEnd::Succeeded | GateEnd::Limited(_) => self.stopwatch.nanos(),
        };
        self.change(|pacer| {
            let closed = pacer.end(ticket, end, now);
            closed.then(|| Duration::from_nanos(pacer.closed_for(now)))
        })
    }

    /// Returns what a failure says of limits.
    pub(crate) fn end_of(&self, failure: &Classification) -> GateEnd {
        if failure.is_abort() || !self.arms_on(failure.class()) {
            return GateEnd::Other;
        }
        let hint = failure.retry_after_hint();
        let hint = hint.map(|hint| hint.min(self.settings.max_hint));
        match failure.class() {
            ErrorClass::RateLimit => GateEnd::Limited(hint),
            // Of any other class only the hint says that there is a limit.
            _ => hint.map_or(GateEnd::Other, |hint| GateEnd::Limited(Some(hint))),
        }
    }

    /// Returns `true` if a failure of this class closes it.
    pub(crate) fn arms_on(&self, class: ErrorClass) -> bool {
        self.settings.arm_on.contains(&class)
    }

    /// Returns for how long it is closed for every call.
    #[cold]
    pub(crate) fn closed_for(&self) -> Duration {
        let now = self.stopwatch.nanos();
        Duration::from_nanos(self.lock().closed_for(now))
    }

    pub(super) fn close(&self, time: Duration) {
        let now = self.stopwatch.nanos();
        let time = nanos(time.min(self.settings.max_hint));
        self.change(|pacer| pacer.close_by_hand(time, now));
    }

    pub(super) fn reset(&self) {
        self.change(Pacer::open);
    }

    pub(super) fn snapshot(&self) -> GateSnapshot {
        let now = self.stopwatch.nanos();
        let pacer = self.lock();
        let closed = pacer.closed_for(now);
        GateSnapshot {
            name: self.settings.name.as_deref().map(str::to_owned),
            retry_after: (closed > 0).then(|| Duration::from_nanos(closed)),
            calls_per_second: pacer.rate(),
            waiting: pacer.waiting(),
        }
    }

    /// Runs a step of the pacer and publishes where it has led.
    fn change<T>(&self, step: impl FnOnce(&mut Pacer) -> T) -> T {
        let mut pacer = self.lock();
        let result = step(&mut pacer);
        let open = pacer.is_open();
        if self.open.load(Ordering::Relaxed) != open {
            self.open.store(open, Ordering::Relaxed);
        }
        result
    }

    fn lock(&self) -> MutexGuard<'_, Pacer> {
        // Nothing panics while it holds the lock: the clock, which is the user's, is read before.
        self.pacer.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
