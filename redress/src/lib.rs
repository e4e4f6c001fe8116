// The README links to files, which docs.rs does not have. Of several definitions of a link the first
// one counts, so here it links to the same as pages of the documentation, and has its picture in it.
#![cfg_attr(doc, doc = concat!("[outage]: ", include_str!("../docs/outage.url")))]
//! [the comparison]: project::benchmarks#what-each-crate-does-not-do
//! [benchmarks]: project::benchmarks
//! [architecture]: project::architecture
//! [changelog]: project::changelog
//! [choosing an entry point]: guide::choosing
//! [classification]: guide::classification
//! [backoff]: guide::backoff
//! [when everything fails]: guide::outages
//! [Will it recover?]: guide::simulating
//! [http and grpc]: guide::http
//! [rate limits]: guide::rate_limits
//! [connections that live long]: guide::sessions
//! [waiting for something]: guide::polling
//! [observing]: guide::observing
//! [testing]: guide::testing
//! [configuration]: guide::configuration
//! [databases]: guide::databases
//! [deferring]: guide::deferring
//! [moving here]: guide::migrating
//! [pitfalls]: guide::pitfalls
//! [stability]: guide::stability
//!
// The examples test its programs, with the crates that they use.
#![cfg_attr(not(doctest), doc = include_str!("../README.md"))]
//!
//! # Map of the crate
//!
//! | to | use |
//! |---|---|
//! | retry a function, or a block where it stands | [`#[retry]`](macro@retry), [`block::retry!`](mod@block) |
//! | retry any call, and see how it ended | [`Policy`], made by a [`PolicyBuilder`]; [`Outcome`], [`StopReason`], [`Cause`] |
//! | give one call a name, hooks, a way to stop | [`CallContext`], from [`Policy::context`] |
//! | handle what a call fails with | [`Error`] from a policy, [`Error::into_error`]; [`Interrupt`] where a function returns an error type of its own |
//! | say what a failure means | [`#[derive(Classify)]`](derive@Classify), the trait [`Classify`](trait@Classify), [`Classifier`]; [`ErrorClass`], [`Classification`] |
//! | read codes of HTTP, SQL, gRPC, AWS | the tables in [`classify`] |
//! | choose how long to wait | [`strategies`]; [`Strategy`] and [`BackoffContext`] for one of your own |
//! | stop what retries would make worse | [`CircuitBreaker`], [`Budget`], [`Gate`], all in [`Policy::recommended`]; [`breaker`], [`budget`], [`gate`] |
//! | end when the caller gives up, and say so to those that are called | [`deadline`], [`PolicyBuilder::inherit_deadline`] |
//! | send each attempt to a replica that is well | [`Endpoints`](endpoints::Endpoints); [`endpoints`] |
//! | keep a connection, a watch, a task running | [`Policy::sessions`], [`Policy::session`]; [`Session`](call::Session) |
//! | wait until something is ready | [`Policy::polling`], [`Policy::until`], [`Policy::until_async`] |
//! | see every decision | [`Event`], [`Observer`]; [`observe`] |
//! | own the loop, and the time | [`Policy::start`], [`Steps`](call::Steps), [`Step`] |
//! | give a pause to a queue, go on elsewhere | [`SleepDecision`], [`ResumeToken`](call::ResumeToken) |
//! | run on another runtime, or another clock | [`Sleeper`](time::Sleeper), [`Clock`](time::Clock); [`time`] |
//! | take whatever runs operations as an argument | [`Execute`] |
//! | review a policy | [`Policy::lint`], [`Policy::snapshot`]; [`inspect`] |
//! | log, trace and count every call of a program | [`observe::set_default`], with an observer of [`contrib`] |
//! | read responses and errors of other crates | [`contrib`], a feature for each |
#![cfg_attr(
    feature = "config",
    doc = "| read policies from files, feature `config` | [`config`]: [`Policies`], [`PolicyHandle`], [`RetryConfig`](config::RetryConfig) |"
)]
#![cfg_attr(
    not(feature = "config"),
    doc = "| read policies from files | the feature `config` |"
)]
#![cfg_attr(
    feature = "testing",
    doc = "| test without waiting, feature `testing` | [`testing`], whose page is a guide |"
)]
#![cfg_attr(
    not(feature = "testing"),
    doc = "| test without waiting | the feature `testing`, in `[dev-dependencies]` |"
)]
//!
//! [Runtimes](#runtimes) lists the features, [`guide`] the guides. [`project`] has the benchmarks, the
//! architecture and the changelog.
// docs.rs labels what stands behind a feature; `doc_cfg` is there with its nightly compiler only.
#![cfg_attr(docsrs, feature(doc_cfg))]

// The everyday names stand at the root; each of them has its page in the module that owns it, if that
// is public. What belongs to one topic only is in the module of the topic.

#[doc(hidden)]
pub mod __private;
mod attempt;
#[cfg(feature = "macros")]
pub mod block;
pub mod breaker;
pub mod budget;
pub mod classify;
mod clock;
#[cfg(feature = "config")]
pub mod config;
pub mod contrib;
pub mod deadline;
mod default_classifier;
mod defaults;
mod delay;
mod drive;
pub mod endpoints;
mod engine;
mod error;
pub mod gate;
#[cfg(doc)]
pub mod guide;
pub mod inspect;
#[cfg(feature = "keyed")]
pub mod keyed;
pub mod observe;
mod outcome;
mod policy;
mod problems;
#[cfg(doc)]
pub mod project;
mod reason;
mod resume;
mod shielded;
#[cfg(feature = "simulate")]
pub mod simulate;
pub mod strategies;
mod sync;
#[cfg(all(test, redress_loom))]
mod sync_model;
#[cfg(feature = "testing")]
pub mod testing;

pub use attempt::Attempt;
pub use breaker::{CircuitBreaker, CircuitState};
pub use budget::Budget;
pub use classify::{
    AbortRetry, BoxedClassifier, Classification, Classifier, Classify, DefaultClassifier,
    ErrorClass,
};
#[cfg(feature = "config")]
pub use config::{Policies, PolicyHandle};
pub use drive::{SleepDecision, Step};
pub use engine::Attempted;
pub use error::{Error, Interrupt};
pub use gate::Gate;
pub use observe::{Event, EventName, Observer};
pub use outcome::Outcome;
pub use policy::{CallContext, Execute, Policy, PolicyBuilder};
pub use problems::ConfigError;
pub use reason::{Cause, StopReason};
#[cfg(feature = "macros")]
pub use redress_macros::{Classify, retry, retry_block};
pub use strategies::{BackoffContext, Strategy};

/// The parts of single calls, beside [`CallContext`]: resumed calls, calls without a loop.
pub mod call {
    pub use crate::attempt::{IdempotencyKey, IdempotencyKeyError};
    pub use crate::drive::{Expect, Expecting, Session, Steps};
    pub use crate::engine::ResumeToken;
    pub use crate::error::FromInterrupt;
    pub use crate::policy::{AnyCall, AsyncOnly, Readiness, ResumedCall, UntilError};
    pub use crate::resume::ResumeTokenError;
}

/// Time: clocks, what async calls wait with, lengths of time as arguments.
pub mod time {
    pub use crate::clock::{Clock, Wait};
    pub use crate::delay::Delay;
    pub use crate::drive::Sleeper;
}
