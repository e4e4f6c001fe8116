//! When does a client forget that earlier connections have failed? Nine rules in six outages, in virtual
//! time: a table, and with `--svg` a picture of it.
//!
//! `cargo run --release -p redress-examples --bin sessions -- --svg sessions.svg`

mod drawing;

use std::error::Error;
use std::path::PathBuf;

use redress_examples::simulation::sessions::{Cost, OUTAGES, RULES, mean};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args_os().skip(1);
    let svg: Option<PathBuf> = match (arguments.next(), arguments.next(), arguments.next()) {
        (None, ..) => None,
        (Some(flag), Some(file), None) if flag == "--svg" => Some(file.into()),
        _ => return Err("usage: sessions [--svg FILE]".into()),
    };
    let costs = RULES.map(|rule| OUTAGES.map(|outage| mean(&rule, &outage)));
    table(&costs);
    if let Some(file) = svg {
        std::fs::write(&file, drawing::draw(&costs)?)?;
        println!("\ndrawn in {}", file.display());
    }
    Ok(())
}

/// Returns the lowest cost of an outage.
pub(crate) fn best(costs: &[[f64; 6]; 9], outage: usize) -> f64 {
    let of_outage = costs.iter().filter_map(|costs| costs.get(outage));
    of_outage.copied().fold(f64::INFINITY, f64::min)
}

/// Writes a cost, which has no limit where there will never be a session again.
pub(crate) fn cost_in_words(cost: f64) -> String {
    if cost.is_finite() {
        format!("{cost:.0}")
    } else {
        "gave up".to_owned()
    }
}

fn table(costs: &[[f64; 6]; 9]) {
    for (outage, at) in OUTAGES.iter().zip(0..) {
        let cost = match outage.cost {
            Cost::Connects => "connects",
            Cost::Seconds => "seconds without a session",
        };
        println!("\n{}: {cost}\n", outage.name);
        println!("| forgets | as in | cost | of the best |");
        println!("|---|---|---|---|");
        let best = best(costs, at);
        for (rule, costs) in RULES.iter().zip(costs) {
            let Some(cost) = costs.get(at) else {
                continue;
            };
            let times = if cost.is_finite() {
                format!("{:.1} times", cost / best)
            } else {
                "-".to_owned()
            };
            let cost = cost_in_words(*cost);
            println!("| {} | {} | {cost} | {times} |", rule.name, rule.of);
        }
    }
}

// Elsewhere the logarithm may differ in its last digit.
#[cfg(all(test, target_os = "linux", target_env = "gnu"))]
mod tests {
    use redress_examples::picture::{faint_colours, is_committed};

    use super::*;

    #[test]
    fn the_committed_picture_is_what_is_drawn_and_can_be_read_on_every_page() {
        let costs = RULES.map(|rule| OUTAGES.map(|outage| mean(&rule, &outage)));
        let svg = drawing::draw(&costs).unwrap();
        assert_eq!(faint_colours(&svg), [""; 0]);
        assert!(
            is_committed("sessions.svg", &svg).unwrap(),
            "redress/docs/sessions.svg is not what the example draws. To write it anew: \
             BLESS=1 cargo test -p redress-examples --bin sessions"
        );
    }
}
