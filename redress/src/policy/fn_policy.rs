use std::sync::OnceLock;
use std::time::Duration;

use super::{Policy, PolicyBuilder};
use crate::drive::{Compiled, CompiledPolicy, Run};

/// The policy of one function, made at its first call. The settings are part of the static, so
/// that a call reads them without following a pointer.
///
/// Settings that are values in the source are kept until then: data instead of code, which costs the
/// compiler a closure for each function that has no others. They are changed by methods named as the
/// builder's.
#[derive(Debug)]
pub struct FnPolicy {
    config: OnceLock<CompiledPolicy>,
    /// Computes the settings, where they are not such values.
    compute: Option<fn() -> CompiledPolicy>,
    operation: Option<&'static str>,
    literals: Literals,
    once: bool,
    inherit_deadline: bool,
    leave_retries_to_caller: bool,
}

impl FnPolicy {
    /// The defaults, and no name. A constant, which the compiler knows: a function it would run anew
    /// for each static.
    #[expect(
        clippy::declare_interior_mutable_const,
        reason = "each use is another policy"
    )]
    const DEFAULT: Self = Self {
        config: OnceLock::new(),
        compute: None,
        operation: None,
        literals: Literals::NONE,
        once: false,
        inherit_deadline: false,
        leave_retries_to_caller: false,
    };

    /// Starts with the defaults, and a name.
    #[must_use]
    pub const fn of(operation: &'static str) -> Self {
        let mut policy = Self::DEFAULT;
        policy.operation = Some(operation);
        policy
    }

    /// Starts with the defaults, and no name.
    #[must_use]
    pub const fn unnamed() -> Self {
        Self::DEFAULT
    }

    /// Takes what computes the settings: all of them.
    #[must_use]
    pub const fn computed(compute: fn() -> CompiledPolicy) -> Self {
        let mut policy = Self::DEFAULT;
        policy.compute = Some(compute);
        policy
    }

    /// Retries only what is unsent.
    #[must_use]
    pub const fn once(mut self) -> Self {
        self.once = true;
        self
    }

    /// Ends calls with the scope that they are in.
    #[must_use]
    pub const fn inherit_deadline(mut self) -> Self {
        self.inherit_deadline = true;
        self
    }

    /// Makes one attempt for a caller that makes several.
    #[must_use]
    pub const fn leave_retries_to_caller(mut self) -> Self {
        self.leave_retries_to_caller = true;
        self
    }

    /// Starts a call without hooks.
    #[inline]
    pub fn redress_run(&self) -> Run<'_> {
        Run::new(self, ())
    }

    #[cold]
    fn make(&self) -> CompiledPolicy {
        match self.compute {
            Some(compute) => compute(),
            None => {
                let mut builder = Policy::builder();
                if let Some(name) = self.operation {
                    builder = builder.operation(name);
                }
                if self.once {
                    builder = builder.once();
                }
                if self.inherit_deadline {
                    builder = builder.inherit_deadline();
                }
                if self.leave_retries_to_caller {
                    builder = builder.leave_retries_to_caller();
                }
                self.literals.give(builder).build_for_function()
            }
        }
    }
}

/// Makes a field and its setters of each setting that may be a value in the source: `given`, and
/// `unlimited` if the setting is a limit that can be taken away. Both are named as the builder's.
macro_rules! literals {
    ($($(#[$doc:meta])* $given:ident: $type:ty $(, $(#[$no_doc:meta])* $unlimited:ident)?;)*) => {
        /// The settings that are given; the inner option is the limit.
        #[derive(Debug)]
        struct Literals {
            $($given: Option<Option<$type>>,)*
        }

        impl Literals {
            const NONE: Self = Self {
                $($given: None,)*
            };

            /// Gives the settings to a builder.
            fn give(&self, mut builder: PolicyBuilder) -> PolicyBuilder {
                $(builder = match self.$given {
                    Some(Some(value)) => builder.$given(value),
                    Some(None) => builder$(.$unlimited())?,
                    None => builder,
                };)*
                builder
            }
        }

        impl FnPolicy {$(
            $(#[$doc])*
            #[must_use]
            pub const fn $given(mut self, value: $type) -> Self {
                self.literals.$given = Some(Some(value));
                self
            }

            $(
                $(#[$no_doc])*
                #[must_use]
                pub const fn $unlimited(mut self) -> Self {
                    self.literals.$given = Some(None);
                    self
                }
            )?
        )*}
    };
}

literals! {
    /// Sets how many attempts a call may make.
    max_attempts: u32,
    /// Lets a call make any number of attempts.
    unlimited_attempts;

    /// Sets after how many UNKNOWN failures a call stops.
    max_unknown_attempts: u32,
    /// Treats UNKNOWN like every other class that is retried.
    unlimited_unknown_attempts;

    /// Sets the time that a call may take in all.
    deadline: Duration,
    /// Lets a call take as long as its attempts do.
    no_deadline;

    /// Cuts async attempts off after this time.
    attempt_timeout: Duration;
}

impl Compiled for FnPolicy {
    #[inline]
    fn compiled(&self) -> &CompiledPolicy {
        self.config.get_or_init(|| self.make())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::__private::{build, builder};

    /// All settings of a policy.
    fn shown(policy: &FnPolicy) -> String {
        crate::inspect::PolicySnapshot::of(policy.compiled()).to_string()
    }

    #[test]
    fn literal_settings_make_what_the_builder_makes() {
        let second = Duration::from_secs(1);
        let all = FnPolicy::of("get").max_attempts(3).max_unknown_attempts(1);
        let all = all.deadline(5 * second).attempt_timeout(second).once();
        let all = all.inherit_deadline().leave_retries_to_caller();
        let computed = FnPolicy::computed(|| {
            let second = Duration::from_secs(1);
            let builder = builder().operation("get").max_attempts(3);
            let builder = builder.max_unknown_attempts(1).deadline(5 * second);
            let builder = builder.attempt_timeout(second).once();
            build(builder.inherit_deadline().leave_retries_to_caller())
        });
        assert_eq!(shown(&all), shown(&computed));
        assert_eq!(
            shown(&FnPolicy::unnamed()),
            shown(&FnPolicy::computed(|| build(builder())))
        );
        let unlimited = FnPolicy::unnamed().unlimited_attempts();
        let unlimited = unlimited.unlimited_unknown_attempts().no_deadline();
        let rules = &unlimited.compiled().rules;
        assert_eq!((rules.max_attempts, rules.deadline), (None, None));
        assert_eq!(rules.max_unknown_attempts, None);
        assert_ne!(shown(&unlimited), shown(&all));
    }
}
