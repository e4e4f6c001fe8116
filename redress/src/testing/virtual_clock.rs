use std::collections::BTreeMap;
use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use crate::clock::{Clock, Wait};

/// A clock whose time passes only when somebody sleeps or [`advance`](Self::advance)s it.
///
/// A sleep of a policy takes no real time: it moves the clock. An attempt's timeout fires when the
/// clock has been moved far enough. Clones share one time.
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
    state: Arc<Mutex<State>>,
}

struct State {
    now: Instant,
    sleeps: Vec<Duration>,
    waiting: BTreeMap<u64, Waker>,
    next_id: u64,
}

impl VirtualClock {
    /// Creates a clock that nobody has slept on.
    #[must_use]
    pub fn new() -> Self {
        Self {
            state: Arc::new(Mutex::new(State {
                now: Instant::now(),
                sleeps: Vec::new(),
                waiting: BTreeMap::new(),
                next_id: 0,
            })),
        }
    }

    /// Lets `duration` pass. A time beyond what an `Instant` holds leaves the clock where it is.
    pub fn advance(&self, duration: Duration) {
        let woken = {
            let mut state = self.lock();
            state.now = state.now.checked_add(duration).unwrap_or(state.now);
            std::mem::take(&mut state.waiting)
        };
        for waker in woken.into_values() {
            waker.wake();
        }
    }

    /// Lists the sleeps of all policies with this clock, in order.
    #[must_use]
    pub fn sleeps(&self) -> Vec<Duration> {
        self.lock().sleeps.clone()
    }

    fn next_id(&self) -> u64 {
        let mut state = self.lock();
        state.next_id += 1;
        state.next_id
    }

    fn lock(&self) -> MutexGuard<'_, State> {
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
        Some(Box::pin(async move { clock.sleep(duration) }))
    }

    fn timeout_async(&self, duration: Duration) -> Option<Wait> {
        Some(Box::pin(Timeout {
            until: self.now().checked_add(duration),
            id: self.next_id(),
            clock: self.clone(),
        }))
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
    /// None is beyond what an `Instant` holds: never.
    until: Option<Instant>,
    id: u64,
}

impl Drop for Timeout {
    fn drop(&mut self) {
        let waker = self.clock.lock().waiting.remove(&self.id);
        drop(waker);
    }
}

impl Future for Timeout {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let mut state = self.clock.lock();
        if self.until.is_some_and(|until| state.now >= until) {
            return Poll::Ready(());
        }
        let replaced = state.waiting.insert(self.id, cx.waker().clone());
        drop(state);
        drop(replaced);
        Poll::Pending
    }
}
