//! Compares the tables with those of the Python package: the same class wherever Python has one,
//! and a list of the better classes where it returns UNKNOWN.

#![allow(clippy::unwrap_used, reason = "helpers of tests may panic too")]

use std::fmt::Debug;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use redress::ErrorClass;
use redress::classify::{
    aws_error_code, grpc_code, grpc_code_name, http_status, retry_after, sqlstate,
};
use serde_json::Value;

/// Reads the tables. Returns `None` if another folder was asked for and has none.
fn tables() -> Option<Value> {
    let own = || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("data/conformance");
    let other = std::env::var_os("REDRESS_CONFORMANCE_DIR").map(PathBuf::from);
    let file = other.clone().unwrap_or_else(own).join("classify.json");
    if other.is_some() && !file.exists() {
        println!("skipped: {} does not exist", file.display());
        return None;
    }
    let text = std::fs::read_to_string(&file).unwrap();
    Some(serde_json::from_str(&text).unwrap())
}

/// Checks every entry of one table of names and classes.
fn agree(table: &Value, ours: impl Fn(&str) -> ErrorClass) {
    let table = table.as_object().unwrap();
    assert!(!table.is_empty());
    for (key, expected) in table {
        assert_agrees(key, expected, ours(key));
    }
}

fn assert_agrees(what: impl Debug, expected: &Value, ours: ErrorClass) {
    let expected = expected.as_str().unwrap();
    assert!(
        ErrorClass::ALL
            .iter()
            .any(|class| class.as_str() == expected)
    );
    assert!(
        expected == "UNKNOWN" || expected == ours.as_str(),
        "{what:?}: {ours} is not {expected}"
    );
}

#[test]
fn http_status_agrees_with_all_three_classifiers() {
    let Some(tables) = tables() else { return };
    for classifier in ["http", "default", "strict"] {
        agree(&tables[classifier], |status| {
            http_status(status.parse().unwrap())
        });
    }
}

#[test]
fn sqlstate_agrees() {
    let Some(mut tables) = tables() else { return };
    // A connection that fails while it commits: Python tries six times what may have happened.
    let table = tables["sqlstate"].as_object_mut().unwrap();
    let lost = table.remove("08007").unwrap();
    assert_eq!(
        (lost.as_str(), sqlstate("08007")),
        (Some("TRANSIENT"), ErrorClass::Unknown)
    );
    agree(&tables["sqlstate"], sqlstate);
}

#[test]
fn grpc_code_agrees_by_name_and_by_number() {
    const BY_NUMBER: [&str; 16] = [
        "CANCELLED",
        "UNKNOWN",
        "INVALID_ARGUMENT",
        "DEADLINE_EXCEEDED",
        "NOT_FOUND",
        "ALREADY_EXISTS",
        "PERMISSION_DENIED",
        "RESOURCE_EXHAUSTED",
        "FAILED_PRECONDITION",
        "ABORTED",
        "OUT_OF_RANGE",
        "UNIMPLEMENTED",
        "INTERNAL",
        "UNAVAILABLE",
        "DATA_LOSS",
        "UNAUTHENTICATED",
    ];
    let Some(tables) = tables() else { return };
    agree(&tables["grpc"], grpc_code_name);
    agree(&tables["grpc"], |name| {
        let number = (1..).zip(BY_NUMBER).find(|(_, known)| *known == name);
        grpc_code(number.unwrap().0)
    });
}

#[test]
fn aws_error_code_agrees() {
    let Some(tables) = tables() else { return };
    let rows = tables["aws"].as_array().unwrap();
    assert!(!rows.is_empty());
    for row in rows {
        let status = row["status"]
            .as_u64()
            .map(|status| u16::try_from(status).unwrap());
        let ours = aws_error_code(row["code"].as_str().unwrap(), status);
        assert_agrees(row, &row["class"], ours);
    }
}

#[test]
fn retry_after_agrees_but_understands_fractions_and_backs_off_after_a_negative_or_past_value() {
    let Some(tables) = tables() else { return };
    let table = tables["retry_after_s"].as_object().unwrap();
    assert!(!table.is_empty());
    let now = SystemTime::now();
    for (value, expected) in table {
        let expected = match (value.trim(), expected.as_f64()) {
            ("1.5", _) => Some(Duration::from_millis(1500)),
            // Python turns a negative or past value into zero, which retries at once.
            (value, Some(0.0)) if value != "0" => None,
            (_, seconds) => seconds.map(Duration::from_secs_f64),
        };
        assert_eq!(retry_after(value, now), expected, "{value:?}");
    }
}

#[test]
fn where_the_python_package_knows_nothing_the_answer_is_better() {
    for (status, class) in [
        (402, ErrorClass::Permanent),
        (407, ErrorClass::Auth),
        (410, ErrorClass::Permanent),
        (412, ErrorClass::Concurrency),
        (422, ErrorClass::Permanent),
        (423, ErrorClass::Concurrency),
        (425, ErrorClass::Transient),
        (499, ErrorClass::Permanent),
    ] {
        assert_eq!(http_status(status), class, "{status}");
    }
    for (code, class) in [
        ("22001", ErrorClass::Permanent),
        ("23505", ErrorClass::Permanent),
        ("42601", ErrorClass::Permanent),
        ("53300", ErrorClass::RateLimit),
        ("55P03", ErrorClass::Concurrency),
        ("57P01", ErrorClass::Transient),
        ("57P02", ErrorClass::Transient),
        ("57P03", ErrorClass::Transient),
        ("XX000", ErrorClass::ServerError),
    ] {
        assert_eq!(sqlstate(code), class, "{code}");
    }
    assert_eq!(grpc_code_name("ABORTED"), ErrorClass::Concurrency);
    assert_eq!(grpc_code_name("ALREADY_EXISTS"), ErrorClass::Permanent);
    assert_eq!(grpc_code_name("UNIMPLEMENTED"), ErrorClass::Permanent);
}
