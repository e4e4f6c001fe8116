use std::fmt;
use std::ops::Deref;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use super::events::{Event, Events};
use crate::clock::{Clock, Wait};

/// Nanoseconds since the start of a run.
pub(super) type Nanos = u64;

/// Returns a length of time in nanoseconds, at most 584 years.
pub(super) fn nanos(time: Duration) -> Nanos {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

/// Virtual time, and what will happen when.
///
/// Time is exact to the nanosecond, and events of the same instant happen in the order in which they
/// were planned: a seed gives the same run on every machine. All of it is used by one thread; a clock
/// has to be `Send` and `Sync` all the same, which is what the lock is for.
pub(super) struct Agenda {
    origin: Instant,
    now: AtomicU64,
    /// The number of the event that is happening.
    event: AtomicU64,
    plan: Mutex<Plan>,
}

#[derive(Default)]
struct Plan {
    events: Events,
    /// The number of events so far, which orders those of one instant.
    planned: u64,
    /// The task that is being polled.
    task: u32,
    /// Of each place the event that it is for; 0 is none.
    places: Vec<u64>,
    free: Vec<u32>,
    /// How many events were cancelled and are still among the events.
    cancelled: usize,
}

/// So many cancelled events are always left where they are.
const SPARED: usize = 1024;

impl Agenda {
    pub(super) fn new() -> Self {
        Self {
            origin: Instant::now(),
            now: AtomicU64::new(0),
            event: AtomicU64::new(0),
            plan: Mutex::default(),
        }
    }

    pub(super) fn now(&self) -> Nanos {
        self.now.load(Ordering::Relaxed)
    }

    /// Returns `true` if nothing is planned.
    pub(super) fn is_empty(&self) -> bool {
        let plan = self.lock();
        plan.events.len() == plan.cancelled
    }

    /// Moves to the next event if it comes no later than `before`, and returns its time and whose it is.
    pub(super) fn advance(&self, before: Nanos) -> Option<(Nanos, u32)> {
        let mut plan = self.lock();
        let event = plan.next().filter(|event| event.at <= before)?;
        plan.events.pop();
        plan.leave(event.place);
        plan.task = event.task;
        self.now.store(event.at, Ordering::Relaxed);
        self.event.store(event.number, Ordering::Relaxed);
        Some((event.at, event.task))
    }

    /// Moves to a time before the next event, at which a task starts.
    pub(super) fn start(&self, at: Nanos, task: u32) {
        self.lock().task = task;
        self.now.store(at, Ordering::Relaxed);
    }

    /// Wakes a task in this instant.
    pub(super) fn wake(&self, task: u32) {
        let now = self.now();
        self.lock().plan(now, task);
    }

    /// Returns the task that is being polled.
    pub(super) fn task(&self) -> u32 {
        self.lock().task
    }

    /// Returns how many events there are, those that were cancelled included.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.lock().events.len()
    }

    fn lock(&self) -> MutexGuard<'_, Plan> {
        // Nothing panics while it holds the lock.
        self.plan.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Plan {
    /// Returns the next event that was not cancelled.
    fn next(&mut self) -> Option<Event> {
        loop {
            let event = self.events.first()?;
            if is_planned(&self.places, &event) {
                return Some(event);
            }
            self.events.pop();
            self.cancelled = self.cancelled.saturating_sub(1);
        }
    }

    fn plan(&mut self, at: Nanos, task: u32) -> Planned {
        self.planned += 1;
        let number = self.planned;
        let place = self.free.pop().unwrap_or_else(|| {
            let place = u32::try_from(self.places.len()).unwrap_or(u32::MAX);
            self.places.push(0);
            place
        });
        if let Some(of) = self.places.get_mut(place as usize) {
            *of = number;
        }
        self.events.push(Event {
            at,
            number,
            task,
            place,
        });
        Planned { number, place }
    }

    fn leave(&mut self, place: u32) {
        if let Some(of) = self.places.get_mut(place as usize) {
            *of = 0;
            self.free.push(place);
        }
    }

    fn cancel(&mut self, planned: Planned) {
        if self.places.get(planned.place as usize) != Some(&planned.number) {
            return;
        }
        self.leave(planned.place);
        self.cancelled += 1;
        // Most timeouts are cancelled: kept, they would fill the memory until their time.
        if self.cancelled > SPARED && self.cancelled > self.events.len() / 2 {
            let places = &self.places;
            self.events.retain(|event| is_planned(places, event));
            self.cancelled = 0;
        }
    }
}

fn is_planned(places: &[u64], event: &Event) -> bool {
    places.get(event.place as usize) == Some(&event.number)
}

/// A planned event, to cancel it.
#[derive(Debug, Clone, Copy)]
struct Planned {
    number: u64,
    place: u32,
}

/// The agenda as the clock of policies, breakers and budgets.
#[derive(Clone)]
pub(super) struct VirtualTime(pub(super) Arc<Agenda>);

impl VirtualTime {
    /// Waits until a time.
    pub(super) fn until(&self, at: Nanos) -> Until<&Agenda> {
        Until::new(&*self.0, at)
    }

    /// Waits for a length of time.
    pub(super) fn wait(&self, nanos: Nanos) -> Until<&Agenda> {
        self.until(self.0.now().saturating_add(nanos))
    }
}

impl Clock for VirtualTime {
    fn now(&self) -> Instant {
        self.0.origin + Duration::from_nanos(self.0.now())
    }

    fn sleep_async(&self, duration: Duration) -> Option<Wait> {
        let at = self.0.now().saturating_add(nanos(duration));
        Some(Box::pin(Until::new(Arc::clone(&self.0), at)))
    }

    fn timeout_async(&self, duration: Duration) -> Option<Wait> {
        self.sleep_async(duration)
    }
}

impl fmt::Debug for VirtualTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("VirtualTime").field(&self.0.now()).finish()
    }
}

