//! One thread that wakes futures when their time has come, for executors without a timer.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::{Condvar, LazyLock, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

/// Returns a future that ends after `duration`, counted from now.
pub(crate) fn sleep(duration: Duration) -> impl Future<Output = ()> + Send {
    Sleep {
        // Where the sum overflows, a time beyond the life of any process.
        until: Instant::now()
            .checked_add(duration)
            .unwrap_or_else(|| Instant::now() + Duration::from_secs(86_400 * 365 * 30)),
        key: None,
    }
}

struct Sleep {
    until: Instant,
    key: Option<Key>,
}

type Key = (Instant, u64);

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if Instant::now() >= self.until {
            return Poll::Ready(());
        }
        match &TIMER.started {
            Ok(()) => {
                let key = TIMER.register(self.until, self.key, cx.waker());
                self.key = Some(key);
                Poll::Pending
            }
            // There is no timer thread: blocking is better than never waking.
            Err(_) => {
                std::thread::sleep(self.until.saturating_duration_since(Instant::now()));
                Poll::Ready(())
            }
        }
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        if let Some(key) = self.key {
            // A waker is foreign code: it must not be dropped under the lock.
            let waker = TIMER.lock().waiting.remove(&key);
            drop(waker);
        }
    }
}

struct Timer {
    queue: Mutex<Queue>,
    earlier: Condvar,
    started: std::io::Result<()>,
}

#[derive(Default)]
struct Queue {
    waiting: BTreeMap<Key, Waker>,
    next_id: u64,
}

static TIMER: LazyLock<Timer> = LazyLock::new(|| Timer {
    queue: Mutex::default(),
    earlier: Condvar::new(),
    started: std::thread::Builder::new()
        .name("redress-timer".to_owned())
        .spawn(|| TIMER.run())
        .map(drop),
});

impl Timer {
    fn lock(&self) -> MutexGuard<'_, Queue> {
        // Nothing panics while it holds the lock, so the queue behind a poisoned one is whole.
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn register(&self, until: Instant, key: Option<Key>, waker: &Waker) -> Key {
        let mut queue = self.lock();
        let key = key.unwrap_or_else(|| {
            queue.next_id += 1;
            (until, queue.next_id)
        });
        let replaced = queue.waiting.insert(key, waker.clone());
        if queue
            .waiting
            .first_key_value()
            .is_some_and(|(first, _)| *first == key)
        {
            self.earlier.notify_one();
        }
        drop(queue);
        drop(replaced);
        key
    }

    fn run(&self) {
        let mut queue = self.lock();
        loop {
            let now = Instant::now();
            match queue.waiting.first_key_value().map(|(key, _)| key.0) {
                Some(until) if until <= now => {
                    if let Some((_, waker)) = queue.waiting.pop_first() {
                        // A waker is foreign code: it may poll, drop or register another sleep.
                        drop(queue);
                        crate::shielded::shielded((), || waker.wake());
                        queue = self.lock();
                    }
                }
                Some(until) => {
                    let waited = self.earlier.wait_timeout(queue, until - now);
                    queue = waited.unwrap_or_else(PoisonError::into_inner).0;
                }
                None => {
                    let waited = self.earlier.wait(queue);
                    queue = waited.unwrap_or_else(PoisonError::into_inner);
                }
            }
        }
    }
}
