use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

use super::Trouble;
use super::agenda::{Nanos, nanos};
use super::random::{Random, whole};
use super::world::{Refusal, World};
use crate::classify::{Classification, ErrorClass};

/// A server at work. When a request arrives, all is known that decides about its answer: the requests
/// before it, and what will go wrong. So its answer is computed then, and nothing has to happen
/// between.
pub(super) struct ServerState {
    replicas: Vec<Replica>,
    /// The limit of the server, then those of its troubles.
    limits: Vec<Bucket>,
    troubles: Vec<Timed>,
    version: u64,
}

/// A trouble, with times in nanoseconds.
struct Timed {
    from: Nanos,
    until: Nanos,
    replica: Option<u32>,
    trouble: Trouble,
}

impl Timed {
    fn is_on(&self, replica: u32, at: Nanos) -> bool {
        self.from <= at && at < self.until && self.replica.is_none_or(|only| only == replica)
    }
}

/// The answer to a request.
#[derive(Debug, Clone)]
pub(super) struct Answer {
    /// When it leaves the server; `None` is never.
    pub(super) at: Option<Nanos>,
    pub(super) result: Result<(), Classification>,
}

#[derive(Default)]
struct Replica {
    /// When each of its workers has worked off what it took.
    free: BinaryHeap<Reverse<Nanos>>,
    /// When the waiting requests are started, where the queue has a limit.
    starts: VecDeque<Nanos>,
    /// When the requests in work are done, where they slow each other down.
    ends: BinaryHeap<Reverse<Nanos>>,
}

/// A bucket of tokens.
struct Bucket {
    rate: f64,
    burst: f64,
    tokens: f64,
    filled: Nanos,
    retry_after: Option<std::time::Duration>,
    /// The trouble that it belongs to.
    trouble: Option<usize>,
}

impl Bucket {
    fn takes(&mut self, now: Nanos) -> bool {
        let passed = now.saturating_sub(self.filled) as f64 / 1e9;
        self.filled = now;
        self.tokens = (self.tokens + self.rate * passed).min(self.burst);
        let granted = self.tokens >= 1.0;
        if granted {
            self.tokens -= 1.0;
        }
        granted
    }
}

impl ServerState {
    pub(super) fn new(world: &World) -> Self {
        let troubles = world.script.iter().map(|episode| Timed {
            from: nanos(episode.from),
            until: nanos(episode.until),
            replica: episode.replica,
            trouble: episode.trouble.clone(),
        });
        let troubles: Vec<_> = troubles.collect();
        let own = world.server.limit.iter().map(|limit| Bucket {
            rate: limit.rate,
            burst: limit.burst,
            tokens: limit.burst,
            filled: 0,
            retry_after: limit.retry_after,
            trouble: None,
        });
        let of_troubles = troubles.iter().enumerate().filter_map(|(n, timed)| {
            let Trouble::Limits { rate, retry_after } = timed.trouble else {
                return None;
            };
            // A second's worth at once, and one at least.
            let burst = rate.max(1.0);
            Some(Bucket {
                rate,
                burst,
                tokens: burst,
                filled: timed.from,
                retry_after,
                trouble: Some(n),
            })
        });
        let limits = own.chain(of_troubles).collect();
        let replicas = (0..world.server.replicas).map(|_| Replica::default());
        Self {
            replicas: replicas.collect(),
            limits,
            troubles,
            version: 0,
        }
    }

    /// Returns the version of the row, which a contended request writes.
    pub(super) const fn version(&self) -> u64 {
        self.version
    }

    /// Writes the row; `false` if another request has written it since that version.
    pub(super) const fn write(&mut self, version: u64) -> bool {
        let fits = self.version == version;
        if fits {
            self.version += 1;
        }
        fits
    }

    /// Takes a request that arrives now.
    /// It is the attempt of that `number` of its call.
    pub(super) fn request(
        &mut self,
        world: &World,
        now: Nanos,
        number: u32,
        random: &mut Random,
    ) -> Answer {
        if let Some(recorded) = &world.server.recorded {
            return recorded.answer(now, number, random);
        }
        if let Some(refused) = self.refuses_by_limit(world, now) {
            return refused;
        }
        let parts = world.server.fan_out;
        if parts == 1 {
            return self.part(world, now, random);
        }
        let mut last = self.part(world, now, random);
        for _ in 1..parts {
            let part = self.part(world, now, random);
            if last.result.is_ok() && (part.result.is_err() || part.at > last.at) {
                last = part;
            }
        }
        last
    }

