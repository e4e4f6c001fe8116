//! The example of the repository, on the server of the tests.

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
