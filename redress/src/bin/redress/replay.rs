use std::error::Error;
use std::fmt::Write as _;
use std::process::ExitCode;
use std::time::Duration;

use redress::Policy;
use redress::simulate::{RecordedCall, Report, Run, Simulation, World};
use serde_json::{Value, json};

use crate::args::{Format, Replay};
use crate::files::{print, report_error, report_refused};
use crate::simulate::load;
use crate::text;
use crate::work::{INTERRUPTED, Work};

/// The most bytes of recorded calls: all of them are kept in memory.
const MOST: u64 = 1 << 30;

/// Runs `redress replay`.
pub(crate) fn run(args: &Replay) -> ExitCode {
    let shown = args.calls.display().to_string();
    let lines = match read(args) {
        Ok(lines) => lines,
        Err(error) => return report_error(&*error),
    };
    let calls = match RecordedCall::read_lines(Some(&args.calls), &lines) {
        Ok(calls) => calls,
        Err(error) => return report_refused(shown, &error),
    };
    let policies = match (
        load(&args.policy),
        args.recorded.as_ref().map(|own| load(own)),
    ) {
        (Ok(new), None) => (None, new),
        (Ok(new), Some(Ok(recorded))) => (recorded.into_iter().next(), new),
        (Err(code), _) | (_, Some(Err(code))) => return code,
    };
    let (recorded, new) = policies;
    let each = args.seeds * (new.len() as u64 + u64::from(recorded.is_some()));
    let work = Work::start(each * calls.len() as u64);
    let mut operations = Vec::new();
    for (operation, calls) in calls {
        let happened = Figures::of_calls(&calls);
        let world = World::replayed(operation.as_str(), calls);
        let replayed = |policy: &Policy| {
            let simulation = Simulation::new(policy).seeds(1..=args.seeds);
            Figures::of_report(&simulation.run_while(&world, |_| work.step()))
        };
        let again = recorded.as_ref().map(|(_, policy)| replayed(policy));
        let tried = new
            .iter()
            .map(|(name, policy)| (name.clone(), replayed(policy)));
        operations.push(Operation {
            name: operation,
            happened,
            again,
            tried: tried.collect(),
        });
        if !work.goes_on() {
            break;
        }
    }
    let stopped = work.end();
    let text = match args.format {
        Format::Text => write_text(&operations),
        Format::Json => write_json(&operations, stopped),
    };
    match print(&text) {
        Ok(()) if stopped => ExitCode::from(INTERRUPTED),
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => report_error(&error),
    }
}

fn read(args: &Replay) -> Result<String, Box<dyn Error>> {
    let shown = args.calls.display();
    let failed = |error| format!("{shown}: cannot be read: {error}");
    let length = std::fs::metadata(&args.calls).map_err(failed)?.len();
    if length > MOST {
        return Err(format!("{shown}: is over {MOST} bytes: give a part of it").into());
    }
    Ok(std::fs::read_to_string(&args.calls).map_err(failed)?)
}

struct Operation {
    name: String,
    happened: Figures,
    again: Option<Figures>,
    tried: Vec<(String, Figures)>,
}

/// What became of the calls.
#[derive(Debug, Clone, Copy, Default)]
struct Figures {
    calls: f64,
    success: f64,
    requests: f64,
    p50: f64,
    p99: f64,
}

impl Figures {
    fn of_calls(calls: &[RecordedCall]) -> Self {
        let all = calls.len().max(1) as f64;
        let succeeded = calls.iter().filter(|call| call.succeeded);
        let mut times: Vec<_> = succeeded.map(|call| call.took).collect();
        times.sort_unstable();
        let quantile = |share: f64| {
            let rank = (times.len() as f64 * share).ceil().max(1.0) as usize;
            times.get(rank - 1).map_or(0.0, Duration::as_secs_f64)
        };
        let attempts: usize = calls.iter().map(|call| call.attempts.len()).sum();
        Self {
            calls: calls.len() as f64,
            success: times.len() as f64 / all,
            requests: attempts as f64 / all,
            p50: quantile(0.5),
            p99: quantile(0.99),
        }
    }

    fn of_report(report: &Report) -> Self {
        let quantile =
            |share| report.mean(|run| run.quantile(share).map_or(0.0, |time| time.as_secs_f64()));
        Self {
            calls: report.mean(|run| run.calls() as f64),
            success: report.mean(Run::success),
            requests: report.mean(Run::requests_per_call),
            p50: quantile(0.5),
            p99: quantile(0.99),
        }
    }

    /// Returns the largest difference from what happened, as a share of it.
    fn differs_from(&self, other: &Self) -> f64 {
        let differs = |own: f64, other: f64| {
            if other == 0.0 {
                0.0
            } else {
                (own / other - 1.0).abs()
            }
        };
        let success = differs(self.success, other.success);
        let requests = differs(self.requests, other.requests);
        success.max(requests).max(differs(self.p50, other.p50))
    }

    fn row(&self, name: &str, text: &mut String) {
        let _ = writeln!(
            text,
            "  {name:34}{:>9.0}{:>10.2}%{:>15.3}{:>10.1}ms{:>10.1}ms",
            self.calls,
            100.0 * self.success,
            self.requests,
            1e3 * self.p50,
            1e3 * self.p99
        );
    }

    fn json(&self) -> Value {
        json!({
            "calls": self.calls,
            "success": self.success,
            "requests_per_call": self.requests,
            "p50_seconds": self.p50,
            "p99_seconds": self.p99,
        })
    }
}

fn write_text(operations: &[Operation]) -> String {
    let mut text = String::new();
    if operations.is_empty() {
        text.push_str("no calls are recorded\n");
    }
    for operation in operations {
        let _ = writeln!(text, "operation {}", text::name(&operation.name));
        let _ = writeln!(
            text,
            "  {:34}{:>9}{:>11}{:>15}{:>12}{:>12}",
            "", "calls", "succeed", "requests/call", "p50", "p99"
        );
        operation.happened.row("as it happened", &mut text);
        if let Some(again) = &operation.again {
            again.row("replayed, the recorded policy", &mut text);
        }
        for (name, figures) in &operation.tried {
            figures.row(&format!("replayed, {}", text::name(name)), &mut text);
        }
        let trust = match &operation.again {
            Some(again) => {
                let differs = 100.0 * again.differs_from(&operation.happened);
                format!(
                    "the replay is within {differs:.1}% of what happened (success, requests, p50)"
                )
            }
            None => "how far the replay is to be trusted is not known: give --recorded".to_owned(),
        };
        let _ = writeln!(text, "  {trust}\n");
    }
    text
}

fn write_json(operations: &[Operation], stopped: bool) -> String {
    let operations = operations.iter().map(|operation| {
        let again = operation.again.as_ref();
        let tried = operation.tried.iter();
        let tried: serde_json::Map<_, _> = tried
            .map(|(name, figures)| (name.clone(), figures.json()))
            .collect();
        json!({
            "operation": operation.name,
            "happened": operation.happened.json(),
            "replayed": again.map(Figures::json),
            "differs": again.map(|again| again.differs_from(&operation.happened)),
            "tried": tried,
        })
    });
    let operations: Vec<_> = operations.collect();
    let value = json!({ "version": 1, "stopped": stopped, "operations": operations });
    format!("{value:#}\n")
}
