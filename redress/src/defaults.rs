//! Every default value, with its reason. Nothing else in the crate writes one down.

use std::time::Duration;

/// How long a call may take in all. Long enough for a dependency to restart, short enough that a
/// person or a load balancer in front is still there.
pub(crate) const DEADLINE: Duration = Duration::from_secs(60);

/// How many attempts a call may make. With the default backoff they spread over some ten seconds;
/// what still fails then is not a blip.
pub(crate) const MAX_ATTEMPTS: u32 = 6;

/// How many failures of class UNKNOWN a call may see. One more try for what nobody understands;
/// more would repeat a bug.
pub(crate) const MAX_UNKNOWN_ATTEMPTS: u32 = 2;

/// The shortest delay of a jittered strategy. Below it a retry meets the same blip.
pub(crate) const BASE: Duration = Duration::from_millis(250);

/// The longest delay of a strategy that was given none: what a person waiting will accept.
pub(crate) const MAX: Duration = Duration::from_secs(5);

/// How much the cap grows with each failure: doubling, as in Ethernet and TCP.
pub(crate) const FACTOR: f64 = 2.0;

/// How much the cap of `token_backoff` grows: gentler, since tokens are expected back soon.
pub(crate) const TOKEN_FACTOR: f64 = 1.5;

/// How much of its previous sleep `decorrelated_jitter` may grow by (AWS Architecture Blog,
/// "Exponential Backoff And Jitter", 2015).
pub(crate) const DECORRELATED_FACTOR: u32 = 3;

/// How much is at most added to a Retry-After hint, so that clients told the same time do not come
/// back in the same instant.
pub(crate) const RETRY_AFTER_JITTER: Duration = Duration::from_millis(250);
