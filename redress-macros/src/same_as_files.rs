//! What the macros and files of policies both know is the same: strategies with their parameters,
//! bounds and defaults, classes, the names that others have, and durations.

use std::collections::BTreeSet;
use std::time::Duration;

use redress::__private::files;
use redress::Policy;
use redress::config::{ConfigFile, Format, StrategyConfig};

use crate::config::model::{Setting, Strategy};
use crate::config::{self, builtin, class, parse};
use crate::diagnostics::Diagnostics;
use crate::duration;

/// A function that takes every argument.
const FUNCTION: &str = "async fn call() -> Result<(), Error> { Ok(()) }";

/// Returns `true` if the attribute takes these arguments.
fn macro_takes(arguments: &str) -> bool {
    let Ok(arguments) = arguments.parse() else {
        return false;
    };
    let expanded = crate::retry::retry(arguments, FUNCTION.parse().unwrap());
    !expanded.to_string().contains("compile_error")
}

/// Writes a strategy as the macros have read it, in the form that files write.
fn read_by_macro(text: &str) -> Option<String> {
    let arguments = format!("strategy = {text}");
    if !macro_takes(&arguments) {
        return None;
    }
    let mut diagnostics = Diagnostics::default();
    let arguments = parse::arguments(arguments.parse().ok()?, |_| None, &mut diagnostics);
    let strategy = config::read(arguments, &mut diagnostics).strategy?;
    shown(&strategy.value)
}

/// `None` is an expression of the user's, which only Rust has.
fn shown(strategy: &Strategy) -> Option<String> {
    let Strategy::Builtin {
        builtin, arguments, ..
    } = strategy
    else {
        return None;
    };
    let mut given = Vec::new();
    for parameter in builtin.parameters {
        let Some((_, setting)) = arguments.iter().find(|(key, _)| key == parameter.name) else {
            continue;
        };
        let value = match setting {
            Setting::Time(time) => duration::show(time.literal().expect("it is a literal")),
            Setting::Number(number) => {
                let tokens = quote::quote!(#number).to_string().replace(' ', "");
                format!("{:?}", tokens.parse::<f64>().expect("it is a number"))
            }
            Setting::Strategy(inner) => shown(inner)?,
        };
        given.push(match parameter.name {
            "delay" | "fallback" => value,
            name => format!("{name} = {value}"),
        });
    }
    Some(format!("{}({})", builtin.name, given.join(", ")))
}

#[test]
fn strategies_have_the_same_parameters() {
    let by_files = files::strategies();
    let names = |strategies: &mut dyn Iterator<Item = &'static str>| strategies.collect::<Vec<_>>();
    assert_eq!(
        names(&mut builtin::BUILTINS.iter().map(|b| b.name)),
        names(&mut by_files.iter().map(|b| b.name))
    );
    for (ours, theirs) in builtin::BUILTINS.iter().zip(&by_files) {
        assert_eq!(ours.example, theirs.example);
        let ours = ours.parameters.iter();
        let ours: Vec<_> = ours.map(|p| (p.name, p.constructor, p.required)).collect();
        let theirs = theirs.parameters.iter();
        let theirs: Vec<_> = theirs.map(|p| (p.name, p.positional, p.required)).collect();
        assert_eq!(ours, theirs);
    }
}

#[test]
fn a_strategy_without_a_maximum_has_the_same() {
    let max = duration::show(redress::__private::DEFAULT_MAX);
    for strategy in files::strategies() {
        let optional = |p: &files::FileParameter| p.name == "max" && !p.required;
        if strategy.parameters.iter().any(optional) {
            let text = format!("[policies.p]\nstrategy = '{}()'", strategy.name);
            let file = ConfigFile::parse(Format::Toml, text).unwrap();
            let shown = file.policy("p").unwrap().snapshot().to_string();
            assert!(shown.contains(&format!("max = {max}")), "{shown}");
        }
    }
}

#[test]
fn classes_have_the_same_names() {
    let ours = class::CLASSES.map(|class| (class.name, class.terminal));
    assert_eq!(ours.to_vec(), files::classes());
}

/// Collects the texts in the body of a function of `builtin.rs`: the names that it translates.
fn names_in(function: &str) -> BTreeSet<&'static str> {
    let source = include_str!("config/builtin.rs");
    let (_, body) = source
        .split_once(&format!("fn {function}("))
        .expect("the function is there");
    let (body, _) = body.split_once("\n}\n").expect("the function ends");
    body.split('"').skip(1).step_by(2).collect()
}

