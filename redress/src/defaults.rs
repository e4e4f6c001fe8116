//! Every default value, with its reason. No other file in the crate contains one.

use std::time::Duration;

use crate::classify::ErrorClass;

/// The time that a call may take in all. Long enough for a dependency to restart, short enough
/// that a person or a load balancer in front is still waiting.
pub(crate) const DEADLINE: Duration = Duration::from_secs(60);

/// The maximum lag of the coarse clock of a deadline: the longest tick of a Linux kernel
/// (`CONFIG_HZ=100`).
#[cfg(all(test, not(redress_loom)))]
pub(crate) const COARSE_STEP: Duration = Duration::from_millis(10);

/// The shortest deadline that the coarse clock keeps: it is off by a hundredth at most, and saves
/// most of the cost of a successful call.
pub(crate) const COARSE_DEADLINE: Duration = Duration::from_secs(1);

/// The number of attempts that a call may make. With the default backoff they take some ten
/// seconds; a failure that lasts longer is not a blip.
pub(crate) const MAX_ATTEMPTS: u32 = 6;

/// The number of failures of class UNKNOWN that a call may see. One more try for an error that is
/// not understood; more would repeat a bug.
pub(crate) const MAX_UNKNOWN_ATTEMPTS: u32 = 2;

/// The number of async attempts without a delay after which the call yields to other tasks: rarely
/// enough to cost nothing, often enough for a timeout around it to fire.
pub(crate) const ATTEMPTS_BETWEEN_YIELDS: u32 = 32;

/// The number of threads that the detached attempts of one policy may have at a time: a hung
/// dependency then costs eight stacks, and a service that needs more at a time will say so.
pub(crate) const MAX_DETACHED_THREADS: u32 = 8;

/// The idle time after which the thread of a detached attempt ends: twice the longest default
/// delay, so that the attempts of a call share a thread.
pub(crate) const DETACHED_IDLE: Duration = Duration::from_secs(10);

/// The shortest delay of a jittered strategy. A shorter one would meet the same blip.
pub(crate) const BASE: Duration = Duration::from_millis(250);

/// The longest delay of a strategy without a `max` of its own: about as long as a person waits.
pub(crate) const MAX: Duration = Duration::from_secs(5);

/// The factor by which the cap grows with each failure: doubling, as in Ethernet and TCP.
pub(crate) const FACTOR: f64 = 2.0;

/// The factor by which the cap of `token_backoff` grows: less, since tokens return soon.
pub(crate) const TOKEN_FACTOR: f64 = 1.5;

/// The factor by which `decorrelated_jitter` may exceed its previous sleep (AWS Architecture Blog,
/// "Exponential Backoff And Jitter", 2015).
pub(crate) const DECORRELATED_FACTOR: u32 = 3;

/// The maximum that is added to a Retry-After hint, so that clients told the same time do not
/// return in the same instant.
pub(crate) const RETRY_AFTER_JITTER: Duration = Duration::from_millis(250);

/// The number of failures within the window that opens a circuit breaker. One is a blip and two a
/// coincidence; with five, the dependency is down.
pub(crate) const BREAKER_FAILURES: u32 = 5;

/// The time within which a circuit breaker counts: as long as a call may take, so that all
/// failures of one outage meet in it.
pub(crate) const BREAKER_WINDOW: Duration = Duration::from_secs(60);

/// The time for which a circuit breaker stays open before its first probe. Long enough for a
/// process to restart, short enough not to add much to an outage.
pub(crate) const BREAKER_RECOVERY: Duration = Duration::from_secs(30);

/// The classes that open a circuit breaker: those of a dependency, or a way to it, that is broken.
/// The others are the caller's own mistakes, or say what to do instead.
pub(crate) const BREAKER_TRIP_ON: [ErrorClass; 2] =
    [ErrorClass::Transient, ErrorClass::ServerError];

/// The number of calls within the window before slow ones can open a circuit breaker that has no
/// failure rate to say so: as for the recommended failure rate.
pub(crate) const BREAKER_SLOW_MINIMUM: u32 = 20;

/// The largest share of the calls that a circuit breaker refuses in proportion. Something must go
/// through, to find out when the other side is back, also for a client with few calls.
pub(crate) const BREAKER_MOST_REFUSED: f64 = 0.9;

