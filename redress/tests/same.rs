//! The same seed gives the same bytes on every machine, in debug and in release builds: `.ci/run` runs this
//! in both.

use std::fmt::Write as _;

use redress::Policy;
use redress::simulate::Simulation;
use redress::simulate::worlds::ALL;

/// FNV-1a.
fn hash(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

#[test]
fn every_machine_and_every_optimization_gives_these_bytes() {
    let policy = Policy::builder()
        .recommended()
        .max_attempts(3)
        .build()
        .unwrap();
    let mut all = String::new();
    for world in ALL {
        let report = Simulation::new(&policy).seeds(1..=1).run(world);
        let hash = hash(&format!("{report}{:?}{}", report.runs(), report.picture()));
        writeln!(all, "{} {hash:016x}", world.name()).unwrap();
    }
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/same.txt");
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(file, &all).unwrap();
    }
    let expected = std::fs::read_to_string(file).unwrap_or_default();
    assert_eq!(all, expected, "if it was meant to change: BLESS=1");
}
