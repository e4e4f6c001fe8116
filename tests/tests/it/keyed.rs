//! One breaker, budget or gate for each key.

use std::io::Error;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::sync::{Barrier, LazyLock};

use redress::keyed::{Keyed, KeyedBuilder};
use redress::testing::VirtualClock;
use redress::{
    Budget, CircuitBreaker, CircuitState, ErrorClass, Gate, Interrupt, Policy, StopReason, retry,
};

use super::support::{SECOND, down};

fn breakers(max: usize) -> (Keyed<u64, CircuitBreaker>, VirtualClock) {
    breakers_with(Keyed::builder(), max)
}

fn breakers_with(builder: KeyedBuilder, max: usize) -> (Keyed<u64, CircuitBreaker>, VirtualClock) {
    let clock = VirtualClock::new();
    let breaker = CircuitBreaker::builder()
        .failure_threshold(1)
        .clock(clock.clone())
        .build()
        .unwrap();
    (
        builder.clock(clock.clone()).build(breaker, max).unwrap(),
        clock,
    )
}

fn fail(breaker: &CircuitBreaker) {
    let permit = breaker.try_acquire().unwrap();
    permit.failure(ErrorClass::Transient);
}

#[test]
fn each_key_has_its_own() {
    let (hosts, _) = breakers(10);
    fail(&hosts.get(&1));
    assert_eq!(hosts.get(&1).state(), CircuitState::Open);
    assert_eq!(hosts.get(&2).state(), CircuitState::Closed);
    let gates: Keyed<String, Gate> = Keyed::new(Gate::new(), 10).unwrap();
    gates.get("a").close_for(30);
    assert!(gates.get("a").retry_after().is_some());
    assert!(gates.get("b").retry_after().is_none());
}

#[test]
fn a_context_takes_what_a_key_has() {
    let (hosts, clock) = breakers(10);
    let policy = Policy::builder()
        .max_attempts(1)
        .clock(clock.clone())
        .build()
        .unwrap();
    let call = |host, result: Result<(), Error>| {
        let context = policy.context().circuit_breaker(hosts.get(&host));
        let mut result = Some(result);
        context.execute(|| result.take().unwrap()).stop_reason
    };
    assert_eq!(call(1, Err(down())), Some(StopReason::MaxAttemptsGlobal));
    assert_eq!(call(1, Ok(())), Some(StopReason::CircuitOpen));
    assert_eq!(call(2, Ok(())), None);
    let (budgets, gates) = (
        Keyed::<u64, _>::new(Budget::rolling(0, 60), 10).unwrap(),
        Keyed::<u64, _>::new(Gate::new(), 10).unwrap(),
    );
    gates.get(&1).close_for(120);
    let call = |key: u64| {
        let context = policy.context().budget(budgets.get(&key));
        context.gate(gates.get(&key)).call(|| Ok::<_, Error>(()))
    };
    assert!(call(1).is_err() && call(2).is_ok());
}

