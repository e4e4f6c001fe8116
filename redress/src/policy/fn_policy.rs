use std::sync::OnceLock;
use std::time::Duration;

use super::{Config, Configured, Policy};
use crate::defaults;
use crate::drive::Run;

/// The policy of one function, made at its first call. The settings are part of the static, so
/// that a call reads them without following a pointer.
#[derive(Debug)]
pub struct FnPolicy {
    config: OnceLock<Config>,
    settings: Settings,
}

#[derive(Debug)]
enum Settings {
    Computed(fn() -> Config),
    Literal(Literals),
}

/// Settings that are values in the source: data instead of code, which costs the compiler a closure
/// for each function that has no others. Starts with the defaults, to be changed by methods named as
/// the builder's.
#[derive(Debug, Clone, Copy)]
pub struct Literals {
    operation: Option<&'static str>,
    max_attempts: Option<u32>,
    max_unknown_attempts: Option<u32>,
    deadline: Option<Duration>,
    attempt_timeout: Option<Duration>,
}

impl FnPolicy {
    /// Takes what computes the settings.
    #[must_use]
    pub const fn new(compute: fn() -> Config) -> Self {
        Self {
            config: OnceLock::new(),
            settings: Settings::Computed(compute),
        }
    }

    /// Starts a call without hooks.
    #[inline]
    pub fn redress_run(&self) -> Run<'_> {
        Run::new(self, ())
    }

    #[cold]
    fn make(&self) -> Config {
        match &self.settings {
            Settings::Computed(compute) => compute(),
            Settings::Literal(literals) => literals.build(),
        }
    }
}

impl Literals {
    /// Starts with the defaults, and a name.
    #[must_use]
    pub const fn of(operation: &'static str) -> Self {
        Self {
            operation: Some(operation),
            max_attempts: Some(defaults::MAX_ATTEMPTS),
            max_unknown_attempts: Some(defaults::MAX_UNKNOWN_ATTEMPTS),
            deadline: Some(defaults::DEADLINE),
            attempt_timeout: None,
        }
    }

    /// Starts with the defaults, and no name.
    #[must_use]
    pub const fn unnamed() -> Self {
        Self {
            operation: None,
            ..Self::of("")
        }
    }

    /// Makes the policy.
    #[must_use]
    pub const fn policy(self) -> FnPolicy {
        FnPolicy {
            config: OnceLock::new(),
            settings: Settings::Literal(self),
        }
    }

    fn build(&self) -> Config {
        let mut builder = Policy::builder();
        if let Some(name) = self.operation {
            builder = builder.operation(name);
        }
        builder = match self.max_attempts {
            Some(attempts) => builder.max_attempts(attempts),
            None => builder.unlimited_attempts(),
        };
        builder = match self.max_unknown_attempts {
            Some(attempts) => builder.max_unknown_attempts(attempts),
            None => builder.unlimited_unknown_attempts(),
        };
        builder = match self.deadline {
            Some(deadline) => builder.deadline(deadline),
            None => builder.no_deadline(),
        };
        if let Some(timeout) = self.attempt_timeout {
            builder = builder.attempt_timeout(timeout);
        }
        builder.build_for_function()
    }
}

macro_rules! setters {
    ($($(#[$doc:meta])* $setter:ident($($value:ident: $type:ty)?) => $field:ident = $setting:expr;)*) => {
        impl Literals {$(
            $(#[$doc])*
            #[must_use]
            pub const fn $setter(mut self $(, $value: $type)?) -> Self {
                self.$field = $setting;
                self
            }
        )*}
    };
}

setters! {
    /// Sets how many attempts a call may make.
    max_attempts(attempts: u32) => max_attempts = Some(attempts);
    /// Lets a call make any number of attempts.
    unlimited_attempts() => max_attempts = None;
    /// Sets after how many UNKNOWN failures a call stops.
    max_unknown_attempts(attempts: u32) => max_unknown_attempts = Some(attempts);
    /// Treats UNKNOWN like every other class that is retried.
    unlimited_unknown_attempts() => max_unknown_attempts = None;
    /// Sets the time that a call may take in all.
    deadline(deadline: Duration) => deadline = Some(deadline);
    /// Lets a call take as long as its attempts do.
    no_deadline() => deadline = None;
    /// Cuts async attempts off after this time.
    attempt_timeout(timeout: Duration) => attempt_timeout = Some(timeout);
}

impl Configured for FnPolicy {
    #[inline]
    fn config(&self) -> &Config {
        self.config.get_or_init(|| self.make())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::__private::{build, builder};

    /// Everything that a configuration says of itself.
    fn shown(policy: &FnPolicy) -> String {
        format!("{:?}", policy.config())
    }

    #[test]
    fn literal_settings_make_what_the_builder_makes() {
        let second = Duration::from_secs(1);
        let all = Literals::of("get").max_attempts(3).max_unknown_attempts(1);
        let all = all.deadline(5 * second).attempt_timeout(second).policy();
        let computed = FnPolicy::new(|| {
            let second = Duration::from_secs(1);
            let builder = builder().operation("get").max_attempts(3);
            let builder = builder.max_unknown_attempts(1).deadline(5 * second);
            build(builder.attempt_timeout(second))
        });
        assert_eq!(shown(&all), shown(&computed));
        assert_eq!(
            shown(&Literals::unnamed().policy()),
            shown(&FnPolicy::new(|| build(builder())))
        );
        let unlimited = Literals::unnamed().unlimited_attempts();
        let unlimited = unlimited.unlimited_unknown_attempts().no_deadline();
        let unlimited = unlimited.policy();
        let rules = &unlimited.config().rules;
        assert_eq!((rules.max_attempts, rules.deadline), (None, None));
        assert_eq!(rules.max_unknown_attempts, None);
        assert_ne!(shown(&unlimited), shown(&all));
    }
}
