//! Simulations: how many attempts they make in a second on one core, and what memory they take.
//!
//! `cargo bench --manifest-path redress/benches/field/Cargo.toml --bench simulate`
//!
//! Bytes are the most that are requested from the allocator at a time. They do not grow with the length
//! of the world, but for 24 bytes for each second of it.

use std::time::{Duration, Instant};

use allocation_counter::measure;
use redress::Policy;
use redress::simulate::worlds::{OUTAGE, RETRY_STORM};
use redress::simulate::{Report, Simulation, World};
use redress::strategies::full_jitter;
use redress_field::Figures;

fn main() {
    let mut figures = Figures::new();
    let retries = || {
        let policy = Policy::builder().strategy(full_jitter(20).base(0.1));
        policy.max_attempts(4).no_deadline().attempt_timeout(1)
    };
    let long = OUTAGE.world().to_builder().duration(3000).build().unwrap();
    let none = retries().max_attempts(1).build().unwrap();
    let recommended = retries().recommended().build().unwrap();
    let plain = retries().build().unwrap();
    for (name, policy, world) in [
        ("outage, no retries", &none, OUTAGE.world()),
        ("outage, 3 retries, recommended", &recommended, OUTAGE.world()),
        ("outage of 50 minutes, the same", &recommended, long),
        ("outage, 3 retries, which never recovers", &plain, OUTAGE.world()),
        ("three layers, the same, which never recover", &plain, RETRY_STORM.world()),
    ] {
        let mut push = |unit, value| figures.push("simulate", name, unit, value);
        push("million attempts a second", speed(policy, &world));
        let mut report = None;
        let allocated = measure(|| report = Some(run(policy, &world)));
        push("bytes at most", allocated.bytes_max as f64);
        drop(report);
    }
    figures.print();
}

fn run(policy: &Policy, world: &World) -> Report {
    Simulation::new(policy).seeds(1..=1).run(world)
}

/// The best of some rounds.
fn speed(policy: &Policy, world: &World) -> f64 {
    let mut best = Duration::MAX;
    let mut requests = 0;
    for _ in 0..5 {
        let started = Instant::now();
        let report = run(policy, world);
        best = best.min(started.elapsed());
        requests = report.runs().iter().map(|run| run.requests()).sum::<u64>();
    }
    requests as f64 / best.as_secs_f64() / 1e6
}
