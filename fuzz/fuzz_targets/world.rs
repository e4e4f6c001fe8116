//! Checks that any text is a world, or is refused with places that are in the text; and that a small
//! world runs to its end.
//!
//! ```text
//! RUSTC_BOOTSTRAP=1 cargo fuzz run world -- -max_total_time=600
//! ```

#![no_main]

use std::time::Duration;

use libfuzzer_sys::fuzz_target;
use redress::Policy;
use redress::config::Format;
use redress::simulate::{Simulation, World};

fuzz_target!(|text: &str| {
    for format in [Format::Toml, Format::Json, Format::Yaml] {
        match World::parse(format, text) {
            Ok(world) => run(&world),
            Err(error) => {
                assert!(!error.problems().is_empty());
                let places = error.problems().iter().filter_map(|problem| problem.place());
                for place in places {
                    assert!(text.get(place.span()).is_some(), "{error}");
                }
                assert!(!error.to_string().is_empty());
            }
        }
    }
});

/// Runs a world that is small enough for thousands of runs a minute.
fn run(world: &World) {
    let small = world.to_builder().duration(2).clients(3).instances(2).layers(2);
    let Ok(small) = small.replicas(3).fan_out(2).build() else {
        return;
    };
    if small.duration() > Duration::from_secs(2) {
        return;
    }
    let report = Simulation::new(&Policy::recommended()).seeds(1..=1).run(small);
    assert!(report.picture().starts_with("<svg"));
    assert!(!report.to_string().is_empty());
}
