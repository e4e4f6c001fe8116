//! Measures what observers add to a call, beside counters by hand, and seatbelt.
//!
//! `cargo run --release --manifest-path redress/benches/observed/Cargo.toml`
//!
//! Rounds are interleaved. Compare the ratios of one run: the absolute figures belong to the
//! machine. `-- --list` and `-- --only CASE TIMES` are for `redress/benches/instructions`.

mod by_hand;
mod cases;
#[allow(dead_code, reason = "shared with other benchmarks")]
#[path = "../../cost/measure.rs"]
mod measure;
mod seatbelt;

use measure::{Case, Table, Work};
use redress_field::{Figures, rounds};

const FEW: u32 = 100;
const MANY: u32 = 1100;

fn main() {
    let failures = [(0, "success"), (1, "one failure, no delay")];
    let tables = failures.map(|(failures, title)| {
        let mut cases = cases::all(failures);
        cases.extend(seatbelt::all(failures));
        Table::new("watched", title, cases)
    });
    match Work::of_args() {
        Work::Measure => measure(&tables),
        Work::List => tables.iter().for_each(Table::list),
        Work::Only(case, times) => {
            for table in &tables {
                table.run(&case, times);
            }
        }
    }
}

fn measure(tables: &[Table]) {
    let mut figures = Figures::new();
    for table in tables {
        for (case, spread) in table.measure(rounds(301)).rows {
            figures.push(&table.title, case.name, "ns", spread.median);
            figures.push(&table.title, case.name, "spread", spread.width);
            figures.push(&table.title, case.name, "allocations", allocations(case));
        }
    }
    figures.print();
}

/// Returns the allocations of a call, as the difference that more calls make.
fn allocations(case: &Case) -> f64 {
    let of = |times| allocation_counter::measure(|| case.run(times)).count_total;
    of(FEW);
    let (few, many) = (of(FEW), of(MANY));
    many.saturating_sub(few) as f64 / f64::from(MANY - FEW)
}
