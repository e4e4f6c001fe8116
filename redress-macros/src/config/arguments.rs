//! The arguments of the macros, and the names that other libraries have for them.

use syn::Lit;

use super::builtin::Builtin;
use super::class;

/// The form in which an argument is written: `name = value`, `name(...)` or `name`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Form {
    Value,
    List,
    Flag,
}

/// One argument of the macros.
#[derive(Clone, Copy)]
pub(crate) struct ArgumentSpec {
    pub(crate) name: &'static str,
    pub(crate) form: Form,
    /// How it is written, for messages.
    pub(crate) example: &'static str,
    /// Whether a `policy` already sets it.
    pub(crate) in_policy: bool,
}

const fn value(name: &'static str, example: &'static str) -> ArgumentSpec {
    ArgumentSpec {
        name,
        form: Form::Value,
        example,
        in_policy: false,
    }
}

const fn fixed_by_policy(spec: ArgumentSpec) -> ArgumentSpec {
    ArgumentSpec {
        in_policy: true,
        ..spec
    }
}

const fn list(name: &'static str, example: &'static str) -> ArgumentSpec {
    ArgumentSpec {
        name,
        form: Form::List,
        example,
        in_policy: false,
    }
}

const fn flag(name: &'static str) -> ArgumentSpec {
    ArgumentSpec {
        name,
        form: Form::Flag,
        example: name,
        in_policy: false,
    }
}

/// Every argument, in the order of the documentation.
pub(crate) const ARGUMENTS: &[ArgumentSpec] = &[
    fixed_by_policy(value("strategy", "strategy = equal_jitter(5s)")),
    fixed_by_policy(list("strategies", "strategies(rate_limit = fixed(1s))")),
    fixed_by_policy(value("max_attempts", "max_attempts = 3")),
    fixed_by_policy(value("max_unknown_attempts", "max_unknown_attempts = 2")),
    fixed_by_policy(list(
        "per_class_max_attempts",
        "per_class_max_attempts(rate_limit = 3)",
    )),
    fixed_by_policy(value("deadline", "deadline = 30s")),
    fixed_by_policy(value("attempt_timeout", "attempt_timeout = 5s")),
    flag("once"),
    fixed_by_policy(flag("inherit_deadline")),
    fixed_by_policy(flag("leave_retries_to_caller")),
    value("attempt", "attempt = at"),
    flag("span"),
    fixed_by_policy(value("classifier", "classifier = my_function")),
    fixed_by_policy(value(
        "result_classifier",
        "result_classifier = my_function",
    )),
    fixed_by_policy(list("knows", "knows(ApiError, DbError)")),
    value("operation", "operation = \"name\""),
    value("policy", "policy = POLICY"),
    fixed_by_policy(value("circuit_breaker", "circuit_breaker = BREAKER")),
    fixed_by_policy(value("budget", "budget = BUDGET")),
    fixed_by_policy(value("gate", "gate = GATE")),
    value("on_event", "on_event = |event| ..."),
    value("on_attempt_start", "on_attempt_start = |start| ..."),
    value("on_attempt_end", "on_attempt_end = |end| ..."),
    value("before_sleep", "before_sleep = |context, delay| ..."),
    value("abort_if", "abort_if = || ..."),
    value("abort_on", "abort_on = || token.cancelled()"),
    list("clone", "clone(argument)"),
    value("crate", "crate = path::to::redress"),
];

/// Finds an argument by its name.
pub(crate) fn find(name: &str) -> Option<&'static ArgumentSpec> {
    ARGUMENTS.iter().find(|spec| spec.name == name)
}

/// Lists the names.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    ARGUMENTS.iter().map(|spec| spec.name)
}

