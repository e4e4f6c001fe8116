//! `redress tune`: searches the settings of a policy.

mod candidates;
mod compare;
mod patch;
mod search;

use std::error::Error;
use std::ffi::OsString;
use std::fmt::Write as _;
use std::process::ExitCode;

use redress::config::{ConfigFile, NamedOr, RetryConfig};
use redress::simulate::World;
use serde_json::json;

use crate::args::{Format, Goal, Tune};
use crate::files::{print, report_error, report_refused};
use crate::simulate::world;
use crate::target::Target;
use crate::text;
use crate::work::{INTERRUPTED, Work};
use compare::{Compared, Comparison};
use search::{Found, Judged, Search};

const NOTHING: &str = "nothing that was tried is better than the policy as it is\n";

/// Runs `redress tune`.
pub(crate) fn run(args: &Tune) -> ExitCode {
    let target = Target::of(&args.target);
    let shown = target.file.display().to_string();
    let file = match ConfigFile::read(&target.file) {
        Ok(file) => file,
        Err(error) => return report_refused(shown, &error),
    };
    let named = match one(&file, &target) {
        Ok(named) => named,
        Err(error) => return report_error(&*error),
    };
    let all = |arguments: &[OsString]| {
        let worlds = arguments.iter().map(|argument| world(argument));
        worlds.collect::<Result<Vec<_>, _>>()
    };
    let (worlds, held_out) = match (all(&args.world), all(&args.judge)) {
        (Ok(worlds), Ok(held_out)) => (worlds, held_out),
        (Err(code), _) | (_, Err(code)) => return code,
    };
    match tune(args, &file, &named, &worlds, &held_out) {
        Ok(code) => code,
        Err(error) => report_error(&*error),
    }
}

/// Finds the policy that is tuned.
fn one(file: &ConfigFile, target: &Target) -> Result<String, Box<dyn Error>> {
    let mut names = file.policies().keys();
    match (&target.policy, names.next(), names.next()) {
        (Some(name), ..) => {
            file.policy(name)?;
            Ok(name.clone())
        }
        (None, Some(only), None) => Ok(only.clone()),
        _ => {
            let names: Vec<_> = file
                .policies()
                .keys()
                .map(|name| text::name(name))
                .collect();
            let (file, names) = (target.file.display(), names.join(", "));
            Err(format!("name one policy, as in {file}:NAME; it has {names}").into())
        }
    }
}

/// Returns a policy with the settings of what it shares.
fn resolved(file: &ConfigFile, name: &str) -> RetryConfig {
    let mut config = file.policies().get(name).cloned().unwrap_or_default();
    if let Some(NamedOr::Named(budget)) = &config.budget {
        config.budget = file.budgets().get(budget).cloned().map(NamedOr::Own);
    }
    if let Some(NamedOr::Named(breaker)) = &config.circuit_breaker {
        config.circuit_breaker = file.breakers().get(breaker).cloned().map(NamedOr::Own);
    }
    config
}

fn tune(
    args: &Tune,
    file: &ConfigFile,
    name: &str,
    worlds: &[World],
    judge: &[World],
) -> Result<ExitCode, Box<dyn Error>> {
    let current = resolved(file, name);
    let search = Search {
        worlds,
        goal: args.goal,
        seeds: args.seeds,
    };
    let candidates = candidates::of(&current, args.candidates);
    let comparison = Comparison {
        searched: worlds,
        held_out: judge,
        seeds: search.held_out(),
    };
    let steps = search
        .steps(candidates.len())
        .saturating_add(comparison.steps());
    let work = Work::start(steps);
    let Found { judged, held_out } = search.run(candidates, &work);
    let compared = match judged.first() {
        Some(best) if !judge.is_empty() => comparison.run(&current, &best.config, &work),
        _ => Vec::new(),
    };
    let stopped = work.end();
    let Some(first) = judged.first() else {
        // It was stopped before one candidate was through.
        return Ok(ExitCode::from(INTERRUPTED));
    };
    let before = judged.iter().find(|judged| judged.config == current);
    let better = before.is_none_or(|before| first.score < before.score);
    let patch = better.then(|| patch::of(file, name, &current, &first.config));
    let text = match args.format {
        Format::Text => {
            let mut text = table(&judged, &current, &search, held_out);
            match patch {
                Some(patch) => text.push_str(&patch),
                None => text.push_str(NOTHING),
            }
            text.push_str(&compare::table(&compared));
            text
        }
        Format::Json => {
            let rows: Vec<_> = judged
                .iter()
                .map(|judged| row_json(judged, &current))
                .collect();
            let value = json!({
                "version": 1,
                "goal": args.goal.as_str(),
                "worlds": worlds.iter().map(World::name).collect::<Vec<_>>(),
                "searched_seeds": search.searched(),
                "held_out_seeds": if held_out { search.held_out().count() } else { 0 },
                "stopped": stopped,
                "candidates": rows,
                "worlds_compared": compared.iter().map(Compared::json).collect::<Vec<_>>(),
                "patch": patch,
            });
            format!("{value:#}\n")
        }
    };
    print(&text)?;
    Ok(if stopped {
        ExitCode::from(INTERRUPTED)
    } else {
        ExitCode::SUCCESS
    })
}

fn row_json(judged: &Judged, current: &RetryConfig) -> serde_json::Value {
    json!({
        "current": judged.config == *current,
        "pareto": judged.pareto,
        "settings": judged.config,
        "never": judged.figures.never,
        "recovery_seconds": judged.figures.recovery,
        "success": judged.figures.success,
        "p99_seconds": judged.figures.p99,
        "requests_per_call": judged.figures.requests,
    })
}

fn table(judged: &[Judged], current: &RetryConfig, search: &Search<'_>, held_out: bool) -> String {
    let mut text = String::new();
    let worlds: Vec<_> = search.worlds.iter().map(World::name).collect();
    let _ = writeln!(
        text,
        "goal: {}; worlds: {}; searched with the seeds 1 to {}, {}\n",
        search.goal.as_str(),
        worlds.join(", "),
        search.searched(),
        if held_out {
            let count = search.held_out().count();
            format!("judged with {count} others that the search has not seen")
        } else {
            "stopped before it was judged with others".to_owned()
        }
    );
    let _ = writeln!(
        text,
        "{:3}{:>9}{:>12}{:>10}{:>10}{:>15}  settings that differ",
        "", "never", "recovery", "succeed", "p99", "requests/call"
    );
    for judged in judged {
        let figures = &judged.figures;
        let sign = if judged.pareto { "*" } else { "" };
        let changes = if judged.config == *current {
            "(the policy as it is)".to_owned()
        } else {
            patch::changes(current, &judged.config).join(", ")
        };
        let _ = writeln!(
            text,
            "{sign:3}{:>8.0}%{:>11.1}s{:>9.1}%{:>9.2}s{:>15.2}  {changes}",
            100.0 * figures.never,
            figures.recovery,
            100.0 * figures.success,
            figures.p99,
            figures.requests,
        );
    }
    let _ = writeln!(
        text,
        "\n* nothing else is better in one of recovery, success and p99 without being worse in another\n"
    );
    text
}

impl Goal {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Recovery => "recovery",
            Self::Goodput => "goodput",
            Self::P99 => "p99",
        }
    }
}
