//! The `redress` command, which examines files of policies.

mod args;
mod doctor;
mod json;
mod picture;
mod report;
mod target;
mod text;

use std::process::ExitCode;

use clap::Parser as _;

fn main() -> ExitCode {
    let args::Args { command } = args::Args::parse();
    match command {
        args::Command::Doctor(args) => doctor::run(&args),
    }
}
