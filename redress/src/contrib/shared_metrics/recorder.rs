use std::sync::{Arc, OnceLock};

use super::exporter::{Exporter, Shift};
use super::metrics::{BUDGET_REMAINING, CIRCUIT_STATE, CIRCUIT_TRANSITIONS};
use super::names::Names;
use super::operation::Operation;
use super::states::{STATES, budgets, circuits};
use crate::breaker::{CircuitChange, CircuitState};
use crate::observe::{AttemptEnd, CallEnd, CallStart, Event, EventName, Interest};

/// Turns what an observer sees into metrics: the one place that says which event adds to what.
///
/// Clones record to the same series, each what it is asked for.
#[derive(Clone)]
pub(in crate::contrib) struct Recorder<E: Exporter> {
    pub(in crate::contrib) exporter: E,
    pub(in crate::contrib) durations: bool,
    pub(in crate::contrib) in_flight: bool,
    handles: Arc<Handles<E>>,
}

struct Handles<E: Exporter> {
    operations: Names<Operation<E>>,
    breakers: Names<Breaker<E>>,
    budgets: Names<E::Gauge>,
}

/// The handles of one breaker, in the order of [`STATES`].
struct Breaker<E: Exporter> {
    transitions: [E::Counter; STATES.len()],
    states: OnceLock<[E::Gauge; STATES.len()]>,
}

impl<E: Exporter> Recorder<E> {
    pub(in crate::contrib) fn new(exporter: E) -> Self {
        Self {
            exporter,
            durations: false,
            in_flight: false,
            handles: Arc::new(Handles {
                operations: Names::new("operations"),
                breakers: Names::new("breakers"),
                budgets: Names::new("budgets"),
            }),
        }
    }

    pub(in crate::contrib) const fn interest(&self) -> Interest {
        let ends = Interest::ALL.without_end_events();
        let starts = if self.in_flight {
            ends
        } else {
            ends.without_starts()
        };
        if self.durations {
            starts
        } else {
            starts.without_attempts().without_times()
        }
    }

    /// Finds the handles of an operation. One without a name has an empty label.
    #[inline]
    fn operation(&self, name: Option<&str>) -> &Operation<E> {
        let make = |name: &str| Operation::new(name, &self.exporter);
        self.handles
            .operations
            .get_or_make(name.unwrap_or(""), make)
    }

    #[inline]
    pub(in crate::contrib) fn call_start(&self, call: &CallStart<'_>) {
        if self.in_flight {
            let gauge = self.operation(call.operation()).in_flight(&self.exporter);
            self.exporter.shift(gauge, Shift::Up);
        }
    }

    #[inline]
    pub(in crate::contrib) fn call_end(&self, call: &CallEnd<'_>) {
        let (exporter, operation) = (&self.exporter, self.operation(call.operation()));
        // First, so that it comes back also where something of the user's below panics.
        if self.in_flight {
            exporter.shift(operation.in_flight(exporter), Shift::Down);
        }
        if let Some(calls) = operation.calls(call.result(), call.class(), exporter) {
            exporter.count(calls);
        }
        let retries = call.retries();
        if retries > 0 {
            exporter.record(operation.call_retries(exporter), f64::from(retries));
        }
        if self.durations
            && let Some(durations) = operation.call_duration(call, exporter)
        {
            exporter.record(durations, call.duration().as_secs_f64());
        }
    }

    #[inline]
    pub(in crate::contrib) fn attempt_end(&self, attempt: &AttemptEnd<'_>) {
        if self.durations {
            let operation = self.operation(attempt.operation());
            if let Some(durations) = operation.attempt_duration(attempt, &self.exporter) {
                self.exporter
                    .record(durations, attempt.duration().as_secs_f64());
            }
        }
    }

    #[inline]
    pub(in crate::contrib) fn event(&self, event: &Event<'_>) {
        if event.name() == EventName::Retry {
            self.retry(event);
        }
    }

    fn retry(&self, event: &Event<'_>) {
        let (exporter, operation) = (&self.exporter, self.operation(event.operation()));
        if let Some(retries) = operation.retries(event, exporter) {
            exporter.count(retries);
        }
        exporter.record(operation.retry_delay(exporter), event.sleep().as_secs_f64());
    }

    pub(in crate::contrib) fn circuit_change(&self, change: &CircuitChange<'_>) {
        let Some(name) = change.name() else {
            return;
        };
        let breaker = self.breaker(name);
        for (state, transitions) in STATES.into_iter().zip(&breaker.transitions) {
            if state == change.to() {
                self.exporter.count(transitions);
            }
        }
        if E::PUSHES {
            self.set_state(name, breaker, change.to());
        }
    }

    /// Makes the series of every breaker that has a name, so that its changes start at zero.
    pub(in crate::contrib) fn meet_breakers(&self) {
        for (name, _) in circuits() {
            self.breaker(&name);
        }
    }

    /// Sets the gauges of breakers and budgets to what they are now.
    pub(in crate::contrib) fn push_states(&self) {
        for (name, state) in circuits() {
            self.set_state(&name, self.breaker(&name), state);
        }
        for (name, remaining) in budgets() {
            let make = |name: &str| self.exporter.gauge(&BUDGET_REMAINING, &[name]);
            let gauge = self.handles.budgets.get_or_make(&name, make);
            self.exporter.set(gauge, remaining);
        }
    }

    fn breaker(&self, name: &str) -> &Breaker<E> {
        self.handles.breakers.get_or_make(name, |name| Breaker {
            transitions: STATES.map(|to| {
                let values = [name, to.as_str()];
                self.exporter.counter(&CIRCUIT_TRANSITIONS, &values)
            }),
            states: OnceLock::new(),
        })
    }

    fn set_state(&self, name: &str, breaker: &Breaker<E>, now: CircuitState) {
        let gauge = |state: CircuitState| {
            let values = [name, state.as_str()];
            self.exporter.gauge(&CIRCUIT_STATE, &values)
        };
        let gauges = breaker.states.get_or_init(|| STATES.map(gauge));
        for (state, gauge) in STATES.into_iter().zip(gauges) {
            self.exporter.set(gauge, u32::from(state == now));
        }
    }
}
