use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use super::Spread;
use super::agenda::Nanos;
use super::random::Random;
use super::recorded::Recorded;
use crate::classify::ErrorClass;

/// A world to run a policy in: who calls, what answers, and what goes wrong.
///
/// [Named ones](super::worlds) are a start; [`World::builder`] makes others, and so does a file, with
/// the feature `config`.
///
/// ```
/// use redress::Policy;
/// use redress::simulate::{Trouble, World, simulate};
///
/// let world = World::builder("checkout")
///     .rate(200.0) // calls a second
///     .capacity(250.0) // requests a second
///     .attempt_timeout(1)
///     .during(30, 40, Trouble::Stalls)
///     .duration(120)
///     .build()?;
/// simulate(&Policy::recommended(), world).assert_recovers_within(10);
/// # Ok::<_, redress::ConfigError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct World {
    pub(super) name: Cow<'static, str>,
    pub(super) duration: Duration,
    pub(super) load: Load,
    pub(super) instances: u32,
    pub(super) layers: u32,
    pub(super) attempt_timeout: Option<Duration>,
    pub(super) network: Spread,
    pub(super) loss: f64,
    pub(super) server: Server,
    pub(super) script: Vec<Episode>,
    pub(super) healthy_from: Option<Duration>,
}

/// Who calls.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Load {
    /// Calls that come whatever becomes of the others: the rate at each of these times, and a straight
    /// line between them.
    Open(Vec<(Duration, f64)>),
    /// Clients that make one call after the other.
    Closed(Clients),
    /// Calls at these times, which are sorted.
    Trace(Vec<Duration>),
}

/// Clients that make one call after the other.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Clients {
    pub(super) count: u32,
    /// How many calls each makes; `None` is as many as it can.
    pub(super) calls: Option<u32>,
    /// What it does between two calls.
    pub(super) think: Spread,
    /// The time within which they start, at random.
    pub(super) start: Duration,
}

/// What answers.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Server {
    pub(super) replicas: u32,
    /// How many requests a replica works on at a time; `None` is all of them.
    pub(super) workers: Option<u32>,
    pub(super) service: Spread,
    /// How much longer it takes for each other request that a replica works on.
    pub(super) slower: Duration,
    /// How many requests may wait for each replica; `None` is any number.
    pub(super) queue: Option<u32>,
    /// How long a request may wait before the server gives it up.
    pub(super) patience: Option<Duration>,
    /// How it answers a request that it does not take.
    pub(super) refusal: Refusal,
    /// How long that takes.
    pub(super) refusal_time: Duration,
    /// How many requests it grants in a second, and at once; the others are refused as limited.
    pub(super) limit: Option<Limit>,
    /// A request is answered when so many replicas have answered a part of it.
    pub(super) fan_out: u32,
    /// Every request reads a version and writes the next one, which fails if another was faster.
    pub(super) contended: bool,
    /// What was recorded of another server, which then answers in place of this one.
    pub(super) recorded: Option<Arc<Recorded>>,
}

/// The answer to a request that a server does not take.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Refusal {
    pub(super) class: ErrorClass,
    pub(super) retry_after: Option<Duration>,
}

/// A rate limit: a bucket of tokens.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Limit {
    pub(super) rate: f64,
    pub(super) burst: f64,
    pub(super) retry_after: Option<Duration>,
}

/// Something that goes wrong for a while.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Episode {
    pub(super) from: Duration,
    pub(super) until: Duration,
    /// The only replica that has it; `None` is all of them.
    pub(super) replica: Option<u32>,
    pub(super) trouble: Trouble,
}

