use std::fmt;
use std::time::Duration;

use super::counts::{Counts, Second};
use super::verdict::Verdict;
use super::world::World;
use crate::defaults::{RECOVERY_SHARE, RECOVERY_WINDOW};
use crate::inspect::PolicySnapshot;
use crate::reason::StopReason;

/// What became of a policy in a world: one [`Run`] for each seed.
///
/// It is displayed as a table; [`verdict`](Self::verdict) says it in words, [`picture`](Self::picture)
/// draws it.
#[derive(Debug, Clone)]
pub struct Report {
    pub(super) world: World,
    pub(super) policy: PolicySnapshot,
    pub(super) runs: Vec<Run>,
}

/// One run of a world, from one seed.
#[derive(Debug, Clone, PartialEq)]
pub struct Run {
    pub(super) seed: u64,
    pub(super) recovered: Option<Duration>,
    pub(super) counts: Counts,
}

impl Run {
    pub(super) fn new(world: &World, seed: u64, counts: Counts) -> Self {
        let recovered = recovered(world, &counts);
        Self {
            seed,
            recovered,
            counts,
        }
    }

    /// Returns the seed.
    #[must_use]
    pub const fn seed(&self) -> u64 {
        self.seed
    }

    /// Returns what was counted of each second, to the end of the world.
    #[must_use]
    pub fn seconds(&self) -> &[Second] {
        &self.counts.seconds
    }

    /// Returns how long after [`World::healthy_from`] calls succeeded as before: the successes of ten
    /// seconds were at least 95% of the calls, and so were those of the last ten seconds of the run.
    /// `None` is never.
    ///
    /// Where clients make a number of calls that is known beforehand, it is the time of the last
    /// success, if at least 95% of the calls succeed.
    #[must_use]
    pub const fn recovered(&self) -> Option<Duration> {
        self.recovered
    }

    /// Returns how many calls there were.
    #[must_use]
    pub const fn calls(&self) -> u64 {
        self.counts.calls
    }

    /// Returns how many of them succeeded.
    #[must_use]
    pub const fn succeeded(&self) -> u64 {
        self.counts.succeeded
    }

    /// Returns how many failed, or had not ended a minute after the world's end.
    #[must_use]
    pub const fn failed(&self) -> u64 {
        self.counts.calls.saturating_sub(self.counts.succeeded)
    }

    /// Returns the share of the calls that succeeded, from 0 to 1.
    #[must_use]
    pub fn success(&self) -> f64 {
        share(self.counts.succeeded, self.counts.calls)
    }

    /// Returns the share of the calls that succeeded, of those that started when all should have been
    /// well: after [`World::healthy_from`].
    #[must_use]
    pub fn success_afterwards(&self) -> f64 {
        share(self.counts.late_succeeded, self.counts.late_calls)
    }

    /// Returns the calls that succeeded in a second, on average.
    #[must_use]
    pub fn goodput(&self) -> f64 {
        let seconds = self.counts.seconds.len().max(1);
        let within = self.counts.seconds.iter().map(|s| u64::from(s.successes));
        within.sum::<u64>() as f64 / seconds as f64
    }

    /// Returns how many requests were sent to the server.
    #[must_use]
    pub const fn requests(&self) -> u64 {
        self.counts.requests
    }

    /// Returns the requests that were sent to the server for each call. With layers, this is how they
    /// multiply.
    #[must_use]
    pub fn requests_per_call(&self) -> f64 {
        self.counts.requests as f64 / self.counts.calls.max(1) as f64
    }

    /// Returns the most requests that were sent in one second.
    #[must_use]
    pub fn peak(&self) -> u32 {
        let requests = self.counts.seconds.iter().map(|second| second.requests);
        requests.max().unwrap_or(0)
    }

    /// Returns the share of the server's work that was for nothing: answers that were good, and that
    /// nothing waited for any more.
    #[must_use]
    pub fn wasted(&self) -> f64 {
        let wasted = self.counts.served.saturating_sub(self.counts.received);
        share(wasted, self.counts.served)
    }

    /// Returns the time that this share of the calls that succeeded did not exceed, to within 3%.
    /// `None` if none succeeded.
    ///
    /// ```
    /// use redress::Policy;
    /// use redress::simulate::{simulate, worlds::SLOW};
    ///
    /// let report = simulate(&Policy::recommended(), SLOW);
    /// let run = &report.runs()[0];
    /// assert!(run.quantile(0.5) <= run.quantile(0.99));
    /// ```
    #[must_use]
    pub fn quantile(&self, share: f64) -> Option<Duration> {
        self.counts.times.quantile(share)
    }

    /// Lists why calls stopped without a success, and how many did, the most frequent reason first.
    #[must_use]
    pub fn stop_reasons(&self) -> Vec<(StopReason, u64)> {
        let mut reasons: Vec<_> = self.counts.stops.values().copied().collect();
        reasons.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        reasons
    }

    /// Returns the share of the time for which the breakers were open, and half-open. Zero where there
    /// is no breaker.
    #[must_use]
    pub fn breaker_open(&self) -> (f64, f64) {
        let [closed, half_open, open] = self.counts.states;
        let all = closed + half_open + open;
        (share(open, all), share(half_open, all))
    }
}

fn share(part: u64, all: u64) -> f64 {
    if all == 0 {
        0.0
    } else {
        part as f64 / all as f64
    }
}

