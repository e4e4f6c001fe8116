use std::fmt::Write as _;
use std::ops::RangeInclusive;

use redress::config::RetryConfig;
use redress::simulate::World;
use serde_json::{Value, json};

use super::search::{Figures, figures};
use crate::work::Work;

/// The best policy of a search beside the policy as it is, world by world: also in worlds that the search
/// has not seen.
pub(crate) struct Comparison<'a> {
    pub(crate) searched: &'a [World],
    pub(crate) held_out: &'a [World],
    pub(crate) seeds: RangeInclusive<u64>,
}

/// What became of both in one world.
pub(crate) struct Compared {
    world: String,
    held_out: bool,
    before: Figures,
    best: Figures,
}

impl Comparison<'_> {
    /// Returns how many runs of a world there will be.
    pub(crate) fn steps(&self) -> u64 {
        if self.held_out.is_empty() {
            return 0;
        }
        let worlds = self.searched.len() + self.held_out.len();
        2 * worlds as u64 * self.seeds.clone().count() as u64
    }

    /// Runs both in each world, as far as it is not stopped.
    pub(crate) fn run(
        &self,
        before: &RetryConfig,
        best: &RetryConfig,
        work: &Work,
    ) -> Vec<Compared> {
        work.about("comparing");
        let searched = self.searched.iter().map(|world| (world, false));
        let held_out = self.held_out.iter().map(|world| (world, true));
        let compared = searched.chain(held_out).map_while(|(world, held_out)| {
            let run = |config| figures(config, std::slice::from_ref(world), &self.seeds, work);
            Some(Compared {
                world: world.name().to_owned(),
                held_out,
                before: run(before)?,
                best: run(best)?,
            })
        });
        compared.collect()
    }
}

/// Writes two rows for each world.
pub(crate) fn table(compared: &[Compared]) -> String {
    let mut text = String::new();
    if compared.is_empty() {
        return text;
    }
    let _ = writeln!(
        text,
        "\n{:36}{:>9}{:>12}{:>10}{:>10}{:>15}",
        "world by world", "never", "recovery", "succeed", "p99", "requests/call"
    );
    for one in compared {
        let seen = if one.held_out { " (held out)" } else { "" };
        for (name, figures) in [("as it is", &one.before), ("the best", &one.best)] {
            let what = format!("{}{seen}, {name}", one.world);
            let _ = writeln!(
                text,
                "{what:36}{:>8.0}%{:>11.1}s{:>9.2}%{:>9.2}s{:>15.2}",
                100.0 * figures.never,
                figures.recovery,
                100.0 * figures.success,
                figures.p99,
                figures.requests,
            );
        }
    }
    text
}

impl Compared {
    pub(crate) fn json(&self) -> Value {
        let figures = |figures: &Figures| {
            json!({
                "never": figures.never,
                "recovery_seconds": figures.recovery,
                "success": figures.success,
                "p99_seconds": figures.p99,
                "requests_per_call": figures.requests,
            })
        };
        json!({
            "world": self.world,
            "held_out": self.held_out,
            "as_it_is": figures(&self.before),
            "best": figures(&self.best),
        })
    }
}
