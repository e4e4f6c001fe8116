//! Resume tokens as text and in JSON: a token that was written is read back, and invalid text is
//! refused.

use std::time::Duration;

use proptest::prelude::*;
use redress::call::ResumeToken;
use redress::{Cause, ErrorClass};

const TOKEN: &str = "redress1:attempts=3;failures=RATE_LIMIT:1,TRANSIENT:2;last=TRANSIENT;cause=error;slept=default:2000000000,RATE_LIMIT:500000000;elapsed=2700000000;delay=2000000000";

fn token() -> ResumeToken {
    TOKEN.parse().unwrap()
}

/// Returns the mistakes in a token, each with its field and its message.
fn refused(text: &str) -> Vec<(String, String)> {
    let error = text.parse::<ResumeToken>().unwrap_err();
    let problems = error.problems().iter();
    problems
        .map(|problem| (problem.setting().to_owned(), problem.message().to_owned()))
        .collect()
}

/// Replaces one part of the token's text, and returns the one mistake.
fn mistake(part: &str, by: &str) -> (String, String) {
    assert!(TOKEN.contains(part), "{part}");
    let mistakes = refused(&TOKEN.replacen(part, by, 1));
    let [mistake] = <[_; 1]>::try_from(mistakes).expect("one mistake");
    mistake
}

fn assert_mistake(part: &str, by: &str, field: &str, says: &[&str]) {
    let (setting, message) = mistake(part, by);
    assert_eq!(setting, field, "{message}");
    for words in says {
        assert!(message.contains(words), "{words:?} is not in {message:?}");
    }
}

#[test]
fn the_text_says_what_the_token_holds() {
    let token = token();
    assert_eq!(
        (token.attempts(), token.failures(ErrorClass::Transient)),
        (3, 2)
    );
    assert_eq!(token.failures(ErrorClass::Auth), 0);
    assert_eq!(
        (token.last_class(), token.cause()),
        (ErrorClass::Transient, Cause::Error)
    );
    assert_eq!(token.elapsed(), Duration::from_millis(2700));
    assert_eq!(token.delay(), Duration::from_secs(2));
    assert_eq!(token.to_string(), TOKEN);
}

#[test]
fn the_fields_may_come_in_any_order() {
    let (version, fields) = TOKEN.split_once(':').unwrap();
    let mut fields: Vec<_> = fields.split(';').collect();
    fields.reverse();
    let reversed = format!("{version}:{}", fields.join(";"));
    assert_eq!(reversed.parse::<ResumeToken>().unwrap(), token());
}

#[test]
fn json_holds_the_text() {
    let json = serde_json::to_string(&token()).unwrap();
    assert_eq!(json, format!("{TOKEN:?}"));
    assert_eq!(serde_json::from_str::<ResumeToken>(&json).unwrap(), token());
    let error = serde_json::from_str::<ResumeToken>("\"redress1:\"").unwrap_err();
    assert!(
        error.to_string().contains("attempts: is missing"),
        "{error}"
    );
    let error = serde_json::from_str::<ResumeToken>("5").unwrap_err();
    assert!(
        error.to_string().contains("a resume token as a string"),
        "{error}"
    );
}

#[test]
fn an_unknown_version_is_refused() {
    assert_mistake(
        "redress1",
        "redress2",
        "version",
        &["\"redress2\"", "`redress1`"],
    );
    assert_mistake(
        "redress1:",
        "",
        "version",
        &["\"attempts=3;", "`redress1:`"],
    );
    assert_eq!(refused("")[0].0, "version");
    assert_eq!(refused("redress1")[0].0, "version");
}

#[test]
fn a_field_that_is_unknown_missing_or_there_twice_is_refused() {
    assert_mistake(
        "delay=",
        "delay=2000000000;delay=",
        "delay",
        &["\"2000000000\"", "once"],
    );
    assert_mistake("delay=", "late=1;delay=", "token", &["\"late\"", "remove"]);
    assert_mistake(";delay=2000000000", "", "delay", &["is missing"]);
    assert_mistake(";delay=", ";;delay=", "token", &["\"\"", "name=value"]);
    let all: Vec<_> = refused("redress1:x=1")
        .into_iter()
        .map(|(field, _)| field)
        .collect();
    let fields = [
        "attempts", "failures", "last", "cause", "slept", "elapsed", "delay",
    ];
    assert_eq!(all[1..], fields);
}

#[test]
fn unknown_classes_and_causes_are_refused() {
    assert_mistake(
        "last=TRANSIENT",
        "last=transient",
        "last",
        &["\"transient\"", "SERVER_ERROR"],
    );
    assert_mistake(
        "TRANSIENT:2",
        "FLAKY:2",
        "failures",
        &["\"FLAKY\"", "one of AUTH"],
    );
    assert_mistake(
        "RATE_LIMIT:5",
        "SLOW:5",
        "slept",
        &["\"SLOW\"", "one of AUTH"],
    );
    assert_mistake("cause=error", "cause=bug", "cause", &["\"bug\"", "timeout"]);
}

