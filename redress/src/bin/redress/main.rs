//! The `redress` command, which examines files of policies and tries them out.

mod args;
mod doctor;
mod files;
mod json;
mod picture;
mod replay;
mod report;
mod simulate;
mod target;
mod text;
mod tune;
mod work;

use std::process::ExitCode;

use clap::Parser as _;

fn main() -> ExitCode {
    let args::Args { command } = args::Args::parse();
    match command {
        args::Command::Doctor(args) => doctor::run(&args),
        args::Command::Simulate(args) => simulate::run(&args),
        args::Command::Replay(args) => replay::run(&args),
        args::Command::Tune(args) => tune::run(&args),
    }
}
