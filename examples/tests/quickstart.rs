//! Replays what the quickstart records: a real run of its server.

use std::path::Path;
use std::process::Command;

use redress::config::ConfigFile;
use redress::simulate::{RecordedCall, Report, Run, Simulation, World};

/// What `redress replay` compares.
#[derive(Debug)]
struct Figures {
    success: f64,
    attempts: f64,
}

impl Figures {
    fn of_calls(calls: &[RecordedCall]) -> Self {
        let all = calls.len() as f64;
        let attempts: usize = calls.iter().map(|call| call.attempts.len()).sum();
        Self {
            success: calls.iter().filter(|call| call.succeeded).count() as f64 / all,
            attempts: attempts as f64 / all,
        }
    }

    fn of_report(report: &Report) -> Self {
        Self {
            success: report.mean(Run::success),
            attempts: report.mean(Run::requests_per_call),
        }
    }
}

#[test]
fn a_replay_of_a_real_run_is_within_five_percent_of_it() {
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join("calls.jsonl");
    let mut quickstart = Command::new(env!("CARGO_BIN_EXE_quickstart"));
    assert!(quickstart.arg(&file).status().unwrap().success());
    let lines = std::fs::read_to_string(&file).unwrap();
    let operations = RecordedCall::read_lines(Some(&file), &lines).unwrap();
    let [calls] = &operations.into_values().collect::<Vec<_>>()[..] else {
        panic!("one function makes all calls")
    };
    assert_eq!(calls.len(), 240);
    let happened = Figures::of_calls(calls);

    let policies = concat!(env!("CARGO_MANIFEST_DIR"), "/quickstart.toml");
    let policies = ConfigFile::read(policies).unwrap();
    let replay = |name: &str| {
        let policy = policies.policy(name).unwrap();
        let world = World::replayed("quickstart", calls.iter().cloned());
        Figures::of_report(&Simulation::new(&policy).seeds(1..=20).run(world))
    };
    let again = replay("as-recorded");
    println!("{happened:?}, replayed {again:?}");
    let near = |again: f64, happened: f64| (again / happened - 1.0).abs() < 0.05;
    assert!(near(again.success, happened.success));
    assert!(near(again.attempts, happened.attempts));

    // One retry is too few for some, and with it calls do not wait as long as they are asked to.
    let hasty = replay("hasty");
    assert!(hasty.success < again.success - 0.05, "{hasty:?}");
    assert!(hasty.attempts < again.attempts, "{hasty:?}");
}
