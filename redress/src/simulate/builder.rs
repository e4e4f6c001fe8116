use std::borrow::Cow;
use std::time::Duration;

use super::world::{Clients, Episode, Limit, Load, Refusal, Server};
use super::{Spread, Trouble, World};
use crate::classify::ErrorClass;
use crate::defaults;
use crate::delay::Delay;
use crate::problems::{ConfigError, Problems};

/// Builds a [`World`]. Lengths of time are [`Duration`]s or numbers of seconds.
///
/// | what | default |
/// |---|---|
/// | [`duration`](Self::duration) | 60 s |
/// | [`rate`](Self::rate) | 100 calls a second |
/// | [`instances`](Self::instances), [`layers`](Self::layers) | 1 |
/// | [`attempt_timeout`](Self::attempt_timeout), where the policy has none | none |
/// | [`network`](Self::network), [`loss`](Self::loss) | no time, none |
/// | [`service`](Self::service) | 10 ms |
/// | [`replicas`](Self::replicas) | 1 |
/// | [`workers`](Self::workers), [`queue`](Self::queue), [`patience`](Self::patience) | unlimited |
/// | [`refusal`](Self::refusal) | SERVER_ERROR, after 1 ms |
#[derive(Debug)]
#[must_use]
pub struct WorldBuilder {
    pub(super) world: World,
    /// What was given and is no length of time.
    pub(super) problems: Problems,
}

impl World {
    /// Starts to build a world.
    pub fn builder(name: impl Into<Cow<'static, str>>) -> WorldBuilder {
        WorldBuilder {
            world: Self {
                name: name.into(),
                duration: defaults::WORLD_DURATION,
                load: Load::Open(vec![(Duration::ZERO, defaults::WORLD_RATE)]),
                instances: 1,
                layers: 1,
                attempt_timeout: None,
                network: Spread::ZERO,
                loss: 0.0,
                server: Server {
                    replicas: 1,
                    workers: None,
                    service: defaults::WORLD_SERVICE.into(),
                    slower: Duration::ZERO,
                    queue: None,
                    patience: None,
                    refusal: Refusal {
                        class: ErrorClass::ServerError,
                        retry_after: None,
                    },
                    refusal_time: defaults::WORLD_REFUSAL,
                    limit: None,
                    fan_out: 1,
                    contended: false,
                    recorded: None,
                },
                script: Vec::new(),
                healthy_from: None,
            },
            problems: Problems::default(),
        }
    }

    /// Starts to build a world that differs from this one.
    ///
    /// ```
    /// use redress::simulate::worlds::OUTAGE;
    ///
    /// let busy = OUTAGE.world().to_builder().rate(295.0).build()?;
    /// # Ok::<_, redress::ConfigError>(())
    /// ```
    pub fn to_builder(&self) -> WorldBuilder {
        WorldBuilder {
            world: self.clone(),
            problems: Problems::default(),
        }
    }
}

impl WorldBuilder {
    fn time(&mut self, setting: &str, time: impl Into<Delay>) -> Duration {
        let time = time.into();
        if let Err(seconds) = time.checked() {
            let message = format!(
                "is {seconds}, which is no length of time: give a Duration, or seconds such as 0.5"
            );
            self.problems.add(setting, message);
        }
        time.saturate()
    }

    fn closed(mut self, change: impl FnOnce(&mut Clients)) -> Self {
        let mut clients = match self.world.load {
            Load::Closed(clients) => clients,
            Load::Open(_) | Load::Trace(_) => Clients {
                count: 1,
                calls: None,
                think: Spread::ZERO,
                start: Duration::ZERO,
            },
        };
        change(&mut clients);
        self.world.load = Load::Closed(clients);
        self
    }

    /// Sets for how long calls come. A run goes on for up to a minute longer, until they have ended.
    pub fn duration(mut self, duration: impl Into<Delay>) -> Self {
        self.world.duration = self.time("duration", duration);
        self
    }

    /// Sets how many calls come in a second on average. They do not depend on each other (a Poisson
    /// process), and come whatever becomes of the calls before.
    pub fn rate(self, rate: f64) -> Self {
        self.rates([(0, rate)])
    }

