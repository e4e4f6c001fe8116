use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

/// Says in words and numbers what a strategy does: its name, its settings, whether it has jitter.
///
/// [`Strategy::describe`](crate::Strategy::describe) returns it, for people who review a policy and
/// for [`Policy::lint`](crate::Policy::lint).
///
/// ```
/// use redress::{Strategy, strategies::{equal_jitter, retry_after_or}};
///
/// let described = retry_after_or(equal_jitter(10)).describe();
/// assert_eq!(
///     described.to_string(),
///     "retry_after_or(equal_jitter(base = 250ms, max = 10s, factor = 2), jitter = 250ms)"
/// );
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Description {
    name: Cow<'static, str>,
    fallback: Option<Box<Self>>,
    settings: Vec<(Cow<'static, str>, String)>,
    jitter: Option<bool>,
}

impl Description {
    /// Starts the description of a strategy. Whether it has jitter is unknown until said.
    ///
    /// ```
    /// use std::time::Duration;
    /// use redress::time::Delay;
    /// use redress::{BackoffContext, Strategy, strategies::Description};
    ///
    /// struct Linear;
    ///
    /// impl Strategy for Linear {
    ///     fn delay(&self, ctx: &BackoffContext<'_>) -> Delay {
    ///         ctx.slot_attempt.into()
    ///     }
    ///
    ///     fn describe(&self) -> Description {
    ///         Description::new("linear").time("step", Duration::from_secs(1)).with_jitter(false)
    ///     }
    /// }
    /// assert_eq!(Linear.describe().to_string(), "linear(step = 1s)");
    /// ```
    #[must_use]
    pub fn new(name: impl Into<Cow<'static, str>>) -> Self {
        Self {
            name: name.into(),
            fallback: None,
            settings: Vec::new(),
            jitter: None,
        }
    }

    /// Describes a strategy of which nothing is known, such as a closure: `custom`.
    #[must_use]
    pub fn custom() -> Self {
        Self::new("custom")
    }

    /// Adds a setting that is a length of time.
    #[must_use]
    pub fn time(self, setting: impl Into<Cow<'static, str>>, time: Duration) -> Self {
        self.setting(setting, length(time))
    }

    /// Adds a setting that is a number.
    #[must_use]
    pub fn number(self, setting: impl Into<Cow<'static, str>>, number: f64) -> Self {
        self.setting(setting, number.to_string())
    }

    /// Adds the strategy that this one goes by, whose jitter it then has.
    #[must_use]
    pub fn fallback(mut self, fallback: Self) -> Self {
        self.jitter = fallback.jitter;
        self.fallback = Some(Box::new(fallback));
        self
    }

    /// Says whether callers that failed together wait differently.
    #[must_use]
    pub const fn with_jitter(mut self, jitter: bool) -> Self {
        self.jitter = Some(jitter);
        self
    }

    /// Returns the name, such as `equal_jitter`.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Lists the settings in their order, each with its value as text, such as `250ms`.
    pub fn settings(&self) -> impl Iterator<Item = (&str, &str)> {
        let settings = self.settings.iter();
        settings.map(|(setting, value)| (&**setting, &**value))
    }

    /// Returns the strategy that this one goes by, if it goes by another.
    #[must_use]
    pub fn fallback_description(&self) -> Option<&Self> {
        self.fallback.as_deref()
    }

    /// Returns `true` if callers that failed together wait differently; `None` if that is unknown.
    #[must_use]
    pub const fn has_jitter(&self) -> Option<bool> {
        self.jitter
    }

    fn setting(mut self, setting: impl Into<Cow<'static, str>>, value: String) -> Self {
        self.settings.push((setting.into(), value));
        self
    }
}

impl fmt::Display for Description {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)?;
        if self.fallback.is_none() && self.settings.is_empty() {
            return Ok(());
        }
        let mut separator = "(";
        if let Some(fallback) = &self.fallback {
            write!(f, "{separator}{fallback}")?;
            separator = ", ";
        }
        for (setting, value) in &self.settings {
            write!(f, "{separator}{setting} = {value}")?;
            separator = ", ";
        }
        f.write_str(")")
    }
}

/// Writes a length of time as a configuration file takes it; the
/// longest is written as `for ever`.
pub(crate) fn length(time: Duration) -> String {
    if time == Duration::MAX {
        "for ever".to_owned()
    } else if time.is_zero() {
        "0s".to_owned()
    } else {
        format!("{time:?}").replace('µ', "u")
    }
}
