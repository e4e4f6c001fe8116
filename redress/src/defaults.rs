//! Every default value, with its reason. Nothing else in the crate writes one down.

use std::time::Duration;

use crate::classify::ErrorClass;

/// How long a call may take in all. Long enough for a dependency to restart, short enough that a
/// person or a load balancer in front is still there.
pub(crate) const DEADLINE: Duration = Duration::from_secs(60);

/// How far the coarse clock of a deadline may be behind: the longest tick of a Linux kernel
/// (`CONFIG_HZ=100`).
#[cfg(all(test, not(redress_loom)))]
pub(crate) const COARSE_STEP: Duration = Duration::from_millis(10);

/// From which deadline on the coarse clock keeps it: it is then off by a hundredth at most, in
/// exchange for most of what a successful call costs.
pub(crate) const COARSE_DEADLINE: Duration = Duration::from_secs(1);

/// How many attempts a call may make. With the default backoff they spread over some ten seconds;
/// what still fails then is not a blip.
pub(crate) const MAX_ATTEMPTS: u32 = 6;

/// How many failures of class UNKNOWN a call may see. One more try for what nobody understands;
/// more would repeat a bug.
pub(crate) const MAX_UNKNOWN_ATTEMPTS: u32 = 2;

/// After how many async attempts without a delay the call lets other tasks run: seldom enough to
/// cost nothing, often enough for a timeout around it to be seen.
pub(crate) const ATTEMPTS_BETWEEN_YIELDS: u32 = 32;

/// How many threads the detached attempts of one policy may have at a time: with a hung dependency,
/// eight stacks are what it costs, and a service that needs more side by side knows it.
pub(crate) const MAX_DETACHED_THREADS: u32 = 8;

/// After how long without work the thread of a detached attempt ends: twice the longest default
/// delay, so that the attempts of a call share one.
pub(crate) const DETACHED_IDLE: Duration = Duration::from_secs(10);

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

/// How many failures within the window open a circuit breaker. One is a blip and two a
/// coincidence; with five, the dependency is down.
pub(crate) const BREAKER_FAILURES: u32 = 5;

/// The time within which a circuit breaker counts: as long as a call may take, so that all
/// failures of one outage meet in it.
pub(crate) const BREAKER_WINDOW: Duration = Duration::from_secs(60);

/// How long a circuit breaker stays open before it lets somebody try. Long enough for a process to
/// restart, short enough not to add much to an outage.
pub(crate) const BREAKER_RECOVERY: Duration = Duration::from_secs(30);

/// The classes that open a circuit breaker: those that say that the other side, or the way to it,
/// is broken. The others are the caller's own doing, or say what to do instead.
pub(crate) const BREAKER_TRIP_ON: [ErrorClass; 2] =
    [ErrorClass::Transient, ErrorClass::ServerError];

/// How many failures of class UNKNOWN a circuit breaker passes over before a call says so: as many
/// as could open the recommended one, so that a single odd error is no reason to speak.
pub(crate) const BREAKER_UNCLASSIFIED: u64 = 20;

/// How many probes a half-open circuit breaker lets out at a time: one call finds out, and one
/// call is all that is lost if the dependency is still down.
pub(crate) const BREAKER_PROBES: u32 = 1;

/// After which time a probe without a verdict loses its slot. Twice the default deadline: a slow
/// probe is still heard, and a hung one does not keep the circuit half-open for ever.
pub(crate) const BREAKER_PROBE_LEASE: Duration = Duration::from_secs(120);

/// How many good probes close a circuit breaker.
pub(crate) const BREAKER_SUCCESSES: u32 = 1;

/// The highest count of failures that a circuit breaker can be set to. It keeps the time of each,
/// so this is half a megabyte; where more are meant, a rate is what is meant.
pub(crate) const BREAKER_MAX_COUNT: u32 = 65_536;

/// The highest number of probes at a time. More is no probing.
pub(crate) const BREAKER_MAX_PROBES: u32 = 1024;

/// Into how many parts the window of a failure rate is cut: it moves on by one part at a time, so
/// the rate is that of the last 94% to 100% of the window.
pub(crate) const BREAKER_BUCKETS: usize = 16;

/// How many successes within one part of the window a thread times one by one with the machine's
/// clock, before it times only one in [`BREAKER_SAMPLE`].
pub(crate) const BREAKER_EXACT: u32 = 64;

/// Reading the machine's clock costs more than all the rest of counting a success. A thread that
/// is busy enough reads it once for so many.
pub(crate) const BREAKER_SAMPLE: u32 = 16;

/// How many threads at most count successes without disturbing each other: 128 bytes each.
pub(crate) const BREAKER_MAX_STRIPES: usize = 32;

/// How many retries a budget that is funded by successes can save up: what the AWS SDKs start with
/// (500 tokens, 5 a retry). Enough for a blip of a busy service, gone in a second of an outage.
pub(crate) const BUDGET_RESERVE: u32 = 100;

/// How much of the time that passed can pay into a budget at once: the time for which Finagle's
/// retry budget remembers a request.
pub(crate) const BUDGET_INCOME_MEMORY: Duration = Duration::from_secs(10);

/// What time pays into a budget is counted in steps of this at least, so that nothing is lost to
/// rounding, however often retries are asked for.
pub(crate) const BUDGET_INCOME_STEP: Duration = Duration::from_millis(1);

/// How many retries a second pays for in a budget that is funded by successes: none. A caller with few
/// successes gives a number that suits it.
pub(crate) const BUDGET_MIN_PER_SECOND: f64 = 0.0;

