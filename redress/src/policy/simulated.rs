//! Policies for simulations: the settings of another one, as new, in another time.

use std::sync::Arc;
use std::time::Duration;

use super::settings::Settings;
use super::{Classifiers, Policy};
use crate::classify::AnyValue;
use crate::clock::{Clock, Time};
use crate::drive::CompiledPolicy;
use crate::engine::Rules;
use crate::strategies::Strategy;

/// Makes a policy with the settings of another, on `clock`.
///
/// Its breaker, its budget, its gate and what its strategies learn are its own and new. It has no observers: what
/// is simulated must not reach anyone's metrics. `timeout` is the attempt timeout if it has none.
pub(crate) fn simulated<C>(
    settings: &CompiledPolicy,
    clock: &Arc<dyn Clock>,
    timeout: Option<Duration>,
    classifier: C,
) -> Policy<C> {
    let time = Time::Custom(Arc::clone(clock));
    let mut rules: Rules = settings.rules.clone();
    let renewed = |strategy: &Arc<dyn Strategy>| strategy.renewed(clock);
    rules.default_strategy = rules
        .default_strategy
        .map(|own| renewed(&own).unwrap_or(own));
    rules.class_strategies = rules
        .class_strategies
        .map(|own| own.map(|own| renewed(&own).unwrap_or(own)));
    rules.budget = rules.budget.map(|budget| budget.time(time.clone()));
    rules.attempt_timeout = rules.attempt_timeout.or(timeout);
    let (breaker, gate) = (settings.breaker.as_ref(), settings.gate.as_ref());
    let settings = Settings {
        rules,
        operation: settings.operation.clone(),
        breaker: breaker.map(|breaker| breaker.renewed(time.clone())),
        gate: gate.map(|gate| gate.renewed(time.clone())),
        time,
        ..Settings::default()
    };
    let classifiers = Classifiers {
        errors: classifier,
        values: AnyValue,
        given: true,
    };
    Policy::from_parts(settings.compile_alone(), classifiers)
}
