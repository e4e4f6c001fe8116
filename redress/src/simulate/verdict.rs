use std::fmt;
use std::time::Duration;

use super::report::{Report, Run, short};
use super::world::World;
use crate::defaults::RECOVERY_WINDOW;
use crate::inspect::PolicySnapshot;
use crate::reason::StopReason;

/// Whether a policy recovers in a world, why not, and what would help.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Verdict {
    /// Every run recovers.
    pub recovers: bool,
    /// What happens, in one sentence.
    pub summary: String,
    /// Why: which rate exceeds which capacity.
    pub reason: Option<String>,
    /// What in the policy would bound it.
    pub fix: Option<String>,
}

impl Verdict {
    pub(super) fn of(report: &Report) -> Self {
        let world = report.world();
        let after = report.recovers_within();
        let (reason, fix) = match after {
            Some(_) => (None, None),
            None => reason(report),
        };
        Self {
            recovers: after.is_some(),
            summary: summary(report, world, after),
            reason,
            fix,
        }
    }
}

fn summary(report: &Report, world: &World, after: Option<Duration>) -> String {
    let name = world.name();
    let failed = format!(
        "{:.1}% of the calls fail",
        100.0 * (1.0 - report.mean(Run::success))
    );
    let runs = report.runs().len();
    let never = report.runs().iter().filter(|run| run.recovered().is_none());
    match after {
        Some(after) if world.calls().is_some() => {
            format!("{name}: done after {}; {failed}", short(after))
        }
        Some(after) if after.is_zero() => format!("{name}: recovers at once; {failed}"),
        Some(after) => format!("{name}: recovers within {}; {failed}", short(after)),
        None if world.calls().is_some() => format!("{name}: {failed}"),
        None if never.clone().count() == runs => format!("{name}: never recovers; {failed}"),
        None => format!(
            "{name}: {} of {runs} runs never recover; {failed}",
            never.count()
        ),
    }
}

/// Finds the reason for a run that never recovers.
fn reason(report: &Report) -> (Option<String>, Option<String>) {
    let world = report.world();
    let policy = report.policy();
    let Some(run) = report.runs().iter().find(|run| run.recovered().is_none()) else {
        return (None, None);
    };
    if world.calls().is_some() {
        return lost(run, policy);
    }
    let last: Vec<_> = run.seconds().iter().rev().take(RECOVERY_WINDOW).collect();
    let per_second = |of: fn(&super::Second) -> u32| {
        last.iter().map(|second| f64::from(of(second))).sum::<f64>() / last.len().max(1) as f64
    };
    let (calls, requests) = (per_second(|s| s.calls), per_second(|s| s.requests));
    let refused = last
        .iter()
        .map(|second| u32::from(second.open))
        .max()
        .unwrap_or(0)
        > 500;
    let each = requests / calls.max(f64::MIN_POSITIVE);
    let Some(capacity) = world.capacity() else {
        let reason = format!(
            "at the end {calls:.0} calls a second make {requests:.0} requests, and more of them at a time make each slower"
        );
        return (Some(reason), Some(bound(policy)));
    };
    if calls >= capacity {
        let reason = format!(
            "{calls:.0} calls a second exceed the {capacity:.0} that the server can do: no policy can change that"
        );
        let fix = "add capacity, or shed load before it is called".to_owned();
        return (Some(reason), Some(fix));
    }
    if requests > capacity {
        let layers = match world.layers {
            1 => String::new(),
            layers => format!(" of {layers} layers that retry"),
        };
        let reason = format!(
            "{each:.1} requests for each call{layers} x {calls:.0} calls a second = {requests:.0} a second, and the server can do {capacity:.0}: what times out is repeated, so the load stays above what can be served"
        );
        return (Some(reason), Some(bound(policy)));
    }
    if refused {
        let reason = "the breaker is open at the end: its probes fail, or too few of them succeed"
            .to_owned();
        let fix = "shorten `recovery_timeout`, or lower `success_threshold`".to_owned();
        return (Some(reason), Some(fix));
    }
    let reason = format!(
        "{requests:.0} requests a second are below the {capacity:.0} that the server can do, but what it works on has waited for longer than its clients do: the queue of the trouble drains by {:.0} a second only",
        capacity - requests
    );
    let fix = if policy.breaker.is_none() {
        "add a breaker (`recommended = true` has one): it takes the load away until the queue is gone"
    } else {
        "give the server a bounded queue, or let it drop what has waited for too long"
    };
    (Some(reason), Some(fix.to_owned()))
}

/// Says which setting bounds retries when everything fails.
fn bound(policy: &PolicySnapshot) -> String {
    let fix = match (policy.breaker.is_some(), policy.budget.is_some()) {
        (false, false) => {
            "nothing in the policy bounds retries while everything fails: add `recommended = true`, which has a breaker and a budget"
        }
        (true, false) => {
            "the breaker does not open, or too late: let it observe attempts (`observe_attempts`), and add `budget` of kind `success_ratio`"
        }
        (false, true) => {
            "the budget goes on to pay while everything fails: use one of kind `success_ratio`, and add `circuit_breaker`"
        }
        (true, true) => {
            "breaker and budget allow too much: lower `reserve` and `failure_rate`, or retry in one layer only"
        }
    };
    fix.to_owned()
}

/// Finds the reason for lost calls, where their number is given.
fn lost(run: &Run, policy: &PolicySnapshot) -> (Option<String>, Option<String>) {
    let Some((stop, count)) = run.stop_reasons().into_iter().next() else {
        let reason = "calls have not ended a minute after the end of the world".to_owned();
        return (Some(reason), Some("set `deadline`".to_owned()));
    };
    let reason = format!("{count} calls of {} stop with {stop}", run.calls());
    let fix = match stop {
        StopReason::MaxAttemptsGlobal | StopReason::MaxAttemptsPerClass => {
            let attempts = policy
                .max_attempts
                .map_or_else(String::new, |most| format!(", which is {most}"));
            format!("raise `max_attempts`{attempts}, and let `deadline` bound the calls")
        }
        StopReason::DeadlineExceeded => "raise `deadline`".to_owned(),
        StopReason::BudgetExhausted => {
            "set `free_hinted_retries`, or raise the budget's `reserve`".to_owned()
        }
        StopReason::CircuitOpen => {
            "leave the class of these failures out of the breaker's `trip_on`".to_owned()
        }
        _ => return (Some(reason), None),
    };
    (Some(reason), Some(fix))
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.summary)?;
        if let Some(reason) = &self.reason {
            write!(f, "\n  reason: {reason}")?;
        }
        if let Some(fix) = &self.fix {
            write!(f, "\n  fix: {fix}")?;
        }
        Ok(())
    }
}