    fn refuses_by_limit(&mut self, world: &World, now: Nanos) -> Option<Answer> {
        let Self {
            limits, troubles, ..
        } = self;
        for bucket in limits {
            let of = bucket.trouble.and_then(|n| troubles.get(n));
            if of.is_some_and(|timed| !timed.is_on(0, now)) {
                continue;
            }
            if !bucket.takes(now) {
                let limited = Refusal {
                    class: ErrorClass::RateLimit,
                    retry_after: bucket.retry_after,
                };
                return Some(refused(world, now, limited));
            }
        }
        None
    }

    /// Gives one part of a request to a replica.
    fn part(&mut self, world: &World, now: Nanos, random: &mut Random) -> Answer {
        let count = u32::try_from(self.replicas.len()).unwrap_or(u32::MAX);
        let which = if count == 1 { 0 } else { random.below(count) };
        let Self {
            replicas, troubles, ..
        } = self;
        for timed in troubles.iter().filter(|timed| timed.is_on(which, now)) {
            match timed.trouble {
                Trouble::Down => {
                    let gone = Refusal {
                        class: ErrorClass::Transient,
                        retry_after: None,
                    };
                    return refused(world, now, gone);
                }
                Trouble::Refuses { class, retry_after } => {
                    return refused(world, now, Refusal { class, retry_after });
                }
                Trouble::Errors { class, share } if random.chance(share) => {
                    let retry_after = None;
                    return refused(world, now, Refusal { class, retry_after });
                }
                _ => {}
            }
        }
        let Some(replica) = replicas.get_mut(which as usize) else {
            return refused(world, now, world.server.refusal);
        };
        match replica.take(world, now, which, troubles, random) {
            Err(answer) => answer,
            Ok(end) => {
                let breaks = troubles.iter().filter(|timed| {
                    matches!(timed.trouble, Trouble::Down)
                        && timed.replica.is_none_or(|only| only == which)
                        && now < timed.from
                        && timed.from < end
                });
                match breaks.map(|timed| timed.from).min() {
                    // What it was working on is lost.
                    Some(at) => Answer {
                        at: Some(at),
                        result: Err(ErrorClass::Transient.into()),
                    },
                    None => Answer {
                        at: Some(end),
                        result: Ok(()),
                    },
                }
            }
        }
    }
}

impl Replica {
    /// Takes a request, and returns when it is done.
    fn take(
        &mut self,
        world: &World,
        now: Nanos,
        which: u32,
        troubles: &[Timed],
        random: &mut Random,
    ) -> Result<Nanos, Answer> {
        let server = &world.server;
        let on = |at: Nanos| troubles.iter().filter(move |timed| timed.is_on(which, at));
        let mut start = now;
        if let Some(workers) = server.workers {
            if self.free.len() >= workers as usize
                && let Some(Reverse(free)) = self.free.peek()
            {
                start = start.max(*free);
            }
            while let Some(end) = on(start)
                .filter(|timed| matches!(timed.trouble, Trouble::Stalls))
                .map(|timed| timed.until)
                .max()
            {
                start = end;
            }
            if let Some(most) = server.queue
                && start > now
            {
                while self.starts.front().is_some_and(|start| *start <= now) {
                    self.starts.pop_front();
                }
                if self.starts.len() >= most as usize {
                    return Err(refused(world, now, server.refusal));
                }
            }
            if let Some(patience) = server.patience
                && start.saturating_sub(now) > nanos(patience)
            {
                let given_up = now.saturating_add(nanos(patience));
                return Err(refused(world, given_up, server.refusal));
            }
        } else {
            while let Some(end) = on(start)
                .filter(|timed| matches!(timed.trouble, Trouble::Stalls))
                .map(|timed| timed.until)
                .max()
            {
                start = end;
            }
        }
        let mut service = server.service.draw(random);
        for timed in on(start) {
            if let Trouble::Slow(factor) = timed.trouble {
                service = whole(service as f64 * factor);
            }
        }
        if !server.slower.is_zero() {
            while self.ends.peek().is_some_and(|Reverse(end)| *end <= now) {
                self.ends.pop();
            }
            let others = self.ends.len() as u64;
            service = service.saturating_add(nanos(server.slower).saturating_mul(others));
        }
        let end = start.saturating_add(service);
        if !server.slower.is_zero() {
            self.ends.push(Reverse(end));
        }
        if let Some(workers) = server.workers {
            if self.free.len() >= workers as usize {
                self.free.pop();
            }
            self.free.push(Reverse(end));
            if server.queue.is_some() && start > now {
                self.starts.push_back(start);
            }
        }
        Ok(end)
    }
}

fn refused(world: &World, now: Nanos, refusal: Refusal) -> Answer {
    let Refusal { class, retry_after } = refusal;
    Answer {
        at: Some(now.saturating_add(nanos(world.server.refusal_time))),
        result: Err(Classification::new(class).retry_after(retry_after)),
    }
}
