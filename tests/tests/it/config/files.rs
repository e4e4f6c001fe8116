use std::time::Duration;

use redress::ErrorClass;
use redress::config::{Bound, BudgetKind, ConfigFile, EachConfig, Format, NamedOr};

use super::{data, text};

#[test]
fn the_three_formats_say_the_same() {
    let toml = ConfigFile::read(data("good.toml")).unwrap();
    for other in ["good.json", "good.yaml"] {
        let other = ConfigFile::read(data(other)).unwrap();
        assert_eq!(toml.policies(), other.policies());
        assert_eq!(toml.budgets(), other.budgets());
        assert_eq!(toml.breakers(), other.breakers());
        assert_eq!(toml.gates(), other.gates());
        assert_eq!(toml.keyed(), other.keyed());
        assert_eq!(toml.endpoints(), other.endpoints());
    }
}

#[test]
fn every_setting_arrives() {
    let file = ConfigFile::read(data("good.toml")).unwrap();
    let payments = &file.policies()["payments"];
    let seconds = Duration::from_secs;
    assert_eq!(
        payments.strategy.as_ref().unwrap().to_string(),
        "retry_after_or(decorrelated_jitter(max = 5s, base = 100ms), jitter = 50ms)"
    );
    assert_eq!(
        payments.strategies[&ErrorClass::RateLimit].to_string(),
        "token_backoff(max = 30s, base = 1s, factor = 2.0)"
    );
    assert_eq!(payments.deadline, Some(Bound::At(seconds(30))));
    let timeout = Duration::from_millis(2500);
    assert_eq!(payments.attempt_timeout, Some(Bound::At(timeout)));
    assert_eq!(payments.max_attempts, Some(Bound::At(5)));
    assert_eq!(payments.max_unknown_attempts, Some(Bound::At(1)));
    assert_eq!(payments.per_class_max_attempts[&ErrorClass::RateLimit], 3);
    assert!(payments.once && !file.policies()["search"].once);
    assert_eq!(payments.operation.as_deref(), Some("charge"));
    assert_eq!(payments.budget, Some(NamedOr::Named("shared".to_owned())));
    let search = &file.policies()["search"];
    assert_eq!(search.deadline, Some(Bound::Unlimited));
    assert_eq!(search.max_attempts, Some(Bound::Unlimited));
    let Some(NamedOr::Own(breaker)) = &search.circuit_breaker else {
        panic!("{search:?}");
    };
    assert_eq!(breaker.recovery_timeout, Some(timeout - seconds(1)));
    assert!(file.policies()["front end"].recommended);
    assert!(file.budgets()["shared"].free_hinted_retries);
    let batch = BudgetKind::Rolling {
        max_retries: 20,
        window: seconds(60),
    };
    assert_eq!(file.budgets()["batch"].kind, batch);
    assert_eq!(payments.gate, Some(NamedOr::Named("openai".to_owned())));
    let gate = &file.gates()["openai"];
    assert_eq!(gate.max_hint, Some(seconds(60)));
    assert_eq!(gate.arm_on.as_ref().unwrap().len(), 2);
    let hosts = &file.keyed()["hosts"];
    let idle = Some(seconds(300));
    assert_eq!((hosts.max_keys, hosts.idle), (10_000, idle));
    let EachConfig::CircuitBreaker(breaker) = &hosts.each else {
        panic!("{hosts:?}");
    };
    assert_eq!(breaker.window, Some(seconds(10)));
    assert!(matches!(&file.keyed()["tenants"].each, EachConfig::Budget(own) if own.kind != batch));
    assert!(matches!(
        &file.keyed()["accounts"].each,
        EachConfig::Gate(_)
    ));
    let replicas = &file.endpoints()["search"];
    assert_eq!(replicas.replicas["a"], "10.0.0.1:80");
    assert_eq!(replicas.replicas["b c"], "http://[::1]:80/x?y");
    assert_eq!(replicas.circuit_breaker.consecutive_failures, Some(5));
    assert_eq!(file.endpoints()["mail"].replicas.len(), 1);
    let breaker = &file.breakers()["payments"];
    assert_eq!(breaker.minimum_calls, Some(20));
    assert_eq!(breaker.probe_lease, Some(seconds(90)));
    assert!(breaker.observe_attempts && breaker.metrics_only);
    let feed = &file.policies()["feed"];
    assert!(feed.sessions);
    assert_eq!(feed.healthy_after, Some(seconds(30)));
    assert_eq!(feed.stall_timeout, Some(seconds(60)));
    assert_eq!(feed.max_restarts, Some(Bound::At(5)));
    assert_eq!(feed.restart_window, Some(seconds(10)));
}