/// How many retries may be in flight however few calls are: Envoy's `min_retry_concurrency`.
pub(crate) const BUDGET_MIN_IN_FLIGHT: u32 = 3;

/// How far back `adaptive` looks: long enough for a rate, short enough to forget an outage soon.
pub(crate) const ADAPTIVE_WINDOW: Duration = Duration::from_secs(60);

/// The share of attempts that `adaptive` takes for normal: some failures are no reason to slow down.
pub(crate) const ADAPTIVE_TARGET_SUCCESS: f64 = 0.9;

/// What `adaptive` multiplies with while all is well: nothing changes.
pub(crate) const ADAPTIVE_MIN_MULTIPLIER: f64 = 1.0;

/// What `adaptive` multiplies with when everything fails: delays of a second become five, which
/// still leaves some attempts within the deadline.
pub(crate) const ADAPTIVE_MAX_MULTIPLIER: f64 = 5.0;

/// The share of failed attempts at which the recommended breaker opens. Below it, retries still
/// help more than refusals.
pub(crate) const RECOMMENDED_FAILURE_RATE: f64 = 0.5;

/// Of how many attempts at least: half of fewer is chance. With one in ten failing by itself, ten
/// of twenty fail once in a hundred thousand times.
pub(crate) const RECOMMENDED_MINIMUM_CALLS: u32 = 20;

/// The window of the recommended breaker. In the simulated outage it opens after half of that, so
/// twice as long a window costs 2 s to 3 s more of service; a blip of 2 s does not open it, while a window
/// of 4 s or 20 failures in a row would refuse what a blip had left.
pub(crate) const RECOMMENDED_WINDOW: Duration = Duration::from_secs(5);

/// How long the recommended breaker is open at most for the first time. Short, as a false alarm
/// costs all calls of that time.
pub(crate) const RECOMMENDED_RECOVERY: Duration = Duration::from_secs(1);

/// How long it is open at most when it opens again. This is what a client adds to an outage; one
/// probe in it is little beside the four attempts a second that it takes to open.
pub(crate) const RECOMMENDED_RECOVERY_MAX: Duration = Duration::from_secs(2);

/// How many retries a success pays for in the recommended budget: 10%, as in "Site Reliability
/// Engineering", so that retries add a tenth to the load at most.
pub(crate) const RECOMMENDED_RATIO: f64 = 0.1;

/// How long a configuration file may be: a thousand times what a large service needs, and little
/// memory for whatever else is taken for one.
#[cfg(feature = "config")]
pub(crate) const CONFIG_MAX_BYTES: usize = 1 << 20;

/// How many mistakes of a configuration file are named one by one: more than anybody mends at once.
#[cfg(feature = "config")]
pub(crate) const CONFIG_MAX_PROBLEMS: usize = 100;

/// For how long a watched file must have been quiet before it is read: longer than an editor takes
/// to write one, shorter than a person notices.
#[cfg(feature = "watch")]
pub(crate) const WATCH_SETTLE: Duration = Duration::from_millis(50);

/// How long a watched file is waited for that is never quiet, or whose folder is not.
#[cfg(feature = "watch")]
pub(crate) const WATCH_PATIENCE: Duration = Duration::from_secs(1);

/// How often a watched file is looked at although nothing was noticed, for file systems that
/// notice nothing: as long as a Kubernetes node takes for a new file.
#[cfg(feature = "watch")]
pub(crate) const WATCH_POLL: Duration = Duration::from_secs(30);

/// How often it is looked for while its folder is not there, which nothing can notice.
#[cfg(feature = "watch")]
pub(crate) const WATCH_MISSING_POLL: Duration = Duration::from_secs(1);

/// How many symbolic links may be on the way to a watched file: as many as Linux follows.
#[cfg(feature = "watch")]
pub(crate) const WATCH_MAX_LINKS: u32 = 40;

/// How many attempts a schedule lists at most. A policy without a limit would fill the memory;
/// nobody reads on.
pub(crate) const SCHEDULE_ATTEMPTS: usize = 1000;

/// How many failures a second no breaker sees: a call that leaves the process takes more than a
/// microsecond, on however many threads.
pub(crate) const FAILURES_PER_SECOND: f64 = 1_000_000.0;

/// How long a circuit breaker stays open at most without a word from the doctor. Within ten minutes
/// people notice an outage; what lasts longer after it than that is an outage of its own.
pub(crate) const LONG_RECOVERY: Duration = Duration::from_secs(600);

/// A share of failures from which on the doctor asks whether one success leaves it within reach.
pub(crate) const HIGH_FAILURE_RATE: f64 = 0.9;

/// Below which attempt timeout the doctor warns: a request and its answer within one machine take
/// some ten microseconds, and a scheduler's turn as long.
pub(crate) const SHORTEST_ATTEMPT: Duration = Duration::from_micros(100);

/// Declares a struct with the default of each field beside it, and its `Default`: a setting and its
/// default are one line.
macro_rules! with_defaults {
    ($(#[$meta:meta])* $vis:vis struct $name:ident {
        $($(#[$doc:meta])* $field_vis:vis $field:ident: $type:ty = $default:expr,)*
    }) => {
        $(#[$meta])*
        $vis struct $name {
            $($(#[$doc])* $field_vis $field: $type,)*
        }

        impl Default for $name {
            fn default() -> Self {
                Self {
                    $($field: $default,)*
                }
            }
        }
    };
}
pub(crate) use with_defaults;

#[cfg(all(test, not(redress_loom)))]
#[path = "defaults_tests.rs"]
mod tests;
