//! Every interleaving of a few threads.
//!
//! `RUSTFLAGS="--cfg redress_loom" cargo test -p redress --lib loom --release`

use std::time::Duration;

use super::pacer::{GateEnd, GateTicket};
use super::settings::GateSettings;
use super::shared::SharedGate;
use crate::clock::Time;
use crate::sync_model::explore;
use crate::testing::VirtualClock;

const LIMITED: GateEnd = GateEnd::Limited(Some(Duration::from_secs(5)));

fn gate() -> SharedGate {
    let clock = VirtualClock::new();
    SharedGate::new(
        GateSettings::default(),
        Time::Custom(std::sync::Arc::new(clock)),
    )
}

fn open() -> SharedGate {
    let gate = gate();
    gate.reset();
    gate
}

/// Enters if it may, and says whether it did.
fn pass(gate: &SharedGate, end: GateEnd) -> bool {
    let ticket: Option<GateTicket> = if gate.is_open() {
        None
    } else {
        match gate.ask(None, false) {
            Ok(ticket) => ticket,
            Err(waiting) => {
                gate.leave(waiting.place);
                return false;
            }
        }
    };
    gate.end(ticket, end);
    true
}

#[test]
fn loom_a_hint_closes_it_for_all_that_come_after() {
    explore(
        open,
        [
            |gate| pass(gate, LIMITED),
            |gate| pass(gate, GateEnd::Succeeded),
        ],
        |gate, passed| {
            assert!(passed[0]);
            assert!(!gate.is_open());
            assert_eq!(gate.closed_for(), Duration::from_secs(5));
            assert!(gate.ask(None, false).is_err());
        },
    );
}

#[test]
fn loom_the_longest_of_two_hints_counts() {
    explore(
        open,
        [
            |gate| pass(gate, LIMITED),
            |gate| pass(gate, GateEnd::Limited(Some(Duration::from_secs(9)))),
        ],
        |gate, passed| {
            let hints = Duration::from_secs(if passed[1] { 9 } else { 5 });
            assert_eq!(gate.closed_for(), hints);
        },
    );
}

#[test]
fn loom_no_place_is_left_behind() {
    let wait = |gate: &SharedGate| match gate.ask(None, false) {
        Ok(ticket) => gate.end(ticket, GateEnd::Other).is_none(),
        Err(waiting) => {
            let again = gate.ask(Some(waiting.place), false);
            assert!(again.is_err(), "time stands still");
            gate.leave(waiting.place);
            true
        }
    };
    explore(
        || {
            let gate = open();
            gate.close(Duration::from_secs(1));
            gate
        },
        [wait, wait],
        |gate, _| assert_eq!(gate.snapshot().waiting, 0),
    );
}

#[test]
fn loom_a_new_gate_lets_few_in_at_a_time() {
    let hold = |gate: &SharedGate| match gate.ask(None, false) {
        Ok(_) => true,
        Err(waiting) => {
            gate.leave(waiting.place);
            false
        }
    };
    explore(
        || {
            let gate = gate();
            // All but one of its first places are taken.
            for _ in 1..crate::defaults::GATE_WINDOW {
                assert!(gate.ask(None, false).is_ok());
            }
            gate
        },
        [hold, hold],
        |_, let_in| assert_eq!(let_in.iter().filter(|in_| **in_).count(), 1),
    );
}
