//! Measures what a layer of tower adds to a call: redress's beside tower's own.
//!
//! `cargo bench --manifest-path redress/benches/field/Cargo.toml --bench layers`
//!
//! Rounds are interleaved. Compare the ratios of one run: the absolute figures belong to the machine.

#[allow(dead_code, reason = "each benchmark uses its part")]
#[path = "../../cost/measure.rs"]
mod measure;

use std::cell::Cell;
use std::future::{Ready, poll_fn, ready};
use std::task::{Context, Poll};
use std::time::Duration;

use measure::{Case, Table, keep};
use redress::contrib::tower_service_0_3::RetryLayer;
use redress::{ErrorClass, Policy, strategies::instant};
use redress_field::{Figures, rounds};
use tower::retry::{Retry, RetryLayer as TowerRetryLayer};
use tower::timeout::TimeoutLayer;
use tower::{Layer as _, Service};

thread_local! {
    static FAILURES: Cell<u32> = const { Cell::new(0) };
}

#[derive(Debug)]
struct Down;

impl std::fmt::Display for Down {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("down")
    }
}

impl std::error::Error for Down {}

/// Fails as often as it is to, and is always ready.
#[derive(Clone)]
struct Bare;

impl Service<u64> for Bare {
    type Response = u64;
    type Error = Down;
    type Future = Ready<Result<u64, Down>>;

    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), Down>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: u64) -> Self::Future {
        ready(match FAILURES.get() {
            0 => Ok(request),
            left => {
                FAILURES.set(left - 1);
                Err(Down)
            }
        })
    }
}

/// Six attempts, as tower's documentation shows a policy.
#[derive(Clone)]
struct Attempts(u32);

impl<Q: Clone, T> tower::retry::Policy<Q, T, Down> for Attempts {
    type Future = Ready<()>;

    fn retry(&mut self, _request: &mut Q, result: &mut Result<T, Down>) -> Option<Self::Future> {
        if result.is_ok() || self.0 == 0 {
            return None;
        }
        self.0 -= 1;
        Some(ready(()))
    }

    fn clone_request(&mut self, request: &Q) -> Option<Q> {
        Some(request.clone())
    }
}

fn retry() -> Retry<Attempts, Bare> {
    TowerRetryLayer::new(Attempts(5)).layer(Bare)
}

/// Returns the case of a service that is called again and again.
fn case<S>(name: &'static str, failures: u32, service: S) -> Case
where
    S: Service<u64, Response = u64> + Clone + 'static,
{
    let run = move |times| {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .expect("a runtime");
        let mut service = service.clone();
        runtime.block_on(async {
            for request in 0..u64::from(times) {
                FAILURES.set(failures);
                let _ = keep(poll_fn(|cx| service.poll_ready(cx)).await.is_ok());
                let _ = keep(service.call(keep(request)).await.ok());
            }
        });
    };
    Case::new(name, run)
}

fn cases(failures: u32) -> Vec<Case> {
    let classify = (|_| ErrorClass::Transient) as fn(&Down) -> ErrorClass;
    let policy = Policy::builder().classifier(classify).strategy(instant());
    let (bounded, endless) = (policy.build(), Policy::builder().classifier(classify));
    let endless = endless.strategy(instant()).no_deadline().build();
    let recommended = Policy::builder().recommended().classifier(classify);
    let recommended = recommended.strategy(instant()).build();
    let layer =
        |policy: Result<Policy<_>, _>| RetryLayer::new(policy.expect("a policy")).layer(Bare);
    let timeout = TimeoutLayer::new(Duration::from_secs(60));
    vec![
        case("bare service", failures, Bare),
        case("tower retry", failures, retry()),
        case("tower timeout over retry", failures, timeout.layer(retry())),
        case("redress, no deadline", failures, layer(endless)),
        case("redress, deadline", failures, layer(bounded)),
        case("redress, recommended", failures, layer(recommended)),
    ]
}

fn main() {
    let mut figures = Figures::new();
    for (failures, title) in [(0, "success"), (1, "one failure, no delay")] {
        let table = Table::new("layers", title, cases(failures));
        for (case, spread) in table.measure(rounds(301)).rows {
            let of = |times| allocation_counter::measure(|| case.run(times)).count_total;
            of(100);
            let allocations = of(1100).saturating_sub(of(100)) as f64 / 1000.0;
            figures.push(&table.title, case.name, "ns", spread.median);
            figures.push(&table.title, case.name, "spread", spread.width);
            figures.push(&table.title, case.name, "allocations", allocations);
        }
    }
    figures.print();
}
