//! `redress tune`: searches the settings of a policy.

mod candidates;
mod patch;
mod search;

use std::error::Error;
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
use crate::work::Work;
use search::{Judged, Search};

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
    let mut worlds = Vec::new();
    for argument in &args.world {
        match world(argument) {
            Ok(world) => worlds.push(world),
            Err(code) => return code,
        }
    }
    match tune(args, &file, &named, &worlds) {
        Ok(()) => ExitCode::SUCCESS,
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
) -> Result<(), Box<dyn Error>> {
    let current = resolved(file, name);
    let search = Search {
        worlds,
        goal: args.goal,
        seeds: args.seeds,
    };
    let candidates = candidates::of(&current, args.candidates);
    let work = Work::start(search.steps(candidates.len()));
    let judged = search.run(candidates, &work);
    let stopped = !work.goes_on();
    drop(work);
    let Some(first) = judged.first() else {
        return Err("nothing was tried: it was stopped too early".into());
    };
    let before = judged.iter().find(|judged| judged.config == current);
    let better = before.is_none_or(|before| first.score < before.score);
    let patch = better.then(|| patch::of(file, name, &current, &first.config));
    let text = match args.format {
        Format::Text => {
            let mut text = table(&judged, &current, &search, stopped);
            match patch {
                Some(patch) => text.push_str(&patch),
                None => text.push_str(NOTHING),
            }
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
                "held_out_seeds": search.held_out().count(),
                "stopped": stopped,
                "candidates": rows,
                "patch": patch,
            });
            format!("{value:#}\n")
        }
    };
    print(&text)?;
    Ok(())
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

fn table(judged: &[Judged], current: &RetryConfig, search: &Search<'_>, stopped: bool) -> String {
    let mut text = String::new();
    let worlds: Vec<_> = search.worlds.iter().map(World::name).collect();
    let _ = writeln!(
        text,
        "goal: {}; worlds: {}; searched with the seeds 1 to {}, judged with {} others that the search has not seen{}\n",
        search.goal.as_str(),
        worlds.join(", "),
        search.searched(),
        search.held_out().count(),
        if stopped { " (stopped early)" } else { "" }
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
