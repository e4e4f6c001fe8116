//! The machine by itself, against a plain reading of what it is meant to do.

use std::time::Duration;

use super::machine::{Change, Machine, Mode};
use super::recovery::Opening;
use super::settings::BreakerSettings;
use super::ticket::{PermitKind, PermitTicket};
use super::windows::{Complaint, Sample};
use super::{CircuitState, Permit};
use crate::ErrorClass::{Permanent, Transient};

const WAIT: Option<Duration> = Some(Duration::from_nanos(30));

/// A breaker with few rules, written down as in a textbook: all failures in a list, all calls by
/// their number.
struct Textbook {
    threshold: usize,
    window: u64,
    probes: usize,
    lease: u64,
    state: CircuitState,
    opened: u64,
    /// Grows with each change of state.
    era: u32,
    failures: Vec<u64>,
    probing: Vec<(u32, u64)>,
}

impl Textbook {
    fn enter(&mut self, state: CircuitState) {
        self.state = state;
        self.era += 1;
        self.failures.clear();
        self.probing.clear();
    }

    fn admit(&mut self, call: u32, now: u64) -> Option<u32> {
        if self.state == CircuitState::Open {
            if now - self.opened < 30 {
                return None;
            }
            self.enter(CircuitState::HalfOpen);
        }
        if self.state == CircuitState::HalfOpen {
            if self.probing.len() == self.probes {
                let hung = self.probing.iter().position(|(_, until)| *until <= now)?;
                self.probing.remove(hung);
            }
            self.probing.push((call, now + self.lease));
        }
        Some(self.era)
    }

    fn end(&mut self, call: u32, era: u32, failed: Option<bool>, now: u64) {
        if era != self.era {
            return;
        }
        let probing = self.probing.iter().position(|(probe, _)| *probe == call);
        match (self.state, failed, probing) {
            (CircuitState::Closed, Some(true), _) => {
                self.failures.push(now);
                self.failures.retain(|time| now - time < self.window);
                if self.failures.len() >= self.threshold {
                    self.open(now);
                }
            }
            (CircuitState::HalfOpen, Some(true), Some(_)) => self.open(now),
            (CircuitState::HalfOpen, Some(false), Some(_)) => self.enter(CircuitState::Closed),
            (CircuitState::HalfOpen, None, Some(slot)) => {
                self.probing.remove(slot);
            }
            _ => {}
        }
    }

    fn open(&mut self, now: u64) {
        self.enter(CircuitState::Open);
        self.opened = now;
    }
}

#[test]
fn any_history_goes_as_the_textbook_says() {
    let mut seed = 7_u64;
    let mut draw = |below: u64| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (seed >> 33) % below
    };
    let mut states = [0_u32; 3];
    for history in 0..200 {
        let threshold = 1 + history % 4;
        let probes = 1 + history % 3;
        let settings = BreakerSettings {
            failure_threshold: Some(threshold),
            window: Duration::from_nanos(20),
            half_open_probes: probes,
            probe_lease: Duration::from_nanos(15),
            ..BreakerSettings::default()
        };
        let mut machine = Machine::new(&settings);
        let mut textbook = Textbook {
            threshold: threshold as usize,
            window: 20,
            probes: probes as usize,
            lease: 15,
            state: CircuitState::Closed,
            opened: 0,
            era: 0,
            failures: Vec::new(),
            probing: Vec::new(),
        };
        let mut now = 0;
        let mut calls: Vec<(u32, u32, PermitTicket)> = Vec::new();
        for call in 0..400 {
            now += draw(12);
            let era = textbook.admit(call, now);
            let admitted = machine.admit(&settings, now, Sample::default());
            assert_eq!(
                admitted.is_ok(),
                era.is_some(),
                "{history}: {call} at {now}"
            );
            if let (Ok(ticket), Some(era)) = (admitted, era) {
                calls.push((call, era, ticket));
            }
            // Some calls end at once, some late, some never.
            while !calls.is_empty() && draw(3) > 0 {
                let last = calls.len() as u64;
                let (call, era, ticket) = calls.remove(draw(last) as usize);
                let failed = [Some(true), Some(true), Some(false), None][draw(4) as usize];
                textbook.end(call, era, failed, now);
                match failed {
                    Some(true) => {
                        let at = (now, Sample::default());
                        let _ = machine.failed(
                            &settings,
                            ticket,
                            Complaint::failed(Transient),
                            at,
                            WAIT,
                        );
                    }
                    Some(false) if ticket.is_probe() => {
                        machine.probe_succeeded(&settings, ticket, now);
                    }
                    Some(false) => machine.succeeded(ticket),
                    None => {
                        machine.release(ticket);
                    }
                }
                assert_eq!(
                    machine.state(),
                    textbook.state,
                    "{history}: {call} at {now}"
                );
            }
            states[textbook.state as usize] += 1;
        }
    }
    assert!(states.iter().all(|seen| *seen > 1000), "{states:?}");
}

#[test]
fn nothing_happens_before_it_is_known_how_long_to_stay_open() {
    let settings = BreakerSettings {
        failure_threshold: Some(2),
        ..BreakerSettings::default()
    };
    let mut machine = Machine::new(&settings);
    let ticket = machine.admit(&settings, 0, Sample::default()).unwrap();
    let mut fail = |wait| {
        machine.failed(
            &settings,
            ticket,
            Complaint::failed(Transient),
            (5, Sample::default()),
            wait,
        )
    };
    assert_eq!(fail(None), Ok(None));
    let opening = Opening {
        in_a_row: 1,
        previous: None,
    };
    for _ in 0..3 {
        assert_eq!(fail(None), Err(opening));
    }
    assert_eq!(fail(WAIT), Ok(Some(Change::Opened(Transient))));
    assert_eq!(fail(WAIT), Ok(None), "late");
    assert_eq!(machine.probe_at(), 35);
}

#[test]
fn a_clock_that_is_read_out_of_order_does_not_go_back() {
    let settings = BreakerSettings {
        failure_threshold: Some(1),
        ..BreakerSettings::default()
    };
    let mut machine = Machine::new(&settings);
    let ticket = machine.admit(&settings, 0, Sample::default()).unwrap();
    let failed = machine.failed(
        &settings,
        ticket,
        Complaint::failed(Transient),
        (100, Sample::default()),
        WAIT,
    );
    assert!(failed.unwrap().is_some());
    assert_eq!(machine.admit(&settings, 70, Sample::default()), Err(30));
    assert_eq!(
        machine
            .admit(&settings, 130, Sample::default())
            .unwrap()
            .kind,
        PermitKind::FirstProbe
    );
}

#[test]
fn changing_the_state_by_hand_makes_every_ticket_late() {
    for mode in [Mode::ForcedClosed, Mode::MetricsOnly, Mode::Automatic] {
        let settings = BreakerSettings {
            failure_threshold: Some(1),
            ..BreakerSettings::default()
        };
        let mut machine = Machine::new(&settings);
        let ticket = machine.admit(&settings, 0, Sample::default()).unwrap();
        machine.force(mode, 1);
        let failed = machine.failed(
            &settings,
            ticket,
            Complaint::failed(Permanent),
            (2, Sample::default()),
            WAIT,
        );
        assert_eq!(failed, Ok(None), "{mode:?}");
    }
}

#[test]
fn a_permit_is_small_enough_for_a_future() {
    assert!(size_of::<Permit<'_>>() <= 24);
}
