//! Replays recorded calls of the Python package, through both the sync and the async driver.
//!
//! `REDRESS_CONFORMANCE_DIR` selects another folder of cases.

mod case;
mod replay;

use std::path::PathBuf;

use case::Case;

/// Returns the folder of the cases, and whether it is the project's own.
fn folder() -> (PathBuf, bool) {
    match std::env::var_os("REDRESS_CONFORMANCE_DIR") {
        Some(folder) => (folder.into(), false),
        None => {
            let own = concat!(env!("CARGO_MANIFEST_DIR"), "/data/conformance/cases");
            (own.into(), true)
        }
    }
}

/// Reads a family. Another folder need not have it; the project's own must.
fn family(name: &str) -> Vec<Case> {
    let (folder, own) = folder();
    let nested = folder.join("cases").join(format!("{name}.json"));
    let path = if nested.exists() {
        nested
    } else {
        folder.join(format!("{name}.json"))
    };
    if !own && !path.exists() {
        println!("skipped: {} is not there", path.display());
        return Vec::new();
    }
    let text = std::fs::read_to_string(&path)
        .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let cases: Vec<Case> =
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    assert!(!cases.is_empty(), "{} has no case", path.display());
    cases
}

/// Replays a family with both drivers, and reports every case that differs.
fn agrees(name: &str) {
    let mut wrong = Vec::new();
    for case in family(name) {
        let mut sync = replay::sync(&case);
        let future = replay::future(&case);
        if sync != future {
            wrong.push(format!("{}: sync {sync:#?}\nasync {future:#?}", case.name));
        }
        for (n, (expected, got)) in case.expect.iter().zip(&mut sync).enumerate() {
            if case.policy.multiplies() {
                got.shown.round_to(expected);
            }
            if *expected != got.shown {
                wrong.push(format!(
                    "{} call {n}: expected {expected:#?}\ngot {got:#?}",
                    case.name
                ));
            }
        }
        assert_eq!(case.expect.len(), sync.len(), "{}", case.name);
    }
    assert!(
        wrong.is_empty(),
        "{} differ:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

#[test]
fn attempts() {
    agrees("attempts");
}

#[test]
fn deadline() {
    agrees("deadline");
}

#[test]
fn per_class() {
    agrees("per_class");
}

#[test]
fn abort() {
    agrees("abort");
}

#[test]
fn defer() {
    agrees("defer");
}

#[test]
fn budget() {
    agrees("budget");
}

#[test]
fn adaptive() {
    agrees("adaptive");
}

#[test]
fn breaker() {
    agrees("breaker");
}

#[test]
fn mixed() {
    agrees("mixed");
}
