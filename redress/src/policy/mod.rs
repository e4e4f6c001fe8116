//! The configuration of calls: the policy, its builder, and the settings of a single call.

mod builder;
mod calls;
mod checks;
mod classifiers;
mod context;
mod context_hooks;
mod core;
mod detached;
mod execute;
mod fn_policy;
#[cfg(feature = "tower-service-0_3")]
mod layered;
mod polling;
mod recommended;
mod resumed;
#[cfg(any(feature = "reqwest-0_13", feature = "ureq-3"))]
mod ruled;
mod sessions;
mod settings;
#[cfg(feature = "simulate")]
mod simulated;

pub use self::core::Policy;
pub use builder::PolicyBuilder;
pub(crate) use classifiers::Classifiers;
#[cfg(any(feature = "axum-0_8", feature = "http-body-1"))]
pub(crate) use classifiers::{SharedErrors, ValuesOr};
pub use context::{AnyCall, AsyncOnly, CallContext};
pub use execute::Execute;
#[cfg(feature = "config")]
pub(crate) use execute::execute_by_own_methods;
pub use fn_policy::FnPolicy;
#[cfg(feature = "tower-service-0_3")]
pub(crate) use layered::{Ended, LayeredCall};
pub use polling::{Readiness, UntilError};
#[cfg(feature = "config")]
pub(crate) use recommended::{breaker as preset_breaker, budget as preset_budget};
pub use resumed::ResumedCall;
#[cfg(any(feature = "reqwest-0_13", feature = "ureq-3"))]
pub(crate) use ruled::Attempted;
#[cfg(any(feature = "reqwest-0_13", feature = "ureq-3"))]
pub(crate) use ruled::Got;
#[cfg(feature = "simulate")]
pub(crate) use simulated::simulated;
