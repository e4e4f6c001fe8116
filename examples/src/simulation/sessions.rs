//! Connections that are to stay: when does a client forget that earlier ones have failed?
//!
//! Nine rules, six outages. All rules have the backoff of `Policy::sessions` and draw the same jitter,
//! so that they differ in what they forget, and in when they stop, only. Ours is the real
//! `Policy::session`; the others are loops over the real `Policy::start`, as their authors wrote them.

use std::future::Future;
use std::io::{Error, ErrorKind};
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use redress::testing::{VirtualClock, seed_jitter};
use redress::time::Clock;
use redress::{Attempted, ErrorClass, Policy, Step, StopReason};

use super::Random;

/// What a connect comes to.
#[derive(Debug, Clone, Copy)]
pub struct Life {
    /// How long the session lasts, in seconds; `None` if the connect is refused.
    pub lasts: Option<f64>,
    /// Whether it handles items, the first after a tenth of a second.
    pub items: bool,
}

const REFUSED: Life = Life {
    lasts: None,
    items: false,
};

/// What an outage costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cost {
    /// Connects: the server suffers.
    Connects,
    /// Seconds without a session while the server would have given one: the client suffers.
    Seconds,
}

/// An outage: what a connect at a time, in seconds, comes to.
pub struct Outage {
    /// Its name in tables.
    pub name: &'static str,
    /// What it costs.
    pub cost: Cost,
    /// How long it is looked at, in seconds.
    pub span: f64,
    /// From when on the server would give a session.
    pub up: f64,
    life: fn(f64, &mut Random) -> Life,
}

const MINUTE: f64 = 60.0;
const HOUR: f64 = 3600.0;
const DAY: f64 = 24.0 * HOUR;

fn lasts(seconds: f64, items: bool) -> Life {
    Life {
        lasts: Some(seconds),
        items,
    }
}

fn between(low: f64, high: f64, random: &mut Random) -> f64 {
    low + (high - low) * random.uniform()
}

/// The outages, as they were reported of real clients.
pub const OUTAGES: [Outage; 6] = [
    Outage {
        name: "each session dropped at once, 10 min",
        cost: Cost::Connects,
        span: 10.0 * MINUTE,
        up: 0.0,
        life: |_, _| lasts(0.05, false),
    },
    Outage {
        name: "a blip in six hours, 30 days",
        cost: Cost::Seconds,
        span: 30.0 * DAY,
        up: 0.0,
        life: |_, random| lasts(between(5.0 * HOUR, 7.0 * HOUR, random), true),
    },
    Outage {
        name: "silent sessions, cut every 30 min, 10 days",
        cost: Cost::Seconds,
        span: 10.0 * DAY,
        up: 0.0,
        life: |_, _| lasts(30.0 * MINUTE, false),
    },
    Outage {
        name: "accepted, silent, dropped after 2 to 6 s, 1 h",
        cost: Cost::Connects,
        span: HOUR,
        up: 0.0,
        life: |_, random| lasts(between(2.0, 6.0, random), false),
    },
    Outage {
        name: "a deploy moves busy sessions every 20 to 40 s, 1 h",
        cost: Cost::Seconds,
        span: HOUR,
        up: 0.0,
        life: |_, random| lasts(between(20.0, 40.0, random), true),
    },
    Outage {
        name: "refused for 1 h, then well for 1 h",
        cost: Cost::Seconds,
        span: 2.0 * HOUR,
        up: HOUR,
        life: |at, _| {
            if at < HOUR {
                REFUSED
            } else {
                lasts(2.0 * HOUR, true)
            }
        },
    },
];

/// What a rule knows of a session that has ended.
struct Ended {
    life: Life,
    /// The time since the session before it ended.
    since_last: f64,
}

/// When a client forgets what has failed.
pub struct Rule {
    /// Its name in tables.
    pub name: &'static str,
    /// Where it is from.
    pub of: &'static str,
    /// `None` is ours.
    forgets: Option<fn(&Ended) -> bool>,
    /// How many restarts within how many seconds end it for good.
    restarts: Option<(usize, f64)>,
}

const fn rule(name: &'static str, of: &'static str, forgets: fn(&Ended) -> bool) -> Rule {
    Rule {
        name,
        of,
        forgets: Some(forgets),
        restarts: None,
    }
}

/// Ours, and eight of others.
pub const RULES: [Rule; 9] = [
    Rule {
        name: "10 s, or an item was handled",
        of: "redress",
        forgets: None,
        restarts: None,
    },
    rule(
        "never",
        "quilkin before its #734, flipt before its #469",
        |_| false,
    ),
    rule(
        "when connected",
        "pulse before its #52, oxia before its #575",
        |ended| ended.life.lasts.is_some(),
    ),
    rule(
        "when an item came",
        "oxia, trident before its #764",
        |ended| ended.life.items,
    ),
    rule("after 5 s", "reconnecting-websocket (minUptime)", |ended| {
        ended.life.lasts >= Some(5.0)
    }),
    rule("after 60 s", "LaunchDarkly's SDKs", |ended| {
        ended.life.lasts >= Some(60.0)
    }),
    rule(
        "120 s after the last failure",
        "kube-rs (ResetTimerBackoff)",
        |ended| ended.since_last >= 120.0,
    ),
    rule(
        "2,048 s after the last failure",
        "discord.py (ExponentialBackoff)",
        |ended| ended.since_last > 2048.0,
    ),
    Rule {
        name: "always; two in 5 s are the end",
        of: "Erlang's supervisors (default intensity)",
        forgets: Some(|_| true),
        restarts: Some((1, 5.0)),
    },
];

