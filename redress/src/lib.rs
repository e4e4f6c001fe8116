#![doc = include_str!("../README.md")]
// docs.rs labels what stands behind a feature; `doc_cfg` is there with its nightly compiler only.
#![cfg_attr(docsrs, feature(doc_cfg))]

#[doc(hidden)]
pub mod __private;
#[cfg(feature = "macros")]
pub mod block;
mod breaker;
mod budget;
pub mod classify;
mod clock;
#[cfg(feature = "config")]
pub mod config;
pub mod contrib;
mod default_classifier;
mod defaults;
mod delay;
mod drive;
mod engine;
mod error;
pub mod inspect;
mod observe;
mod outcome;
mod policy;
mod problems;
mod reason;
mod resume;
mod shielded;
pub mod strategies;
mod sync;
#[cfg(all(test, redress_loom))]
mod sync_model;
#[cfg(feature = "testing")]
pub mod testing;

pub use breaker::{
    CircuitBreaker, CircuitBreakerBuilder, CircuitSnapshot, CircuitState, Permit, Rejected,
};
pub use budget::{Budget, BudgetCall, BudgetToken};
pub use classify::{
    AbortRetry, AnyValue, BoxedClassifier, Classification, Classifier, Classify, ConcurrencyError,
    DefaultClassifier, ErrorClass, PermanentError, RateLimitError, ResultClassifier, ServerError,
    StrictClassifier,
};
pub use clock::{Clock, Wait};
#[cfg(feature = "config")]
pub use config::{Policies, PolicyHandle, RetryConfig};
pub use delay::Delay;
pub use drive::{SleepDecision, Sleeper, Step, Steps};
pub use engine::{Attempted, ResumeToken};
#[cfg(feature = "config")]
pub use error::UnknownPolicy;
pub use error::{Error, FromInterrupt, Interrupt};
pub use observe::{
    AttemptEnd, AttemptStart, AttemptStatus, Event, EventName, Observer, Timeline, TimelineEvent,
};
pub use outcome::Outcome;
pub use policy::{AnyCall, AsyncOnly, CallContext, Execute, Policy, PolicyBuilder, ResumedCall};
pub use problems::{ConfigError, Problem, Problems};
pub use reason::{Cause, StopReason};
#[cfg(feature = "macros")]
pub use redress_macros::{Classify, retry, retry_block};
pub use resume::ResumeTokenError;
pub use strategies::{BackoffContext, Learner, Strategy};
