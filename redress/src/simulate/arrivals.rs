use super::Trouble;
use super::agenda::{Nanos, nanos};
use super::random::{Random, whole};
use super::world::{Load, World, rate};

/// The start of a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Arrival {
    pub(super) at: Nanos,
    /// How many calls it makes; `u32::MAX` is as many as it can.
    pub(super) calls: u32,
    /// Counted from 0.
    pub(super) number: u64,
}

/// When clients start, in this order.
pub(super) struct Arrivals<'w> {
    load: Starts<'w>,
    next: Option<Nanos>,
    /// The calls of bursts, the next one last.
    bursts: Vec<(Nanos, u32)>,
    calls: u32,
    number: u64,
}

enum Starts<'w> {
    /// A Poisson process whose rate changes, by thinning (Lewis and Shedler, 1979).
    Open {
        points: &'w [(std::time::Duration, f64)],
        peak: f64,
        at: Nanos,
        end: Nanos,
        random: Random,
    },
    /// The times, the next one last.
    At(Vec<Nanos>),
}

impl<'w> Arrivals<'w> {
    pub(super) fn new(world: &'w World, seed: u64) -> Self {
        let mut random = Random::new(seed);
        let mut calls = 1;
        let load = match &world.load {
            Load::Open(points) => {
                let rates = points.iter().map(|(_, rate)| *rate);
                Starts::Open {
                    points,
                    peak: rates.fold(0.0, f64::max),
                    at: 0,
                    end: nanos(world.duration),
                    random,
                }
            }
            Load::Closed(clients) => {
                calls = clients.calls.unwrap_or(u32::MAX);
                let within = nanos(clients.start) as f64;
                let mut start = || match clients.start.is_zero() {
                    true => 0,
                    false => whole(within * random.uniform()),
                };
                let mut starts: Vec<_> = (0..clients.count).map(|_| start()).collect();
                starts.sort_unstable_by(|one, other| other.cmp(one));
                Starts::At(starts)
            }
            Load::Trace(times) => Starts::At(times.iter().rev().map(|at| nanos(*at)).collect()),
        };
        let script = world.script.iter();
        let mut bursts: Vec<_> = script
            .filter_map(|episode| match episode.trouble {
                Trouble::Burst(calls) => Some((nanos(episode.from), calls)),
                _ => None,
            })
            .collect();
        bursts.sort_by(|(one, _), (other, _)| other.cmp(one));
        let mut arrivals = Self {
            load,
            next: None,
            bursts,
            calls,
            number: 0,
        };
        arrivals.next = arrivals.load.next();
        arrivals
    }
}

impl Starts<'_> {
    fn next(&mut self) -> Option<Nanos> {
        match self {
            Self::At(times) => times.pop(),
            Self::Open {
                points,
                peak,
                at,
                end,
                random,
            } => {
                if *peak <= 0.0 {
                    return None;
                }
                loop {
                    let gap = whole(1e9 / *peak * random.exponential());
                    *at = at.saturating_add(gap);
                    if *at >= *end {
                        return None;
                    }
                    let steady = points.len() == 1;
                    if steady || random.uniform() * *peak < rate(points, *at as f64 / 1e9) {
                        return Some(*at);
                    }
                }
            }
        }
    }
}

impl Iterator for Arrivals<'_> {
    type Item = Arrival;

    fn next(&mut self) -> Option<Arrival> {
        let number = self.number;
        let arrival = |at, calls| Arrival { at, calls, number };
        let arrival = match (self.next, self.bursts.last_mut()) {
            (next, Some((at, left))) if next.is_none_or(|next| *at <= next) => {
                let at = *at;
                *left = left.saturating_sub(1);
                if *left == 0 {
                    self.bursts.pop();
                }
                arrival(at, 1)
            }
            (Some(at), _) => {
                self.next = self.load.next();
                arrival(at, self.calls)
            }
            (None, _) => return None,
        };
        self.number = self.number.saturating_add(1);
        Some(arrival)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn times(world: &World) -> Vec<Nanos> {
        Arrivals::new(world, 2).map(|arrival| arrival.at).collect()
    }

    #[test]
    fn arrivals_follow_the_rate() {
        let ramp = World::builder("w").rates([(0, 0.0), (100, 100.0)]);
        let times = times(&ramp.duration(100).build().unwrap());
        assert!(times.is_sorted());
        assert!(times.len().abs_diff(5000) < 250, "{}", times.len());
        let early = times.iter().filter(|at| **at < 50_000_000_000).count();
        assert!(early.abs_diff(1250) < 120, "{early}");
    }

    #[test]
    fn a_burst_comes_between_the_others() {
        let world = World::builder("w")
            .trace([3, 1])
            .during(2, 2, Trouble::Burst(2));
        let times = times(&world.build().unwrap());
        assert_eq!(
            times,
            [1, 2, 2, 3].map(|seconds: u64| seconds * 1_000_000_000)
        );
    }
}
