//! Async calls on other executors, and futures that are not `Send`.

use std::cell::Cell;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::task::{Context, Waker};
use std::time::{Duration, Instant};

use redress::{Policy, retry, strategies};
use tokio::runtime::Runtime;

use super::support::down;

const SHORT: Duration = Duration::from_millis(1);

/// Fails twice, then succeeds.
fn third_time(calls: &Cell<u32>) -> std::io::Result<u32> {
    calls.set(calls.get() + 1);
    if calls.get() < 3 {
        Err(down())
    } else {
        Ok(calls.get())
    }
}

#[test]
fn another_executor_with_a_sleeper_of_its_own() {
    let policy = Policy::builder()
        .strategy(strategies::fixed(SHORT))
        .sleeper(|duration| async move {
            async_io::Timer::after(duration).await;
        })
        .build()
        .unwrap();
    let calls = Cell::new(0);
    let got = async_io::block_on(policy.call_async(|| async { third_time(&calls) }));
    assert_eq!(got.unwrap(), 3);
}

#[test]
fn another_executor_without_a_sleeper() {
    let policy = Policy::builder()
        .strategy(strategies::fixed(SHORT))
        .build()
        .unwrap();
    let calls = Cell::new(0);
    let got = async_io::block_on(policy.call_async(|| async { third_time(&calls) }));
    assert_eq!(got.unwrap(), 3);
}

#[test]
fn many_calls_wait_on_the_thread_that_stands_in_for_a_timer() {
    let policy = Policy::builder()
        .strategy(strategies::full_jitter(0.005))
        .build()
        .unwrap();
    let threads: Vec<_> = (0..8)
        .map(|_| {
            let policy = policy.clone();
            std::thread::spawn(move || {
                for _ in 0..20 {
                    let calls = Cell::new(0);
                    let call = policy.call_async(|| async { third_time(&calls) });
                    assert_eq!(async_io::block_on(call).unwrap(), 3);
                }
            })
        })
        .collect();
    for thread in threads {
        thread.join().unwrap();
    }
}

#[test]
fn a_hung_attempt_is_cut_off_without_a_runtime() {
    let policy = Policy::builder()
        .strategy(strategies::instant())
        .attempt_timeout(SHORT)
        .max_attempts(2)
        .build()
        .unwrap();
    let call = policy.call_async(std::future::pending::<std::io::Result<()>>);
    let error = async_io::block_on(call).unwrap_err();
    assert_eq!(
        (error.attempts(), error.cause()),
        (2, Some(redress::Cause::Timeout))
    );
}

#[retry(strategy = fixed(1ms))]
async fn on_one_thread(calls: &Rc<Cell<u32>>) -> std::io::Result<u32> {
    tokio::task::yield_now().await;
    third_time(calls)
}

#[tokio::test]
async fn futures_that_are_not_send_run_on_a_local_set() {
    let local = tokio::task::LocalSet::new();
    let policy = Policy::builder()
        .strategy(strategies::fixed(SHORT))
        .build()
        .unwrap();
    let by_policy = async move {
        let calls = Rc::new(Cell::new(0));
        policy.call_async(|| async { third_time(&calls) }).await
    };
    let by_attribute = async {
        let calls = Rc::new(Cell::new(0));
        on_one_thread(&calls).await
    };
    let by_policy = local.spawn_local(by_policy);
    let by_attribute = local.spawn_local(by_attribute);
    local.await;
    assert_eq!(by_policy.await.unwrap().unwrap(), 3);
    assert_eq!(by_attribute.await.unwrap().unwrap(), 3);
}

#[test]
fn a_call_is_send_when_its_operation_is() {
    fn assert_send<T: Send>(value: T) -> T {
        value
    }
    fn assert_shareable<T: Send + Sync + Clone>(value: T) -> T {
        value
    }
    let policy = assert_shareable(Policy::new());
    drop(assert_send(
        policy.call_async(|| async { Ok::<_, std::io::Error>(1) }),
    ));
    drop(assert_send(
        policy.execute_async(|| async { Ok::<_, std::io::Error>(1) }),
    ));
    let context = policy
        .context()
        .operation("name")
        .capture_timeline()
        .abort_if(|| false);
    drop(assert_send(
        context.execute_async(|| async { Ok::<_, std::io::Error>(1) }),
    ));
}

#[test]
fn a_runtime_without_a_timer_does_no_harm() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let policy = Policy::builder()
        .strategy(strategies::fixed(SHORT))
        .build()
        .unwrap();
    let calls = Cell::new(0);
    let call = policy.call_async(|| async {
        tokio::task::yield_now().await; // the pending attempt arms the timer of the deadline
        third_time(&calls)
    });
    assert_eq!(runtime.block_on(call).unwrap(), 3);
}

