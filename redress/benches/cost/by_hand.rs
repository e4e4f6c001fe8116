//! A careful hand-written loop: a deadline (one clock read at entry, one per failure), a match on
//! the class, a cap on attempts, a capped delay.

use std::hint::black_box;
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

/// The operation's error.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Down(pub(crate) u64);

impl std::fmt::Display for Down {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "down ({})", self.0)
    }
}

impl std::error::Error for Down {}

/// Fails `left` times, then succeeds.
#[inline(never)]
pub(crate) fn operation(left: &AtomicU32) -> Result<u64, Down> {
    match black_box(left.load(Relaxed)) {
        0 => Ok(black_box(7)),
        n => {
            left.store(n - 1, Relaxed);
            Err(Down(u64::from(n)))
        }
    }
}

/// The same operation as a future of 64 bytes, the size of one that holds a request.
pub(crate) struct Operation<'a> {
    left: &'a AtomicU32,
    _request: [MaybeUninit<u64>; 7],
}

#[inline(never)]
pub(crate) fn operation_async(left: &AtomicU32) -> Operation<'_> {
    Operation {
        left,
        _request: [MaybeUninit::uninit(); 7],
    }
}

impl Future for Operation<'_> {
    type Output = Result<u64, Down>;

    fn poll(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<Self::Output> {
        Poll::Ready(operation(self.left))
    }
}

/// Returns one of eight classes, of which three are not retried.
#[inline(never)]
pub(crate) fn class(error: &Down) -> u8 {
    if black_box(error.0) == u64::MAX { 2 } else { 6 }
}

/// Runs the operation without a loop, and once more if it fails.
pub(crate) fn direct(failures: &AtomicU32) -> Result<u64, Down> {
    operation(failures).or_else(|_| operation(failures))
}

pub(crate) async fn direct_async(failures: &AtomicU32) -> Result<u64, Down> {
    match operation_async(failures).await {
        Ok(value) => Ok(value),
        Err(_) => operation_async(failures).await,
    }
}

fn delay(attempt: u32) -> Duration {
    let base = black_box(Duration::ZERO);
    base.saturating_mul(1 << attempt.min(16))
        .min(Duration::from_secs(5))
}

pub(crate) fn deadline(failures: &AtomicU32) -> Result<u64, Down> {
    let started = Instant::now();
    let mut attempt = 0;
    loop {
        attempt += 1;
        let error = match operation(failures) {
            Ok(value) => return Ok(value),
            Err(error) => error,
        };
        let elapsed = started.elapsed();
        if matches!(class(&error), 0..=2) || attempt >= 6 || elapsed >= Duration::from_secs(60) {
            return Err(error);
        }
        let delay = delay(attempt);
        if elapsed + delay >= Duration::from_secs(60) {
            return Err(error);
        }
        if !delay.is_zero() {
            std::thread::sleep(delay);
        }
    }
}

pub(crate) fn no_deadline(failures: &AtomicU32) -> Result<u64, Down> {
    let mut attempt = 0;
    loop {
        attempt += 1;
        let error = match operation(failures) {
            Ok(value) => return Ok(value),
            Err(error) => error,
        };
        if matches!(class(&error), 0..=2) || attempt >= 6 {
            return Err(error);
        }
        let delay = delay(attempt);
        if !delay.is_zero() {
            std::thread::sleep(delay);
        }
    }
}

pub(crate) async fn deadline_async(failures: &AtomicU32) -> Result<u64, Down> {
    let started = Instant::now();
    let mut attempt = 0;
    loop {
        attempt += 1;
        let error = match operation_async(failures).await {
            Ok(value) => return Ok(value),
            Err(error) => error,
        };
        let elapsed = started.elapsed();
        if matches!(class(&error), 0..=2) || attempt >= 6 || elapsed >= Duration::from_secs(60) {
            return Err(error);
        }
        let delay = delay(attempt);
        if elapsed + delay >= Duration::from_secs(60) {
            return Err(error);
        }
        if !delay.is_zero() {
            tokio::time::sleep(delay).await;
        }
    }
}

pub(crate) async fn no_deadline_async(failures: &AtomicU32) -> Result<u64, Down> {
    let mut attempt = 0;
    loop {
        attempt += 1;
        let error = match operation_async(failures).await {
            Ok(value) => return Ok(value),
            Err(error) => error,
        };
        if matches!(class(&error), 0..=2) || attempt >= 6 {
            return Err(error);
        }
        let delay = delay(attempt);
        if !delay.is_zero() {
            tokio::time::sleep(delay).await;
        }
    }
}
