//! The same seed gives the same bytes.

use std::fmt::Write as _;

use redress::Policy;
use redress::simulate::worlds::{ALL, BLIP, GREY};
use redress::simulate::{Simulation, simulate};

/// FNV-1a.
fn hash(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

#[test]
fn a_seed_is_the_same_run_and_another_is_not() {
    let policy = Policy::recommended();
    let run = |seed| simulate_one(&policy, seed);
    assert_eq!(run(1), run(1));
    assert_ne!(run(1), run(2));
}

fn simulate_one(policy: &Policy, seed: u64) -> String {
    let report = Simulation::new(policy).seeds(seed..=seed).run(GREY);
    format!("{report}{:?}", report.runs())
}

#[test]
fn every_machine_and_every_optimization_gives_these_bytes() {
    let policy = Policy::builder()
        .recommended()
        .max_attempts(3)
        .build()
        .unwrap();
    let mut all = String::new();
    for world in ALL {
        let report = Simulation::new(&policy).seeds(1..=1).run(world);
        let hash = hash(&format!("{report}{:?}{}", report.runs(), report.picture()));
        writeln!(all, "{} {hash:016x}", world.name()).unwrap();
    }
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/simulate/same.txt");
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(file, &all).unwrap();
    }
    let expected = std::fs::read_to_string(file).unwrap_or_default();
    assert_eq!(all, expected, "if it was meant to change: BLESS=1");
}

#[test]
fn a_simulation_changes_neither_the_policy_nor_the_jitter_of_the_thread() {
    use redress::strategies::full_jitter;
    use redress::{BackoffContext, Classification, ErrorClass, Strategy as _};
    let transient = Classification::new(ErrorClass::Transient);
    let draw = || full_jitter(5).delay(&BackoffContext::first(&transient));

    redress::testing::seed_jitter(7);
    let drawn = [draw(), draw()];
    redress::testing::seed_jitter(7);
    let policy = Policy::builder().recommended();
    let policy = policy
        .on_event(|_: &redress::Event<'_>| panic!("it is told"))
        .build()
        .unwrap();
    let first = draw();
    let report = simulate(&policy, BLIP);
    assert_eq!([first, draw()], drawn);
    assert!(report.mean(|run| run.requests() as f64) > 10_000.0);
    let breaker = policy.circuit_breaker().unwrap().snapshot();
    assert_eq!(breaker.state, redress::CircuitState::Closed);
    assert_eq!(policy.budget().unwrap().remaining(), 100);
}
