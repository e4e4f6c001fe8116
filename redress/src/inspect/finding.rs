use std::fmt;

/// How bad a [`Finding`] is.
///
/// The set is closed on purpose, so that a `match` over it is complete and stays so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Level {
    /// It cannot work as it stands.
    Error,
    /// It works, and will hurt.
    Warning,
}

impl Level {
    /// Returns the name in lower case.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// One thing that is wrong with a policy, with the reason and the fix.
///
/// ```
/// use redress::{Policy, inspect::Level, strategies::fixed};
///
/// let policy = Policy::builder().strategy(fixed(1)).build()?;
/// let finding = &policy.lint()[0];
/// assert_eq!((finding.level(), finding.code()), (Level::Warning, "no-jitter"));
/// assert_eq!(finding.setting(), "strategy");
/// # Ok::<_, redress::ConfigError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    pub(crate) level: Level,
    pub(crate) code: &'static str,
    pub(crate) setting: String,
    pub(crate) message: String,
    pub(crate) reason: String,
    pub(crate) fix: String,
}

impl Finding {
    /// Returns how bad it is.
    #[must_use]
    pub const fn level(&self) -> Level {
        self.level
    }

    /// Returns its stable name, such as `no-jitter`.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        self.code
    }

    /// Returns the setting that it is about, such as `max_attempts`, `strategies(RATE_LIMIT)` or
    /// `breaker.trip_on`.
    #[must_use]
    pub fn setting(&self) -> &str {
        &self.setting
    }

    /// Returns what is wrong.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Returns why that hurts.
    #[must_use]
    pub fn reason(&self) -> &str {
        &self.reason
    }

    /// Returns what to do about it.
    #[must_use]
    pub fn fix(&self) -> &str {
        &self.fix
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            level,
            code,
            setting,
            message,
            reason,
            fix,
        } = self;
        write!(
            f,
            "{level}[{code}]: {setting}: {message}; {reason}; to fix it, {fix}"
        )
    }
}