/// The longest time that a hint of one answer can hold all callers: a hint of a day, or a date that
/// is read wrongly, would be an outage of its own.
pub(crate) const SHARED_HINT_MAX: Duration = Duration::from_secs(300);

/// The number of failures of class UNKNOWN that a circuit breaker ignores before a call reports
/// it: as many as could open the recommended one, so that a single odd error is not reported.
pub(crate) const BREAKER_UNCLASSIFIED: u64 = 20;

/// The number of probes that a half-open circuit breaker admits at a time: one call is enough to
/// find out, and only one call is lost if the dependency is still down.
pub(crate) const BREAKER_PROBES: u32 = 1;

/// The time after which a probe without a verdict loses its slot. Twice the default deadline: a
/// slow probe still counts, and a hung one does not keep the circuit half-open for ever.
pub(crate) const BREAKER_PROBE_LEASE: Duration = Duration::from_secs(120);

/// The number of successful probes that closes a circuit breaker.
pub(crate) const BREAKER_SUCCESSES: u32 = 1;

/// The highest count of failures that a circuit breaker accepts. It keeps the time of each, so
/// this is half a megabyte; for higher counts, a failure rate is the better rule.
pub(crate) const BREAKER_MAX_COUNT: u32 = 65_536;

/// The highest number of probes at a time. More would be ordinary load.
pub(crate) const BREAKER_MAX_PROBES: u32 = 1024;

/// The number of parts that the window of a failure rate is cut into: it advances by one part at a
/// time, so the rate is that of the last 94% to 100% of the window.
pub(crate) const BREAKER_BUCKETS: usize = 16;

/// The number of successes within one part of the window for which a thread reads the machine's
/// clock one by one, before it does so only for one in [`BREAKER_SAMPLE`].
pub(crate) const BREAKER_EXACT: u32 = 64;

/// The number of successes per reading of the clock by a busy thread: reading the machine's clock
/// costs more than all the rest of counting a success.
pub(crate) const BREAKER_SAMPLE: u32 = 16;

/// The maximum number of threads that count successes without contention: 128 bytes each.
pub(crate) const BREAKER_MAX_STRIPES: usize = 32;

/// The number of calls that a new gate lets go at a time. A burst of all callers would be refused as a
/// whole before the first of them knew; of three, most fit any limit.
pub(crate) const GATE_WINDOW: u32 = 3;

/// The number of calls more at a time that each answer brings to a new gate: a fifth, so that few are
/// on their way when the limit is met.
pub(crate) const GATE_GROWTH: f64 = 0.2;

/// The time after which a new gate lets twice as many go, for calls whose answers take long.
pub(crate) const GATE_DOUBLING: Duration = Duration::from_millis(250);

/// The time after which a new gate that has met no limit is open.
pub(crate) const GATE_SLOW_START: Duration = Duration::from_secs(2);

/// The shortest sleep of a call that waits at a gate: as exact as timers are.
pub(crate) const GATE_ASK_AGAIN: Duration = Duration::from_millis(10);

/// The longest sleep of a call that waits at a gate that is not closed: the pace may rise meanwhile, and
/// who sleeps does not see it.
pub(crate) const GATE_ASK_LATE: Duration = Duration::from_millis(250);

/// The shortest time that a limit is taken to be about: Retry-After has whole seconds.
pub(crate) const GATE_HORIZON: Duration = Duration::from_secs(1);

/// The number of calls in the time of the first hint where nothing is known of the pace. It is soon
/// corrected, since the pace rises with each success until the next limit.
pub(crate) const GATE_FIRST_RATE: u32 = 10;

/// The number of successes between two limits from which on they tell the pace.
pub(crate) const GATE_ENOUGH: u32 = 3;

/// The share of the pace that succeeded at which a gate goes on: what is left over fills the other
/// side's reserve.
pub(crate) const GATE_MARGIN: f64 = 0.95;

/// In how many times as long as the other side asks for a pace that may be too low gets to where the limit
/// was met. The faster, the less is known then of where it is met.
pub(crate) const GATE_SEARCH: f64 = 10.0;