/// Returns how a literal is written that has no name.
pub(crate) fn name_for(literal: &Lit) -> Option<String> {
    let number = |digits: &str, suffix: &str| match suffix {
        "" | "u32" | "usize" | "i32" | "u64" if !digits.contains('.') => {
            Some(format!("write `max_attempts = {digits}`"))
        }
        "ns" | "us" | "ms" | "s" | "m" | "h" => Some(format!(
            "write `deadline = {literal}` for the whole call, `attempt_timeout = {literal}` for one attempt, or `strategy = fixed({literal})` for the delay",
            literal = format_args!("{digits}{suffix}")
        )),
        _ => None,
    };
    match literal {
        Lit::Int(int) => number(int.base10_digits(), int.suffix()),
        Lit::Float(float) => number(float.base10_digits(), float.suffix()),
        Lit::Str(text) => Some(format!("write `operation = {:?}`", text.value())),
        _ => None,
    }
}

/// Returns how a word is written that is no argument but part of one.
pub(crate) fn with_name(name: &str, alone: bool) -> Option<String> {
    if let Some(builtin) = Builtin::find(name) {
        return Some(format!("write `strategy = {}`", builtin.example));
    }
    if class::is_class(name) {
        return Some(format!(
            "write `strategies({name} = fixed(1s))` for its delay, or `per_class_max_attempts({name} = 3)` for its attempts"
        ));
    }
    if name == "self" {
        return Some("write `policy = self.policy`".to_owned());
    }
    let constant = alone
        && name
            .chars()
            .all(|c| c.is_ascii_uppercase() || matches!(c, '_' | '0'..='9'));
    constant.then(|| format!("write `policy = {name}`"))
}

/// Translates a name that another library, or the Python package, uses for the same setting.
pub(crate) fn foreign(name: &str) -> Option<&'static str> {
    Some(match name {
        "deadline_s" | "timeout_total" | "total_timeout" | "max_elapsed_time"
        | "max_delay_total" => "write `deadline = 30s`: how long the call may take in all",
        "timeout" | "timeout_s" | "attempt_timeout_s" | "per_attempt_timeout" => {
            "write `attempt_timeout = 5s` for one attempt, or `deadline = 30s` for the whole call"
        }
        "max_retries" | "retries" | "max_times" | "times" => {
            "write `max_attempts = 4`: it counts attempts, the first one included"
        }
        "attempts" | "tries" | "max_tries" | "stop" | "count" => "write `max_attempts = 3`",
        "on_metric" | "on_log" | "observer" | "listener" | "metric_hook" => {
            "write `on_event = |event| ...`"
        }
        "on_retry" | "notify" | "sleep" | "sleep_fn" | "sleeper" | "before_retry" => {
            "write `before_sleep = |context, delay| ...`"
        }
        "on_start" => "write `on_attempt_start = |start| ...`",
        "on_end" => "write `on_attempt_end = |end| ...`",
        "backoff" | "wait" | "delay" | "interval" | "jitter" => {
            "write `strategy = ...`, such as `strategy = equal_jitter(5s)`"
        }
        "max_s" | "base_s" | "max_delay" | "min_delay" | "max" | "base" | "factor" => {
            "this belongs to a strategy: `strategy = equal_jitter(base = 100ms, max = 5s)`"
        }
        "when" | "retry_if" | "retry_on" | "on" | "filter" | "classify" => {
            "write `classifier = my_function`, a function of the error that returns an `ErrorClass`"
        }
        "retry_if_result" | "retry_on_result" => {
            "write `result_classifier = my_function`, a function of the value that returns an `Option<ErrorClass>`"
        }
        "name" => "write `operation = \"name\"`",
        "abort" | "cancel" | "cancelled" | "cancellation" | "cancellation_token" | "shutdown" => {
            "write `abort_if = || ...`, which is asked, or `abort_on = || token.cancelled()`, which also wakes a pause"
        }
        "breaker" | "circuit" => "the name is `circuit_breaker`",
        "default_strategy" => "write `strategy = ...`",
        "per_class_limits" | "class_caps" => "write `per_class_max_attempts(rate_limit = 3)`",
        _ => return None,
    })
}
