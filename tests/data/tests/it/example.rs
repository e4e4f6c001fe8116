//! The examples of the repository: one on the server of the tests, two with a Redis of their own.

use std::path::Path;
use std::process::Command;

use super::pg::Database;

#[tokio::test]
async fn transfers_fail_without_a_retry_and_none_does_under_a_policy() {
    let database = Database::new().await;
    let table = run_bin("postgres", &[&database.url()]).await;
    let failed = |tasks: &str, way: &str| -> u32 {
        let line = table
            .lines()
            .find(|line| line.contains(way) && line.trim().starts_with(tasks));
        let words: Vec<_> = line
            .unwrap()
            .rsplit_once('%')
            .unwrap()
            .1
            .split_whitespace()
            .collect();
        words.first().unwrap().parse().unwrap()
    };
    assert!(failed("64 ", "no retry") > 0);
    for tasks in ["1 ", "4 ", "16 ", "64 "] {
        assert_eq!(failed(tasks, "redress"), 0);
    }
}

/// Runs one of the examples that are built together, where the workspace is built. With the features of all,
/// so that they are built once.
async fn run_bin(name: &str, arguments: &[&str]) -> String {
    let mut cargo = cargo();
    cargo.env_remove("CARGO_TARGET_DIR");
    cargo.args([
        "-p",
        "redress-examples",
        "--all-features",
        "--bin",
        name,
        "--",
    ]);
    cargo.args(arguments);
    run(cargo).await
}

fn cargo() -> Command {
    let mut cargo = Command::new(env!("CARGO"));
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    cargo.current_dir(workspace).args(["run", "--locked"]);
    cargo
}

/// Runs an example, and returns what it prints.
async fn run(mut cargo: Command) -> String {
    let output = tokio::task::spawn_blocking(move || cargo.output().unwrap());
    let output = output.await.unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    let printed = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{printed}{said}");
    println!("{printed}");
    printed
}

#[tokio::test]
async fn writes_fail_while_redis_is_away_and_none_does_under_a_policy() {
    let table = run_bin("redis", &[]).await;
    let row = |name: &str| -> Vec<u32> {
        let row = table
            .lines()
            .find_map(|line| line.trim().strip_prefix(name));
        let words = row.unwrap().split_whitespace();
        words.map(|word| word.parse().unwrap()).collect()
    };
    // Writes, failed, attempts, lost, refused, LOADING, missing.
    let [2_000, failed, 2_000, .., 0] = *row("no retry") else {
        panic!("{table}")
    };
    assert!(failed > 0);
    let [2_000, 0, attempts, .., 0] = *row("redress") else {
        panic!("{table}")
    };
    assert!(attempts > 2_000);
}

#[tokio::test]
async fn jobs_keep_their_count_while_workers_are_killed() {
    let mut cargo = cargo();
    cargo.args(["--manifest-path", "examples/jobs/Cargo.toml"]);
    let said = run(cargo).await;
    let killed = said.split_whitespace().next().unwrap();
    assert!(killed.parse::<u32>().unwrap() > 0, "{said}");
    assert!(said.contains("none was tried more than 4 times"), "{said}");
}