    /// Sets the rate at each of these times, with a straight line between them. Two rates at one time
    /// are a step.
    ///
    /// ```
    /// use redress::simulate::World;
    ///
    /// let ramp = World::builder("ramp").rates([(0, 40.0), (25, 80.0), (50, 40.0)]).build()?;
    /// assert_eq!(ramp.rate(std::time::Duration::from_secs(5)), Some(48.0));
    /// # Ok::<_, redress::ConfigError>(())
    /// ```
    pub fn rates<T: Into<Delay>>(mut self, points: impl IntoIterator<Item = (T, f64)>) -> Self {
        let points = points.into_iter();
        let points = points.map(|(at, rate)| (self.time("rate", at), rate));
        self.world.load = Load::Open(points.collect());
        self
    }

    /// Replaces the rate by clients that make one call after the other, and wait for its end.
    pub fn clients(self, clients: u32) -> Self {
        self.closed(|closed| closed.count = clients)
    }

    /// Sets how many calls each of the [`clients`](Self::clients) makes. Default: as many as it can.
    pub fn calls(self, calls: u32) -> Self {
        self.closed(|closed| closed.calls = Some(calls))
    }

    /// Sets how long each of the [`clients`](Self::clients) waits between two calls.
    pub fn think(self, time: impl Into<Spread>) -> Self {
        self.closed(|closed| closed.think = time.into())
    }

    /// Sets the time within which the [`clients`](Self::clients) start, at random. Default: all at
    /// once.
    pub fn start(mut self, within: impl Into<Delay>) -> Self {
        let within = self.time("start", within);
        self.closed(|closed| closed.start = within)
    }

    /// Replaces the rate by calls at these times.
    pub fn trace<T: Into<Delay>>(mut self, calls: impl IntoIterator<Item = T>) -> Self {
        let calls = calls.into_iter();
        let mut calls: Vec<_> = calls.map(|at| self.time("trace", at)).collect();
        calls.sort_unstable();
        self.world.load = Load::Trace(calls);
        self
    }

    /// Sets how many processes the calls come from, each with a breaker and a budget of its own.
    pub fn instances(mut self, instances: u32) -> Self {
        self.world.instances = instances;
        self
    }

    /// Sets how many layers retry: a client, and services between it and the server. Each has the
    /// policy, with a breaker and a budget of its own, and answers SERVER_ERROR when its call fails.
    /// A layer goes on with what its caller has given up.
    pub fn layers(mut self, layers: u32) -> Self {
        self.world.layers = layers;
        self
    }

    /// Sets the attempt timeout of policies that have none: what the client that they call with would
    /// do.
    pub fn attempt_timeout(mut self, timeout: impl Into<Delay>) -> Self {
        self.world.attempt_timeout = Some(self.time("attempt_timeout", timeout));
        self
    }

    /// Sets how long a message takes, each way.
    pub fn network(mut self, time: impl Into<Spread>) -> Self {
        self.world.network = time.into();
        self
    }

    /// Sets the share of requests that get lost on the way to the server: they are never answered.
    pub const fn loss(mut self, share: f64) -> Self {
        self.world.loss = share;
        self
    }

    /// Sets how many copies of the server there are. Each request goes to one of them, at random.
    pub fn replicas(mut self, replicas: u32) -> Self {
        self.world.server.replicas = replicas;
        self
    }

    /// Sets how many requests a replica works on at a time; others wait, and are taken in the order in
    /// which they came, also when their clients have given them up.
    pub const fn workers(mut self, workers: u32) -> Self {
        self.world.server.workers = Some(workers);
        self
    }

    /// Sets how long a replica works on a request.
    pub fn service(mut self, time: impl Into<Spread>) -> Self {
        self.world.server.service = time.into();
        self
    }

    /// Sets the requests that each replica can answer in a second: one worker that always takes the
    /// same time.
    pub fn capacity(mut self, per_second: f64) -> Self {
        // To the nanosecond, not beyond.
        let time = Duration::try_from_secs_f64(per_second.recip());
        match time {
            Ok(time) => {
                self.world.server.service = Duration::from_nanos(super::agenda::nanos(time)).into();
            }
            Err(_) => {
                let message = format!("is {per_second}: give the requests a second, such as 300");
                self.problems.add("capacity", message);
            }
        }
        self.workers(1)
    }

