use std::fmt;

/// Why a configuration was refused: every mistake in it, each with its place and its fix.
///
/// ```
/// let error = redress::Policy::builder().max_attempts(0).build().unwrap_err();
/// assert_eq!(error.problems()[0].setting(), "max_attempts");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigError {
    problems: Vec<Problem>,
}

impl ConfigError {
    #[cfg(feature = "config")]
    pub(crate) fn of(setting: &str, message: &str) -> Self {
        let mut problems = Problems::default();
        problems.add(setting, message);
        Self {
            problems: problems.found,
        }
    }

    /// Lists the mistakes; there is at least one.
    #[must_use]
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("invalid configuration")?;
        for (n, problem) in self.problems.iter().enumerate() {
            f.write_str(if n == 0 { ": " } else { "; " })?;
            problem.fmt(f)?;
        }
        Ok(())
    }
}

impl std::error::Error for ConfigError {}

/// One mistake in a configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    setting: String,
    message: String,
}

impl Problem {
    /// Returns the setting that is wrong, such as `max_attempts` or `strategy.base`.
    #[must_use]
    pub fn setting(&self) -> &str {
        &self.setting
    }

    /// Returns what is wrong with it and what to write instead.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.setting.is_empty() {
            return f.write_str(&self.message);
        }
        write!(f, "{}: {}", self.setting, self.message)
    }
}

/// Collects the mistakes of a configuration while it is checked.
///
/// A [`Strategy`](crate::Strategy) with settings of its own reports them here, in
/// [`check`](crate::Strategy::check).
#[derive(Debug, Default)]
pub struct Problems {
    prefix: String,
    found: Vec<Problem>,
}

impl Problems {
    /// Reports that `setting` is wrong. Say what to write instead.
    pub fn add(&mut self, setting: &str, message: impl Into<String>) {
        let setting = if setting.is_empty() || self.prefix.is_empty() {
            format!("{}{setting}", self.prefix)
        } else {
            format!("{}.{setting}", self.prefix)
        };
        self.found.push(Problem {
            setting,
            message: message.into(),
        });
    }

    /// Reports everything that `check` finds under the name of `setting`.
    pub fn within(&mut self, setting: &str, check: impl FnOnce(&mut Self)) {
        let outer = self.prefix.len();
        if outer > 0 {
            self.prefix.push('.');
        }
        self.prefix.push_str(setting);
        check(self);
        self.prefix.truncate(outer);
    }

    pub(crate) fn into_vec(self) -> Vec<Problem> {
        self.found
    }

    pub(crate) fn into_result(self) -> Result<(), ConfigError> {
        if self.found.is_empty() {
            Ok(())
        } else {
            Err(self.into_error())
        }
    }

    /// Makes the error, of which there is at least one mistake.
    pub(crate) fn into_error(self) -> ConfigError {
        ConfigError {
            problems: self.found,
        }
    }
}
