//! What are breakers, budgets and backoff worth? Six simulations in virtual time, with real policies.
//!
//! It prints a table for each: a server that stops for ten seconds, one that refuses everything for a
//! moment, one that gets slower under load, clients that all write the same row, tasks that share a
//! rate limit, and a server that says when to come back while it is down. With `--svg` it also draws
//! the first.
//!
//! `cargo run --release -p redress-examples --bin outage -- --svg outage.svg`

mod drawing;
mod panel;
mod tables;

use std::error::Error;
use std::path::PathBuf;

fn main() -> Result<(), Box<dyn Error>> {
    let svg = svg_file(std::env::args_os().skip(1))?;
    tables::outage();
    tables::blip();
    tables::collapse();
    tables::contention();
    tables::quota();
    tables::maintenance();
    if let Some(file) = svg {
        let picture = drawing::draw().ok_or("a way of the picture is no longer simulated")?;
        std::fs::write(&file, picture)?;
        println!("\ndrawn in {}", file.display());
    }
    Ok(())
}

/// Reads the arguments.
fn svg_file(
    mut arguments: impl Iterator<Item = std::ffi::OsString>,
) -> Result<Option<PathBuf>, &'static str> {
    const USAGE: &str = "usage: outage [--svg FILE]";
    let file = match arguments.next() {
        None => return Ok(None),
        Some(flag) if flag == "--svg" => arguments.next().ok_or(USAGE)?,
        Some(_) => return Err(USAGE),
    };
    match arguments.next() {
        None => Ok(Some(file.into())),
        Some(_) => Err(USAGE),
    }
}
