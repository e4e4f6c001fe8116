use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum, ValueHint};

/// Examines files of retry policies, and tries them out.
#[derive(Debug, Parser)]
#[command(name = "redress", version)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Doctor(Doctor),
    Simulate(Simulate),
    Tune(Tune),
    Replay(Replay),
}

/// Reports what is wrong with the policies of a file, why, and how to fix it.
///
/// An error cannot work as it stands; a warning will hurt. The command only reads the file: it
/// calls nothing and changes nothing.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Exits with
  0  if there is no error; there may be warnings
  1  if there are errors
  2  if the command is wrong: an unknown option or policy, a file that cannot be read or written

Colours are for terminals only; NO_COLOR=1 switches them off.

Examples:
  redress doctor retry.toml
  redress doctor retry.toml:payments --show --plot payments.svg
  redress doctor retry.yaml --format json")]
pub(crate) struct Doctor {
    /// The file (.toml, .json, .yaml or .yml); with :NAME, only that policy of it.
    ///
    /// If the file name itself contains a colon, the whole argument is tried as a file name first.
    #[arg(value_name = "FILE[:NAME]", value_hint = ValueHint::FilePath)]
    pub(crate) target: OsString,

    /// Also shows each policy's settings, given or by default, and when its attempts start.
    #[arg(long)]
    pub(crate) show: bool,

    /// The format of the report.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,

    /// Draws the times at which attempts start into this file, whose name ends in .svg.
    #[arg(long, value_name = "FILE.svg", value_parser = svg, value_hint = ValueHint::FilePath)]
    pub(crate) plot: Option<PathBuf>,
}

/// Runs policies in a simulated world: do they recover, what do they cost?
///
/// The policies themselves run, in virtual time; the servers that they call are simulated. The same
/// seeds give the same output on every machine. Ctrl-C shows what is done so far.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Worlds
  outage       280 calls a second; a server for 300 stalls for 10 s
  collapse     a server gets slower under a load that rises and falls again
  contention   100 clients write the same row at once
  quota        100 tasks of 5 requests share a limit of 10 a second
  blip         everything is refused for 300 ms
  grey         one of ten replicas fails every request for a minute
  retry_storm  three layers retry, and the last server stalls for 10 s
  deploy       four replicas restart one after the other, and start slowly
  slow         a server is five times slower for 30 s
  thundering   3,000 clients reconnect in one instant

Exits with
  0  if every policy recovers in every run
  1  if one does not
  2  if the command is wrong: an unknown option, policy or world, a file that cannot be read or written
  130  after Ctrl-C, when what was done until then is shown

Examples:
  redress simulate retry.toml:payments
  redress simulate retry.toml:payments --world slow --seeds 10 --svg slow.svg
  redress simulate retry.toml:payments --against old.toml:payments --world checkout.toml")]
pub(crate) struct Simulate {
    /// The file (.toml, .json, .yaml or .yml); with :NAME, only that policy of it.
    #[arg(value_name = "FILE[:NAME]", value_hint = ValueHint::FilePath)]
    pub(crate) target: OsString,

    /// The world: a name from below, or a file.
    #[arg(long, value_name = "NAME|FILE", default_value = "outage")]
    pub(crate) world: OsString,

    /// How many runs to make, each from a seed of its own.
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u64).range(1..=100_000))]
    pub(crate) seeds: u64,

    /// Other policies, which run in the same world and are shown beside.
    #[arg(long, value_name = "FILE[:NAME]", value_hint = ValueHint::FilePath)]
    pub(crate) against: Option<OsString>,

    /// Draws the first run into this file, whose name ends in .svg: up to four policies.
    #[arg(long, value_name = "FILE.svg", value_parser = svg, value_hint = ValueHint::FilePath)]
    pub(crate) svg: Option<PathBuf>,

    /// The format of the report.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
}