/// The share that is tried of the pace at which a limit was met: less than what it has risen by since the other
/// side has counted.
pub(crate) const GATE_HELD: f64 = 0.8;

/// The same for one at which it was met after the pace has lasted, and has risen slowly.
pub(crate) const GATE_HELD_AGAIN: f64 = 0.92;

/// For how many times as long as the other side asks for a pace has to last. What it saves up in that time does
/// not last so long at a pace that is a tenth too high.
pub(crate) const GATE_LASTS: u64 = 10;

/// The share of the pace at which a gate goes on that has no measure of it.
pub(crate) const GATE_CUT: f64 = 0.7;

/// The share by which a pace that is not measured rises with each success.
pub(crate) const GATE_SEEK: f64 = 0.1;

/// The time in which a pace doubles at most that is above that at which calls come: those that wait
/// must not be let go at once, or they are the next outage.
pub(crate) const GATE_SEEK_DOUBLING: Duration = Duration::from_secs(2);

/// How many times better than it seems a pace may turn out, before a call is sent away because it
/// cannot be let go within its deadline.
pub(crate) const GATE_HOPE: f64 = 2.0;

/// The share by which a measured pace rises in a second, at first: limits are met every 20 s or so.
pub(crate) const GATE_RISE: f64 = 0.005;

/// The time without a limit after which a gate that nobody waits at is open again.
pub(crate) const GATE_QUIET: Duration = Duration::from_secs(60);

/// The time after which a key may be forgotten that nothing has asked for: longer than any window or
/// recovery by default, so that what it has is like new by then.
#[cfg(any(feature = "config", feature = "keyed"))]
pub(crate) const KEYED_IDLE: Duration = Duration::from_secs(600);

/// The number of keys from which on a map of a file is pointed out: beyond it, breakers take over a
/// gigabyte and a half.
#[cfg(feature = "config")]
pub(crate) const KEYED_MANY: u32 = 1_000_000;

/// About what a breaker of a map takes, its key and its place in the map included, in bytes.
#[cfg(feature = "config")]
pub(crate) const KEYED_BREAKER_BYTES: u64 = 1_500;

/// The number of other keys that are looked at when a new one comes: so that unique keys cost little,
/// however many there are.
#[cfg(feature = "keyed")]
pub(crate) const KEYED_LOOKS: usize = 16;

/// The number of retries that a budget that is funded by successes can save up: the initial number
/// of the AWS SDKs (500 tokens, 5 a retry). Enough for a blip of a busy service, gone in a second
/// of an outage.
pub(crate) const BUDGET_RESERVE: u32 = 100;

/// The longest time that can pay into a budget at once: the time for which Finagle's retry budget
/// remembers a request.
pub(crate) const BUDGET_INCOME_MEMORY: Duration = Duration::from_secs(10);

/// The smallest step of time that pays into a budget, so that nothing is lost to rounding, however
/// often retries are requested.
pub(crate) const BUDGET_INCOME_STEP: Duration = Duration::from_millis(1);

/// The number of retries that a second pays for in a budget that is funded by successes: none. A
/// caller with few successes sets a number that fits.
pub(crate) const BUDGET_MIN_PER_SECOND: f64 = 0.0;

/// The number of retries that may always be in flight: Envoy's `min_retry_concurrency`.
pub(crate) const BUDGET_MIN_IN_FLIGHT: u32 = 3;

/// The window of `adaptive`: long enough for a rate, short enough to forget an outage soon.
pub(crate) const ADAPTIVE_WINDOW: Duration = Duration::from_secs(60);

/// The share of successes that is normal to `adaptive`: a few failures need no slowing down.
pub(crate) const ADAPTIVE_TARGET_SUCCESS: f64 = 0.9;

/// The multiplier of `adaptive` while all is well: nothing changes.
pub(crate) const ADAPTIVE_MIN_MULTIPLIER: f64 = 1.0;

/// The multiplier of `adaptive` when everything fails: delays of a second become five, which still
/// leaves some attempts within the deadline.
pub(crate) const ADAPTIVE_MAX_MULTIPLIER: f64 = 5.0;