/// A runtime of each kind.
fn runtimes() -> [Runtime; 2] {
    let mut single = tokio::runtime::Builder::new_current_thread();
    let mut multi = tokio::runtime::Builder::new_multi_thread();
    [
        single.enable_time().build().unwrap(),
        multi.worker_threads(1).enable_time().build().unwrap(),
    ]
}

const PAUSE: Duration = Duration::from_millis(40);

/// Polls `call` once in `runtime`.
fn poll_in<T>(runtime: &Runtime, call: Pin<&mut impl Future<Output = T>>) {
    let _guard = runtime.enter();
    let mut cx = Context::from_waker(Waker::noop());
    assert!(call.poll(&mut cx).is_pending());
}

#[test]
fn a_call_that_sleeps_outlives_its_runtime() {
    for runtime in runtimes() {
        let policy = Policy::builder().strategy(strategies::fixed(PAUSE));
        let policy = policy.build().unwrap();
        let calls = Cell::new(0);
        let mut call = pin!(policy.call_async(|| async { third_time(&calls) }));
        let started = Instant::now();
        poll_in(&runtime, call.as_mut());
        runtime.shutdown_background();
        assert_eq!(async_io::block_on(call).unwrap(), 3);
        assert!(started.elapsed() >= 2 * PAUSE);
    }
}

#[test]
fn a_call_that_is_waited_for_elsewhere_wakes_when_its_runtime_shuts_down() {
    for runtime in runtimes() {
        let policy = Policy::builder().strategy(strategies::fixed(PAUSE));
        let policy = policy.build().unwrap();
        let handle = runtime.handle().clone();
        let waiting = std::thread::spawn(move || {
            let _guard = handle.enter();
            let calls = Cell::new(0);
            async_io::block_on(policy.call_async(|| async { third_time(&calls) })).unwrap()
        });
        std::thread::sleep(PAUSE / 2);
        drop(runtime);
        assert_eq!(waiting.join().unwrap(), 3);
    }
}

#[test]
fn a_call_that_starts_in_a_runtime_that_is_shut_down_waits_all_the_same() {
    for runtime in runtimes() {
        let handle = runtime.handle().clone();
        drop(runtime);
        let _guard = handle.enter();
        let policy = Policy::builder().strategy(strategies::fixed(PAUSE));
        let policy = policy.build().unwrap();
        let calls = Cell::new(0);
        let started = Instant::now();
        let call = policy.call_async(|| async { third_time(&calls) });
        assert_eq!(async_io::block_on(call).unwrap(), 3);
        assert!(started.elapsed() >= 2 * PAUSE);
    }
}

#[test]
fn an_attempt_is_cut_off_though_its_runtime_is_shut_down() {
    for runtime in runtimes() {
        let policy = Policy::builder()
            .strategy(strategies::instant())
            .attempt_timeout(PAUSE)
            .max_attempts(2)
            .build()
            .unwrap();
        let mut call = pin!(policy.call_async(std::future::pending::<std::io::Result<()>>));
        let started = Instant::now();
        poll_in(&runtime, call.as_mut());
        runtime.shutdown_background();
        let error = async_io::block_on(call).unwrap_err();
        assert_eq!(error.cause(), Some(redress::Cause::Timeout));
        assert!(started.elapsed() >= 2 * PAUSE);
    }
}

#[test]
fn nothing_is_printed_when_a_runtime_is_shut_down() {
    // A panic that is caught would still end a process that is built with `panic = "abort"`.
    static PANICS: AtomicU32 = AtomicU32::new(0);
    thread_local!(static WATCHED: Cell<bool> = const { Cell::new(false) });
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        if WATCHED.get() {
            PANICS.fetch_add(1, Relaxed);
        }
        before(info);
    }));
    WATCHED.set(true);
    a_call_that_sleeps_outlives_its_runtime();
    a_call_that_starts_in_a_runtime_that_is_shut_down_waits_all_the_same();
    an_attempt_is_cut_off_though_its_runtime_is_shut_down();
    WATCHED.set(false);
    assert_eq!(PANICS.load(Relaxed), 0);
}

#[tokio::test(start_paused = true)]
async fn retries_without_delay_let_others_run() {
    let policy = Policy::builder()
        .strategy(strategies::instant())
        .no_deadline()
        .unlimited_attempts()
        .build()
        .unwrap();
    let ran = Cell::new(0_u32);
    let call = policy.call_async(|| async {
        ran.set(ran.get() + 1);
        Err::<(), _>(down())
    });
    let others = async {
        for _ in 0..10 {
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        biased;
        _ = call => unreachable!("it never ends"),
        () = others => {}
    }
    assert!((320..=352).contains(&ran.get()), "{}", ran.get());
}
