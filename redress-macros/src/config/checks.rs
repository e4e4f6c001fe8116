//! Checks of arguments against each other.

use std::time::Duration;

use quote::ToTokens as _;
use syn::Type;

use super::anew;
use super::arguments;
use super::class::{self, Class};
use super::model::{Config, Count, Keyed, Limit, Setting, Strategy, Time};
use super::values::literal_number;
use crate::diagnostics::{Diagnostics, compact, name_of};
use crate::duration::show;

// The defaults of the runtime: an argument may contradict one that was left out.
const DEADLINE: Duration = Duration::from_secs(60);
const MAX_ATTEMPTS: u32 = 6;
const MAX_UNKNOWN_ATTEMPTS: u32 = 2;
const MAX: Duration = Duration::from_secs(5);
const MIN_MULTIPLIER: f64 = 1.0;
const MAX_MULTIPLIER: f64 = 5.0;

/// Checks the arguments against each other.
pub(crate) fn check(config: &Config, diagnostics: &mut Diagnostics) {
    anew::check(config, diagnostics);
    if config.policy.is_some() {
        fixed_by_policy(config, diagnostics);
        return;
    }
    knows_and_classifier(config, diagnostics);
    times(config, diagnostics);
    caps(config, diagnostics);
    unreachable_strategies(config, diagnostics);
    for keyed in config
        .strategy
        .iter()
        .chain(config.class_strategies.iter().map(|(_, k)| k))
    {
        strategy(&keyed.value, diagnostics);
    }
}

fn fixed_by_policy(config: &Config, diagnostics: &mut Diagnostics) {
    for key in &config.given {
        let name = name_of(key);
        if arguments::find(&name).is_some_and(|spec| spec.in_policy) {
            let what = format!("`{name}` cannot be combined with `policy`, which already fixes it");
            let help = match &config.knows {
                Some(knows) if name == "knows" => format!(
                    "write `Policy::builder().classifier({})`, or leave `policy` out",
                    default_classifier(&knows.value)
                ),
                _ if matches!(name.as_str(), "circuit_breaker" | "budget" | "gate") => format!(
                    "set it on the policy's builder; for one that depends on the call, call the body by `policy.context().{name}(..)`; or leave `policy` out"
                ),
                _ => "set it on the policy's builder, or leave `policy` out".to_owned(),
            };
            diagnostics.error(key, what, &help);
        }
    }
}

/// Returns the default classifier that knows these types, as it is written in Rust.
fn default_classifier(types: &[Type]) -> String {
    let known = types
        .iter()
        .map(|ty| format!(".knows::<{}>()", compact(&ty.to_token_stream().to_string())));
    ["DefaultClassifier".to_owned()]
        .into_iter()
        .chain(known)
        .collect()
}

/// A classifier of the user's replaces the default one.
fn knows_and_classifier(config: &Config, diagnostics: &mut Diagnostics) {
    if let (Some(knows), Some(_)) = (&config.knows, &config.classifier) {
        let help = format!(
            "keep one of them; a `classifier` may ask `{}.classify(error)`",
            default_classifier(&knows.value)
        );
        diagnostics.error(
            &knows.key,
            "`knows` cannot be combined with `classifier`, which replaces the default classifier",
            &help,
        );
    }
}

fn times(config: &Config, diagnostics: &mut Diagnostics) {
    let Some(timeout) = config.attempt_timeout.as_ref().and_then(Keyed::limit) else {
        return;
    };
    let (deadline, default) = match &config.deadline {
        Some(keyed) => (keyed.limit().and_then(Time::literal), ""),
        None => (Some(DEADLINE), ", the default"),
    };
    if let (Some(timeout_value), Some(deadline)) = (timeout.literal(), deadline)
        && timeout_value >= deadline
    {
        let what = format!(
            "`attempt_timeout` must be below `deadline`, which is {}{default}",
            show(deadline)
        );
        let help = "shorten it, or give the call more time with `deadline = ...`";
        diagnostics.error(timeout.tokens(), what, help);
    }
}

/// Returns the maximum number of attempts of a call, if it is known from the source.
fn attempts(config: &Config) -> Option<(u32, &'static str)> {
    match &config.max_attempts {
        Some(keyed) => keyed.limit()?.literal().map(|n| (n, "")),
        None => Some((MAX_ATTEMPTS, ", the default")),
    }
}

/// Returns the cap of the class UNKNOWN, if it is known from the source.
fn unknown_cap(config: &Config) -> Option<u32> {
    match &config.max_unknown_attempts {
        Some(keyed) => keyed.limit()?.literal(),
        None => Some(MAX_UNKNOWN_ATTEMPTS),
    }
}

