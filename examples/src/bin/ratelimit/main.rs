//! What is a shared gate worth? 1 to 1,000 tasks share the rate limit of one server, in virtual time, with
//! real policies that nobody tells the limit: a table, and with `--svg` a picture of it.
//!
//! `cargo run --release -p redress-examples --bin ratelimit -- --svg rate-limits.svg`

mod drawing;

use std::error::Error;
use std::path::PathBuf;
use std::time::Duration;

use redress::simulate::worlds::QUOTA;
use redress::simulate::{Run, Simulation};
use redress::{ConfigError, Gate, Policy, PolicyBuilder};

/// The limit of the world: requests a second, and at once.
const RATE: f64 = 10.0;
/// How many tasks there are, and how many calls each makes, one after the other.
const TASKS: [(u32, u32); 5] = [(1, 500), (10, 50), (100, 5), (500, 1), (1000, 1)];
/// How often each case runs.
const SEEDS: u64 = 5;

type Named = (&'static str, fn() -> PolicyBuilder);

const POLICIES: [Named; 3] = [
    ("defaults", Policy::builder),
    ("defaults and a gate", || {
        Policy::builder().gate(Gate::new())
    }),
    // It has a gate.
    ("recommended", || Policy::builder().recommended()),
];

/// What became of the calls with one policy, in the mean of all runs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Row {
    pub(crate) policy: &'static str,
    pub(crate) tasks: u32,
    pub(crate) calls: f64,
    pub(crate) lost: f64,
    /// The share of the requests that were refused.
    pub(crate) refused: f64,
    /// When the last call was done, for the time that the limit sets. `None` if calls were lost.
    pub(crate) done: Option<f64>,
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args_os().skip(1);
    let svg: Option<PathBuf> = match (arguments.next(), arguments.next(), arguments.next()) {
        (None, ..) => None,
        (Some(flag), Some(file), None) if flag == "--svg" => Some(file.into()),
        _ => return Err("usage: ratelimit [--svg FILE]".into()),
    };
    let rows = rows()?;
    println!("| tasks | policy | calls | lost | 429s | done, of the bound |");
    println!("|---|---|---|---|---|---|");
    for row in &rows {
        println!(
            "| {} | {} | {:.0} | {:.0} | {:.1}% | {} |",
            row.tasks,
            row.policy,
            row.calls,
            row.lost,
            100.0 * row.refused,
            in_words(row.done)
        );
    }
    if let Some(file) = svg {
        std::fs::write(&file, drawing::draw(&rows)?)?;
        println!("\ndrawn in {}", file.display());
    }
    Ok(())
}

/// Writes when the last call was done.
pub(crate) fn in_words(done: Option<f64>) -> String {
    done.map_or_else(|| "-".to_owned(), |done| format!("{done:.2} times"))
}

/// Runs all policies with each number of tasks.
fn rows() -> Result<Vec<Row>, ConfigError> {
    let cases = TASKS
        .iter()
        .flat_map(|case| POLICIES.map(|policy| (*case, policy)));
    cases.map(|(case, policy)| row(policy, case)).collect()
}

#[expect(clippy::cast_precision_loss, reason = "counts of calls are small")]
fn row((name, policy): Named, (tasks, each): (u32, u32)) -> Result<Row, ConfigError> {
    // Long enough for the last of a thousand.
    let policy = policy().deadline(120).build()?;
    let world = QUOTA.world().to_builder().clients(tasks).calls(each);
    let report = Simulation::new(&policy)
        .seeds(1..=SEEDS)
        .run(world.build()?);
    let calls = report.mean(|run| run.calls() as f64);
    let lost = report.mean(|run| run.failed() as f64);
    let requests = report.mean(|run| run.requests() as f64);
    let granted = report.mean(|run| run.succeeded() as f64);
    // What the server does not grant at once it grants one by one.
    let bound = (calls - RATE) / RATE;
    let done = report.runs().iter().filter_map(Run::recovered).max();
    Ok(Row {
        policy: name,
        tasks,
        calls,
        lost,
        refused: (requests - granted) / requests,
        done: done
            .filter(|_| lost == 0.0)
            .map(|done: Duration| done.as_secs_f64() / bound),
    })
}

// Elsewhere the logarithm may differ in its last digit.
#[cfg(all(test, target_os = "linux", target_env = "gnu"))]
mod tests {
    use redress_examples::picture::{faint_colours, is_committed};

    use super::*;

    #[test]
    fn the_committed_picture_is_what_is_drawn_and_can_be_read_on_every_page() {
        let rows = rows().unwrap();
        for row in rows.iter().filter(|row| row.policy != "defaults") {
            assert!(row.lost == 0.0, "{row:?}");
            assert!(row.refused <= 0.02, "{row:?}");
            assert!(row.done.unwrap() <= 1.1, "{row:?}");
        }
        let svg = drawing::draw(&rows).unwrap();
        assert_eq!(faint_colours(&svg), [""; 0]);
        assert!(
            is_committed("rate-limits.svg", &svg).unwrap(),
            "redress/docs/rate-limits.svg is not what the example draws. To write it anew: \
             BLESS=1 cargo test -p redress-examples --bin ratelimit"
        );
    }
}
