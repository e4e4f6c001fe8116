use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum, ValueHint};

/// Looks at files of retry policies.
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

/// Says what is wrong with the policies of a file, why, and what to do.
///
/// Errors cannot work as they stand; warnings will hurt. It only reads the file: nothing is called
/// and nothing is changed.
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
    /// The file (.toml, .json, .yaml or .yml), and with :NAME one of its policies only.
    ///
    /// A file whose name has a colon in it is found by its whole name first.
    #[arg(value_name = "FILE[:NAME]", value_hint = ValueHint::FilePath)]
    pub(crate) target: OsString,

    /// Also shows each policy's settings, given or by default, and when its attempts start.
    #[arg(long)]
    pub(crate) show: bool,

    /// How to write what was found.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,

    /// Draws when the attempts start into this file, whose name ends in .svg.
    #[arg(long, value_name = "FILE.svg", value_parser = svg, value_hint = ValueHint::FilePath)]
    pub(crate) plot: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people: each place underlined in the file.
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
