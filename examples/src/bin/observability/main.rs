//! What a team would see of an outage: the ten panels of the dashboard in `redress/observability`, drawn
//! from a shop in virtual time.
//!
//! Its search is down for forty seconds, and its payments are refused by a rate limit for as long. An
//! observer counts what the integrations count; the panels are what the dashboard's queries ask.
//!
//! `cargo run --release -p redress-examples --bin observability -- observability.svg`

mod dashboard;
mod panel;
mod recorder;
mod shop;

use std::error::Error;
use std::path::PathBuf;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args_os().skip(1);
    let (Some(file), None) = (arguments.next(), arguments.next()) else {
        return Err("usage: observability FILE".into());
    };
    let file = PathBuf::from(file);
    std::fs::write(&file, dashboard::draw(&shop::run(1)?))?;
    println!("drawn in {}", file.display());
    Ok(())
}
