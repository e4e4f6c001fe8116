//! Whether the outage is what is expected, by an observer that counts what it is shown.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use redress::observe::{AttemptEnd, AttemptStatus, CallEnd};
use redress::{Cause, Event, EventName, Observer};

use super::Outage;
use super::expected::{self, Counts};

#[derive(Default)]
struct Counted {
    calls: Counts,
    retries: Counts,
    transitions: Counts,
    call_retries: Values,
    delays: Values,
    call_durations: Values,
    attempt_durations: Values,
}

/// In whole milliseconds, or retries, so that they can be compared.
type Values = BTreeMap<Vec<String>, BTreeMap<u64, u64>>;

#[derive(Clone, Default)]
struct Reference(Arc<Mutex<Counted>>);

fn labels<const N: usize>(values: [Option<&str>; N]) -> Vec<String> {
    values
        .map(|value| value.unwrap_or_default().to_owned())
        .to_vec()
}

impl Observer for Reference {
    fn on_event(&self, event: &Event<'_>) {
        let mut counted = self.0.lock().unwrap();
        let operation = event.operation();
        let to = match event.name() {
            EventName::Retry => {
                let class = event.class().map(redress::ErrorClass::as_str);
                let cause = event.cause().map(Cause::as_str);
                *counted
                    .retries
                    .entry(labels([operation, class, cause]))
                    .or_default() += 1;
                let millis = event.sleep().as_millis() as u64;
                let delays = counted.delays.entry(labels([operation])).or_default();
                *delays.entry(millis).or_default() += 1;
                return;
            }
            EventName::CircuitOpened => "open",
            EventName::CircuitHalfOpen => "half_open",
            EventName::CircuitClosed => "closed",
            _ => return,
        };
        *counted
            .transitions
            .entry(labels([Some("db"), Some(to)]))
            .or_default() += 1;
    }

    fn on_attempt_end(&self, attempt: &AttemptEnd<'_>) {
        let result = match attempt.status() {
            AttemptStatus::Succeeded => "success",
            AttemptStatus::Cancelled => "cancelled",
            _ if attempt.cause() == Some(Cause::Timeout) => "timeout",
            _ => "failure",
        };
        let mut counted = self.0.lock().unwrap();
        let labels = labels([attempt.operation(), Some(result)]);
        let durations = counted.attempt_durations.entry(labels).or_default();
        *durations
            .entry(attempt.duration().as_millis() as u64)
            .or_default() += 1;
    }

    fn on_call_end(&self, call: &CallEnd<'_>) {
        let mut counted = self.0.lock().unwrap();
        let class = call.class().map(redress::ErrorClass::as_str);
        let key = labels([call.operation(), Some(call.result().as_str()), class]);
        *counted.calls.entry(key).or_default() += 1;
        if call.retries() > 0 {
            let retries = counted
                .call_retries
                .entry(labels([call.operation()]))
                .or_default();
            *retries.entry(u64::from(call.retries())).or_default() += 1;
        }
        let result = if call.result().is_success() {
            "success"
        } else {
            "failure"
        };
        let key = labels([call.operation(), Some(result)]);
        let durations = counted.call_durations.entry(key).or_default();
        *durations
            .entry(call.duration().as_millis() as u64)
            .or_default() += 1;
    }
}

/// Brings expected values to the same form.
fn values(seen: expected::Seen, unit: f64) -> Values {
    let row = |(labels, values): (Vec<String>, Vec<(f64, u64)>)| {
        let values = values
            .into_iter()
            .map(|(value, count)| ((value * unit).round() as u64, count));
        (labels, values.collect())
    };
    seen.into_iter().map(row).collect()
}

#[test]
fn the_outage_in_small_is_what_is_expected_of_it() {
    let outage = Outage::new();
    let reference = Reference::default();
    for runs in 1..=3 {
        outage.run(&|builder| builder.on_event(reference.clone()));
        let counted = reference.0.lock().unwrap();
        assert_eq!(counted.calls, expected::calls(runs));
        assert_eq!(counted.retries, expected::retries(runs));
        assert_eq!(counted.transitions, expected::transitions(runs));
        assert_eq!(
            counted.call_retries,
            values(expected::call_retries(runs), 1.0)
        );
        assert_eq!(counted.delays, values(expected::delays(runs), 1000.0));
        assert_eq!(
            counted.call_durations,
            values(expected::call_durations(runs), 1000.0)
        );
        let attempts = values(expected::attempt_durations(runs), 1000.0);
        assert_eq!(counted.attempt_durations, attempts);
    }
}
