use std::collections::BTreeMap;
use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use crate::clock::{Clock, Wait};

/// A clock whose time passes only when a sleep or [`advance`](Self::advance) moves it.
///
/// A policy's sleep takes no real time: it moves the clock. An attempt's timeout fires once the
/// clock has moved far enough. Clones share one time.
///
/// Concurrent async calls in one task share the clock as they would share real time: it moves to
/// the wait that is due first. Between tasks and threads there is no such order, and a sync sleep
/// moves the clock at once.
///
/// ```
/// use std::time::Duration;
/// use redress::{Policy, strategies::fixed, testing::VirtualClock};
///
/// let clock = VirtualClock::new();
/// let policy = Policy::builder()
///     .strategy(fixed(2))
///     .max_attempts(3)
///     .clock(clock.clone())
///     .build()?;
/// let down = || Err::<(), _>(std::io::Error::from(std::io::ErrorKind::ConnectionRefused));
/// policy.call(down).unwrap_err();
/// assert_eq!(clock.sleeps(), [Duration::from_secs(2); 2]);
/// # Ok::<_, redress::ConfigError>(())
/// ```
#[derive(Clone)]
pub struct VirtualClock {
    state: Arc<Mutex<ClockState>>,
}

struct ClockState {
    now: Instant,
    sleeps: Vec<Duration>,
    waiting: BTreeMap<u64, Waiting>,
    next_id: u64,
}

/// A task that waits until `until`; `None` is never.
struct Waiting {
    until: Option<Instant>,
    waker: Waker,
}

impl ClockState {
    /// Returns the time at which the next wait ends.
    fn next_moment(&self) -> Option<Instant> {
        let moments = self.waiting.values().filter_map(|waiting| waiting.until);
        moments.filter(|until| *until > self.now).min()
    }
}

impl VirtualClock {
    /// Creates a clock without any sleeps.
    #[must_use]
    pub fn new() -> Self {
        Self {
            state: Arc::new(Mutex::new(ClockState {
                now: Instant::now(),
                sleeps: Vec::new(),
                waiting: BTreeMap::new(),
                next_id: 0,
            })),
        }
    }

    /// Lets `duration` pass. If an `Instant` cannot hold the resulting time, the clock does not
    /// move.
    pub fn advance(&self, duration: Duration) {
        self.move_on(|state| state.now.checked_add(duration));
    }

    /// Returns a future that lets `duration` pass, in steps that end where another wait ends, so
    /// that concurrent calls continue at the right time.
    pub(super) fn pass(&self, duration: Duration) -> impl Future<Output = ()> + Send + use<> {
        let clock = self.clone();
        let mut over = None;
        let mut seen = None;
        poll_fn(move |cx| {
            let over = over.get_or_insert_with(|| clock.timeout(duration));
            if Pin::new(&mut *over).poll(cx).is_ready() {
                return Poll::Ready(());
            }
            let now = clock.now();
            if seen.replace(now) == Some(now) {
                clock.move_on(ClockState::next_moment);
            } else {
                // Concurrent futures of this task are polled before time moves on.
                cx.waker().wake_by_ref();
            }
            Pin::new(over).poll(cx)
        })
    }

    fn move_on(&self, to: impl FnOnce(&ClockState) -> Option<Instant>) {
        let woken: Vec<Waker> = {
            let mut state = self.lock();
            let Some(now) = to(&state) else {
                return;
            };
            state.now = now;
            let waiting = state.waiting.values();
            waiting.map(|waiting| waiting.waker.clone()).collect()
        };
        woken.into_iter().for_each(Waker::wake);
    }

    fn timeout(&self, duration: Duration) -> Timeout {
        Timeout {
            until: self.now().checked_add(duration),
            id: self.next_id(),
            clock: self.clone(),
        }
    }

    /// Returns the sleeps of all policies with this clock, in order.
    #[must_use]
    pub fn sleeps(&self) -> Vec<Duration> {
        self.lock().sleeps.clone()
    }

    fn next_id(&self) -> u64 {
        let mut state = self.lock();
        state.next_id += 1;
        state.next_id
    }

    fn lock(&self) -> MutexGuard<'_, ClockState> {
        // Nothing panics while it holds the lock.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for VirtualClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for VirtualClock {
    fn now(&self) -> Instant {
        self.lock().now
    }

    fn sleep(&self, duration: Duration) {
        self.lock().sleeps.push(duration);
        self.advance(duration);
    }

    fn sleep_async(&self, duration: Duration) -> Option<Wait> {
        let clock = self.clone();
        Some(Box::pin(async move {
            clock.lock().sleeps.push(duration);
            // As in `advance`, a time that never comes is not waited for.
            if clock.now().checked_add(duration).is_some() {
                clock.pass(duration).await;
            }
        }))
    }

    fn timeout_async(&self, duration: Duration) -> Option<Wait> {
        Some(Box::pin(self.timeout(duration)))
    }
}

impl fmt::Debug for VirtualClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VirtualClock")
            .field("sleeps", &self.sleeps())
            .finish_non_exhaustive()
    }
}

struct Timeout {
    clock: VirtualClock,
    /// `None` if an `Instant` cannot hold the time: never.
    until: Option<Instant>,
    id: u64,
}

impl Drop for Timeout {
    fn drop(&mut self) {
        let waiting = self.clock.lock().waiting.remove(&self.id);
        drop(waiting);
    }
}

impl Future for Timeout {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let mut state = self.clock.lock();
        if self.until.is_some_and(|until| state.now >= until) {
            return Poll::Ready(());
        }
        let waiting = Waiting {
            until: self.until,
            waker: cx.waker().clone(),
        };
        let replaced = state.waiting.insert(self.id, waiting);
        drop(state);
        drop(replaced);
        Poll::Pending
    }
}