    /// Sets how much longer a request takes for each other one that its replica works on.
    pub fn slower(mut self, by: impl Into<Delay>) -> Self {
        self.world.server.slower = self.time("slower", by);
        self
    }

    /// Sets how many requests may wait for each replica. What finds the queue full is
    /// [refused](Self::refusal).
    pub const fn queue(mut self, requests: u32) -> Self {
        self.world.server.queue = Some(requests);
        self
    }

    /// Sets how long a request may wait for a worker before the server [refuses](Self::refusal) it.
    pub fn patience(mut self, time: impl Into<Delay>) -> Self {
        self.world.server.patience = Some(self.time("patience", time));
        self
    }

    /// Sets how the server answers what it does not take.
    pub const fn refusal(mut self, class: ErrorClass, retry_after: Option<Duration>) -> Self {
        self.world.server.refusal = Refusal { class, retry_after };
        self
    }

    /// Sets how long a refusal or an error takes.
    pub fn refusal_time(mut self, time: impl Into<Delay>) -> Self {
        self.world.server.refusal_time = self.time("refusal_time", time);
        self
    }

    /// Limits the requests that are granted in a second, and at once. The others are answered with
    /// RATE_LIMIT and this Retry-After.
    pub const fn limit(mut self, rate: f64, burst: u32, retry_after: Option<Duration>) -> Self {
        self.world.server.limit = Some(Limit {
            rate,
            burst: burst as f64,
            retry_after,
        });
        self
    }

    /// Sets the number of parts of each request, which are worked on at the same time. The answer is
    /// there when the last part is.
    pub const fn fan_out(mut self, parts: u32) -> Self {
        self.world.server.fan_out = parts;
        self
    }

    /// Makes every request an optimistic write to the same row: a read, then a write that fails with
    /// CONCURRENCY if another was faster.
    pub const fn contended(mut self) -> Self {
        self.world.server.contended = true;
        self
    }

    /// Adds something that goes wrong, with all replicas.
    pub fn during(self, from: impl Into<Delay>, until: impl Into<Delay>, trouble: Trouble) -> Self {
        self.episode(from, until, None, trouble)
    }

    /// Adds something that goes wrong with one replica, counted from 0.
    pub fn on_replica(
        self,
        replica: u32,
        from: impl Into<Delay>,
        until: impl Into<Delay>,
        trouble: Trouble,
    ) -> Self {
        self.episode(from, until, Some(replica), trouble)
    }

    fn episode(
        mut self,
        from: impl Into<Delay>,
        until: impl Into<Delay>,
        replica: Option<u32>,
        trouble: Trouble,
    ) -> Self {
        let (from, until) = (
            self.time("script.from", from),
            self.time("script.until", until),
        );
        self.world.script.push(Episode {
            from,
            until,
            replica,
            trouble,
        });
        self
    }

    /// Sets from when on all should be well again. Default: the end of the last trouble.
    pub fn healthy_from(mut self, at: impl Into<Delay>) -> Self {
        self.world.healthy_from = Some(self.time("healthy_from", at));
        self
    }

    /// Builds the world.
    ///
    /// # Errors
    ///
    /// Names every mistake: what is no length of time, a number that is zero, negative, infinite or
    /// NaN where it must not be, troubles that end before they begin or lie beyond the end, and more
    /// than a simulation can hold.
    ///
    /// ```
    /// use redress::simulate::{Trouble, World};
    ///
    /// let backwards = World::builder("w").during(40, 30, Trouble::Stalls).build();
    /// assert_eq!(
    ///     backwards.unwrap_err().problems()[0].to_string(),
    ///     "script[0].until: is 30s, before `from`, which is 40s: give the later time"
    /// );
    /// ```
    pub fn build(mut self) -> Result<World, ConfigError> {
        let mut problems = std::mem::take(&mut self.problems);
        self.check(&mut problems);
        problems.into_result().map(|()| self.world)
    }

    /// Returns a world of settings that are known to be right.
    pub(super) fn build_unchecked(self) -> World {
        self.world
    }

    pub(super) fn check(&self, problems: &mut Problems) {
        super::checks::check(&self.world, problems);
    }
}