#[derive(Debug, thiserror::Error)]
enum Fail {
    #[error("down")]
    Down,
    #[error(transparent)]
    Interrupted(#[from] Interrupt),
}

static HOSTS: LazyLock<Keyed<String, CircuitBreaker>> = LazyLock::new(|| {
    let breaker = CircuitBreaker::builder().failure_threshold(1).build();
    Keyed::new(breaker.unwrap(), 100).unwrap()
});

#[retry(circuit_breaker = HOSTS.get(host), max_attempts = 1, classifier = |_: &Fail| ErrorClass::Transient)]
async fn fetch(host: &str, up: bool) -> Result<u32, Fail> {
    tokio::task::yield_now().await;
    if up { Ok(5) } else { Err(Fail::Down) }
}

struct Client {
    hosts: Keyed<String, CircuitBreaker>,
    calls: u32,
}

impl Client {
    #[retry(circuit_breaker = self.hosts.get(host), max_attempts = 1, classifier = |_: &Fail| ErrorClass::Transient)]
    fn fetch(&mut self, host: &str) -> Result<u32, Fail> {
        self.calls += 1;
        Err(Fail::Down)
    }
}

#[tokio::test]
async fn functions_take_what_a_key_has() {
    // It can be moved to another thread while it waits.
    let task = tokio::spawn(fetch("keyed.down", false));
    assert!(task.await.unwrap().is_err());
    let refused = fetch("keyed.down", true).await;
    assert!(matches!(refused, Err(Fail::Interrupted(_))));
    assert_eq!(fetch("keyed.up", true).await.unwrap(), 5);

    let breaker = CircuitBreaker::builder().failure_threshold(1).build();
    let mut client = Client {
        hosts: Keyed::new(breaker.unwrap(), 10).unwrap(),
        calls: 0,
    };
    assert!(client.fetch("a").is_err() && client.fetch("a").is_err());
    assert!(client.fetch("b").is_err());
    assert_eq!(client.calls, 2);
}

#[test]
fn what_it_is_made_with_is_a_pattern_only() {
    let template = CircuitBreaker::builder().name("keyed").build().unwrap();
    template.force_open();
    let hosts = Keyed::<u64, _>::new(template, 10).unwrap();
    assert_eq!(hosts.get(&1).state(), CircuitState::Closed);
    assert_eq!(hosts.overflow().state(), CircuitState::Closed);
    assert_eq!(hosts.get(&1).name(), Some("keyed"));
    // There may be very many of them.
    let named = redress::breaker::named();
    assert!(named.iter().all(|breaker| breaker.name() != Some("keyed")));
}

#[test]
fn many_keys_are_bounded_and_no_open_breaker_is_forgotten() {
    let (hosts, _) = breakers(1000);
    let failed = |key: &u64| key.is_multiple_of(200);
    for key in 0..100_000 {
        let breaker = hosts.get(&key);
        if failed(&key) {
            fail(&breaker);
        }
    }
    assert!(hosts.len() <= 1000, "{}", hosts.len());
    let open = |key: u64| hosts.get(&key).state() == CircuitState::Open;
    assert!((0..100_000).filter(failed).all(open));
    assert_eq!(hosts.overflowed(), 0);
}

/// A breaker takes about 1.5 kB.
#[test]
fn keys_that_come_once_take_no_memory_beyond_those_that_are_kept() {
    let mut kept = None;
    let measured = allocation_counter::measure(|| {
        let (hosts, _) = breakers(1000);
        (0..100_000).for_each(|key| drop(hosts.get(&key)));
        kept = Some(hosts);
    });
    assert_eq!(kept.unwrap().len(), 1000);
    let bytes = measured.bytes_current;
    assert!((1_000_000..3_000_000).contains(&bytes), "{bytes}");
}

#[test]
fn keys_without_room_share_one_and_are_not_refused() {
    let (hosts, clock) = breakers(3);
    (0..3).for_each(|key| fail(&hosts.get(&key)));
    assert!(hosts.get(&7).try_acquire().is_ok());
    assert_eq!((hosts.len(), hosts.overflowed()), (3, 1));
    fail(&hosts.get(&8));
    assert_eq!(hosts.get(&9).state(), CircuitState::Open, "the same one");
    // When another is like a new one again, there is room.
    clock.advance(30 * SECOND);
    hosts.get(&0).try_acquire().unwrap().success();
    assert_eq!(hosts.get(&9).state(), CircuitState::Closed, "its own");
    assert_eq!(hosts.len(), 3);
    assert_eq!(hosts.get(&1).state(), CircuitState::Open);
}

#[test]
fn what_counts_against_a_host_is_not_forgotten() {
    let clock = VirtualClock::new();
    let builder = CircuitBreaker::builder().clock(clock.clone());
    let hosts: Keyed<u64, _> =
        Keyed::new(builder.failure_rate(0.5, 10).build().unwrap(), 1).unwrap();
    fail(&hosts.get(&1));
    hosts.get(&2);
    assert_eq!(hosts.overflowed(), 1, "one failure, not yet open");
    hosts.get(&1).force_closed();
    clock.advance(3600 * SECOND);
    hosts.get(&2);
    assert_eq!(hosts.overflowed(), 2, "set by hand");
    hosts.get(&1).reset();
    hosts.get(&2);
    assert_eq!(hosts.overflowed(), 2, "like a new one");
}

#[test]
fn what_a_call_holds_is_not_forgotten() {
    let (hosts, _) = breakers(2);
    let (held, cloned) = (hosts.get(&0), hosts.get(&1).clone());
    for key in 2..100 {
        hosts.get(&key);
    }
    fail(&held);
    fail(&cloned);
    assert_eq!(hosts.get(&0).state(), CircuitState::Open);
    assert_eq!(hosts.get(&1).state(), CircuitState::Open);
}

#[test]
fn debts_and_limits_are_kept() {
    let tenants: Keyed<u64, Budget> = Keyed::new(Budget::rolling(2, 60), 1).unwrap();
    let spend = tenants
        .get(&1)
        .try_spend(ErrorClass::Transient)
        .map(|mut token| token.keep());
    assert!(spend.is_some());
    tenants.get(&2);
    assert_eq!(tenants.get(&1).remaining(), 1);
    assert_eq!(tenants.overflowed(), 1);

    let clock = VirtualClock::new();
    let gate = Gate::builder().clock(clock.clone()).build().unwrap();
    let accounts: Keyed<u64, Gate> = Keyed::new(gate, 1).unwrap();
    accounts.get(&1).close_for(30);
    clock.advance(31 * SECOND);
    accounts.get(&2);
    assert!(accounts.get(&1).snapshot().calls_per_second.is_some());
    // Until there has been no limit for long.
    clock.advance(120 * SECOND);
    accounts.get(&2);
    assert_eq!(accounts.overflowed(), 1);
}

#[test]
fn idle_keys_go_when_others_come() {
    let (hosts, clock) = breakers_with(Keyed::builder().idle(60), 1000);
    (0..100).for_each(|key| drop(hosts.get(&key)));
    clock.advance(50 * SECOND);
    (100..110).for_each(|key| drop(hosts.get(&key)));
    assert_eq!(hosts.len(), 110, "not idle for long");
    fail(&hosts.get(&0));
    clock.advance(120 * SECOND);
    (110..150).for_each(|key| drop(hosts.get(&key)));
    assert!(hosts.len() <= 41, "{}", hosts.len());
    assert_eq!(hosts.get(&0).state(), CircuitState::Open);
}

#[test]
fn threads_that_come_and_go_lose_no_failure() {
    let (hosts, _) = breakers(64);
    let (barrier, lost, failed) = (Barrier::new(4), AtomicU64::new(0), AtomicU64::new(0));
    std::thread::scope(|scope| {
        for thread in 0..4_u64 {
            let (hosts, barrier, lost, failed) = (&hosts, &barrier, &lost, &failed);
            scope.spawn(move || {
                barrier.wait();
                for n in 0..5000 {
                    // Keys that come once, and drive out others, between keys that all threads ask for.
                    hosts.get(&(1_000_000 + thread * 10_000 + n));
                    let shared = hosts.get(&(n % 8));
                    if n % 1000 == 999 {
                        let key = 100 + thread * 100 + n / 1000;
                        fail(&hosts.get(&key));
                        failed.fetch_add(1, SeqCst);
                        let open = hosts.get(&key).state() == CircuitState::Open;
                        lost.fetch_add(u64::from(!open), SeqCst);
                    }
                    drop(shared);
                }
            });
        }
    });
    assert_eq!(failed.load(SeqCst), 20);
    assert_eq!(lost.load(SeqCst), 0);
    assert!(hosts.len() <= 64, "{}", hosts.len());
    let mut open = 0;
    hosts.for_each(|_, breaker| open += u64::from(breaker.state() == CircuitState::Open));
    assert_eq!(open, 20);
}

/// Two threads ask for one key, which a third drives out again and again: what one is told, the other
/// knows.
#[test]
fn a_key_that_is_driven_out_while_it_is_asked_for_is_one() {
    let (hosts, _) = breakers(1);
    let (barrier, stop, differ) = (Barrier::new(2), AtomicU64::new(0), AtomicU64::new(0));
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut key = 1_000_000;
            while stop.load(SeqCst) == 0 {
                hosts.get(&key);
                key += 1;
            }
        });
        for _ in 0..2 {
            scope.spawn(|| {
                for key in 0..2000 {
                    barrier.wait();
                    let own = hosts.get(&key);
                    barrier.wait();
                    // It is held since then, if it found room at all.
                    let other = hosts.get(&key);
                    let kept = !std::ptr::eq(&raw const *own, hosts.overflow());
                    let same = std::ptr::eq(&raw const *own, &raw const *other);
                    differ.fetch_add(u64::from(kept && !same), SeqCst);
                    barrier.wait();
                }
                stop.store(1, SeqCst);
            });
        }
    });
    assert_eq!(differ.load(SeqCst), 0);
}