fn caps(config: &Config, diagnostics: &mut Diagnostics) {
    for (key, value) in config.caps() {
        if let (Some(cap), Some((attempts, default))) = (value.literal(), attempts(config))
            && cap > attempts
        {
            let what = format!(
                "the cap of {cap} for `{key}` can never be reached: `max_attempts` is {attempts}{default}"
            );
            diagnostics.error(
                value.tokens(),
                what,
                "lower the cap, or raise `max_attempts`",
            );
        }
    }
    for (class, Keyed { key, value }) in &config.class_caps {
        let Some(cap) = value.literal() else {
            continue;
        };
        let has_strategy = config.class_strategies.iter().any(|(c, _)| c == class);
        if class.terminal && cap > 1 && !has_strategy {
            let what = format!(
                "the cap of {cap} for `{key}` can never be reached: a failure of this class ends the call"
            );
            let help = format!(
                "give the class a strategy of its own, as in `strategies({key} = fixed(1s))`"
            );
            diagnostics.error(value.tokens(), what, &help);
        }
        if class.is_unknown() && unknown_cap(config).is_some_and(|unknown| cap > unknown) {
            let what = format!(
                "the cap of {cap} for `unknown` can never be reached: `max_unknown_attempts` is lower"
            );
            diagnostics.error(value.tokens(), what, "set `max_unknown_attempts` alone");
        }
    }
}

fn unreachable_strategies(config: &Config, diagnostics: &mut Diagnostics) {
    for (class, keyed) in &config.class_strategies {
        let cap = config
            .class_caps
            .iter()
            .find(|(c, _)| c == class)
            .map(|(_, cap)| &cap.value);
        let once = |count: Option<&Count>| count.and_then(Count::literal) == Some(1);
        let limit = |keyed: &Option<Keyed<Limit<u32>>>| once(keyed.as_ref().and_then(Keyed::limit));
        let reason = if once(cap) {
            "its cap is 1"
        } else if class.is_unknown() && limit(&config.max_unknown_attempts) {
            "`max_unknown_attempts` is 1"
        } else if limit(&config.max_attempts) {
            "`max_attempts` is 1"
        } else {
            continue;
        };
        let what = format!("the strategy for `{}` is never used: {reason}", keyed.key);
        diagnostics.error(
            &keyed.key,
            what,
            "remove the strategy, or allow a second attempt",
        );
    }
    all_classes(config, diagnostics);
}

/// Reports a default strategy that is never used because every class overrides it.
fn all_classes(config: &Config, diagnostics: &mut Diagnostics) {
    let covered = |class: &Class| config.class_strategies.iter().any(|(c, _)| c == class);
    if let Some(strategy) = &config.strategy
        && class::CLASSES
            .iter()
            .filter(|class| !class.terminal)
            .all(covered)
    {
        let help = "remove it";
        diagnostics.error(
            &strategy.key,
            "this strategy is never used: every class that is retried has its own",
            help,
        );
    }
}

/// Checks the arguments of a built-in strategy against each other.
fn strategy(strategy: &Strategy, diagnostics: &mut Diagnostics) {
    let Strategy::Builtin {
        builtin, arguments, ..
    } = strategy
    else {
        return;
    };
    let find = |name: &str| {
        arguments
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, setting)| setting)
    };
    let max = match find("max") {
        Some(Setting::Time(max)) => max.literal().map(|max| (max, "")),
        Some(_) => None,
        None => Some((MAX, ", the default")),
    };
    if let (Some(Setting::Time(low)), Some((max, default))) = (find("base"), max)
        && let Some(base) = low.literal()
        && base > max
    {
        let what = format!(
            "`base` ({}) is above `max` ({}{default})",
            show(base),
            show(max)
        );
        let help = if default.is_empty() {
            format!("swap them, as in `{}`", builtin.example)
        } else {
            "lower `base`, or set `max`".to_owned()
        };
        diagnostics.error(low.tokens(), what, &help);
    }
    multipliers(find("min_multiplier"), find("max_multiplier"), diagnostics);
    for (_, setting) in arguments {
        if let Setting::Strategy(inner) = setting {
            self::strategy(inner, diagnostics);
        }
    }
}

/// Checks the two multipliers of `adaptive` against each other.
fn multipliers(min: Option<&Setting>, max: Option<&Setting>, diagnostics: &mut Diagnostics) {
    let literal = |setting: Option<&Setting>, default: f64| match setting {
        None => Some((default, ", the default")),
        Some(Setting::Number(expr)) => literal_number(expr).map(|n| (n, "")),
        Some(_) => None,
    };
    let Some(Setting::Number(place)) = min.or(max) else {
        return;
    };
    if let (Some((low, low_default)), Some((high, high_default))) =
        (literal(min, MIN_MULTIPLIER), literal(max, MAX_MULTIPLIER))
        && low > high
    {
        let what = format!(
            "`min_multiplier` ({low}{low_default}) is above `max_multiplier` ({high}{high_default})"
        );
        let help = "lower `min_multiplier`, or raise `max_multiplier`";
        diagnostics.error(place, what, help);
    }
}