/// Searches the settings of a policy in simulated worlds, and prints what is best as a patch of the file.
///
/// It tries attempts, timeouts, backoff, a budget and a breaker: many with few seeds, the better half of
/// them with more, and so on. What is left is judged with seeds that the search has not seen. The file
/// is not changed. Ctrl-C shows what is done so far.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Exits with
  0  if it has searched, whatever it has found
  2  if the command is wrong: an unknown option, policy or world, a file that cannot be read
  130  after Ctrl-C, when what was done until then is shown

Examples:
  redress tune retry.toml:payments --world outage --world slow --judge deploy --goal recovery
  redress tune retry.toml:payments --world checkout.toml --goal p99 --candidates 200")]
pub(crate) struct Tune {
    /// The file (.toml, .json, .yaml or .yml), with :NAME if it has several policies.
    #[arg(value_name = "FILE[:NAME]", value_hint = ValueHint::FilePath)]
    pub(crate) target: OsString,

    /// A world, by its name or as a file; may be given several times.
    #[arg(long, value_name = "NAME|FILE", default_value = "outage")]
    pub(crate) world: Vec<OsString>,

    /// A world that the search does not see, in which the best is compared with the policy as it is; may
    /// be given several times.
    #[arg(long, value_name = "NAME|FILE")]
    pub(crate) judge: Vec<OsString>,

    /// What is best.
    #[arg(long, value_enum, default_value_t = Goal::Recovery)]
    pub(crate) goal: Goal,

    /// How many policies to try.
    #[arg(long, value_name = "N", default_value_t = 64, value_parser = count)]
    pub(crate) candidates: usize,

    /// How many seeds to judge the best ones with, and to search with at most.
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..=1000))]
    pub(crate) seeds: u64,

    /// The format of the report.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
}

fn count(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(count) if (1..=10_000).contains(&count) => Ok(count),
        _ => Err("give a number from 1 to 10000".to_owned()),
    }
}

/// Replays recorded calls under another policy: what would it have made of the same hour?
///
/// The calls are lines of `redress::simulate::CallRecorder`, an observer. With --recorded they are first
/// replayed under the policy that they were recorded with, which says how far the replay is to be trusted.
/// A server that was overloaded by retries stays so in the replay: it answers as it did in that second.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Exits with
  0  if it has replayed the calls
  2  if the command is wrong: an unknown option or policy, a file that cannot be read
  130  after Ctrl-C, when what was done until then is shown

Examples:
  redress replay calls.jsonl --recorded retry.toml:payments --policy new.toml:payments")]
pub(crate) struct Replay {
    /// The recorded calls, one line of JSON each.
    #[arg(value_name = "CALLS.jsonl", value_hint = ValueHint::FilePath)]
    pub(crate) calls: PathBuf,

    /// The policy to try.
    #[arg(long, value_name = "FILE[:NAME]", value_hint = ValueHint::FilePath)]
    pub(crate) policy: OsString,

    /// The policy that the calls were recorded with.
    #[arg(long, value_name = "FILE[:NAME]", value_hint = ValueHint::FilePath)]
    pub(crate) recorded: Option<OsString>,

    /// How many runs to make, each from a seed of its own.
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u64).range(1..=1000))]
    pub(crate) seeds: u64,

    /// The format of the report.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
}

/// What the best policy is best in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Goal {
    /// The time until calls succeed again.
    Recovery,
    /// The share of the calls that succeed.
    Goodput,
    /// The time that 99 of 100 successes do not exceed; a call that fails counts as very late.
    P99,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people: shows each place in the file, underlined.
    Text,
    /// For programs; described in the documentation of `redress::inspect`.
    Json,
}

fn svg(name: &str) -> Result<PathBuf, String> {
    let path = PathBuf::from(name);
    let is_svg = |extension: &std::ffi::OsStr| extension.eq_ignore_ascii_case("svg");
    if path.extension().is_some_and(is_svg) {
        Ok(path)
    } else {
        Err("the picture is an SVG: give it a name that ends in .svg".to_owned())
    }
}
