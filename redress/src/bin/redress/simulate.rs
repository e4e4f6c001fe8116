use std::error::Error;
use std::fmt::Write as _;
use std::path::Path;
use std::process::ExitCode;

use redress::Policy;
use redress::config::{ConfigFile, Format as FileFormat};
use redress::simulate::worlds::{ALL, NamedWorld};
use redress::simulate::{Report, Run, Simulation, World};
use serde_json::{Value, json};

use crate::args::{Format, Simulate};
use crate::files::{policies, print, report_error, report_refused};
use crate::target::Target;
use crate::text;
use crate::work::{INTERRUPTED, Work};

/// The version of the JSON, which increases when a field changes its meaning or is removed.
const VERSION: u32 = 1;

/// Runs `redress simulate`.
pub(crate) fn run(args: &Simulate) -> ExitCode {
    let world = match world(args.world.as_ref()) {
        Ok(world) => world,
        Err(code) => return code,
    };
    let mut contenders = match load(&args.target) {
        Ok(policies) => policies,
        Err(code) => return code,
    };
    // These decide about the exit code.
    let own = contenders.len();
    if let Some(against) = &args.against {
        match load(against) {
            Ok(policies) => contenders.extend(
                policies
                    .into_iter()
                    .map(|(name, policy)| (format!("{name} (against)"), policy)),
            ),
            Err(code) => return code,
        }
    }
    let steps = args.seeds.saturating_mul(contenders.len() as u64);
    let work = Work::start(steps);
    let mut reports = Vec::new();
    for (name, policy) in &contenders {
        work.about(name);
        let simulation = Simulation::new(policy).seeds(1..=args.seeds);
        let report = simulation.run_while(&world, |_| work.step());
        reports.push((name.as_str(), report));
        if !work.goes_on() {
            break;
        }
    }
    let stopped = work.end();
    let recovers = |(_, report): &(&str, Report)| report.recovers_within().is_some();
    let recovered = reports.iter().take(own).all(recovers);
    if let Err(error) = show(args, &world, &reports, stopped) {
        return report_error(&*error);
    }
    if stopped {
        return ExitCode::from(INTERRUPTED);
    }
    ExitCode::from(u8::from(!recovered))
}

fn show(
    args: &Simulate,
    world: &World,
    reports: &[(&str, Report)],
    stopped: bool,
) -> Result<(), Box<dyn Error>> {
    let text = match args.format {
        Format::Text => write_text(reports),
        Format::Json => write_json(world, reports, stopped),
    };
    print(&text)?;
    if let Some(picture) = &args.svg {
        let drawn: Vec<_> = reports
            .iter()
            .map(|(name, report)| (*name, report))
            .collect();
        let svg = Report::picture_of(&drawn);
        let failed = |error| format!("{}: cannot be written: {error}", picture.display());
        std::fs::write(picture, svg).map_err(failed)?;
    }
    Ok(())
}

/// Finds a world by its name, or reads it from a file.
pub(crate) fn world(argument: &std::ffi::OsStr) -> Result<World, ExitCode> {
    let path = Path::new(argument);
    if let Some(named) = argument.to_str().and_then(NamedWorld::find) {
        return Ok(named.world());
    }
    if !path.exists() && FileFormat::of(path).is_none() {
        let known: Vec<_> = ALL.iter().map(NamedWorld::name).collect();
        let name = argument.to_string_lossy();
        let message = format!(
            "there is no world {name}: give a file of one, or {}",
            known.join(", ")
        );
        return Err(report_error(&*Box::<dyn Error>::from(message)));
    }
    World::read(path).map_err(|error| report_refused(path.display().to_string(), &error))
}

/// Reads the policies of a target.
pub(crate) fn load(argument: &std::ffi::OsStr) -> Result<Vec<(String, Policy)>, ExitCode> {
    let target = Target::of(argument);
    let name = target.file.display().to_string();
    let file = ConfigFile::read(&target.file).map_err(|error| report_refused(name, &error))?;
    policies(&file, &target).map_err(|error| report_error(&*error))
}

fn write_text(reports: &[(&str, Report)]) -> String {
    let mut text = String::new();
    for (name, report) in reports {
        let _ = writeln!(text, "policy {}\n\n{report}", text::name(name));
    }
    for (name, report) in reports {
        let _ = writeln!(text, "{}: {}", text::name(name), report.verdict());
    }
    text
}

fn write_json(world: &World, reports: &[(&str, Report)], stopped: bool) -> String {
    let policies: Vec<_> = reports.iter().map(policy).collect();
    let value = json!({
        "version": VERSION,
        "world": world.name(),
        "capacity": world.capacity(),
        "healthy_from_seconds": world.healthy_from().as_secs_f64(),
        "stopped": stopped,
        "policies": policies,
    });
    format!("{value:#}\n")
}

fn policy((name, report): &(&str, Report)) -> Value {
    let verdict = report.verdict();
    json!({
        "name": name,
        "recovers": verdict.recovers,
        "summary": verdict.summary,
        "reason": verdict.reason,
        "fix": verdict.fix,
        "runs": report.runs().iter().map(one).collect::<Vec<_>>(),
    })
}

fn one(run: &Run) -> Value {
    let seconds = |share| run.quantile(share).map(|time| time.as_secs_f64());
    let stops = run.stop_reasons().into_iter();
    let stops: serde_json::Map<_, _> = stops
        .map(|(reason, count)| (reason.as_str().to_owned(), count.into()))
        .collect();
    let of = |count: fn(&redress::simulate::Second) -> u32| {
        run.seconds().iter().map(count).collect::<Vec<_>>()
    };
    let (open, half_open) = run.breaker_open();
    json!({
        "seed": run.seed(),
        "recovers_after_seconds": run.recovered().map(|time| time.as_secs_f64()),
        "calls": run.calls(),
        "succeeded": run.succeeded(),
        "success_afterwards": run.success_afterwards(),
        "goodput": run.goodput(),
        "requests": run.requests(),
        "requests_per_call": run.requests_per_call(),
        "peak": run.peak(),
        "wasted": run.wasted(),
        "p50_seconds": seconds(0.5),
        "p99_seconds": seconds(0.99),
        "p999_seconds": seconds(0.999),
        "stop_reasons": stops,
        "breaker_open": open,
        "breaker_half_open": half_open,
        "by_second": {
            "calls": of(|second| second.calls),
            "successes": of(|second| second.successes),
            "failures": of(|second| second.failures),
            "requests": of(|second| second.requests),
        },
    })
}
