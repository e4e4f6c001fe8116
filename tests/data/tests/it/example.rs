//! The examples of the repository: one on the server of the tests, two with a Redis of their own.

use std::path::Path;
use std::process::Command;

use super::pg::Database;

#[tokio::test]
async fn transfers_fail_without_a_retry_and_none_does_under_a_policy() {
    let database = Database::new().await;
    let url = database.url();
    let output = tokio::task::spawn_blocking(move || {
        let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let mut cargo = Command::new(env!("CARGO"));
        let package = [
            "run",
            "--locked",
            "-p",
            "redress-examples",
            "--features",
            "postgres",
        ];
        let program = cargo
            .current_dir(workspace)
            .args(package)
            .args(["--bin", "postgres", "--"]);
        program.arg(url).output().unwrap()
    });
    let output = output.await.unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    let table = String::from_utf8(output.stdout).unwrap();
    println!("{table}");
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

/// Runs an example as the guide says, and returns what it prints.
async fn run(arguments: &'static [&'static str]) -> String {
    let output = tokio::task::spawn_blocking(move || {
        let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let mut cargo = Command::new(env!("CARGO"));
        let program = cargo.current_dir(workspace).args(["run", "--locked"]);
        program.args(arguments).output().unwrap()
    });
    let output = output.await.unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    let printed = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{printed}{said}");
    println!("{printed}");
    printed
}

#[tokio::test]
async fn writes_fail_while_redis_is_away_and_none_does_under_a_policy() {
    let table = run(&[
        "-p",
        "redress-examples",
        "--features",
        "redis",
        "--bin",
        "redis",
    ])
    .await;
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
    let said = run(&["--manifest-path", "examples/jobs/Cargo.toml"]).await;
    let killed = said.split_whitespace().next().unwrap();
    assert!(killed.parse::<u32>().unwrap() > 0, "{said}");
    assert!(said.contains("none was tried more than 4 times"), "{said}");
}