/// What goes wrong with a server.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Trouble {
    /// It takes requests and starts none of them: they wait until it goes on.
    Stalls,
    /// It is not there. What it was working on is lost, and what is new is refused: TRANSIENT, as of a
    /// refused connection.
    Down,
    /// It refuses every request at once.
    Refuses {
        /// The class of the answer.
        class: ErrorClass,
        /// The answer's Retry-After.
        retry_after: Option<Duration>,
    },
    /// It takes so many times as long for each request.
    Slow(f64),
    /// It answers this share of the requests with an error, at once.
    Errors {
        /// The class of the errors.
        class: ErrorClass,
        /// From 0 to 1.
        share: f64,
    },
    /// It grants so many requests a second, and answers the others with RATE_LIMIT.
    Limits {
        /// The rate.
        rate: f64,
        /// The answer's Retry-After.
        retry_after: Option<Duration>,
    },
    /// So many calls come at its start, beside the others: everyone reconnects.
    Burst(u32),
}

impl Trouble {
    /// Returns what the server does, for a caption.
    pub(super) fn words(&self) -> String {
        match self {
            Self::Stalls => "stalled".to_owned(),
            Self::Down => "down".to_owned(),
            Self::Refuses { class, .. } => format!("refuses: {class}"),
            Self::Slow(factor) => format!("{factor} times slower"),
            Self::Errors { class, share } => format!("{:.0}% {class}", share * 100.0),
            Self::Limits { rate, .. } => format!("limits to {rate}/s"),
            Self::Burst(calls) => format!("{calls} calls at once"),
        }
    }
}

impl World {
    /// Returns the name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns for how long calls come.
    #[must_use]
    pub const fn duration(&self) -> Duration {
        self.duration
    }

    /// Returns from when on all should be well again: the end of the last trouble, unless
    /// [`WorldBuilder::healthy_from`](super::WorldBuilder::healthy_from) says otherwise. A recovery
    /// takes the time from then on.
    #[must_use]
    pub fn healthy_from(&self) -> Duration {
        self.healthy_from.unwrap_or_else(|| self.end_of_troubles())
    }

    fn end_of_troubles(&self) -> Duration {
        let ends = self.script.iter().map(|episode| episode.until);
        ends.max().unwrap_or_default()
    }

    /// Returns how many requests the whole server can answer in a second, where that is bounded and
    /// nothing is wrong.
    #[must_use]
    pub fn capacity(&self) -> Option<f64> {
        if self.server.recorded.is_some() {
            return None;
        }
        let mean = self.server.service.mean() * f64::from(self.server.fan_out);
        let workers = self.server.workers.filter(|_| mean > 0.0);
        let by_work =
            workers.map(|workers| f64::from(workers) * f64::from(self.server.replicas) / mean);
        let by_limit = self.server.limit.map(|limit| limit.rate);
        match (by_work, by_limit) {
            (Some(work), Some(limit)) => Some(work.min(limit)),
            (work, limit) => work.or(limit),
        }
    }

    /// Returns the calls a second that come at a time; `None` where clients wait for their answers.
    #[must_use]
    pub fn rate(&self, at: Duration) -> Option<f64> {
        match &self.load {
            Load::Open(points) => Some(rate(points, at.as_secs_f64())),
            Load::Closed(_) | Load::Trace(_) => None,
        }
    }

    /// Draws what a client does between two calls.
    pub(super) fn think(&self, random: &mut Random) -> Nanos {
        match &self.load {
            Load::Closed(clients) => clients.think.draw(random),
            Load::Open(_) | Load::Trace(_) => 0,
        }
    }

    /// Returns how many calls there will be, where that is known.
    pub(super) fn calls(&self) -> Option<u64> {
        match &self.load {
            Load::Closed(clients) => {
                Some(u64::from(clients.count).saturating_mul(clients.calls?.into()))
            }
            Load::Open(_) | Load::Trace(_) => None,
        }
    }
}

/// Returns the rate at a time, by the straight lines between the points.
pub(super) fn rate(points: &[(Duration, f64)], at: f64) -> f64 {
    let mut before: Option<(f64, f64)> = None;
    for (time, rate) in points {
        let (time, rate) = (time.as_secs_f64(), *rate);
        if time > at {
            return match before {
                Some((from, first)) => first + (rate - first) * ((at - from) / (time - from)),
                None => rate,
            };
        }
        before = Some((time, rate));
    }
    before.map_or(0.0, |(_, rate)| rate)
}
