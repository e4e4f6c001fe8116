//! Calls in a test that has paused tokio's time.

use std::io::Error;
use std::time::Duration;

use redress::{Policy, StopReason, retry, strategies};

use super::support::down;

const DEADLINE: Duration = Duration::from_millis(100);

#[retry(strategy = fixed(20ms), max_attempts = none, deadline = 100ms)]
fn by_attribute(attempts: &mut u32) -> Result<(), Error> {
    *attempts += 1;
    Err(down())
}

#[retry(strategy = fixed(20ms), max_attempts = none, deadline = 100ms, on_event = |_| ())]
fn observed(attempts: &mut u32) -> Result<(), Error> {
    *attempts += 1;
    Err(down())
}

#[retry(strategy = fixed(20s), max_attempts = none, deadline = 1h)]
async fn later(attempts: &mut u32) -> Result<(), Error> {
    *attempts += 1;
    Err(down())
}

fn policy() -> Policy {
    Policy::builder()
        .strategy(strategies::fixed(DEADLINE / 5))
        .unlimited_attempts()
        .deadline(DEADLINE)
        .build()
        .unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_sync_function_ends_at_its_deadline() {
    for function in [by_attribute, observed] {
        let mut attempts = 0;
        function(&mut attempts).unwrap_err();
        // Each pause takes at least its time; on a slow machine there are fewer.
        assert!((1..=6).contains(&attempts), "{attempts}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_sync_call_counts_the_time_of_its_attempts_and_pauses() {
    let outcome = policy().execute(|| {
        std::thread::sleep(DEADLINE / 2);
        Err::<(), _>(down())
    });
    assert_eq!(outcome.stop_reason, Some(StopReason::DeadlineExceeded));
    assert!(outcome.attempts <= 2, "{}", outcome.attempts);
    assert!(outcome.elapsed >= DEADLINE / 2, "{:?}", outcome.elapsed);
    let error = policy().call(|| {
        std::thread::sleep(DEADLINE);
        Err::<(), _>(down())
    });
    assert_eq!(error.unwrap_err().attempts(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_detached_call_ends_at_its_deadline() {
    let outcome = policy().execute_detached(|| Err::<(), _>(down()));
    assert_eq!(outcome.stop_reason, Some(StopReason::DeadlineExceeded));
}

#[tokio::test(start_paused = true)]
async fn an_async_call_follows_the_time_of_the_test() {
    let (paused, mut attempts) = (tokio::time::Instant::now(), 0);
    later(&mut attempts).await.unwrap_err();
    // By any other time than the test's there would be fewer attempts, or no end to them.
    assert!(paused.elapsed() > Duration::from_secs(3500));
    assert!((178..=180).contains(&attempts), "{attempts}");
}
