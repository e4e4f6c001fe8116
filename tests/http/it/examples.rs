//! The examples of the repository that need the libraries of these tests.

use std::path::Path;
use std::process::Command;

/// Runs an example, where the workspace is built, and with the features of all examples, so that they are built
/// once. Returns what it prints; it fails if it does not do what it should.
fn run(name: &str) -> String {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut cargo = Command::new(env!("CARGO"));
    let program = cargo.current_dir(workspace).env_remove("CARGO_TARGET_DIR");
    program.args([
        "run",
        "--locked",
        "-p",
        "redress-examples",
        "--all-features",
    ]);
    program.args(["--bin", name]);
    let output = program.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    let table = String::from_utf8(output.stdout).unwrap();
    println!("{table}");
    table
}

#[test]
fn a_proxy_hides_what_fails_once_and_spares_what_is_down() {
    let table = run("proxy");
    let row = |name: &str| -> Vec<u32> {
        let line = table.lines().find(|line| line.starts_with(name)).unwrap();
        let numbers = line.trim_start_matches(name).split_whitespace();
        numbers.map(|number| number.parse().unwrap()).collect()
    };
    assert_eq!(row("all is well"), [100, 100, 0, 0, 0, 100]);
    assert_eq!(row("every third order fails once"), [99, 99, 0, 0, 0, 132]);
    let [_, 0, failed, refused, 0, reached] = row("the service is down")[..] else {
        panic!("{table}");
    };
    assert_eq!(failed + refused, 100);
    assert!(refused > 50 && reached < 100);
    assert_eq!(row("it is back"), [100, 100, 0, 0, 0, 100]);
    let [_, 0, 0, refused, late, reached] = row("it is slow, and callers wait 200 ms")[..] else {
        panic!("{table}");
    };
    assert_eq!((refused + late, reached <= late), (20, true));
    assert!(table.contains(
        r#"redress_calls_total{operation="GET /orders/{id}",result="success",class=""} 266"#
    ));
}

#[test]
fn a_download_goes_on_where_retries_never_come_to_the_end() {
    let table = run("download");
    let line = |name: &str| table.lines().find(|line| line.starts_with(name)).unwrap();
    assert!(line("retries").contains("6 requests"));
    assert!(line("download").contains("100% of the file sent: complete"));
    assert!(line("a file that changes").contains("the file has changed after"));
}

#[test]
fn calls_of_grpc_are_repeated_by_a_function_and_by_a_layer() {
    let table = run("grpc");
    for (does, alone, repeated) in [
        ("is well", "ok", "ok, 1 requests"),
        ("is UNAVAILABLE once", "Unavailable", "ok, 2 requests"),
        (
            "asks to come back in 50 ms",
            "Unavailable",
            "ok, 2 requests",
        ),
        (
            "is UNAVAILABLE, and forbids a retry",
            "Unavailable",
            "Unavailable, 1 requests",
        ),
        (
            "finds the request wrong",
            "InvalidArgument",
            "InvalidArgument, 1 requests",
        ),
        ("does not answer once", "does not end", "ok, 2 requests"),
    ] {
        let row = table
            .lines()
            .find_map(|line| line.strip_prefix(does))
            .unwrap();
        let row: Vec<_> = row
            .split("  ")
            .map(str::trim)
            .filter(|cell| !cell.is_empty())
            .collect();
        assert_eq!(row, [alone, repeated, repeated], "{does}");
    }
}