/// Waits for a time.
pub(super) struct Until<A: Deref<Target = Agenda>> {
    agenda: A,
    at: Nanos,
    planned: Option<Planned>,
}

impl<A: Deref<Target = Agenda>> Until<A> {
    const fn new(agenda: A, at: Nanos) -> Self {
        Self {
            agenda,
            at,
            planned: None,
        }
    }
}

impl<A: Deref<Target = Agenda> + Unpin> Future for Until<A> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        if self.at <= self.agenda.now() {
            // What has happened is not cancelled. Another event of this instant may have come first.
            let happening = self.agenda.event.load(Ordering::Relaxed);
            self.planned = self.planned.filter(|own| own.number != happening);
            return Poll::Ready(());
        }
        if self.planned.is_none() {
            let mut plan = self.agenda.lock();
            let task = plan.task;
            let planned = plan.plan(self.at, task);
            drop(plan);
            self.planned = Some(planned);
        }
        Poll::Pending
    }
}

impl<A: Deref<Target = Agenda>> Drop for Until<A> {
    fn drop(&mut self) {
        if let Some(planned) = self.planned {
            self.agenda.lock().cancel(planned);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::task::Waker;

    use super::*;

    fn poll(wait: &mut Until<&Agenda>) -> bool {
        let mut context = Context::from_waker(Waker::noop());
        Pin::new(wait).poll(&mut context).is_ready()
    }

    #[test]
    fn events_come_in_the_order_of_their_times_and_of_their_planning() {
        let time = VirtualTime(Arc::new(Agenda::new()));
        let mut waits: Vec<Until<&Agenda>> = Vec::new();
        for (task, at) in [(1, 7), (2, 5), (3, 7)] {
            time.0.start(0, task);
            let mut wait = time.until(at);
            assert!(!poll(&mut wait));
            waits.push(wait);
        }
        let mut seen = Vec::new();
        while let Some(event) = time.0.advance(9) {
            seen.push(event);
        }
        assert_eq!(seen, [(5, 2), (7, 1), (7, 3)]);
        assert!(waits.iter_mut().all(poll));
    }

    #[test]
    fn what_was_cancelled_takes_no_memory() {
        let time = VirtualTime(Arc::new(Agenda::new()));
        let mut kept = time.until(9);
        assert!(!poll(&mut kept));
        for at in 0..100_000 {
            assert!(!poll(&mut time.until(10 + at)));
        }
        assert!(time.0.len() <= 2 * SPARED + 2, "{}", time.0.len());
        assert!(!time.0.is_empty());
        assert_eq!(time.0.advance(8), None);
        assert_eq!(time.0.advance(9), Some((9, 0)));
        assert!(poll(&mut kept));
        drop(kept);
        assert!(time.0.is_empty());
    }
}