#[test]
fn foreign_names_mean_the_same() {
    type Translate = fn(&str) -> Option<&'static str>;
    let tables: [(&str, Translate, files::Foreign); 2] = [
        (
            "foreign_strategy",
            builtin::foreign_strategy,
            files::STRATEGIES_ELSEWHERE,
        ),
        (
            "foreign_parameter",
            builtin::foreign_parameter,
            files::PARAMETERS_ELSEWHERE,
        ),
    ];
    for (function, translate, by_files) in tables {
        let in_files = |name: &str| {
            let mut rows = by_files.iter();
            rows.find(|(_, names)| names.contains(&name))
                .map(|(ours, _)| *ours)
        };
        let names = names_in(function);
        assert!(names.len() > 20, "{names:?}");
        for name in &names {
            assert_eq!(translate(name), in_files(name), "{function}: {name}");
        }
        for name in by_files.iter().flat_map(|(_, names)| *names) {
            assert!(names.contains(name), "{function} does not know {name}");
        }
    }
}

#[test]
fn every_key_of_a_policy_is_an_argument() {
    // A function is no session, and an attribute that has none of the recommended parts is given them by
    // a policy.
    let of_policies = [
        "recommended",
        "sessions",
        "healthy_after",
        "stall_timeout",
        "max_restarts",
        "restart_window",
    ];
    for key in files::POLICY_KEYS {
        let known = !macro_help(&format!("{key} = 1")).contains("unknown argument");
        assert_eq!(known, !of_policies.contains(key), "{key}");
    }
    for key in of_policies {
        assert!(files::POLICY_KEYS.contains(&key), "{key}");
    }
}

/// Returns the messages about these arguments.
fn macro_help(arguments: &str) -> String {
    crate::retry::retry(arguments.parse().unwrap(), FUNCTION.parse().unwrap()).to_string()
}

#[test]
fn limits_that_are_left_out_contradict_the_same() {
    let defaults = Policy::new().snapshot();
    let deadline = defaults.deadline.unwrap();
    let attempts = defaults.max_attempts.unwrap();
    let unknown = defaults.max_unknown_attempts.unwrap();
    let below = deadline - Duration::from_secs(1);
    let (below, deadline) = (below.as_secs(), deadline.as_secs());
    for (by_macro, by_file) in [
        (format!("attempt_timeout = {below}s"), None),
        (format!("attempt_timeout = {deadline}s"), None),
        (format!("max_unknown_attempts = {attempts}"), None),
        (format!("max_unknown_attempts = {}", attempts + 1), None),
        (
            format!("per_class_max_attempts(unknown = {unknown})"),
            Some(format!("per_class_max_attempts.unknown = {unknown}")),
        ),
        (
            format!("per_class_max_attempts(unknown = {})", unknown + 1),
            Some(format!("per_class_max_attempts.unknown = {}", unknown + 1)),
        ),
        ("max_attempts = 1".to_owned(), None),
        (
            "max_attempts = 1, max_unknown_attempts = 2".to_owned(),
            Some("max_attempts = 1\nmax_unknown_attempts = 2".to_owned()),
        ),
        (
            "per_class_max_attempts(auth = 2)".to_owned(),
            Some("per_class_max_attempts.auth = 2".to_owned()),
        ),
        (
            "max_attempts = 1, strategies(transient = instant())".to_owned(),
            Some("max_attempts = 1\nstrategies.transient = 'instant()'".to_owned()),
        ),
    ] {
        let written = by_file.unwrap_or_else(|| match by_macro.split_once(" = ") {
            Some((key, value)) if value.ends_with('s') => format!("{key} = '{value}'"),
            _ => by_macro.clone(),
        });
        let file = ConfigFile::parse(Format::Toml, format!("[policies.p]\n{written}"));
        assert_eq!(macro_takes(&by_macro), file.is_ok(), "{by_macro}");
    }
}

