//! The strategies that a file can name, with their settings: those of the macros. A test of
//! `redress-macros` compares the two tables.

use super::names;

/// What an argument of a strategy is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Takes {
    Time,
    /// A time above zero, where the strategy itself takes none.
    TimeAboveZero,
    Number,
    Strategy,
}

/// One setting of a strategy.
#[derive(Debug)]
pub(crate) struct Parameter {
    pub(crate) name: &'static str,
    pub(crate) takes: Takes,
    /// Whether it may be written without its name.
    pub(crate) positional: bool,
    pub(crate) required: bool,
}

/// Which strategy it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BuiltinKind {
    DecorrelatedJitter,
    FullJitter,
    EqualJitter,
    TokenBackoff,
    Exponential,
    Fixed,
    Instant,
    RetryAfterOr,
    Adaptive,
}

#[derive(Debug)]
pub(crate) struct Builtin {
    pub(crate) name: &'static str,
    pub(crate) kind: BuiltinKind,
    pub(crate) parameters: &'static [Parameter],
    pub(crate) example: &'static str,
}

const fn required(name: &'static str, takes: Takes) -> Parameter {
    Parameter {
        name,
        takes,
        positional: true,
        required: true,
    }
}

const fn setting(name: &'static str, takes: Takes) -> Parameter {
    Parameter {
        name,
        takes,
        positional: false,
        required: false,
    }
}

const MAX: Parameter = Parameter {
    name: "max",
    takes: Takes::Time,
    positional: true,
    required: false,
};
const BASE: Parameter = setting("base", Takes::Time);
const FACTOR: Parameter = setting("factor", Takes::Number);

/// Every strategy, in the order of the documentation.
pub(crate) const BUILTINS: &[Builtin] = &[
    Builtin {
        name: "decorrelated_jitter",
        kind: BuiltinKind::DecorrelatedJitter,
        parameters: &[MAX, BASE],
        example: "decorrelated_jitter(base = 250ms, max = 5s)",
    },
    Builtin {
        name: "full_jitter",
        kind: BuiltinKind::FullJitter,
        parameters: &[MAX, BASE, FACTOR],
        example: "full_jitter(base = 250ms, max = 5s)",
    },
    Builtin {
        name: "equal_jitter",
        kind: BuiltinKind::EqualJitter,
        parameters: &[MAX, BASE, FACTOR],
        example: "equal_jitter(base = 250ms, max = 5s)",
    },
    Builtin {
        name: "token_backoff",
        kind: BuiltinKind::TokenBackoff,
        parameters: &[MAX, BASE, FACTOR],
        example: "token_backoff(base = 250ms, max = 5s)",
    },
    Builtin {
        name: "exponential",
        kind: BuiltinKind::Exponential,
        parameters: &[
            required("base", Takes::Time),
            required("max", Takes::Time),
            FACTOR,
        ],
        example: "exponential(base = 100ms, max = 5s)",
    },
    Builtin {
        name: "fixed",
        kind: BuiltinKind::Fixed,
        parameters: &[required("delay", Takes::TimeAboveZero)],
        example: "fixed(500ms)",
    },
    Builtin {
        name: "instant",
        kind: BuiltinKind::Instant,
        parameters: &[],
        example: "instant()",
    },
    Builtin {
        name: "retry_after_or",
        kind: BuiltinKind::RetryAfterOr,
        parameters: &[
            required("fallback", Takes::Strategy),
            setting("jitter", Takes::Time),
        ],
        example: "retry_after_or(equal_jitter(5s), jitter = 100ms)",
    },
    Builtin {
        name: "adaptive",
        kind: BuiltinKind::Adaptive,
        parameters: &[
            required("fallback", Takes::Strategy),
            setting("window", Takes::Time),
            setting("target_success", Takes::Number),
            setting("min_multiplier", Takes::Number),
            setting("max_multiplier", Takes::Number),
        ],
        example: "adaptive(equal_jitter(5s), target_success = 0.9)",
    },
];

impl Builtin {
    pub(super) fn find(name: &str) -> Option<&'static Self> {
        BUILTINS.iter().find(|builtin| builtin.name == name)
    }

    /// Says which strategy was meant, or which there are.
    pub(super) fn suggest(name: &str) -> String {
        match translate(FOREIGN_STRATEGIES, name) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => names::suggest(name, "strategies", BUILTINS.iter().map(|b| b.name)),
        }
    }

    /// Lists the settings that may be written without their names, in order.
    pub(super) fn positional(&'static self) -> impl Iterator<Item = &'static str> {
        let parameters = self.parameters.iter().filter(|p| p.positional);
        parameters.map(|parameter| parameter.name)
    }

    pub(super) fn parameter(&self, name: &str) -> Option<&'static Parameter> {
        self.parameters.iter().find(|p| p.name == name)
    }

    /// Says which settings there are.
    pub(super) fn usage(&self) -> String {
        if self.parameters.is_empty() {
            return format!("`{}()` takes none", self.name);
        }
        let names = names::list(self.parameters.iter().map(|p| p.name));
        format!("it takes {names}, as in \"{}\"", self.example)
    }
}

/// The names that others have for strategies.
pub(crate) const FOREIGN_STRATEGIES: &[(&str, &[&str])] = &[
    (
        "exponential",
        &[
            "expo",
            "exp",
            "exponential_backoff",
            "exponential_jitter",
            "wait_exponential",
        ],
    ),
    (
        "fixed",
        &[
            "constant",
            "constant_delay",
            "fixed_delay",
            "fixed_interval",
            "wait_fixed",
        ],
    ),
    (
        "instant",
        &["none", "no_delay", "immediate", "zero", "instant_retries"],
    ),
    (
        "retry_after_or",
        &["retry_after", "honor_retry_after", "honour_retry_after"],
    ),
    ("decorrelated_jitter", &["decorrelated"]),
    ("full_jitter", &["jitter", "random", "wait_random"]),
];

/// The names that others have for settings of strategies.
pub(crate) const FOREIGN_PARAMETERS: &[(&str, &[&str])] = &[
    ("max", &["max_s", "max_delay", "cap", "cap_s", "limit"]),
    ("base", &["base_s", "min", "min_delay", "initial", "start"]),
    ("delay", &["delay_s", "seconds", "duration", "interval"]),
    ("factor", &["multiplier", "mult", "exponent", "growth"]),
    ("jitter", &["jitter_s", "max_jitter"]),
    ("window", &["window_s"]),
    ("fallback", &["inner", "default", "strategy"]),
];

/// Translates a name that others have.
fn translate(foreign: &[(&'static str, &[&str])], name: &str) -> Option<&'static str> {
    let found = foreign.iter().find(|(_, names)| names.contains(&name));
    found.map(|(ours, _)| *ours)
}

/// Translates the name that others have for a setting.
pub(super) fn foreign_parameter(name: &str) -> Option<&'static str> {
    translate(FOREIGN_PARAMETERS, name)
}
