//! What Sentry has of a call that was given up.

use serde_json::{Value, json};

use crate::program::Program;
use crate::receivers::{Sentry, until};

#[test]
fn a_call_that_is_given_up_is_one_event_whose_breadcrumbs_200_successes_have_not_driven_out() {
    let kent = Sentry::start();
    let mut program = Program::sending("sentry-0_48", &kent.dsn());
    program.save();
    for _ in 0..20 {
        program.calm();
    }
    program.give_up();

    let events = until("an event", || {
        let events = kent.events();
        (!events.is_empty()).then_some(events)
    });
    assert_eq!(events.len(), 1, "{events:#?}");
    let event = &events[0];
    assert_eq!(
        event["fingerprint"],
        json!(["redress", "pay", "SERVER_ERROR"])
    );
    // What has none is an error: the protocol's default is not written.
    assert_eq!(event["level"].as_str().unwrap_or("error"), "error");
    let tags = ["redress.operation", "redress.class", "redress.stop_reason"];
    let tags = tags.map(|tag| &event["tags"][tag]);
    assert_eq!(tags, ["pay", "SERVER_ERROR", "MAX_ATTEMPTS_GLOBAL"]);

    let crumbs = event["breadcrumbs"]["values"].as_array().unwrap();
    let message = |crumb: &Value| crumb["message"].as_str().unwrap().to_owned();
    let messages: Vec<_> = crumbs.iter().map(message).collect();
    // The retry and the success of the call that was saved, then those of the one that was not.
    let expected = [
        "retry",
        "success",
        "retry",
        "retry",
        "max_attempts_exceeded",
    ];
    assert_eq!(messages, expected);
    assert!(
        crumbs.iter().all(|crumb| crumb["category"] == "redress"),
        "{crumbs:#?}"
    );
}

#[test]
fn an_outage_is_one_issue_for_each_operation_and_class() {
    let kent = Sentry::start();
    let mut program = Program::sending("sentry-0_48", &kent.dsn());
    program.outage();
    let mut prints = until("the last event", || {
        let events = kent.events();
        let prints: Vec<_> = events
            .iter()
            .map(|it| it["fingerprint"].to_string())
            .collect();
        prints
            .iter()
            .any(|print| print.contains("load"))
            .then_some(prints)
    });
    prints.sort();
    prints.dedup();
    let expected = [
        ("load", "SERVER_ERROR"),
        ("pay", "CONCURRENCY"),
        ("pay", "SERVER_ERROR"),
        ("pay", "TRANSIENT"),
        ("pay", "UNKNOWN"),
    ];
    let expected =
        expected.map(|(operation, class)| json!(["redress", operation, class]).to_string());
    assert_eq!(prints, expected);
}