/// Reads a duration as both do: `None` is refused.
fn durations(text: &str) -> (Option<Duration>, Option<Duration>) {
    let expr = syn::parse_str(text).ok();
    let by_macro = expr.and_then(|expr| duration::literal(&expr)?.ok());
    (by_macro, files::duration(text).ok())
}

#[test]
fn durations_are_read_alike() {
    let numbers = [
        "0",
        "1",
        "5",
        "30",
        "007",
        "1_000",
        "1_0",
        "1_",
        "0.1",
        "0.25",
        "1.5",
        "2.",
        "1.1",
        "0.000001",
        "1.000000001",
        "1e3",
        "1E3",
        "1e-3",
        "2.5e2",
        "1e+2",
        "1e300",
        "1e-300",
        "e3",
        "18446744073709551615",
        "18446744073709551616",
        "99999999999999999999",
        "340282366920938463463374607431768211455",
        "340282366920938463463374607431768211456",
        "1__0",
        "_1",
        ".5",
        ".",
        "1._5",
        "1.2.3",
        "-1",
        "-0.5",
        "+5",
        "1e",
        "1e+",
        "0.1e1",
    ];
    let units = [
        "", "ns", "us", "ms", "s", "m", "h", "d", "sec", "min", "hours", "S", "MS", "µs",
        "parsecs", "s5", "ss",
    ];
    let mut read = 0;
    for number in numbers {
        for unit in units {
            let text = format!("{number}{unit}");
            let (by_macro, by_file) = durations(&text);
            assert_eq!(by_macro, by_file, "{text}");
            read += usize::from(by_macro.is_some());
        }
    }
    assert!(read > 100, "{read}");
    for text in [
        "", "s", "none", "inf", "nan", "5 5s", "\u{665}s", "5s5", "5s s",
    ] {
        assert_eq!(durations(text), (None, None), "{text}");
    }
}

#[test]
fn durations_differ_only_where_the_languages_do() {
    let second = Some(Duration::from_secs(1));
    // A text may have spaces; two tokens are no literal.
    for text in ["1 s", "1s ", " 1s"] {
        assert_eq!(durations(text).1, second, "{text}");
    }
    // A literal of Rust may have a type, and another base.
    for text in ["1u64", "1_i32", "1f64", "0x1s", "0b1s", "0o1s", "(1s)"] {
        assert_eq!(durations(text), (second, None), "{text}");
    }
}

#[test]
fn what_is_wrong_with_a_unit_is_said_alike() {
    for unit in [
        "sec", "secs", "second", "seconds", "min", "mins", "minute", "minutes", "hr", "hrs",
        "hour", "hours", "msec", "msecs", "millis", "µs", "μs", "micros", "d", "day", "days",
        "parsecs", "S", "Sec", "MS", "M", "H", "D", "weeks", "months", "m30s", "h5m", "d12h",
        "m30", "s5", "S30MS",
    ] {
        let text = format!("5{unit}");
        let (_, by_file) = files::duration(&text).unwrap_err();
        let by_macro = duration::literal(&syn::parse_str(&text).unwrap());
        let (_, by_macro) = by_macro.unwrap().unwrap_err();
        assert_eq!(by_macro, by_file.replace('"', "`"), "{unit}");
    }
}

#[test]
fn what_is_meant_by_another_notation_is_found_alike() {
    let ours = include_str!("duration/meant.rs");
    assert_eq!(
        ours,
        include_str!("../../redress/src/config/duration/meant.rs")
    );
}

