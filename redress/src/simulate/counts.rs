use std::collections::BTreeMap;
use std::time::Duration;

use super::agenda::{Nanos, nanos};
use super::histogram::Histogram;
use super::world::World;
use crate::reason::StopReason;

/// What is counted of each second of a run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Second {
    /// Calls that started in it.
    pub calls: u32,
    /// Calls that succeeded in it.
    pub successes: u32,
    /// Calls that failed in it.
    pub failures: u32,
    /// Requests that reached the server in it.
    pub requests: u32,
    /// How often, in a thousand looks at all breakers, one was open.
    pub open: u16,
    /// How often one was half-open.
    pub half_open: u16,
}

/// All that is counted of one run.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Counts {
    /// To the end of the world; what comes later belongs to no second.
    pub(super) seconds: Vec<Second>,
    looks: Vec<[u64; 3]>,
    healthy_from: Nanos,
    pub(super) calls: u64,
    pub(super) ended: u64,
    pub(super) succeeded: u64,
    pub(super) attempts: u64,
    pub(super) requests: u64,
    /// Requests that the server answered well.
    pub(super) served: u64,
    /// Of those, the ones whose answer was waited for.
    pub(super) received: u64,
    pub(super) late_calls: u64,
    pub(super) late_succeeded: u64,
    /// When the last call succeeded.
    pub(super) last_success: Nanos,
    pub(super) stops: BTreeMap<&'static str, (StopReason, u64)>,
    /// Of the calls that succeeded.
    pub(super) times: Histogram,
    /// Looks at closed, half-open and open breakers.
    pub(super) states: [u64; 3],
}

impl Counts {
    pub(super) fn new(world: &World) -> Self {
        let seconds = usize::try_from(world.duration.as_millis().div_ceil(1000));
        let seconds = seconds.unwrap_or(usize::MAX);
        Self {
            seconds: vec![Second::default(); seconds],
            looks: vec![[0; 3]; seconds],
            healthy_from: nanos(world.healthy_from()),
            ..Self::default()
        }
    }

    fn second(&mut self, at: Nanos) -> Option<&mut Second> {
        self.seconds.get_mut(second_of(at))
    }

    pub(super) fn start(&mut self, at: Nanos) {
        self.calls += 1;
        self.late_calls += u64::from(at >= self.healthy_from);
        if let Some(second) = self.second(at) {
            second.calls = second.calls.saturating_add(1);
        }
    }

    pub(super) fn end(
        &mut self,
        started: Nanos,
        at: Nanos,
        attempts: u32,
        stop: Option<StopReason>,
    ) {
        self.ended += 1;
        self.attempts += u64::from(attempts);
        let Some(reason) = stop else {
            self.succeeded += 1;
            self.late_succeeded += u64::from(started >= self.healthy_from);
            self.last_success = self.last_success.max(at);
            self.times
                .add(Duration::from_nanos(at.saturating_sub(started)));
            if let Some(second) = self.second(at) {
                second.successes = second.successes.saturating_add(1);
            }
            return;
        };
        self.stops.entry(reason.as_str()).or_insert((reason, 0)).1 += 1;
        if let Some(second) = self.second(at) {
            second.failures = second.failures.saturating_add(1);
        }
    }

    /// Counts a request that reached the server, and whether it will be answered well.
    pub(super) fn request(&mut self, at: Nanos, served: bool) {
        self.requests += 1;
        self.served += u64::from(served);
        if let Some(second) = self.second(at) {
            second.requests = second.requests.saturating_add(1);
        }
    }

    /// Counts a request that got lost.
    pub(super) fn lose(&mut self, at: Nanos) {
        self.request(at, false);
    }

    /// Counts an answer that was still waited for.
    pub(super) fn receive(&mut self) {
        self.received += 1;
    }

    /// Counts the breakers in each state: closed, half-open, open.
    pub(super) fn look(&mut self, at: Nanos, seen: [u64; 3]) {
        let sum = |counts: &mut [u64; 3]| {
            for (count, more) in counts.iter_mut().zip(seen) {
                *count += more;
            }
        };
        sum(&mut self.states);
        let Some(looks) = self.looks.get_mut(second_of(at)) else {
            return;
        };
        sum(looks);
        let [closed, half_open, open] = *looks;
        let all = (closed + half_open + open).max(1);
        let share = |count: u64| u16::try_from(count.saturating_mul(1000) / all).unwrap_or(1000);
        let (half_open, open) = (share(half_open), share(open));
        if let Some(second) = self.second(at) {
            (second.half_open, second.open) = (half_open, open);
        }
    }
}

fn second_of(at: Nanos) -> usize {
    usize::try_from(at / 1_000_000_000).unwrap_or(usize::MAX)
}
