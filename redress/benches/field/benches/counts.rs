//! Counts the allocations of a call and their bytes, and measures the size of its future.
//!
//! `cargo bench --manifest-path redress/benches/field/Cargo.toml --bench counts`

#[allow(dead_code, reason = "each benchmark uses its part")]
mod cases;

use allocation_counter::{AllocationInfo, measure};
use cases::measure::Case;
use redress_field::Figures;

const FEW: u32 = 100;
const MANY: u32 = 300;

fn main() {
    let mut figures = Figures::new();
    for table in cases::tables() {
        for case in &table.cases {
            let (allocations, bytes) = allocated(case);
            figures.push(&table.title, case.name, "allocations", allocations);
            figures.push(&table.title, case.name, "bytes", bytes);
            if let Some(bytes) = case.future_bytes {
                figures.push(&table.title, case.name, "future", bytes as f64);
            }
        }
    }
    figures.print();
}

/// Returns the allocations and bytes per call, as the difference that more calls make. Allocations
/// that a runtime or a case makes only once are not a cost of a call.
fn allocated(case: &Case) -> (f64, f64) {
    case.run(FEW);
    let few = measure(|| case.run(FEW));
    let many = measure(|| case.run(MANY));
    let per_call = |count: fn(&AllocationInfo) -> u64| {
        count(&many).saturating_sub(count(&few)) as f64 / f64::from(MANY - FEW)
    };
    (
        per_call(|info| info.count_total),
        per_call(|info| info.bytes_total),
    )
}
