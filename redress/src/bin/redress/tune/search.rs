use std::num::NonZero;
use std::ops::RangeInclusive;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use redress::config::RetryConfig;
use redress::simulate::{Run, Simulation, World};

use crate::args::Goal;
use crate::work::Work;

/// The search for better settings, by successive halving (Jamieson and Talwalkar, "Non-stochastic Best
/// Arm Identification and Hyperparameter Optimization", 2016): all candidates with few seeds, the better
/// half of them with twice as many, and so on.
pub(crate) struct Search<'a> {
    pub(crate) worlds: &'a [World],
    pub(crate) goal: Goal,
    /// The seeds with which the last ones are judged.
    pub(crate) seeds: u64,
}

/// What became of a candidate, over all worlds and seeds.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Figures {
    /// The share of the runs that never recover.
    pub(crate) never: f64,
    /// The seconds until those recover that do, on average.
    pub(crate) recovery: f64,
    pub(crate) success: f64,
    /// In seconds, on average.
    pub(crate) p99: f64,
    pub(crate) requests: f64,
}

/// A candidate at the end of the search.
#[derive(Debug, Clone)]
pub(crate) struct Judged {
    pub(crate) config: RetryConfig,
    pub(crate) figures: Figures,
    /// Less is better.
    pub(crate) score: f64,
    /// Nothing is better in one respect without being worse in another.
    pub(crate) pareto: bool,
}

/// What a search has found, the best first.
pub(crate) struct Found {
    pub(crate) judged: Vec<Judged>,
    /// It was judged with seeds that the search has not seen: nothing has stopped it before.
    pub(crate) held_out: bool,
}

/// How many candidates are judged in the end, beside the policy as it is.
const LAST: usize = 6;

/// The seeds of the search start here, and those of the judgement.
const HELD_OUT: u64 = 1001;

impl Search<'_> {
    /// Returns how many seeds the last round of the search takes.
    pub(crate) const fn searched(&self) -> u64 {
        if self.seeds < 2 { 1 } else { self.seeds }
    }

    pub(crate) fn held_out(&self) -> RangeInclusive<u64> {
        HELD_OUT..=HELD_OUT.saturating_add(self.seeds).saturating_sub(1)
    }

    /// Returns how many candidates each round has, and the seeds that it takes.
    fn rounds(&self, candidates: usize) -> Vec<(usize, u64)> {
        let (mut count, mut seeds) = (candidates, 1_u64);
        let mut rounds = Vec::new();
        while count > LAST {
            rounds.push((count, seeds.min(self.searched())));
            count = count.div_ceil(2).max(LAST);
            seeds = seeds.saturating_mul(2);
        }
        rounds
    }

    /// Returns how many runs of a world there will be.
    pub(crate) fn steps(&self, candidates: usize) -> u64 {
        let rounds = self.rounds(candidates).into_iter();
        let searched: u64 = rounds.map(|(count, seeds)| count as u64 * seeds).sum();
        let judged = (candidates.min(LAST) as u64).saturating_add(1) * self.seeds;
        (searched + judged) * self.worlds.len() as u64
    }

    /// Searches, and judges the best with seeds that the search has not seen. The first candidate is
    /// judged in any case.
    ///
    /// Where it is stopped, the last round counts that was done, or of the first one what was done.
    pub(crate) fn run(&self, candidates: Vec<RetryConfig>, work: &Work) -> Found {
        let current = candidates.first().cloned();
        let rounds = self.rounds(candidates.len());
        let mut left = candidates;
        let mut best: Vec<Judged> = Vec::new();
        // The policy as it is, which may not get far.
        let mut own: Option<Judged> = None;
        for (_, seeds) in rounds {
            work.about("searching");
            let judged = self.judge(&left, 1..=seeds, work);
            if !best.is_empty() && !work.goes_on() {
                break;
            }
            own = own.or_else(|| {
                judged
                    .iter()
                    .find(|one| current.as_ref() == Some(&one.config))
                    .cloned()
            });
            best = judged;
            if !work.goes_on() {
                break;
            }
            best.truncate(left.len().div_ceil(2).max(LAST));
            left = best.iter().map(|judged| judged.config.clone()).collect();
        }
        left.truncate(LAST);
        if let Some(current) = current
            && !left.contains(&current)
        {
            left.push(current);
        }
        work.about("judging");
        let judged = self.judge(&left, self.held_out(), work);
        let held_out = judged.len() == left.len();
        let mut judged = if held_out || best.is_empty() {
            judged
        } else {
            best.truncate(LAST);
            best.extend(own.filter(|own| best.iter().all(|one| one.config != own.config)));
            best
        };
        let figures: Vec<_> = judged.iter().map(|judged| judged.figures).collect();
        for one in &mut judged {
            one.pareto = !figures.iter().any(|other| dominates(other, &one.figures));
        }
        Found { judged, held_out }
    }

    /// Runs candidates on all cores, and sorts them. When it is stopped, those are left out that have not
    /// run in all worlds with all seeds: they would be compared with less.
    fn judge(
        &self,
        candidates: &[RetryConfig],
        seeds: RangeInclusive<u64>,
        work: &Work,
    ) -> Vec<Judged> {
        let next = AtomicUsize::new(0);
        let done: Mutex<Vec<(usize, Figures)>> = Mutex::default();
        let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
        std::thread::scope(|scope| {
            for _ in 0..cores {
                scope.spawn(|| {
                    while let Some((at, config)) = {
                        let at = next.fetch_add(1, Ordering::Relaxed);
                        candidates.get(at).map(|config| (at, config))
                    } {
                        let figures = self.figures(config, &seeds, work);
                        if let (Some(figures), Ok(mut done)) = (figures, done.lock()) {
                            done.push((at, figures));
                        }
                    }
                });
            }
        });
        let mut done = done.into_inner().unwrap_or_default();
        done.sort_by_key(|(at, _)| *at);
        let judged = done.into_iter().filter_map(|(at, figures)| {
            Some(Judged {
                config: candidates.get(at)?.clone(),
                figures,
                score: self.score(&figures),
                pareto: false,
            })
        });
        let mut judged: Vec<_> = judged.collect();
        judged.sort_by(|one, other| one.score.total_cmp(&other.score));
        judged
    }

    fn figures(
        &self,
        config: &RetryConfig,
        seeds: &RangeInclusive<u64>,
        work: &Work,
    ) -> Option<Figures> {
        figures(config, self.worlds, seeds, work)
    }

    /// Whatever the goal is, what never recovers comes last.
    fn score(&self, figures: &Figures) -> f64 {
        let lost = 1.0 - figures.success;
        let of_goal = match self.goal {
            Goal::Recovery => figures.recovery + lost,
            Goal::Goodput => 1000.0 * lost + figures.recovery / 1000.0,
            // A call that fails fast is no answer.
            Goal::P99 => figures.p99 + 100.0 * lost,
        };
        1e6 * figures.never + of_goal
    }
}