/// The report on `bad.EXTENSION` is exactly `bad.EXTENSION.txt`.
#[test]
fn every_mistake_is_named_with_its_place() {
    for name in ["bad.toml", "bad.json", "bad.yaml"] {
        let error = ConfigFile::read(data(name)).unwrap_err();
        let folder = format!("{}/", data("").display().to_string().trim_end_matches('/'));
        let report = format!("{error}\n").replace(&folder, "");
        assert_eq!(report, text(&format!("{name}.txt")), "{name}");
        for problem in error.problems() {
            let place = problem.place().unwrap();
            let before = &error.text()[..place.span().start];
            assert_eq!(place.line(), before.matches('\n').count() + 1);
            let line = before.rsplit('\n').next().unwrap();
            assert_eq!(place.column(), line.chars().count() + 1);
        }
    }
}

#[test]
fn a_wrong_form_keeps_the_parsers_message_and_its_place() {
    for (format, text, expected) in [
        (
            Format::Toml,
            "[policies.a]\ndeadline = \"30s\n",
            "2:16: invalid basic string, expected `\"`",
        ),
        (
            Format::Toml,
            "[policies.a]\nmax_attempts = 1\nmax_attempts = 2\n",
            "3:1: the key \"max_attempts\" is given twice: remove one of them",
        ),
        (
            Format::Json,
            "{\"policies\": {\"a\": {},}}",
            "1:22: Trailing commas are not allowed",
        ),
        (
            Format::Json,
            "{\n  // comment\n}",
            "2:3: Comments are not allowed",
        ),
        (
            Format::Yaml,
            "policies:\n  a: {deadline: 30s\n",
            "3:1: while parsing a flow mapping, did not find expected ',' or '}'",
        ),
        (
            Format::Yaml,
            "policies: &all\n  a: *all\n",
            "1:11: anchors and aliases are not supported: write the value out; budgets and breakers are shared by name",
        ),
        (
            Format::Yaml,
            "policies:\n  a: !!str {}\n",
            "2:6: tags are not supported: remove the tag",
        ),
        (
            Format::Yaml,
            "policies:\n  a: {}\n---\npolicies: {}\n",
            "3:1: a second document starts here: write one document to a file",
        ),
    ] {
        let error = ConfigFile::parse(format, text).unwrap_err();
        assert_eq!(error.to_string(), expected, "{text}");
    }
}

#[test]
fn a_file_without_a_policy_is_refused() {
    for (format, text) in [
        (Format::Toml, ""),
        (Format::Toml, "# nothing yet\n"),
        (Format::Json, ""),
        (Format::Json, "{}"),
        (Format::Yaml, ""),
        (Format::Yaml, "# nothing yet\n"),
        (Format::Yaml, "policies: {}\n"),
    ] {
        let error = ConfigFile::parse(format, text).unwrap_err();
        let expected = "there is no policy: write at least one, as in [policies.payments]";
        assert!(error.to_string().ends_with(expected), "{text}: {error}");
        assert_eq!(error.problems().len(), 1);
    }
}

#[test]
fn what_is_not_a_file_of_policies_is_refused() {
    let missing = ConfigFile::read("no/such/file.toml").unwrap_err();
    assert!(
        missing
            .to_string()
            .starts_with("no/such/file.toml: cannot be read: ")
    );
    assert!(std::error::Error::source(&missing).is_some());
    let unknown = ConfigFile::read("policies.ini").unwrap_err();
    assert_eq!(
        unknown.to_string(),
        "policies.ini: the format is unknown: name the file .toml, .json, .yaml or .yml"
    );
    for (format, text) in [
        (Format::Json, "[]"),
        (Format::Json, "5"),
        (Format::Yaml, "- a"),
        (Format::Yaml, "text"),
    ] {
        let error = ConfigFile::parse(format, text).unwrap_err();
        assert!(
            error.to_string().contains("expected a table, found"),
            "{error}"
        );
    }
}

#[test]
fn a_setting_is_found_where_it_stands() {
    let file = ConfigFile::read(data("good.toml")).unwrap();
    let at = |setting| {
        let place = file.place(setting);
        file.text()[place.span()].to_owned()
    };
    assert_eq!(at("policies.payments.deadline"), "\"30s\"");
    assert_eq!(at("policies.payments.strategy.fallback.base"), "100ms");
    assert_eq!(at("policies.payments.strategies.rate_limit.max"), "\"30s\"");
    assert_eq!(at("policies.payments.circuit_breaker"), "\"payments\"");
    assert_eq!(at("policies.tests.deadline"), "[policies.tests]");
    assert_eq!(at("policies.\"front end\".budget"), "\"shared\"");
}

