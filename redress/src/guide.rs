//! Guides to the crate, one subject each. They hold no code.
//!
//! | guide | answers |
//! |---|---|
//! | [`choosing`] | the attribute, a block, a policy, a context or single steps? |
//! | [`classification`] | what does a failure mean, and who says so? |
//! | [`backoff`] | how long is the wait, and what becomes of a Retry-After header? |
//! | [`outages`] | what happens when everything fails, and what recovers? |
//! | [`simulating`] | will this policy recover, and what would make it? |
//! | [`http`] | how are requests retried with reqwest, ureq, hyper and tonic, and which may be sent twice? |
//! | [`rate_limits`] | how do all calls obey what one of them is told? |
//! | [`sessions`] | how does a connection stay, and when does a client forget that earlier ones failed? |
//! | [`polling`] | how does a program wait until something is ready? |
//! | [`observing`] | how do retries reach logs, metrics and traces? |
//! | [`testing`](mod@testing) | how is code with retries tested without waiting? |
//! | [`configuration`] | how do settings come from a file, change while a program runs, and stay right? |
//! | [`deferring`] | how does a queue wait in place of a thread, and how does another process continue? |
//! | [`databases`] | what do databases, caches and clouds say, how does a transaction never happen twice, and a job keep its count? |
//! | [`migrating`] | what changes for code that uses backon, backoff, tokio-retry, tower or its own loop? |
//! | [`pitfalls`] | what surprises, what does not compile, and which default is which? |
//! | [`stability`] | what may a later version change? |
//!
//! Two more stand with what they are about: [`inspect`](crate::inspect) describes the doctor, and
//! `redress::testing` (feature `testing`) the testing kit.
//!
//! Every block of code in them runs, or compiles where it needs a server. They use the defaults of the manifest unless they name a
//! feature; `redress::testing` in an example needs the feature `testing`, in `[dev-dependencies]`.

#[doc = include_str!("../docs/choosing.md")]
pub mod choosing {}

#[doc = include_str!("../docs/classification.md")]
pub mod classification {}

#[doc = include_str!("../docs/backoff.md")]
pub mod backoff {}

#[doc = include_str!("../docs/outages.md")]
pub mod outages {}

#[cfg_attr(
    all(feature = "simulate", feature = "config"),
    doc = include_str!("../docs/simulate.md")
)]
#[cfg_attr(
    not(all(feature = "simulate", feature = "config")),
    doc = "This guide is shown with the features `simulate` and `config`."
)]
pub mod simulating {}

// Its programs are tested where the crates are that they use.
#[cfg_attr(not(doctest), doc = include_str!("../docs/http.md"))]
pub mod http {}

#[cfg_attr(feature = "config", doc = include_str!("../docs/sessions.md"))]
#[cfg_attr(
    not(feature = "config"),
    doc = "This guide is shown with the feature `config`."
)]
pub mod sessions {}

#[cfg_attr(feature = "testing", doc = include_str!("../docs/polling.md"))]
#[cfg_attr(
    not(feature = "testing"),
    doc = "This guide is shown with the feature `testing`."
)]
pub mod polling {}

#[cfg_attr(feature = "testing", doc = include_str!("../docs/rate-limits.md"))]
#[cfg_attr(
    not(feature = "testing"),
    doc = "This guide is shown with the feature `testing`."
)]
pub mod rate_limits {}

#[doc = include_str!("../docs/observing.md")]
pub mod observing {}

#[cfg_attr(feature = "testing", doc = include_str!("../docs/testing_summary.md"))]
#[cfg_attr(
    not(feature = "testing"),
    doc = "This guide is shown with the feature `testing`."
)]
pub mod testing {}

#[cfg_attr(feature = "watch", doc = include_str!("../docs/configuration.md"))]
#[cfg_attr(
    not(feature = "watch"),
    doc = "This guide is shown with the feature `watch`."
)]
pub mod configuration {}

#[doc = include_str!("../docs/deferring.md")]
pub mod deferring {}

// Its programs need drivers: the package in `tests/data` runs them.
#[cfg_attr(not(doctest), doc = include_str!("../docs/databases.md"))]
pub mod databases {}

#[doc = include_str!("../docs/migrating.md")]
pub mod migrating {}

#[doc = include_str!("../docs/pitfalls.md")]
pub mod pitfalls {}

#[doc = include_str!("../docs/stability.md")]
pub mod stability {}
