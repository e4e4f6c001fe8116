use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use redress::time::{Clock, Wait};

/// Virtual time, and an executor that jumps from one event to the next.
///
/// Time is exact to the nanosecond. The timers of a runtime often are not: tokio's have a
/// resolution of one millisecond, a third of the time that the simulated server takes for a
/// request. Everything runs on one thread, and events of the same instant in the order in which
/// they were scheduled, so a seed gives the same run on every machine.
///
/// Policies, breakers and budgets use it as their [`Clock`].
#[derive(Clone)]
pub struct World {
    state: Arc<Mutex<State>>,
}

struct State {
    origin: Instant,
    /// In nanoseconds since `origin`.
    now: u64,
    /// The task that is being polled.
    task: usize,
    /// The number of timers so far, which orders the timers of one instant.
    asked: u64,
    timers: BinaryHeap<Reverse<Event>>,
}

/// A time, the order among the events of that time, and a task.
type Event = (u64, u64, usize);

impl World {
    /// Creates a world at time zero.
    #[must_use]
    pub fn new() -> Self {
        Self {
            state: Arc::new(Mutex::new(State {
                origin: Instant::now(),
                now: 0,
                task: 0,
                asked: 0,
                timers: BinaryHeap::new(),
            })),
        }
    }

    /// Returns the time since the start of the world.
    #[must_use]
    pub fn time(&self) -> Duration {
        Duration::from_nanos(self.lock().now)
    }

    /// Waits until `time` has passed since the start of the world.
    #[must_use]
    pub fn until(&self, time: Duration) -> Timer {
        Timer {
            world: self.clone(),
            at: nanos(time),
            set: false,
        }
    }

    /// Waits for `duration`.
    #[must_use]
    pub fn wait(&self, duration: Duration) -> Timer {
        self.until(self.time().saturating_add(duration))
    }

    /// Starts each task at its time, and runs all of them to completion. Times must not decrease.
    ///
    /// Tasks can wait for time only: nothing else wakes them.
    pub fn run<F: Future<Output = ()>>(&self, arrivals: impl IntoIterator<Item = (Duration, F)>) {
        let mut arrivals = arrivals.into_iter().peekable();
        let mut tasks: Vec<Option<Pin<Box<F>>>> = Vec::new();
        loop {
            let arrival = arrivals.peek().map(|(at, _)| nanos(*at));
            let task = match (self.next_timer(), arrival) {
                (None, None) => return,
                (Some(timer), arrival) if arrival.is_none_or(|arrival| timer <= arrival) => {
                    self.advance_to_timer()
                }
                _ => {
                    let Some((at, task)) = arrivals.next() else {
                        return;
                    };
                    tasks.push(Some(Box::pin(task)));
                    self.advance_to_arrival(nanos(at), tasks.len() - 1)
                }
            };
            // The timer of an attempt that has ended earlier may outlive the task.
            if let Some(slot) = tasks.get_mut(task)
                && let Some(running) = slot
            {
                let mut context = Context::from_waker(Waker::noop());
                if running.as_mut().poll(&mut context).is_ready() {
                    *slot = None;
                }
            }
        }
    }

    fn next_timer(&self) -> Option<u64> {
        self.lock().timers.peek().map(|Reverse((at, ..))| *at)
    }

    fn advance_to_timer(&self) -> usize {
        let mut state = self.lock();
        if let Some(Reverse((at, _, task))) = state.timers.pop() {
            state.now = at;
            state.task = task;
        }
        state.task
    }

    fn advance_to_arrival(&self, at: u64, task: usize) -> usize {
        let mut state = self.lock();
        state.now = at;
        state.task = task;
        task
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing panics while it holds the lock.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for World {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for World {
    fn now(&self) -> Instant {
        let state = self.lock();
        state.origin + Duration::from_nanos(state.now)
    }

    fn sleep_async(&self, duration: Duration) -> Option<Wait> {
        Some(Box::pin(self.wait(duration)))
    }

    fn timeout_async(&self, duration: Duration) -> Option<Wait> {
        self.sleep_async(duration)
    }
}

impl fmt::Debug for World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("World")
            .field("time", &self.time())
            .finish_non_exhaustive()
    }
}

/// A future that waits for a time of a [`World`].
#[derive(Debug)]
pub struct Timer {
    world: World,
    at: u64,
    set: bool,
}

impl Future for Timer {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        let mut state = self.world.lock();
        if self.at <= state.now {
            return Poll::Ready(());
        }
        if !self.set {
            let event = (self.at, state.asked, state.task);
            state.asked += 1;
            state.timers.push(Reverse(event));
            drop(state);
            self.set = true;
        }
        Poll::Pending
    }
}

/// Saturates at `u64::MAX` nanoseconds, which is 584 years.
fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;

    #[test]
    fn time_jumps_to_each_event_in_order() {
        let world = World::new();
        let seen = RefCell::new(Vec::new());
        let task = |name: u32, wait: u64| {
            let (world, seen) = (&world, &seen);
            async move {
                world.wait(Duration::from_nanos(wait)).await;
                seen.borrow_mut().push((name, world.time().as_nanos()));
            }
        };
        let at = Duration::from_nanos;
        world.run([
            (at(0), task(1, 7)),
            (at(2), task(2, 3)),
            (at(4), task(3, 3)),
        ]);
        assert_eq!(*seen.borrow(), [(2, 5), (1, 7), (3, 7)]);
    }

    #[test]
    fn a_timeout_fires_at_its_nanosecond() {
        let world = World::new();
        let policy = redress::Policy::builder()
            .max_attempts(1)
            .attempt_timeout(Duration::from_nanos(999))
            .clock(world.clone())
            .build()
            .unwrap();
        let ended = RefCell::new(Duration::ZERO);
        world.run([(Duration::ZERO, async {
            let operation = || async {
                world.wait(Duration::from_nanos(1000)).await;
                Ok::<_, std::convert::Infallible>(())
            };
            assert!(policy.call_async(operation).await.is_err());
            ended.replace(world.time());
        })]);
        assert_eq!(*ended.borrow(), Duration::from_nanos(999));
    }
}
