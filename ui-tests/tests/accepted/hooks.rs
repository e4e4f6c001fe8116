//! Hooks, classifiers, policies and names: evaluated at each call, with the arguments in scope.
use std::cell::RefCell;
use std::io::{Error, ErrorKind};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::Relaxed};
use std::sync::{Arc, LazyLock, Mutex};

use redress::observe::AttemptEnd;
use redress::{Event, Observer, Policy, retry, strategies};

use super::{assert_send, until};

#[retry(
    strategy = instant(),
    max_attempts = 3,
    operation = name,
    on_event = |event| log.borrow_mut().push(format!("{} {}", event.operation().unwrap_or("-"), event.name())),
    on_attempt_start = |start| log.borrow_mut().push(format!("start {}", start.attempt())),
    on_attempt_end = |end| log.borrow_mut().push(format!("end {}", end.attempt())),
    before_sleep = |ctx, delay| log.borrow_mut().push(format!("sleep {} {delay:?}", ctx.attempt)),
)]
fn told(name: &str, log: &RefCell<Vec<String>>, calls: &mut u32) -> Result<u32, Error> {
    until(2, calls)
}

#[test]
fn hooks_see_arguments() {
    let log = RefCell::new(Vec::new());
    assert_eq!(told("op", &log, &mut 0).unwrap(), 2);
    let log = log.into_inner();
    assert_eq!(log[0], "start 1");
    assert_eq!(log[1], "end 1");
    assert!(log.contains(&"op retry".to_owned()), "{log:?}");
    assert!(log.contains(&"op success".to_owned()), "{log:?}");
    assert!(log.contains(&"sleep 1 0ns".to_owned()), "{log:?}");
}

#[derive(Default)]
struct Log(Mutex<Vec<String>>);

impl Observer for Log {
    fn on_event(&self, event: &Event<'_>) {
        self.0.lock().unwrap().push(event.name().to_string());
    }
    fn on_attempt_end(&self, _: &AttemptEnd<'_>) {
        self.0.lock().unwrap().push("end".to_owned());
    }
}

static SEEN: AtomicU32 = AtomicU32::new(0);

fn count(_: &Event<'_>) {
    SEEN.fetch_add(1, Relaxed);
}

struct Service {
    log: Log,
    stopped: AtomicBool,
    policy: Policy,
    calls: u32,
}

impl Service {
    #[retry(strategy = instant(), on_event = self.log)]
    fn observed(&self, calls: &mut u32) -> Result<u32, Error> {
        until(2, calls)
    }

    #[retry(strategy = instant(), on_event = count)]
    async fn counted(&mut self) -> Result<u32, Error> {
        until(2, &mut self.calls)
    }

    #[retry(strategy = instant(), abort_if = || self.stopped.load(Relaxed))]
    fn stoppable(&self, calls: &mut u32) -> Result<u32, Error> {
        *calls += 1;
        self.stopped.store(true, Relaxed);
        Err(ErrorKind::TimedOut.into())
    }

    #[retry(policy = self.policy)]
    async fn by_own_policy(&mut self) -> Result<u32, Error> {
        self.bump().await
    }

    async fn bump(&mut self) -> Result<u32, Error> {
        until(3, &mut self.calls)
    }
}

fn service() -> Service {
    let policy = Policy::builder()
        .strategy(strategies::instant())
        .build()
        .unwrap();
    Service {
        log: Log::default(),
        stopped: AtomicBool::new(false),
        policy,
        calls: 0,
    }
}

#[test]
fn an_observer_in_a_field() {
    let service = service();
    service.observed(&mut 0).unwrap();
    assert_eq!(
        service.log.0.into_inner().unwrap(),
        ["end", "retry", "end", "success"]
    );
}

#[tokio::test]
async fn a_function_as_a_hook() {
    assert_send(service().counted()).await.unwrap();
    assert_eq!(SEEN.load(Relaxed), 2);
}

#[test]
fn an_abort_keeps_the_error_of_the_attempt() {
    let (service, mut calls) = (service(), 0);
    assert_eq!(
        service.stoppable(&mut calls).unwrap_err().kind(),
        ErrorKind::TimedOut
    );
    assert_eq!(calls, 1);
    // This time it stops before the first attempt, which is an interruption.
    assert_eq!(
        service.stoppable(&mut calls).unwrap_err().kind(),
        ErrorKind::Other
    );
    assert_eq!(calls, 1);
}

#[tokio::test]
async fn a_policy_in_a_field_beside_a_mutable_borrow() {
    assert_eq!(assert_send(service().by_own_policy()).await.unwrap(), 3);
}

static POLICY: LazyLock<Policy> = LazyLock::new(|| {
    Policy::builder()
        .strategy(strategies::instant())
        .max_attempts(4)
        .build()
        .unwrap()
});

#[retry(policy = POLICY)]
fn by_static(calls: &mut u32) -> Result<u32, Error> {
    until(9, calls)
}

#[retry(policy = policy, operation = "named")]
async fn by_argument(policy: &Arc<Policy>, calls: &mut u32) -> Result<u32, Error> {
    until(9, calls)
}

#[retry(policy = Policy::builder().strategy(strategies::instant()).max_attempts(2).build().unwrap())]
fn by_expression(calls: &mut u32) -> Result<u32, Error> {
    until(9, calls)
}

#[tokio::test]
async fn policies_of_every_origin() {
    let mut calls = [0; 3];
    by_static(&mut calls[0]).unwrap_err();
    by_argument(&Arc::new(POLICY.clone()), &mut calls[1])
        .await
        .unwrap_err();
    by_expression(&mut calls[2]).unwrap_err();
    assert_eq!(calls, [4, 4, 2]);
}