#[test]
fn a_byte_order_mark_and_windows_line_ends_are_no_mistake() {
    for (format, extension) in [
        (Format::Toml, "toml"),
        (Format::Json, "json"),
        (Format::Yaml, "yaml"),
    ] {
        let text = text(&format!("good.{extension}"));
        let plain = ConfigFile::parse(format, text.as_str()).unwrap();
        let windows = format!("\u{feff}{}", text.replace('\n', "\r\n"));
        let windows = ConfigFile::parse(format, windows).unwrap();
        assert_eq!(plain.policies(), windows.policies());
        let setting = "policies.payments.circuit_breaker";
        let (place, other) = (plain.place(setting), windows.place(setting));
        assert_eq!(place.line(), other.line());
        assert_eq!(place.column(), other.column());
    }
}

#[test]
fn a_breaker_or_budget_that_no_policy_names_is_found() {
    let text = "\
[breakers.payments]
[budgets.shared]
kind = 'rolling'
max_retries = 5
window = '10s'
[policies.payments]
budget = 'shared'
";
    let file = ConfigFile::parse(Format::Toml, text).unwrap();
    let found = file.lint();
    let unused: Vec<_> = found
        .iter()
        .filter(|found| found.finding().code().starts_with("unused-"))
        .map(|found| {
            (
                found.finding().code(),
                found.setting(),
                found.place().line(),
            )
        })
        .collect();
    assert_eq!(unused, [("unused-breaker", "breakers.payments", 1)]);
}

#[cfg(unix)]
#[test]
fn a_pipe_is_refused_and_not_waited_for() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("policies.toml");
    let made = std::process::Command::new("mkfifo").arg(&path).status();
    assert!(made.unwrap().success());
    let error = ConfigFile::read(&path).unwrap_err();
    assert!(error.to_string().contains("not a regular file"), "{error}");
}

#[test]
fn a_sign_that_cannot_be_seen_or_looks_like_another_is_named() {
    let mark = "unexpected U+FEFF (byte order mark): it cannot be seen: remove it";
    let space = "unexpected U+00A0 (no-break space): write an ordinary space";
    let zero = "there is U+200B (zero width space) in it: it cannot be seen: remove it";
    let double = "U+201C (typographic quotation mark): write `\"`";
    let single = "unexpected U+2018 (typographic quotation mark): write `'`";
    for (format, text, place, message) in [
        // Of the form.
        (
            Format::Toml,
            "[policies.a]\n\u{feff}deadline = '30s'\n",
            "2:1: ",
            mark,
        ),
        (
            Format::Toml,
            "[policies.a]\nmax_attempts = 3\u{feff}\n",
            "2:17: ",
            mark,
        ),
        (
            Format::Toml,
            "[policies.a]\ndeadline\u{a0}= '30s'\n",
            "2:9: ",
            space,
        ),
        (
            Format::Toml,
            "[policies.a]\ndeadline = \u{201c}30s\u{201d}\n",
            "2:12: ",
            double,
        ),
        (
            Format::Toml,
            "[policies.a]\ndeadline = \u{2018}30s\u{2019}\n",
            "2:12: ",
            single,
        ),
        (
            Format::Toml,
            "[policies.a]\nmax_attempts = \u{2212}3\n",
            "2:16: ",
            "(minus sign): write `-`",
        ),
        (
            Format::Toml,
            "[policies.a]\nmax_attempts = 3\0\n",
            "2:17: ",
            "U+0000 (control character)",
        ),
        (
            Format::Toml,
            "[policies.a\u{200b}]\n",
            "1:12: ",
            "U+200B (zero width space)",
        ),
        (Format::Json, "{\n\u{feff}\"policies\": {}}", "2:1: ", mark),
        (
            Format::Json,
            "{\"policies\":\u{a0}{\"a\\\"\": {}}}",
            "1:13: ",
            space,
        ),
        (
            Format::Json,
            "{\"policies\"\u{2003}: {\"a\": {}}}",
            "1:12: ",
            "U+2003 (space of another width)",
        ),
        (
            Format::Json,
            "{\u{201c}policies\u{201d}: {\"a\": {}}}",
            "1:2: ",
            double,
        ),
        (
            Format::Yaml,
            "policies:\n\u{feff}  a:\n    deadline: 30s\n",
            "2:1: ",
            mark,
        ),
        (
            Format::Yaml,
            "policies:\n  a: {deadline: 30s\u{ff0c} max_attempts: 3}\n",
            "2:20: ",
            "write `,`",
        ),
        // Of values and keys.
        (
            Format::Toml,
            "[policies.a]\ndeadline = '30\u{200b}s'\n",
            "2:15: ",
            zero,
        ),
        (
            Format::Toml,
            "[policies.a]\n\"dead\u{200b}line\" = '30s'\n",
            "2:6: ",
            zero,
        ),
        (
            Format::Json,
            "{\"policies\": {\"a\": {\"deadline\": \"30\u{200b}s\"}}}",
            "1:36: ",
            zero,
        ),
        (
            Format::Yaml,
            "policies:\n  a:\n    dead\u{200b}line: 30s\n",
            "3:9: ",
            zero,
        ),
        (
            Format::Yaml,
            "policies:\n  a:\n    deadline: \u{201c}30s\u{201d}\n",
            "3:15: ",
            "there is U+201C (typographic quotation mark) in it: write `\"",
        ),
        (
            Format::Yaml,
            "policies:\n  a:\n    deadline:\u{a0}30s\n",
            "3:14: ",
            "U+00A0 (no-break space)",
        ),
    ] {
        let error = ConfigFile::parse(format, text).unwrap_err().to_string();
        assert!(
            error.starts_with(place) && error.contains(message),
            "{text:?}: {error}"
        );
        assert_eq!(error.matches("U+").count(), 1, "{text:?}: {error}");
    }
}

