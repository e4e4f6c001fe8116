use redress::StopReason;
use redress::config::{RetryConfig, StrategyConfig};

use super::{failing, text};

#[test]
fn a_policy_is_a_part_of_ones_own_settings() {
    #[derive(serde::Deserialize)]
    struct Settings {
        retry: RetryConfig,
    }
    let text = r#"{"retry": {"strategy": "instant()", "max_attempts": 3,
        "budget": {"kind": "rolling", "max_retries": 3, "window": "1m"}}}"#;
    let settings: Settings = serde_json::from_str(text).unwrap();
    let policy = settings.retry.build().unwrap();
    let outcome = policy.execute(failing);
    assert_eq!(outcome.attempts, 3);
    assert_eq!(outcome.stop_reason, Some(StopReason::MaxAttemptsGlobal));
    assert_eq!(
        policy.execute(failing).stop_reason,
        Some(StopReason::BudgetExhausted)
    );
}

#[test]
fn every_mistake_is_in_the_deserializers_message() {
    let text = r#"{"max_attempts": 0, "dedline": "5s", "strategy": "fixed(-1s)"}"#;
    let error = serde_json::from_str::<RetryConfig>(text).unwrap_err();
    let message = error.to_string();
    for part in [
        "max_attempts: must be",
        "dedline: unknown key",
        "strategy.delay: \"-1s\"",
    ] {
        assert!(message.contains(part), "{message}");
    }
}

#[test]
fn a_shared_name_means_nothing_without_a_file() {
    let config: RetryConfig =
        serde_json::from_str(r#"{"budget": "shared", "circuit_breaker": "shared"}"#).unwrap();
    let error = config.build().unwrap_err();
    let settings: Vec<_> = error.problems().iter().map(|p| p.setting()).collect();
    assert_eq!(settings, ["budget", "circuit_breaker"]);
}

/// Reads all policies of the good file through serde, writes them and reads them back.
#[test]
fn what_is_written_is_read_back_the_same() {
    #[derive(serde::Deserialize)]
    struct File {
        policies: std::collections::BTreeMap<String, RetryConfig>,
    }
    let file: File = toml::from_str(&text("good.toml")).unwrap();
    assert_eq!(file.policies.len(), 6);
    for policy in file.policies.values() {
        let json = serde_json::to_string(policy).unwrap();
        assert_eq!(&serde_json::from_str::<RetryConfig>(&json).unwrap(), policy);
        let toml = toml::to_string(policy).unwrap();
        assert_eq!(&toml::from_str::<RetryConfig>(&toml).unwrap(), policy);
    }
}

#[test]
fn a_strategy_is_read_from_a_line() {
    let read = |line: &str| line.parse::<StrategyConfig>().map(|s| s.to_string());
    for (line, same) in [
        ("equal_jitter()", "equal_jitter()"),
        (" equal_jitter ( 5 ) ", "equal_jitter(max = 5s)"),
        ("equal_jitter(5s,)", "equal_jitter(max = 5s)"),
        (
            "equal_jitter(1.5s).base(1ms).factor(3)",
            "equal_jitter(max = 1500ms, base = 1ms, factor = 3.0)",
        ),
        (
            "exponential(max = 5s, base = 1s)",
            "exponential(base = 1s, max = 5s)",
        ),
        ("fixed(delay=0.5)", "fixed(500ms)"),
        (
            "adaptive(retry_after_or(instant()), window = 1m)",
            "adaptive(retry_after_or(instant()), window = 1m)",
        ),
    ] {
        assert_eq!(read(line).unwrap(), same, "{line}");
        assert_eq!(read(same).unwrap(), same, "{line}");
    }
    for (line, mistake) in [
        ("", "expected a strategy"),
        ("5s", "unknown strategy \"5s\""),
        ("equal_jitter", "the arguments are missing"),
        (
            "equal_jiter(5s)",
            "unknown strategy \"equal_jiter\": did you mean `equal_jitter`?",
        ),
        ("equal_jitter(5s, 6s)", "one argument too many"),
        ("equal_jitter(5s, max = 6s)", "`max` is given twice"),
        ("equal_jitter(5s) 6", "unexpected text after the strategy"),
        ("equal_jitter(,)", "expected an argument, but found ','"),
        ("equal_jitter(5s", "expected `,` or `)`, but the text ends"),
        ("equal_jitter(5s).base", "expected a setting"),
        ("exponential(1s)", "`exponential` is missing `max`"),
        (
            "fixed(fixed(1s))",
            "delay: expected a duration, found a table",
        ),
        ("retry_after_or(5s)", "fallback: unknown strategy \"5s\""),
        (
            "instant(1s)",
            "one argument too many: `instant()` takes none",
        ),
        ("full_jitter(1s, base = 2s)", "base: is 2s, above max (1s)"),
    ] {
        let error = read(line).unwrap_err().to_string();
        assert!(error.contains(mistake), "{line}: {error}");
    }
}
