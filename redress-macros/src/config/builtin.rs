//! The built-in strategies: their arguments, and their names in other libraries.

use crate::diagnostics::list;

/// The range that a number must be in.
#[derive(Clone, Copy)]
pub(crate) enum NumberRange {
    /// A growth factor: from 1 upwards.
    Factor,
    /// Above 0.
    Positive,
    /// A share: above 0, up to 1.
    Share,
}

impl NumberRange {
    /// Returns `true` if `n` is in the range.
    pub(crate) fn contains(self, n: f64) -> bool {
        n.is_finite()
            && match self {
                Self::Factor => n >= 1.0,
                Self::Positive => n > 0.0,
                Self::Share => n > 0.0 && n <= 1.0,
            }
    }

    /// Returns the range as the end of a sentence about the number.
    pub(crate) fn requirement(self) -> &'static str {
        match self {
            Self::Factor => "must be at least 1: a smaller one would shrink the delays",
            Self::Positive => "must be above 0",
            Self::Share => "must be above 0 and at most 1",
        }
    }
}

/// The kind of value that an argument of a strategy takes.
#[derive(Clone, Copy)]
pub(crate) enum ParameterKind {
    /// A duration above zero.
    Time,
    /// A duration.
    TimeOrZero,
    /// A number.
    Number(NumberRange),
    /// Another strategy.
    Strategy,
}

/// One argument of a strategy.
pub(crate) struct Parameter {
    pub(crate) name: &'static str,
    pub(crate) kind: ParameterKind,
    /// Whether it is an argument of the constructor. Otherwise it is a setter.
    pub(crate) constructor: bool,
    pub(crate) required: bool,
}

/// One built-in strategy.
pub(crate) struct Builtin {
    pub(crate) name: &'static str,
    pub(crate) parameters: &'static [Parameter],
    pub(crate) example: &'static str,
}

const fn required(name: &'static str, kind: ParameterKind) -> Parameter {
    Parameter {
        name,
        kind,
        constructor: true,
        required: true,
    }
}

const fn setter(name: &'static str, kind: ParameterKind) -> Parameter {
    Parameter {
        name,
        kind,
        constructor: false,
        required: false,
    }
}

/// The only argument of a constructor that has a default.
const MAX: Parameter = Parameter {
    name: "max",
    kind: ParameterKind::Time,
    constructor: true,
    required: false,
};
const BASE: Parameter = setter("base", ParameterKind::Time);
const FACTOR: Parameter = setter("factor", ParameterKind::Number(NumberRange::Factor));

/// Every strategy, in the order of the documentation.
pub(crate) const BUILTINS: &[Builtin] = &[
    Builtin {
        name: "decorrelated_jitter",
        parameters: &[MAX, BASE],
        example: "decorrelated_jitter(base = 250ms, max = 5s)",
    },
    Builtin {
        name: "full_jitter",
        parameters: &[MAX, BASE, FACTOR],
        example: "full_jitter(base = 250ms, max = 5s)",
    },
    Builtin {
        name: "equal_jitter",
        parameters: &[MAX, BASE, FACTOR],
        example: "equal_jitter(base = 250ms, max = 5s)",
    },
    Builtin {
        name: "token_backoff",
        parameters: &[MAX, BASE, FACTOR],
        example: "token_backoff(base = 250ms, max = 5s)",
    },
    Builtin {
        name: "exponential",
        parameters: &[
            required("base", ParameterKind::Time),
            required("max", ParameterKind::Time),
            FACTOR,
        ],
        example: "exponential(base = 100ms, max = 5s)",
    },
    Builtin {
        name: "fixed",
        parameters: &[required("delay", ParameterKind::Time)],
        example: "fixed(500ms)",
    },
    Builtin {
        name: "instant",
        parameters: &[],
        example: "instant()",
    },
    Builtin {
        name: "retry_after_or",
        parameters: &[
            required("fallback", ParameterKind::Strategy),
            setter("jitter", ParameterKind::TimeOrZero),
        ],
        example: "retry_after_or(equal_jitter(5s), jitter = 100ms)",
    },
    Builtin {
        name: "adaptive",
        parameters: &[
            required("fallback", ParameterKind::Strategy),
            setter("window", ParameterKind::Time),
            setter("target_success", ParameterKind::Number(NumberRange::Share)),
            setter(
                "min_multiplier",
                ParameterKind::Number(NumberRange::Positive),
            ),
            setter(
                "max_multiplier",
                ParameterKind::Number(NumberRange::Positive),
            ),
        ],
        example: "adaptive(equal_jitter(5s), target_success = 0.9)",
    },
];

impl Builtin {
    /// Finds a strategy by its name.
    pub(crate) fn find(name: &str) -> Option<&'static Self> {
        BUILTINS.iter().find(|builtin| builtin.name == name)
    }

    /// Lists the parameters that may be given without their names, in order.
    pub(crate) fn positional(&'static self) -> impl Iterator<Item = &'static Parameter> {
        self.parameters.iter().filter(|p| p.constructor)
    }

    /// Returns the range of a parameter that is a number.
    pub(crate) fn range(&self, parameter: &str) -> Option<NumberRange> {
        let found = self.parameters.iter().find(|p| p.name == parameter)?;
        match found.kind {
            ParameterKind::Number(range) => Some(range),
            _ => None,
        }
    }

    /// Lists the arguments, for a help text.
    pub(crate) fn usage(&self) -> String {
        if self.parameters.is_empty() {
            return format!("`{}()` takes no arguments", self.name);
        }
        let names = list(self.parameters.iter().map(|p| p.name));
        let are = if self.parameters.len() == 1 {
            "argument is"
        } else {
            "arguments are"
        };
        format!("its {are} {names}, as in `{}`", self.example)
    }
}

/// Translates the name of a strategy in another library.
pub(crate) fn foreign_strategy(name: &str) -> Option<&'static str> {
    Some(match name {
        "expo" | "exponential_backoff" | "exp" | "exponential_jitter" | "wait_exponential" => {
            "exponential"
        }
        "constant" | "constant_delay" | "fixed_delay" | "fixed_interval" | "wait_fixed" => "fixed",
        "none" | "no_delay" | "immediate" | "zero" | "instant_retries" => "instant",
        "retry_after" | "honor_retry_after" | "honour_retry_after" => "retry_after_or",
        "decorrelated" => "decorrelated_jitter",
        "jitter" | "random" | "wait_random" => "full_jitter",
        _ => return None,
    })
}

/// Translates the name of a strategy's argument in another library.
pub(crate) fn foreign_parameter(name: &str) -> Option<&'static str> {
    Some(match name {
        "max_s" | "max_delay" | "cap" | "cap_s" | "limit" => "max",
        "base_s" | "min" | "min_delay" | "initial" | "start" => "base",
        "delay_s" | "seconds" | "duration" | "interval" => "delay",
        "multiplier" | "mult" | "exponent" | "growth" => "factor",
        "jitter_s" | "max_jitter" => "jitter",
        "window_s" => "window",
        "inner" | "default" | "strategy" => "fallback",
        _ => return None,
    })
}
