//! Many calls share the rate limit of one server, which nobody tells them.

use redress::simulate::worlds::QUOTA;
use redress::simulate::{Report, Simulation};
use redress::{Gate, Policy, PolicyBuilder};

use super::built;

fn run(policy: PolicyBuilder, tasks: u32, each: u32) -> Report {
    let world = QUOTA.world().to_builder().clients(tasks).calls(each);
    let simulation = Simulation::new(&built(policy)).seeds(1..=5);
    simulation.run(world.build().unwrap())
}

/// No call is lost, one request in fifty at most is refused, and the last one is done within a tenth of
/// the time that the limit sets.
fn assert_keeps_to_the_limit(policy: fn() -> PolicyBuilder, tasks: u32, each: u32) {
    for run in run(policy(), tasks, each).runs() {
        let what = format!("{tasks} tasks, seed {}", run.seed());
        assert_eq!(run.failed(), 0, "{what}");
        let refused = run.requests() - run.succeeded();
        assert!(refused * 50 <= run.requests(), "{what}: {refused} refused");
        let bound = (f64::from(tasks * each) - 10.0) / 10.0;
        let done = run.recovered().unwrap().as_secs_f64();
        assert!(done <= 1.1 * bound, "{what}: done after {done} s");
    }
}

#[test]
fn with_a_gate_no_call_is_lost_few_are_refused_and_none_waits_in_vain() {
    for policy in [
        || Policy::builder().gate(Gate::new()),
        || Policy::builder().recommended().gate(Gate::new()),
    ] {
        for (tasks, each) in [(1, 500), (10, 50), (100, 5), (500, 1)] {
            assert_keeps_to_the_limit(policy, tasks, each);
        }
    }
    // Twice as many need twice the time.
    let patient = || Policy::builder().gate(Gate::new()).deadline(120);
    assert_keeps_to_the_limit(patient, 1000, 1);
}

#[test]
fn calls_that_obey_their_own_hints_only_are_lost() {
    for run in run(Policy::builder(), 100, 5).runs() {
        assert!(run.failed() > 200, "{}", run.failed());
    }
}

/// Each run has a gate of its own, which is new.
#[test]
fn a_run_says_nothing_to_the_gate_of_its_policy() {
    let policy = built(Policy::builder().gate(Gate::new()));
    let before = policy.gate().unwrap().snapshot();
    let simulation = Simulation::new(&policy).seeds(1..=2);
    let first = simulation.run(QUOTA);
    assert_eq!(policy.gate().unwrap().snapshot(), before);
    assert_eq!(simulation.run(QUOTA).runs(), first.runs());
}