#[test]
fn a_hook_that_panics_changes_nothing() {
    let hosts = Keyed::builder().on_overflow(|_| panic!("a bug"));
    let hosts = hosts.build::<u64, _>(CircuitBreaker::new(), 1).unwrap();
    hosts.get(&1).force_open();
    assert!(hosts.get(&2).try_acquire().is_ok());
    assert!(format!("{hosts:?} {:?}", hosts.get(&1)).contains("max_keys: 1"));
}

#[test]
fn a_map_without_room_or_with_wrong_times_is_refused() {
    let mistakes = |built: Result<Keyed<u64, CircuitBreaker>, redress::ConfigError>| {
        let error = built.unwrap_err();
        let problems = error.problems().iter().map(ToString::to_string);
        problems.collect::<Vec<_>>()
    };
    assert_eq!(
        mistakes(Keyed::new(CircuitBreaker::new(), 0)),
        ["max_keys: is 0, so all keys would share one: give how many may be kept, such as 10000"]
    );
    for idle in [0.0, -1.0, f64::NAN] {
        let built = Keyed::builder().idle(idle).build(CircuitBreaker::new(), 0);
        assert_eq!(mistakes(built).len(), 2, "{idle}");
    }
    assert!(Keyed::<u64, _>::new(Budget::success_ratio(1.5), 5).is_err());
    assert!(Keyed::<u64, _>::new(Budget::rolling(1, -5), 5).is_err());
}
