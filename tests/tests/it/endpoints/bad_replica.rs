//! One replica of ten fails at once, hangs, or is ten times slower: how many calls notice it, in virtual time.

use std::io::{Error, ErrorKind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

use redress::endpoints::Endpoints;
use redress::testing::seed_jitter;
use redress::{Policy, PolicyBuilder};
use tokio::time::{Instant, sleep};

/// What a replica does.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Replica {
    Well,
    FailsAtOnce,
    Hangs,
    TenTimesSlower,
}

const NORMAL: Duration = Duration::from_millis(10);

impl Replica {
    async fn get(self) -> Result<(), Error> {
        match self {
            Self::Well => sleep(NORMAL).await,
            Self::TenTimesSlower => sleep(10 * NORMAL).await,
            Self::FailsAtOnce => return Err(ErrorKind::ConnectionRefused.into()),
            Self::Hangs => std::future::pending().await,
        }
        Ok(())
    }
}

/// Ten replicas, of which one is bad.
fn replicas(bad: Replica) -> [(String, Replica); 10] {
    std::array::from_fn(|at| {
        let replica = if at == 4 { bad } else { Replica::Well };
        (format!("replica {at}"), replica)
    })
}

fn policy() -> PolicyBuilder {
    Policy::builder().attempt_timeout(1).max_attempts(4)
}

const FIRST: usize = 20;
const CALLS: usize = 10_000;

/// Makes calls, so many a second, and returns which share of them notices the bad replica, after the first
/// twenty: it fails, or takes more than three times as long as any should.
async fn noticed<F: Future<Output = bool> + Send + 'static>(
    rate: f64,
    call: impl Fn() -> F,
) -> f64 {
    let noticed = Arc::new(AtomicUsize::new(0));
    let mut calls = Vec::new();
    for n in 0..FIRST + CALLS {
        sleep(Duration::from_secs_f64(1.0 / rate)).await;
        let (noticed, call) = (Arc::clone(&noticed), call());
        calls.push(tokio::spawn(async move {
            let start = Instant::now();
            let well = call.await && start.elapsed() <= 3 * NORMAL;
            if !well && n >= FIRST {
                noticed.fetch_add(1, Relaxed);
            }
        }));
    }
    for call in calls {
        call.await.unwrap();
    }
    #[expect(clippy::cast_precision_loss, reason = "a few thousand")]
    let share = noticed.load(Relaxed) as f64 / CALLS as f64;
    share
}

const BAD: [Replica; 3] = [
    Replica::FailsAtOnce,
    Replica::Hangs,
    Replica::TenTimesSlower,
];

#[tokio::test(start_paused = true)]
async fn of_ten_replicas_one_that_is_bad_is_noticed_by_few_calls() {
    // One call at a time, and many: half as many in flight as there are replicas, and five times as many.
    for rate in [5.0, 500.0, 5000.0] {
        for bad in BAD {
            seed_jitter(11);
            let endpoints = Arc::new(Endpoints::new(replicas(bad)).unwrap());
            let policy = Arc::new(policy().build().unwrap());
            let share = noticed(rate, || {
                let (endpoints, policy) = (Arc::clone(&endpoints), Arc::clone(&policy));
                async move {
                    let route = endpoints.route();
                    let answer = policy.call_async(|| async {
                        let replica = route.take();
                        replica.record(replica.get().await)
                    });
                    answer.await.is_ok()
                }
            })
            .await;
            println!("{rate} calls/s, {bad:?}: {:.3}% notice", share * 100.0);
            assert!(share < 0.005, "{rate} calls/s, {bad:?}: {share}");
            assert!(endpoints.snapshot().iter().all(|seen| seen.in_flight == 0));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn without_a_list_of_endpoints_one_call_in_ten_notices_it() {
    for bad in BAD {
        let (replicas, next) = (Arc::new(replicas(bad)), Arc::new(AtomicUsize::new(0)));
        let policy = Arc::new(policy().build().unwrap());
        let share = noticed(500.0, || {
            let (replicas, next) = (Arc::clone(&replicas), Arc::clone(&next));
            let policy = Arc::clone(&policy);
            async move {
                let answer =
                    policy.call_async(|| replicas[next.fetch_add(1, Relaxed) % 10].1.get());
                answer.await.is_ok()
            }
        })
        .await;
        assert!(share > 0.09, "{bad:?}: {share}");
    }
}

/// Every replica fails now and then, and none is bad: no ejection makes calls fail or wait.
#[tokio::test(start_paused = true)]
async fn what_fails_everywhere_now_and_then_is_no_reason_to_use_few_of_them() {
    seed_jitter(12);
    let names = (0..10).map(|at| (format!("{at}"), AtomicUsize::new(0)));
    let endpoints = Arc::new(Endpoints::new(names).unwrap());
    let policy = Arc::new(policy().build().unwrap());
    let calls = Arc::new(AtomicUsize::new(0));
    let share = noticed(1000.0, || {
        let (endpoints, policy) = (Arc::clone(&endpoints), Arc::clone(&policy));
        let calls = Arc::clone(&calls);
        async move {
            let route = endpoints.route();
            let answer = policy.call_async(|| async {
                let replica = route.take();
                replica.fetch_add(1, Relaxed);
                sleep(NORMAL).await;
                let fails = calls.fetch_add(1, Relaxed) % 100 == 7;
                replica.record(if fails {
                    Err(Error::from(ErrorKind::ConnectionReset))
                } else {
                    Ok(())
                })
            });
            answer.await.is_ok()
        }
    })
    .await;
    // Those that failed, which wait for their retry, and no other.
    assert!(share < 0.012, "{share}");
    let mut used = Vec::new();
    for _ in 0..1000 {
        let replica = endpoints.take();
        used.push(replica.load(Relaxed));
        replica.success();
    }
    let most = used.iter().max().unwrap();
    assert!(*most < CALLS / 4, "{used:?}");
    let open = endpoints
        .snapshot()
        .iter()
        .filter(|seen| seen.ejected)
        .count();
    assert_eq!(open, 0);
}
