//! The same seed gives the same bytes. That they are the same on every machine and in every build stands in
//! `redress/tests/same.rs`, which runs in both.

use redress::Policy;
use redress::simulate::worlds::BLIP;
use redress::simulate::{Simulation, simulate};

#[test]
fn a_seed_is_the_same_run_and_another_is_not() {
    let policy = Policy::recommended();
    let run = |seed| simulate_one(&policy, seed);
    assert_eq!(run(1), run(1));
    assert_ne!(run(1), run(2));
}

fn simulate_one(policy: &Policy, seed: u64) -> String {
    let report = Simulation::new(policy).seeds(seed..=seed).run(BLIP);
    format!("{report}{:?}", report.runs())
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
