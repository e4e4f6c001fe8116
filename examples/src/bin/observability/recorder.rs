use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use redress::observe::{AttemptEnd, CallEnd};
use redress::{CircuitState, ErrorClass, Event, EventName, Observer};
use redress_examples::simulation::World;

use crate::shop::SECONDS;

/// How many seconds are drawn as one point, as a query's range.
pub(crate) const STEP: usize = 5;

/// What is counted in each step, and each change of a breaker with its second.
#[derive(Default)]
pub(crate) struct Record {
    pub(crate) steps: Vec<Step>,
    pub(crate) changes: Vec<(f64, &'static str, CircuitState)>,
}

/// What the integrations count, within some seconds.
#[derive(Default, Clone)]
pub(crate) struct Step {
    /// By operation, result and class.
    pub(crate) calls: BTreeMap<(String, &'static str, &'static str), u32>,
    /// By operation and class.
    pub(crate) retries: BTreeMap<(String, &'static str), u32>,
    /// How many calls made so many retries; those without are left out. By operation and retries.
    pub(crate) call_retries: BTreeMap<(String, u32), u32>,
    /// Seconds of delay, by operation.
    pub(crate) delays: BTreeMap<String, f64>,
    /// In seconds.
    pub(crate) call_durations: Vec<f64>,
    pub(crate) attempt_durations: Vec<f64>,
}

/// Counts what it is shown, by the time of the world.
#[derive(Clone)]
pub(crate) struct Recorder {
    world: World,
    record: Arc<Mutex<Record>>,
}

impl Recorder {
    pub(crate) fn new(world: &World) -> Self {
        let steps = vec![Step::default(); SECONDS as usize / STEP];
        let record = Record {
            steps,
            ..Record::default()
        };
        Self {
            world: world.clone(),
            record: Arc::new(Mutex::new(record)),
        }
    }

    /// Takes out what has been recorded.
    pub(crate) fn record(&self) -> Record {
        std::mem::take(&mut self.lock())
    }

    /// Sees the breaker of this name change its state.
    pub(crate) fn changed(&self, breaker: &'static str, to: CircuitState) {
        let time = self.world.time().as_secs_f64();
        self.lock().changes.push((time, breaker, to));
    }

    /// Counts in the present step. What ends after the run is left out.
    fn count(&self, count: impl FnOnce(&mut Step)) {
        let step = self.world.time().as_secs() as usize / STEP;
        if let Some(step) = self.lock().steps.get_mut(step) {
            count(step);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Record> {
        self.record.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Observer for Recorder {
    fn on_event(&self, event: &Event<'_>) {
        if event.name() != EventName::Retry {
            return;
        }
        let operation = event.operation().unwrap_or_default().to_owned();
        let class = event.class().map_or("", ErrorClass::as_str);
        self.count(|step| {
            *step.delays.entry(operation.clone()).or_default() += event.sleep().as_secs_f64();
            *step.retries.entry((operation, class)).or_default() += 1;
        });
    }

    fn on_attempt_end(&self, attempt: &AttemptEnd<'_>) {
        let duration = attempt.duration().as_secs_f64();
        self.count(|step| step.attempt_durations.push(duration));
    }

    fn on_call_end(&self, call: &CallEnd<'_>) {
        let operation = call.operation().unwrap_or_default().to_owned();
        let class = call.class().map_or("", ErrorClass::as_str);
        self.count(|step| {
            if call.retries() > 0 {
                let key = (operation.clone(), call.retries());
                *step.call_retries.entry(key).or_default() += 1;
            }
            let key = (operation, call.result().as_str(), class);
            *step.calls.entry(key).or_default() += 1;
            step.call_durations.push(call.duration().as_secs_f64());
        });
    }
}