/// The share of failed attempts at which the recommended breaker opens. Below it, retries still
/// help more than refusals.
pub(crate) const RECOMMENDED_FAILURE_RATE: f64 = 0.5;

/// The minimum number of attempts for that share: half of fewer may be chance. With one in ten
/// failing by itself, ten of twenty fail once in a hundred thousand times.
pub(crate) const RECOMMENDED_MINIMUM_CALLS: u32 = 20;

/// The window of the recommended breaker. In the simulated outage it opens after half of that, so
/// twice as long a window costs 2 s to 3 s more of service; a blip of 2 s does not open it, while
/// a window of 4 s or 20 failures in a row would refuse calls that the blip had left working.
pub(crate) const RECOMMENDED_WINDOW: Duration = Duration::from_secs(5);

/// The longest time for which the recommended breaker is open after its first opening. Short,
/// since a false alarm costs all calls of that time.
pub(crate) const RECOMMENDED_RECOVERY: Duration = Duration::from_secs(1);

/// The longest time for which it is open after later openings. A client prolongs an outage by this
/// much; one probe in it is little beside the four attempts a second that it takes to open.
pub(crate) const RECOMMENDED_RECOVERY_MAX: Duration = Duration::from_secs(2);

/// The number of retries that a success pays for in the recommended budget: 10%, as in "Site
/// Reliability Engineering", so that retries add a tenth to the load at most.
pub(crate) const RECOMMENDED_RATIO: f64 = 0.1;

/// The time for which a session must last to be healthy, unless it says so earlier. Longer than a
/// server takes that accepts and drops at once, shorter than the gaps between blips.
pub(crate) const HEALTHY_AFTER: Duration = Duration::from_secs(10);

/// The cap of the first delay of the preset for sessions: short enough for a blip.
pub(crate) const SESSION_BASE: Duration = Duration::from_millis(500);

/// The longest delay of the preset for sessions: a client that stays away for longer is missed after
/// an outage, and one that comes more often is load in it.
pub(crate) const SESSION_MAX: Duration = Duration::from_secs(60);

/// The factor of the preset for sessions. By tripling, the longest delay is reached after five
/// connects, so that a server that drops each session at once sees at most twenty in ten minutes.
pub(crate) const SESSION_FACTOR: f64 = 3.0;

/// The restarts of sessions that the preset allows within [`SESSION_WINDOW`]: one every three
/// seconds, for a minute, is no blip, and backoff alone comes to six.
pub(crate) const SESSION_RESTARTS: u32 = 20;

/// The window of these restarts.
pub(crate) const SESSION_WINDOW: Duration = Duration::from_secs(60);

/// The highest number of restarts in a window: the time of each is kept, so this is a megabyte.
pub(crate) const SESSION_MAX_RESTARTS: u32 = 65_536;

/// The shortest delay between two looks at what is not ready yet, drawn between these: without the
/// jitter, the first looks would be at the same times for each job.
pub(crate) const POLL_MIN: (Duration, Duration) =
    (Duration::from_millis(100), Duration::from_millis(150));

/// The delay between two looks, in hundredths of the time since the first one: drawn between these. A
/// job is then seen to be over 16% late in the mean, whether it takes a second or an hour, and the
/// hour takes forty looks. More looks, and the mean gains little; fewer, and it is above a fifth.
pub(crate) const POLL_SHARES: (u32, u32) = (28, 36);

/// The failures in a row after which an endpoint is ejected. A healthy one that fails once in a hundred
/// times has three in a row once in a million.
pub(crate) const ENDPOINT_FAILURES: u32 = 3;

/// The time for which an endpoint is ejected. Shorter than that of a breaker which refuses calls: there are
/// other endpoints, and the probe is retried at one of them.
pub(crate) const ENDPOINT_RECOVERY: Duration = Duration::from_secs(10);

/// How many times as long an attempt at an endpoint seems to take that has just failed.
pub(crate) const ENDPOINT_FAILED: u64 = 100;

/// Of so many choices between two endpoints, one is for the dearer. It is what a bad endpoint costs: with
/// two of them, one call in 256 notices it.
pub(crate) const ENDPOINT_EXPLORE: usize = 256;

