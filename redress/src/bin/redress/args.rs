use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum, ValueHint};

/// Examines files of retry policies.
#[derive(Debug, Parser)]
#[command(name = "redress", version)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Doctor(Doctor),
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