#[test]
fn strategies_are_read_alike() {
    let mut texts: Vec<String> = Vec::new();
    // Every parameter of every strategy with values around its bounds.
    for strategy in files::strategies() {
        let required = |name: &str| {
            let required = strategy.parameters.iter().filter(|p| p.required);
            let required = required.filter(|p| p.name != name);
            let given = required.map(|p| match (p.takes, p.name) {
                ("strategy", name) => format!("{name} = instant(), "),
                (_, "max") => "max = 5s, ".to_owned(),
                (_, name) => format!("{name} = 1s, "),
            });
            given.collect::<String>()
        };
        texts.push(strategy.example.to_owned());
        texts.push(format!("{}()", strategy.name));
        texts.push(format!("{}(1s)", strategy.name));
        texts.push(format!("{}(1s, 2s)", strategy.name));
        texts.push(format!("{}(1s, 2s, 3)", strategy.name));
        texts.push(format!("{}(2s, 1s)", strategy.name));
        texts.push(format!("{}(maximum = 1s)", strategy.name));
        for parameter in &strategy.parameters {
            let values: &[&str] = match parameter.takes {
                "time" => &[
                    "0s", "0", "1ns", "250ms", "5s", "90s", "1", "0.5", "none", "-1s", "5d",
                ],
                "number" => &[
                    "0", "0.0", "0.001", "0.5", "1", "1.0", "1.5", "5.0", "6", "-1", "1e2",
                ],
                _ => &[
                    "fixed(1s)",
                    "instant()",
                    "equal_jitter(0s)",
                    "5s",
                    "nothing",
                    "expo(1s)",
                ],
            };
            for value in values {
                let (name, others) = (parameter.name, required(parameter.name));
                texts.push(format!("{}({others}{name} = {value})", strategy.name));
            }
        }
    }
    texts.extend(
        [
            "exponential(max = 5s, base = 100ms)",
            "exponential(max = 5s, 100ms)",
            "exponential(base = 100ms, 5s)",
            "exponential(100ms, max = 5s, factor = 3,)",
            "exponential(100ms, 5s, factor = 3, factor = 2)",
            "exponential(100ms 5s)",
            "exponential(100ms,, 5s)",
            "exponential(100ms)(5s)",
            "equal_jitter(5s).base(1s)",
            "equal_jitter(5s).base(1s).factor(1.5)",
            "equal_jitter(5s).base(6s)",
            "equal_jitter(5s).base(1s, 2s)",
            "equal_jitter(5s).base()",
            "equal_jitter(5s).base(1s).base(2s)",
            "equal_jitter(base = 6s)",
            "equal_jitter(base = 5s)",
            "decorrelated_jitter(5s, base = 1s)",
            "retry_after_or(retry_after_or(fixed(1s)))",
            "retry_after_or(fixed(1s), jitter = 0)",
            "retry_after_or(equal_jitter(1s, base = 2s))",
            "retry_after_or(fixed(1s), fixed(2s))",
            "adaptive(fixed(1s), window = 10s, target_success = 0.5, max_multiplier = 3)",
            "adaptive(fixed(1s), min_multiplier = 0.5, max_multiplier = 0.25)",
            "adaptive(fixed(1s), min_multiplier = 6)",
            "adaptive(fixed(1s), max_multiplier = 0.5)",
            "adaptive(fixed(1s), min_multiplier = 0.5, max_multiplier = 0.5)",
            "instant(1s)",
            "instant",
            "fixed",
            "fixed(",
            "fixed 1s",
            "fixed(1s) extra",
            "fixed(1s",
            "fixed(delay = 1s)",
            "fixed(delay_s = 1s)",
            "fixed()",
            "fixed(1s,)",
            "fixed(,)",
            "Fixed(1s)",
            "expo(1s)",
            "constant(1s)",
            "wait_exponential(1s, 5s)",
            "5s",
            "",
        ]
        .map(str::to_owned),
    );
    assert!(texts.len() > 150, "{}", texts.len());
    let mut read = 0;
    let mut different = Vec::new();
    for text in &texts {
        let by_macro = read_by_macro(text);
        let by_file = text.parse::<StrategyConfig>();
        read += usize::from(by_macro.is_some());
        if by_macro.as_deref() != by_file.as_ref().map(ToString::to_string).ok().as_deref() {
            different.push(format!("{text}: {by_macro:?} and {by_file:?}"));
        }
    }
    assert!(read > 60, "{read}");
    assert!(different.is_empty(), "{different:#?}");
}
