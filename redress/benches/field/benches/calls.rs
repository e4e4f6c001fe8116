//! Measures the time of a call through redress and through other crates.
//!
//! `cargo bench --manifest-path redress/benches/field/Cargo.toml --bench calls`
//!
//! Rounds are interleaved. Compare the ratios of one run: the absolute figures belong to the
//! machine. `-- --list` and `-- --only CASE TIMES` are for `redress/benches/instructions`.

#[allow(dead_code, reason = "each benchmark uses its part")]
mod cases;

use cases::measure::{Table, Work};
use redress_field::{Figures, rounds};

fn main() {
    let tables = cases::tables();
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
        }
    }
    figures.print();
}