/// The maximum size of a configuration file: a thousand times the needs of a large service, and
/// little memory if another file is read by mistake.
#[cfg(feature = "config")]
pub(crate) const CONFIG_MAX_BYTES: usize = 1 << 20;

/// The number of mistakes in a configuration file that are listed one by one: more than a person
/// fixes at once.
#[cfg(feature = "config")]
pub(crate) const CONFIG_MAX_PROBLEMS: usize = 100;

/// How many reasons of a user's error are shown: no chain is longer that is read.
#[cfg(feature = "config")]
pub(crate) const CONFIG_MAX_REASONS: usize = 16;

/// The time for which a watched file must have been quiet before it is read: longer than an editor
/// takes to write one, shorter than a person notices.
#[cfg(feature = "watch")]
pub(crate) const WATCH_SETTLE: Duration = Duration::from_millis(50);

/// The longest wait for a watched file, or its folder, to become quiet.
#[cfg(feature = "watch")]
pub(crate) const WATCH_PATIENCE: Duration = Duration::from_secs(1);

/// The interval at which a watched file is checked without a notification, for file systems that
/// send none: as long as a Kubernetes node takes for a new file.
#[cfg(feature = "watch")]
pub(crate) const WATCH_POLL: Duration = Duration::from_secs(30);

/// The interval at which a missing folder is looked for, since nothing can notify of it.
#[cfg(feature = "watch")]
pub(crate) const WATCH_MISSING_POLL: Duration = Duration::from_secs(1);

/// The maximum number of symbolic links on the way to a watched file: as many as Linux follows.
#[cfg(feature = "watch")]
pub(crate) const WATCH_MAX_LINKS: u32 = 40;

/// For how long calls come in a simulated world: long enough for a trouble, what comes before it and
/// what comes after it.
#[cfg(feature = "simulate")]
pub(crate) const WORLD_DURATION: Duration = Duration::from_secs(60);

/// The calls a second of a simulated world: enough for the minimum of any breaker, few enough to count
/// along.
#[cfg(feature = "simulate")]
pub(crate) const WORLD_RATE: f64 = 100.0;

/// How long a simulated server works on a request: a database query and some more.
#[cfg(feature = "simulate")]
pub(crate) const WORLD_SERVICE: Duration = Duration::from_millis(10);

/// How long a simulated server takes for a refusal: next to nothing, but not nothing, so that retries
/// without a delay come to an end.
#[cfg(feature = "simulate")]
pub(crate) const WORLD_REFUSAL: Duration = Duration::from_millis(1);

/// How much longer than calls come a simulated run goes on, so that the last ones end: as long as the
/// default deadline.
#[cfg(feature = "simulate")]
pub(crate) const WORLD_GRACE: Duration = Duration::from_secs(60);

/// The longest duration of a simulated world. Its report keeps some numbers for each second.
#[cfg(feature = "simulate")]
pub(crate) const WORLD_MAX_DURATION: Duration = Duration::from_secs(86_400);

/// The most calls a second of a simulated world: a run of a minute takes a minute then.
#[cfg(feature = "simulate")]
pub(crate) const WORLD_MAX_RATE: f64 = 1e6;

/// The most clients of a simulated world, and calls of a burst: each takes a kilobyte while it calls.
#[cfg(feature = "simulate")]
pub(crate) const WORLD_MAX_CLIENTS: u32 = 1_000_000;

/// The most processes of a simulated world: each has a breaker and a budget.
#[cfg(feature = "simulate")]
pub(crate) const WORLD_MAX_INSTANCES: u32 = 10_000;

/// The most layers that retry: with six attempts each, five make 7,776 requests of one call.
#[cfg(feature = "simulate")]
pub(crate) const WORLD_MAX_LAYERS: u32 = 5;

/// The most replicas of a simulated server.
#[cfg(feature = "simulate")]
pub(crate) const WORLD_MAX_REPLICAS: u32 = 10_000;

/// The most workers of a replica.
#[cfg(feature = "simulate")]
pub(crate) const WORLD_MAX_WORKERS: u32 = 100_000;

/// The most parts of a request.
#[cfg(feature = "simulate")]
pub(crate) const WORLD_MAX_FAN_OUT: u32 = 10_000;

