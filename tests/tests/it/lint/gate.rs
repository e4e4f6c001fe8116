//! Findings about the gate.

use redress::Gate;

use super::{assert_clean, assert_finds, builder};

#[test]
fn a_gate_that_nothing_bounds_or_that_no_call_waits_at_is_named() {
    let gated = || builder().gate(Gate::new());
    assert_finds(gated().no_deadline(), "gate-without-deadline", "deadline");
    assert_finds(gated().deadline(0.5), "gate-never-waited-for", "deadline");
    assert_clean(gated());
    assert_clean(builder());
}