#[test]
fn malformed_numbers_are_refused() {
    assert_mistake(
        "attempts=3",
        "attempts=0",
        "attempts",
        &["\"0\"", "at least 1"],
    );
    assert_mistake(
        "attempts=3",
        "attempts=-1",
        "attempts",
        &["\"-1\"", "digits"],
    );
    assert_mistake("attempts=3", "attempts=", "attempts", &["\"\"", "digits"]);
    assert_mistake(
        "attempts=3",
        "attempts=4294967296",
        "attempts",
        &["4294967295 is the most"],
    );
    assert_mistake(
        "TRANSIENT:2",
        "TRANSIENT:0",
        "failures",
        &["\"0\"", "at least 1"],
    );
    assert_mistake(
        "TRANSIENT:2",
        "TRANSIENT",
        "failures",
        &["\"TRANSIENT\"", "CLASS:number"],
    );
    assert_mistake(
        "RATE_LIMIT:1",
        "TRANSIENT:1",
        "failures",
        &["TRANSIENT twice"],
    );
    assert_mistake("RATE_LIMIT:5", "default:5", "slept", &["default twice"]);
    assert_mistake("elapsed=2", "elapsed=1.2", "elapsed", &["digits"]);
    let long = "9".repeat(40);
    assert_mistake(
        "elapsed=2",
        &format!("elapsed={long}"),
        "elapsed",
        &["too large"],
    );
}

#[test]
fn numbers_that_no_operation_can_reach_are_refused() {
    assert_mistake(
        "attempts=3",
        "attempts=2",
        "failures",
        &["3 in all", "2 attempts"],
    );
    assert_mistake(
        "last=TRANSIENT",
        "last=UNKNOWN",
        "last",
        &["UNKNOWN", "`failures`"],
    );
    assert_mistake("RATE_LIMIT:5", "AUTH:5", "slept", &["AUTH", "`failures`"]);
    assert_mistake(
        "delay=2000000000",
        "delay=1",
        "delay",
        &["1 ns", "TRANSIENT"],
    );
    let most = Duration::MAX.as_nanos();
    let text = format!("elapsed={most}");
    assert_mistake(
        "elapsed=2700000000",
        &text,
        "elapsed",
        &["longer than any time"],
    );
}

#[test]
fn every_mistake_is_named_at_once() {
    let text = TOKEN
        .replace("attempts=3", "attempts=x")
        .replace("cause=error", "cause=x");
    let text = text.replace(";delay=2000000000", "");
    let fields: Vec<_> = refused(&text).into_iter().map(|(field, _)| field).collect();
    assert_eq!(fields, ["attempts", "cause", "delay"]);
    let error = text.parse::<ResumeToken>().unwrap_err().to_string();
    assert!(
        error.starts_with("invalid resume token: attempts: \"x\""),
        "{error}"
    );
}

#[test]
fn what_is_too_long_is_refused_unread_and_what_is_quoted_is_short() {
    let endless = format!("{TOKEN}{}", ";x=1".repeat(100_000));
    let mistakes = refused(&endless);
    assert!(
        mistakes.len() == 1 && mistakes[0].1.contains("bytes long"),
        "{mistakes:?}"
    );
    let (_, message) = mistake("last=TRANSIENT", &format!("last={}", "ü".repeat(200)));
    assert!(message.chars().count() < 200, "{message}");
}

prop_compose! {
    fn classes()(counts in prop::collection::vec(0_u32..=u32::MAX / 8, 8)) -> Vec<u32> { counts }
}

prop_compose! {
    /// The text of a token that an operation could have.
    fn valid()(
        counts in classes(),
        last in 0_usize..8,
        own in any::<u8>(),
        sleeps in prop::collection::vec(any::<Duration>(), 9),
        cause in prop::sample::select(vec![Cause::Error, Cause::Result, Cause::Timeout]),
        elapsed in any::<Duration>(),
        more in 1_u32..100,
    ) -> String {
        let mut counts = counts;
        counts[last] = counts[last].max(1);
        let attempts = counts.iter().sum::<u32>().saturating_add(more);
        let classes = ErrorClass::ALL.into_iter().zip(counts);
        let classes: Vec<_> = classes.filter(|(_, n)| *n > 0).collect();
        let list: Vec<_> = classes.iter().map(|(class, n)| format!("{class}:{n}")).collect();
        let mut slept = vec![format!("default:{}", sleeps[8].as_nanos())];
        let mut delay = sleeps[8];
        for (class, _) in &classes {
            let n = *class as usize;
            if own & (1 << n) != 0 {
                slept.push(format!("{class}:{}", sleeps[n].as_nanos()));
                if n == last {
                    delay = sleeps[n];
                }
            }
        }
        let elapsed = elapsed.min(Duration::MAX - delay).as_nanos();
        format!(
            "redress1:attempts={attempts};failures={};last={};cause={cause};slept={};elapsed={elapsed};delay={}",
            list.join(","), ErrorClass::ALL[last], slept.join(","), delay.as_nanos(),
        )
    }
}

proptest! {
    #[test]
    fn what_is_written_is_read_again(text in valid()) {
        let token: ResumeToken = text.parse().unwrap();
        prop_assert_eq!(token.to_string(), text);
        let json = serde_json::to_string(&token).unwrap();
        prop_assert_eq!(serde_json::from_str::<ResumeToken>(&json).unwrap(), token);
    }

    #[test]
    fn a_mutated_token_is_read_as_it_is_or_refused(
        text in valid(),
        edits in prop::collection::vec((any::<prop::sample::Index>(), "[0-9a-zA-Z:;=,_ü]{0,3}"), 1..4),
    ) {
        let mut text = text;
        for (at, by) in edits {
            let starts: Vec<_> = text.char_indices().map(|(n, c)| (n, c.len_utf8())).collect();
            let (start, length) = *at.get(&starts);
            text.replace_range(start..start + length, &by);
        }
        match text.parse::<ResumeToken>() {
            Ok(token) => prop_assert_eq!(token.to_string().parse::<ResumeToken>().unwrap(), token),
            Err(error) => prop_assert!(!error.problems().is_empty()),
        }
    }

    #[test]
    fn any_text_at_all_is_answered(text in ".{0,200}", prefixed in any::<bool>()) {
        let text = if prefixed { format!("redress1:{text}") } else { text };
        let _answered = text.parse::<ResumeToken>();
    }
}