/// Runs a policy in worlds. `None` if it was stopped, or could not be built.
pub(crate) fn figures(
    config: &RetryConfig,
    worlds: &[World],
    seeds: &RangeInclusive<u64>,
    work: &Work,
) -> Option<Figures> {
    let policy = config.build().ok()?;
    let simulation = Simulation::new(&policy).seeds(seeds.clone());
    let mut sum = Figures::default();
    let (mut runs, mut recovered) = (0_u32, 0_u32);
    let each = usize::try_from(seeds.end().saturating_sub(*seeds.start())).unwrap_or(usize::MAX);
    for world in worlds {
        if !work.goes_on() {
            return None;
        }
        let report = simulation.run_while(world, |_| work.step());
        if report.runs().len() <= each {
            return None;
        }
        for run in report.runs() {
            runs = runs.saturating_add(1);
            match run.recovered() {
                Some(time) => {
                    recovered = recovered.saturating_add(1);
                    sum.recovery += time.as_secs_f64();
                }
                None => sum.never += 1.0,
            }
            sum.success += run.success();
            sum.p99 += run.quantile(0.99).map_or(0.0, |time| time.as_secs_f64());
            sum.requests += Run::requests_per_call(run);
        }
    }
    if runs == 0 {
        return None;
    }
    let all = f64::from(runs);
    Some(Figures {
        never: sum.never / all,
        recovery: sum.recovery / f64::from(recovered.max(1)),
        success: sum.success / all,
        p99: sum.p99 / all,
        requests: sum.requests / all,
    })
}

/// Returns `true` if one is better in a respect, and not worse in any other.
fn dominates(one: &Figures, other: &Figures) -> bool {
    let recovery = |figures: &Figures| (figures.never, figures.recovery);
    let no_worse =
        recovery(one) <= recovery(other) && one.success >= other.success && one.p99 <= other.p99;
    no_worse && (recovery(one), one.success, one.p99) != (recovery(other), other.success, other.p99)
}
