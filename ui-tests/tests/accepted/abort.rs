//! `abort_on`, which ends calls and wakes them from their pauses. Time is virtual.

use std::cell::Cell;
use std::future::{pending, ready};
use std::io::Error;
use std::sync::Mutex;
use std::time::Duration;

use redress::{CircuitBreaker, Event, StopReason, retry, retry_block};
use tokio::sync::Notify;
use tokio::time::{Instant, sleep};

use super::{assert_send, until};

#[derive(Default)]
struct Service {
    stopping: Notify,
    reasons: Mutex<Vec<StopReason>>,
}

impl Service {
    fn watch(&self, event: &Event<'_>) {
        self.reasons.lock().unwrap().extend(event.stop_reason());
    }

    #[retry(
        strategy = fixed(30s),
        abort_on = || self.stopping.notified(),
        on_event = |event| self.watch(event),
    )]
    async fn fetch(&self, calls: &mut u32) -> Result<u32, Error> {
        until(9, calls)
    }

    #[retry(strategy = fixed(30s), abort_on = || self.stopping.notified())]
    async fn long_attempt(&self) -> Result<u32, Error> {
        sleep(Duration::from_secs(5)).await;
        until(9, &mut 0)
    }

    #[retry(strategy = instant(), abort_on = || self.stopping.notified())]
    fn sync(&self, calls: &mut u32) -> Result<u32, Error> {
        if *calls == 2 {
            self.stopping.notify_one();
        }
        until(9, calls)
    }
}

#[tokio::test(start_paused = true)]
async fn abort_on_wakes_a_call_from_its_pause() {
    let (service, start, mut calls) = (Service::default(), Instant::now(), 0);
    let stop = async {
        sleep(Duration::from_secs(3)).await;
        service.stopping.notify_one();
    };
    let (result, ()) = tokio::join!(assert_send(service.fetch(&mut calls)), stop);
    result.unwrap_err();
    assert_eq!((start.elapsed().as_secs(), calls), (3, 1));
    assert_eq!(*service.reasons.lock().unwrap(), [StopReason::Aborted]);
}

#[tokio::test(start_paused = true)]
async fn an_attempt_in_progress_ends_by_itself() {
    let (service, start) = (Service::default(), Instant::now());
    let stop = async {
        sleep(Duration::from_secs(3)).await;
        service.stopping.notify_one();
    };
    let (result, ()) = tokio::join!(service.long_attempt(), stop);
    result.unwrap_err();
    assert_eq!(start.elapsed().as_secs(), 5);
}

#[test]
fn a_sync_call_asks_at_each_attempt() {
    let mut calls = 0;
    Service::default().sync(&mut calls).unwrap_err();
    assert_eq!(calls, 3);
}

async fn never() {
    pending().await
}

#[retry(strategy = instant(), abort_on = never, abort_if = || false)]
async fn not_aborted(calls: &mut u32) -> Result<u32, Error> {
    until(3, calls)
}

#[retry(abort_on = || ready(()))]
async fn aborted_before_it_starts(calls: &mut u32) -> Result<u32, Error> {
    until(1, calls)
}

#[retry(strategy = instant(), abort_on = || async { panic!("broken") })]
async fn broken(calls: &mut u32) -> Result<u32, Error> {
    until(3, calls)
}

#[tokio::test]
async fn a_future_may_never_end_or_have_ended() {
    assert_eq!(not_aborted(&mut 0).await.unwrap(), 3);
    let mut calls = 0;
    let error = aborted_before_it_starts(&mut calls).await.unwrap_err();
    let interrupt = error
        .get_ref()
        .unwrap()
        .downcast_ref::<redress::Interrupt>();
    assert!(interrupt.unwrap().is_aborted());
    assert_eq!(calls, 0);
    assert_eq!(broken(&mut 0).await.unwrap(), 3);
}

#[tokio::test(start_paused = true)]
async fn abort_on_in_a_block_beside_a_breaker() {
    let (stopping, start, calls) = (Notify::new(), Instant::now(), Cell::new(0));
    let breaker = CircuitBreaker::builder().build().unwrap();
    let call = retry_block!(
        <Error> strategy = fixed(30s),
        circuit_breaker = breaker,
        abort_on = || stopping.notified(),
        async {
            calls.set(calls.get() + 1);
            until(9, &mut 0)
        }
    );
    let stop = async {
        sleep(Duration::from_secs(3)).await;
        stopping.notify_one();
    };
    let (result, ()) = tokio::join!(call, stop);
    result.unwrap_err();
    assert_eq!((start.elapsed().as_secs(), calls.get()), (3, 1));
}
