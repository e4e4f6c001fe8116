use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Wake, Waker};
use std::time::{Duration, Instant};

use crate::clock::{Time, Wait};

/// A state that threads wait for changes of.
pub(super) struct Monitor<S> {
    state: Mutex<S>,
    changed: Condvar,
}

/// The limit of a wait, fixed before the awaited work starts.
pub(super) enum Limit {
    Never,
    /// By the machine's clock.
    At(Instant),
    /// By a clock with a `timeout_async`.
    Clock(Wait),
}

impl Limit {
    /// Starts the time. A user's clock without a `timeout_async` is assumed to run as the machine's.
    pub(super) fn start(time: &Time, limit: Option<Duration>) -> Self {
        let Some(limit) = limit else {
            return Self::Never;
        };
        match time.timeout_async(limit) {
            Some(wait) => Self::Clock(wait),
            // A time beyond the range of `Instant` never comes.
            None => Instant::now()
                .checked_add(limit)
                .map_or(Self::Never, Self::At),
        }
    }
}

impl<S: Send + 'static> Monitor<S> {
    pub(super) const fn new(state: S) -> Self {
        Self {
            state: Mutex::new(state),
            changed: Condvar::new(),
        }
    }

    /// Changes the state, and wakes the waiting threads.
    pub(super) fn change<T>(&self, change: impl FnOnce(&mut S) -> T) -> T {
        let changed = self.change_unseen(change);
        self.wake_all();
        changed
    }

    /// Changes the state; [`wake_all`](Self::wake_all) follows.
    pub(super) fn change_unseen<T>(&self, change: impl FnOnce(&mut S) -> T) -> T {
        change(&mut self.lock())
    }

    pub(super) fn wake_all(&self) {
        self.changed.notify_all();
    }

    /// Waits until `ready` returns a value; `None` if the limit comes first.
    pub(super) fn wait<T>(
        self: &Arc<Self>,
        limit: &mut Limit,
        mut ready: impl FnMut(&mut S) -> Option<T>,
    ) -> Option<T> {
        if let Some(found) = ready(&mut self.lock()) {
            return Some(found);
        }
        match limit {
            Limit::Never => {
                let mut state = self.lock();
                loop {
                    if let Some(found) = ready(&mut state) {
                        return Some(found);
                    }
                    state = self
                        .changed
                        .wait(state)
                        .unwrap_or_else(PoisonError::into_inner);
                }
            }
            Limit::At(until) => {
                let mut state = self.lock();
                loop {
                    if let Some(found) = ready(&mut state) {
                        return Some(found);
                    }
                    let left = until.saturating_duration_since(Instant::now());
                    if left.is_zero() {
                        return None;
                    }
                    let waited = self.changed.wait_timeout(state, left);
                    state = waited.unwrap_or_else(PoisonError::into_inner).0;
                }
            }
            Limit::Clock(wait) => self.wait_by_clock(wait, ready),
        }
    }

    fn wait_by_clock<T>(
        self: &Arc<Self>,
        wait: &mut Wait,
        mut ready: impl FnMut(&mut S) -> Option<T>,
    ) -> Option<T> {
        let alarm = Arc::new(Alarm {
            monitor: Arc::clone(self),
            rings: AtomicBool::new(false),
        });
        let waker = Waker::from(Arc::clone(&alarm));
        let mut cx = Context::from_waker(&waker);
        loop {
            // Foreign code, which may wake at once: not under the lock.
            let over = wait.as_mut().poll(&mut cx).is_ready();
            let mut state = self.lock();
            loop {
                if let Some(found) = ready(&mut state) {
                    return Some(found);
                }
                if over {
                    return None;
                }
                if alarm.rings.swap(false, Ordering::Relaxed) {
                    break;
                }
                state = self
                    .changed
                    .wait(state)
                    .unwrap_or_else(PoisonError::into_inner);
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, S> {
        // What is done under the lock does not panic.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Wakes one thread that waits by a clock.
struct Alarm<S> {
    monitor: Arc<Monitor<S>>,
    rings: AtomicBool,
}

impl<S: Send + 'static> Wake for Alarm<S> {
    fn wake(self: Arc<Self>) {
        self.rings.store(true, Ordering::Relaxed);
        // After the lock was free, the thread has either seen the flag or is waiting.
        drop(self.monitor.lock());
        self.monitor.wake_all();
    }
}