/// How often the state of the breakers is looked at in a simulation: five times within the shortest
/// time for which the recommended one is open.
#[cfg(feature = "simulate")]
pub(crate) const WORLD_LOOK: Duration = Duration::from_millis(100);

/// The seconds over which successes are compared with calls, to say whether all is well: with a hundred
/// calls a second, chance makes less than 1% of a difference.
#[cfg(feature = "simulate")]
pub(crate) const RECOVERY_WINDOW: usize = 10;

/// The share of the calls that must succeed in them: a twentieth may have to do with the load of the
/// moment.
#[cfg(feature = "simulate")]
pub(crate) const RECOVERY_SHARE: f64 = 0.95;

/// How many runs a simulation makes, each from a seed of its own: enough to see chance, few enough to
/// wait for.
#[cfg(feature = "simulate")]
pub(crate) const SIMULATION_SEEDS: u32 = 3;

/// The maximum number of attempts in a schedule. A policy without a limit would fill the memory,
/// and more would not be read.
pub(crate) const SCHEDULE_ATTEMPTS: usize = 1000;

/// The rate of failures that no breaker reaches, per second: a call that leaves the process takes
/// more than a microsecond, on any number of threads.
pub(crate) const FAILURES_PER_SECOND: f64 = 1_000_000.0;

/// The longest time for which a circuit breaker may stay open without a warning of the doctor.
/// Within ten minutes people notice an outage; a breaker that is open longer afterwards is an
/// outage of its own.
pub(crate) const LONG_RECOVERY: Duration = Duration::from_secs(600);

/// The share of failures from which on the doctor asks whether one success leaves it within reach.
pub(crate) const HIGH_FAILURE_RATE: f64 = 0.9;

/// The shortest attempt timeout without a warning of the doctor: a request and its answer within
/// one machine take some ten microseconds, and a scheduler's turn as long.
pub(crate) const SHORTEST_ATTEMPT: Duration = Duration::from_micros(100);

/// How much of the body of a failed HTTP response is read and kept: what a server says about an error
/// fits, and reading it costs less than a new connection.
#[cfg(any(feature = "http-body-1", feature = "reqwest-0_13", feature = "ureq-3"))]
pub(crate) const HTTP_KEPT_BODY: usize = 64 * 1024;

/// The time that reading it may take: as long as a new connection with TLS takes on a bad way.
#[cfg(any(feature = "http-body-1", feature = "reqwest-0_13"))]
pub(crate) const HTTP_EMPTYING: Duration = Duration::from_secs(1);

/// How much of the body of a request a server keeps to run its handler again: what forms and documents take.
#[cfg(feature = "axum-0_8")]
pub(crate) const HANDLER_BODY: usize = 64 * 1024;

/// The number of times that a handler runs at most which says that nothing of its work is left: what collides
/// twice is busy, and the caller can try again itself.
#[cfg(feature = "axum-0_8")]
pub(crate) const HANDLER_ATTEMPTS: u32 = 3;

/// The longest delay before a handler runs again: a transaction of another request is over by then, and
/// the caller has hardly noticed.
#[cfg(feature = "axum-0_8")]
pub(crate) const HANDLER_DELAY: Duration = Duration::from_millis(50);

/// How much of the body of a request is recorded to be sent again: what forms and documents take, and few
/// enough for thousands of requests at a time. Linkerd's proxy records as much.
#[cfg(feature = "http-body-1")]
pub(crate) const HTTP_REPLAYED_BODY: usize = 64 * 1024;

/// The number of hosts whose policies a client remembers: more than a service talks to, and few enough
/// for a crawler's memory.
#[cfg(feature = "reqwest-0_13")]
pub(crate) const HTTP_HOSTS: usize = 1024;

/// The timeout of reqwest's blocking client, which says nothing of it, unless it was set.
#[cfg(feature = "reqwest-0_13-blocking")]
pub(crate) const BLOCKING_TIMEOUT: Duration = Duration::from_secs(30);

/// The longest time in which nothing of a download arrives, where its policy has no `stall_timeout`: longer
/// than TCP takes to send again what was lost several times over.
#[cfg(feature = "reqwest-0_13")]
pub(crate) const DOWNLOAD_STALL: Duration = Duration::from_secs(30);

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