/// What came of a rule in an outage.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Record {
    /// Connects, those that were refused included.
    pub connects: u32,
    /// Seconds without a session that the server would have given.
    pub without: f64,
    /// It stopped for good.
    pub gave_up: bool,
}

impl Record {
    /// What the outage has cost: without a limit, if there will never be a session again.
    #[must_use]
    pub fn cost(&self, cost: Cost) -> f64 {
        match cost {
            _ if self.gave_up => f64::INFINITY,
            Cost::Connects => f64::from(self.connects),
            Cost::Seconds => self.without,
        }
    }
}

/// The world of one run: time, the outage, and what has come of it.
struct World<'a> {
    clock: VirtualClock,
    start: std::time::Instant,
    outage: &'a Outage,
    random: Random,
    connects: u32,
    with: f64,
    gave_up: bool,
}

impl<'a> World<'a> {
    fn new(outage: &'a Outage, seed: u64) -> Self {
        seed_jitter(seed);
        let clock = VirtualClock::new();
        Self {
            start: clock.now(),
            clock,
            outage,
            random: Random::new(seed),
            connects: 0,
            with: 0.0,
            gave_up: false,
        }
    }

    fn now(&self) -> f64 {
        self.clock.now().duration_since(self.start).as_secs_f64()
    }

    /// Connects; `None` once the time is over.
    fn connect(&mut self) -> Option<Life> {
        let now = self.now();
        if now >= self.outage.span {
            return None;
        }
        self.connects += 1;
        let life = (self.outage.life)(now, &mut self.random);
        if let Some(lasts) = life.lasts {
            self.with += lasts.min(self.outage.span - now);
        }
        Some(life)
    }

    fn record(&self) -> Record {
        let up = self.outage.span - self.outage.up;
        Record {
            connects: self.connects,
            without: (up - self.with).max(0.0),
            gave_up: self.gave_up,
        }
    }
}

/// Runs a rule through an outage.
#[must_use]
pub fn run(rule: &Rule, outage: &Outage, seed: u64) -> Record {
    match rule.forgets {
        None => run_ours(outage, seed),
        Some(forgets) => run_other(rule, forgets, outage, seed),
    }
}

/// The mean of ten runs.
#[must_use]
pub fn mean(rule: &Rule, outage: &Outage) -> f64 {
    let costs = (1..=10).map(|seed| run(rule, outage, seed).cost(outage.cost));
    costs.sum::<f64>() / 10.0
}

fn run_ours(outage: &Outage, seed: u64) -> Record {
    let mut world = World::new(outage, seed);
    let clock = world.clock.clone();
    let Ok(policy) = Policy::sessions().clock(clock.clone()).build() else {
        return world.record();
    };
    let stopped = policy.session(|session| {
        let life = world.connect();
        let clock = clock.clone();
        async move {
            let Some(life) = life else {
                return Err(Error::from(ErrorKind::PermissionDenied));
            };
            let Some(lasts) = life.lasts else {
                return Err(ErrorKind::ConnectionRefused.into());
            };
            let first = lasts.min(0.1);
            pass(&clock, first).await;
            if life.items {
                session.progress();
            }
            pass(&clock, lasts - first).await;
            Err::<(), _>(ErrorKind::ConnectionReset.into())
        }
    });
    // At the end of the time, permission is denied.
    let stopped = finish(stopped);
    world.gave_up = stopped.stop_reason() != StopReason::NonRetryableClass;
    world.record()
}

fn run_other(rule: &Rule, forgets: fn(&Ended) -> bool, outage: &Outage, seed: u64) -> Record {
    let mut world = World::new(outage, seed);
    let Ok(policy) = Policy::sessions().unlimited_restarts().build() else {
        return world.record();
    };
    let mut steps = policy.start(world.clock.now());
    let (mut last_end, mut restarts) = (f64::NEG_INFINITY, Vec::new());
    while let Some(life) = world.connect() {
        world
            .clock
            .advance(Duration::from_secs_f64(life.lasts.unwrap_or(0.0)));
        let ended = Ended {
            life,
            since_last: world.now() - last_end,
        };
        last_end = world.now();
        if let Some((most, window)) = rule.restarts {
            restarts.retain(|at| last_end - at < window);
            restarts.push(last_end);
            if restarts.len() > most {
                world.gave_up = true;
                break;
            }
        }
        if forgets(&ended) {
            steps = policy.start(world.clock.now());
        }
        let failed = Attempted::Failed(ErrorClass::Transient.into());
        let Step::RetryAfter(delay) = steps.record(failed, world.clock.now()) else {
            world.gave_up = true;
            break;
        };
        world.clock.advance(delay);
    }
    world.record()
}

async fn pass(clock: &VirtualClock, seconds: f64) {
    if let Some(wait) = clock.sleep_async(Duration::from_secs_f64(seconds.max(0.0))) {
        wait.await;
    }
}

/// Polls a future of virtual time to its end: nothing else moves.
fn finish<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let mut cx = Context::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut cx) {
            return output;
        }
    }
}