#[test]
fn signs_that_belong_into_a_text_are_blamed_for_nothing() {
    for (format, text) in [
        (Format::Toml, "[policies.a]\ndeadline = 30s # it\u{2019}s\n"),
        (Format::Toml, "[policies.a]\noperation = 'it\u{2019}s' x\n"),
        (
            Format::Toml,
            "[policies.a]\noperation = '\u{201c}a\u{a0}b\u{201d}'\ndeadline = '0s'\n",
        ),
        (
            Format::Json,
            "{\"policies\": {\"\u{a0}\": {\"operation\": \"\u{a0}\\\"\u{feff}\"},}}",
        ),
        (
            Format::Yaml,
            "\u{feff}policies:\n  a: {operation: it\u{2019}s, deadline: 0s}\n",
        ),
        (Format::Yaml, "\u{feff}policies: {a: {deadline: 30s}\n"),
    ] {
        let error = ConfigFile::parse(format, text).unwrap_err().to_string();
        assert!(!error.contains("U+"), "{text:?}: {error}");
    }
    let fine = "{\"policies\": {\"a\": {\"operation\": \"\u{a0}\\\"\u{feff}\u{2019}\"}}}";
    ConfigFile::parse(Format::Json, fine).unwrap();
    ConfigFile::parse(Format::Json, format!("\u{feff}{fine}")).unwrap();
}

#[test]
fn what_elsewhere_means_no_limit_is_told_its_name() {
    for (key, values) in [
        (
            "deadline",
            "None null NULL off never unlimited Infinity false -1 .inf",
        ),
        ("attempt_timeout", "None no inf forever"),
        ("max_attempts", "None unlimited infinite -1 .inf false"),
        ("max_unknown_attempts", "None -1"),
    ] {
        for value in values.split(' ') {
            let text = format!("policies: {{a: {{{key}: {value}}}}}");
            let error = ConfigFile::parse(Format::Yaml, text)
                .unwrap_err()
                .to_string();
            assert!(
                error.contains("write \"none\" where no limit is meant"),
                "{error}"
            );
        }
    }
}

#[test]
fn a_duration_of_another_notation_is_told_how_it_is_written() {
    for (value, expected) in [
        (
            "1m30s",
            "1:26: policies.a.deadline: \"1m30s\" has more than one unit: write one number and one unit: \"90s\"",
        ),
        (
            "30S",
            "1:26: policies.a.deadline: unknown unit \"S\": write `s` for seconds",
        ),
        (
            "PT30S",
            "1:26: policies.a.deadline: \"PT30S\" is a duration of ISO 8601: write \"30s\"",
        ),
        (
            "00:00:30",
            "1:26: policies.a.deadline: \"00:00:30\" is a time of day: write \"30s\"",
        ),
        (
            "30 seconds",
            "1:26: policies.a.deadline: unknown unit \"seconds\": write `s` for seconds",
        ),
    ] {
        let text = format!("policies: {{a: {{deadline: {value}}}}}");
        let error = ConfigFile::parse(Format::Yaml, text)
            .unwrap_err()
            .to_string();
        assert_eq!(error, expected);
    }
    let text = "[policies.a]\nstrategy = 'equal_jitter(base = 100ms, max = 1m30s)'\n";
    let error = ConfigFile::parse(Format::Toml, text)
        .unwrap_err()
        .to_string();
    assert!(
        error.starts_with("2:46: ") && error.contains("\"90s\""),
        "{error}"
    );
}
