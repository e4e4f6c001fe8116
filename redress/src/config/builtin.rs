//! The strategies that a file can name, with their settings: those of the macros.

use super::names;

/// What an argument of a strategy is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Takes {
    Time,
    Number,
    Strategy,
}

/// One setting of a strategy.
#[derive(Debug)]
pub(super) struct Parameter {
    pub(super) name: &'static str,
    pub(super) takes: Takes,
    /// Whether it may be written without its name.
    pub(super) positional: bool,
    pub(super) required: bool,
}

/// Which strategy it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
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
pub(super) struct Builtin {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    pub(super) parameters: &'static [Parameter],
    pub(super) example: &'static str,
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
const ALL: &[Builtin] = &[
    Builtin {
        name: "decorrelated_jitter",
        kind: Kind::DecorrelatedJitter,
        parameters: &[MAX, BASE],
        example: "decorrelated_jitter(base = 250ms, max = 5s)",
    },
    Builtin {
        name: "full_jitter",
        kind: Kind::FullJitter,
        parameters: &[MAX, BASE, FACTOR],
        example: "full_jitter(base = 250ms, max = 5s)",
    },
    Builtin {
        name: "equal_jitter",
        kind: Kind::EqualJitter,
        parameters: &[MAX, BASE, FACTOR],
        example: "equal_jitter(base = 250ms, max = 5s)",
    },
    Builtin {
        name: "token_backoff",
        kind: Kind::TokenBackoff,
        parameters: &[MAX, BASE, FACTOR],
        example: "token_backoff(base = 250ms, max = 5s)",
    },
    Builtin {
        name: "exponential",
        kind: Kind::Exponential,
        parameters: &[
            required("base", Takes::Time),
            required("max", Takes::Time),
            FACTOR,
        ],
        example: "exponential(base = 100ms, max = 5s)",
    },
    Builtin {
        name: "fixed",
        kind: Kind::Fixed,
        parameters: &[required("delay", Takes::Time)],
        example: "fixed(500ms)",
    },
    Builtin {
        name: "instant",
        kind: Kind::Instant,
        parameters: &[],
        example: "instant()",
    },
    Builtin {
        name: "retry_after_or",
        kind: Kind::RetryAfterOr,
        parameters: &[
            required("fallback", Takes::Strategy),
            setting("jitter", Takes::Time),
        ],
        example: "retry_after_or(equal_jitter(5s), jitter = 100ms)",
    },
    Builtin {
        name: "adaptive",
        kind: Kind::Adaptive,
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
        ALL.iter().find(|builtin| builtin.name == name)
    }

    /// Says which strategy was meant, or which there are.
    pub(super) fn suggest(name: &str) -> String {
        match foreign(name) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => names::suggest(name, "strategies", ALL.iter().map(|b| b.name)),
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

/// Translates the name that others have for a strategy.
fn foreign(name: &str) -> Option<&'static str> {
    Some(match name {
        "expo" | "exp" | "exponential_backoff" | "exponential_jitter" => "exponential",
        "constant" | "constant_delay" | "fixed_delay" | "fixed_interval" => "fixed",
        "none" | "no_delay" | "immediate" | "zero" => "instant",
        "retry_after" | "honor_retry_after" | "honour_retry_after" => "retry_after_or",
        "decorrelated" => "decorrelated_jitter",
        "jitter" | "random" => "full_jitter",
        _ => return None,
    })
}

/// Translates the name that others have for a setting.
pub(super) fn foreign_parameter(name: &str) -> Option<&'static str> {
    Some(match name {
        "max_s" | "max_delay" | "cap" | "limit" => "max",
        "base_s" | "min" | "min_delay" | "initial" => "base",
        "delay_s" | "seconds" | "duration" | "interval" => "delay",
        "multiplier" | "exponent" | "growth" => "factor",
        "max_jitter" => "jitter",
        "inner" | "default" | "strategy" => "fallback",
        _ => return None,
    })
}
