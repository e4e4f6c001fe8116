//! The strategies, classes and durations that files know. A test of `redress-macros` compares it with
//! what the macros know.

use std::time::Duration;

use crate::classify::ErrorClass;
use crate::config::{
    self, BUILTINS, CLASSES, FOREIGN_PARAMETERS, FOREIGN_STRATEGIES, RetryConfig, Takes,
};

/// A built-in strategy.
#[derive(Debug, PartialEq, Eq)]
pub struct FileStrategy {
    pub name: &'static str,
    pub parameters: Vec<FileParameter>,
    pub example: &'static str,
}

/// A parameter of a built-in strategy.
#[derive(Debug, PartialEq, Eq)]
pub struct FileParameter {
    pub name: &'static str,
    /// `time`, `number` or `strategy`.
    pub takes: &'static str,
    pub positional: bool,
    pub required: bool,
}

/// The names that others have, by ours.
pub type Foreign = &'static [(&'static str, &'static [&'static str])];

/// Lists the strategies, in the order of the documentation.
#[must_use]
pub fn strategies() -> Vec<FileStrategy> {
    let parameters = |parameters: &[config::Parameter]| {
        let parameters = parameters.iter().map(|parameter| FileParameter {
            name: parameter.name,
            takes: match parameter.takes {
                Takes::Time | Takes::TimeAboveZero => "time",
                Takes::Number => "number",
                Takes::Strategy => "strategy",
            },
            positional: parameter.positional,
            required: parameter.required,
        });
        parameters.collect()
    };
    let builtins = BUILTINS.iter().map(|builtin| FileStrategy {
        name: builtin.name,
        parameters: parameters(builtin.parameters),
        example: builtin.example,
    });
    builtins.collect()
}

/// The names that others have for strategies.
pub const STRATEGIES_ELSEWHERE: Foreign = FOREIGN_STRATEGIES;

/// The names that others have for the parameters of strategies.
pub const PARAMETERS_ELSEWHERE: Foreign = FOREIGN_PARAMETERS;

/// Lists the classes by name, each with whether its failures end a call that has no strategy for it.
#[must_use]
pub fn classes() -> Vec<(&'static str, bool)> {
    let names = CLASSES.into_iter().zip(ErrorClass::ALL);
    names
        .map(|(name, class)| (name, class.is_terminal()))
        .collect()
}

/// The keys of a policy.
pub const POLICY_KEYS: &[&str] = RetryConfig::KEYS;

/// Reads a duration, or says what is wrong and what to write instead.
///
/// # Errors
///
/// The text is not a duration.
pub fn duration(text: &str) -> Result<Duration, (String, String)> {
    config::parse_duration(text)
}