/// Finds when calls succeeded again.
fn recovered(world: &World, counts: &Counts) -> Option<Duration> {
    let healthy_from = world.healthy_from();
    if let Some(calls) = world.calls() {
        let enough = counts.succeeded as f64 >= RECOVERY_SHARE * calls as f64;
        let last = Duration::from_nanos(counts.last_success);
        return enough.then(|| last.saturating_sub(healthy_from));
    }
    let seconds = &counts.seconds;
    let sum = |from: usize, of: fn(&Second) -> u32| -> u64 {
        let window = seconds.iter().skip(from).take(RECOVERY_WINDOW);
        window.map(|second| u64::from(of(second))).sum()
    };
    // Where clients wait for their answers, few calls are as bad as few successes.
    let before = usize::try_from(first_trouble(world)?.as_secs()).ok()?;
    let usual = match world.rate(Duration::ZERO) {
        Some(_) => 0,
        None => sum(before.saturating_sub(RECOVERY_WINDOW), |second| {
            second.successes
        }),
    };
    let is_well = |from: usize| {
        let calls = sum(from, |second| second.calls).max(usual);
        calls > 0 && sum(from, |second| second.successes) as f64 >= RECOVERY_SHARE * calls as f64
    };
    let start = usize::try_from(healthy_from.as_millis().div_ceil(1000)).ok()?;
    let last = seconds.len().saturating_sub(RECOVERY_WINDOW).max(start);
    let first = (start..=last).find(|from| is_well(*from))?;
    is_well(last).then(|| Duration::from_secs((first - start) as u64))
}

fn first_trouble(world: &World) -> Option<Duration> {
    let starts = world.script.iter().map(|episode| episode.from);
    Some(starts.min().unwrap_or_default())
}

impl Report {
    /// Returns the world.
    #[must_use]
    pub const fn world(&self) -> &World {
        &self.world
    }

    /// Returns the settings of the policy: that of the first layer.
    #[must_use]
    pub const fn policy(&self) -> &PolicySnapshot {
        &self.policy
    }

    /// Returns the runs, one for each seed; at least one.
    #[must_use]
    pub fn runs(&self) -> &[Run] {
        &self.runs
    }

    /// Returns the longest of the runs' [recoveries](Run::recovered); `None` if one never recovers.
    #[must_use]
    pub fn recovers_within(&self) -> Option<Duration> {
        let mut longest = Duration::ZERO;
        for run in &self.runs {
            longest = longest.max(run.recovered?);
        }
        Some(longest)
    }

    /// Returns the mean of what a function returns for the runs.
    ///
    /// ```
    /// use redress::Policy;
    /// use redress::simulate::{Run, simulate, worlds::BLIP};
    ///
    /// let report = simulate(&Policy::recommended(), BLIP);
    /// assert!(report.mean(Run::success) > 0.99);
    /// ```
    #[must_use]
    pub fn mean(&self, of: impl Fn(&Run) -> f64) -> f64 {
        let sum: f64 = self.runs.iter().map(of).sum();
        sum / self.runs.len().max(1) as f64
    }

    /// Says in words whether the policy recovers, why not, and what would help.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        Verdict::of(self)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let row = |f: &mut fmt::Formatter<'_>, name: &str, cell: &dyn Fn(&Run) -> String| {
            write!(f, "{name:34}")?;
            for run in &self.runs {
                write!(f, "{:>12}", cell(run))?;
            }
            writeln!(f)
        };
        let percent = |share: f64| format!("{:.1}%", 100.0 * share);
        let count = |count: u64| count.to_string();
        row(f, "seed", &|run| count(run.seed))?;
        row(f, "recovers after", &|run| match run.recovered {
            Some(time) => short(time),
            None => "never".to_owned(),
        })?;
        row(f, "calls", &|run| count(run.calls()))?;
        row(f, "  succeed", &|run| percent(run.success()))?;
        row(f, "  succeed once all is well again", &|run| {
            percent(run.success_afterwards())
        })?;
        row(f, "requests for each call", &|run| {
            format!("{:.2}", run.requests_per_call())
        })?;
        row(f, "most requests in a second", &|run| {
            run.peak().to_string()
        })?;
        row(f, "work of the server for nothing", &|run| {
            percent(run.wasted())
        })?;
        for (name, share) in [("p50", 0.5), ("p99", 0.99), ("p99.9", 0.999)] {
            row(f, &format!("{name} of successes"), &|run| {
                run.quantile(share).map_or_else(|| "-".to_owned(), short)
            })?;
        }
        if self.policy.breaker.is_some() {
            row(f, "breaker open", &|run| percent(run.breaker_open().0))?;
            row(f, "breaker half-open", &|run| percent(run.breaker_open().1))?;
        }
        let mut reasons: Vec<StopReason> = Vec::new();
        for (reason, _) in self.runs.iter().flat_map(Run::stop_reasons) {
            if !reasons.contains(&reason) {
                reasons.push(reason);
            }
        }
        for reason in reasons {
            row(f, &format!("stopped: {reason}"), &|run| {
                let of = run.counts.stops.get(reason.as_str());
                count(of.map_or(0, |(_, stopped)| *stopped))
            })?;
        }
        Ok(())
    }
}

/// Writes a length of time with three digits or so.
pub(super) fn short(time: Duration) -> String {
    let millis = time.as_secs_f64() * 1e3;
    if millis < 1.0 {
        format!("{}us", time.as_micros())
    } else if millis < 1000.0 {
        format!("{millis:.0}ms")
    } else if millis < 10_000.0 {
        let seconds = format!("{:.1}", millis / 1e3);
        format!("{}s", seconds.trim_end_matches(".0"))
    } else {
        format!("{:.0}s", millis / 1e3)
    }
}
