//! The policies of a file and their components, reused when the file is read anew.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::file::Model;
use super::{
    BreakerConfig, BudgetSettings, ConfigFile, EndpointsConfig, GateConfig, KeyedConfig, NamedOr,
    RetryConfig, StrategyConfig, names,
};
use crate::breaker::CircuitBreaker;
use crate::budget::Budget;
use crate::clock::Time;
use crate::gate::Gate;
use crate::policy::{Policy, preset_breaker, preset_budget};
use crate::strategies::Strategy;

/// Components by their place in the file, each with the settings that it was made of.
struct Components<S, T>(BTreeMap<String, (S, T)>);

impl<S, T> Default for Components<S, T> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<S: PartialEq, T: Clone> Components<S, T> {
    /// Returns what was made of the same settings before, or makes it.
    fn take(&mut self, before: &Self, key: &str, settings: S, make: impl FnOnce(&S) -> T) -> T {
        self.take_over(before, key, settings, make, |made, _| made)
    }

    /// Returns what was made of the same settings before, or makes it, in the place of what was made
    /// of others.
    fn take_over(
        &mut self,
        before: &Self,
        key: &str,
        settings: S,
        make: impl FnOnce(&S) -> T,
        in_place_of: impl FnOnce(T, &T) -> T,
    ) -> T {
        // What is shared is taken more than once.
        let made = match self.same(key, &settings).or(before.same(key, &settings)) {
            Some(made) => made.clone(),
            None => {
                let made = make(&settings);
                match before.0.get(key) {
                    Some((_, before)) => in_place_of(made, before),
                    None => made,
                }
            }
        };
        self.0.insert(key.to_owned(), (settings, made.clone()));
        made
    }

    fn same(&self, key: &str, settings: &S) -> Option<&T> {
        let (same, made) = self.0.get(key)?;
        (same == settings).then_some(made)
    }
}

/// All policies of one file, and their components.
#[derive(Default)]
pub(super) struct Built {
    budgets: Components<Option<BudgetSettings>, Budget>,
    breakers: Components<Option<BreakerConfig>, CircuitBreaker>,
    gates: Components<Option<GateConfig>, Gate>,
    strategies: Components<StrategyConfig, Arc<dyn Strategy>>,
    policies: Components<Resolved, Policy>,
    /// What the file says of maps, which are made where they are handed out.
    keyed: BTreeMap<String, KeyedConfig>,
    /// And of lists of replicas.
    endpoints: BTreeMap<String, EndpointsConfig>,
    /// What the file says.
    #[cfg(feature = "watch")]
    pub(super) text: String,
}

/// A policy with the settings of what it shares.
#[derive(PartialEq)]
struct Resolved {
    policy: RetryConfig,
    budget: Option<Component<BudgetSettings>>,
    breaker: Option<Component<BreakerConfig>>,
    gate: Option<Component<GateConfig>>,
}

/// A budget, a breaker or a gate of a policy. Without settings it is the recommended one.
#[derive(PartialEq, Clone)]
struct Component<S> {
    /// Its place in the file.
    key: String,
    /// Its name, if policies share it.
    name: Option<String>,
    settings: Option<S>,
}

impl Built {
    /// Makes policies. What has the same settings as before is the same, with all that it has
    /// counted and learned. A budget, a breaker or a gate with other settings goes on with what still means
    /// the same.
    pub(super) fn new(file: &ConfigFile, before: &Self) -> Self {
        let mut built = Self::default();
        #[cfg(feature = "watch")]
        file.text().clone_into(&mut built.text);
        let model = &file.model;
        for (name, policy) in &model.policies {
            let own = |setting: &str| format!("policies.{name}.{setting}");
            let (budget, breaker) = (policy.budget.as_ref(), policy.circuit_breaker.as_ref());
            let recommended = policy.recommended;
            let budgets = ("budgets", &model.budgets);
            let breakers = ("breakers", &model.breakers);
            let gate = policy.gate.as_ref();
            let gates = ("gates", &model.gates);
            let resolved = Resolved {
                budget: component(budget, budgets, own("budget"), recommended),
                breaker: component(breaker, breakers, own("circuit_breaker"), recommended),
                gate: component(gate, gates, own("gate"), recommended),
                policy: policy.clone(),
            };
            built.make(before, name, resolved);
        }
        built.keyed.clone_from(&model.keyed);
        built.endpoints.clone_from(&model.endpoints);
        // What nobody shares for now may be shared again.
        built.keep_unused(before, model);
        built
    }

    fn make(&mut self, before: &Self, name: &str, resolved: Resolved) {
        // The parts are taken even if the policy is kept: the next file may change only it.
        let budget = resolved.budget.clone();
        let budget = budget.map(|component| self.budget(before, component));
        let breaker = resolved.breaker.clone();
        let breaker = breaker.map(|component| self.breaker(before, component));
        let gate = resolved.gate.clone();
        let gate = gate.map(|component| self.gate(before, component));
        let builder = resolved.policy.builder(
            |class, own| {
                let slot = class.map_or("default", names::of_class);
                let key = format!("{name}.{slot}");
                let make = StrategyConfig::build;
                self.strategies
                    .take(&before.strategies, &key, own.clone(), make)
            },
            budget,
            breaker,
            gate,
        );
        let make = |_: &Resolved| builder.build_unchecked();
        self.policies.take(&before.policies, name, resolved, make);
    }

    fn budget(&mut self, before: &Self, component: Component<BudgetSettings>) -> Budget {
        let Component {
            key,
            name,
            settings,
        } = component;
        let make = |own: &Option<BudgetSettings>| match own {
            Some(own) => own.build_unchecked(name.as_deref()),
            None => preset_budget(Time::System),
        };
        let in_place_of = Budget::in_place_of;
        self.budgets
            .take_over(&before.budgets, &key, settings, make, in_place_of)
    }

    fn breaker(&mut self, before: &Self, component: Component<BreakerConfig>) -> CircuitBreaker {
        let Component {
            key,
            name,
            settings,
        } = component;
        let make = |own: &Option<BreakerConfig>| match own {
            Some(own) => own.build_unchecked(name.as_deref()),
            None => preset_breaker(Time::System),
        };
        let in_place_of = CircuitBreaker::in_place_of;
        self.breakers
            .take_over(&before.breakers, &key, settings, make, in_place_of)
    }

    fn gate(&mut self, before: &Self, component: Component<GateConfig>) -> Gate {
        let Component {
            key,
            name,
            settings,
        } = component;
        let make = |own: &Option<GateConfig>| match own {
            Some(own) => own.build_unchecked(name.as_deref()),
            None => Gate::new(),
        };
        let in_place_of = Gate::in_place_of;
        self.gates
            .take_over(&before.gates, &key, settings, make, in_place_of)
    }

    fn keep_unused(&mut self, before: &Self, model: &Model) {
        for (name, own) in &model.budgets {
            let component = Component::shared("budgets", name, own);
            if before.budgets.0.contains_key(&component.key) {
                self.budget(before, component);
            }
        }
        for (name, own) in &model.breakers {
            let component = Component::shared("breakers", name, own);
            if before.breakers.0.contains_key(&component.key) {
                self.breaker(before, component);
            }
        }
        for (name, own) in &model.gates {
            let component = Component::shared("gates", name, own);
            if before.gates.0.contains_key(&component.key) {
                self.gate(before, component);
            }
        }
    }

    /// Lists the policies by name.
    pub(super) fn policies(&self) -> impl Iterator<Item = (&str, &Policy)> {
        let policies = self.policies.0.iter();
        policies.map(|(name, (_, policy))| (name.as_str(), policy))
    }

    /// Lists the maps that are not as before, in alphabetical order.
    pub(super) fn other_keyed(&self, before: &Self) -> Vec<String> {
        others(&self.keyed, &before.keyed)
    }

    /// Lists the lists of replicas that are not as before, in alphabetical order.
    pub(super) fn other_endpoints(&self, before: &Self) -> Vec<String> {
        others(&self.endpoints, &before.endpoints)
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.policies.0.contains_key(name)
    }

    /// Tells whether a policy has the same settings in both, its shared ones included.
    pub(super) fn same(&self, other: &Self, name: &str) -> bool {
        let policy = self.policies.0.get(name);
        policy.is_some_and(|(settings, _)| other.policies.same(name, settings).is_some())
    }
}

/// Lists the names of what is not the same in both.
fn others<S: PartialEq>(now: &BTreeMap<String, S>, before: &BTreeMap<String, S>) -> Vec<String> {
    let names: BTreeSet<_> = now.keys().chain(before.keys()).collect();
    let other = |name: &&String| now.get(*name) != before.get(*name);
    names.into_iter().filter(other).cloned().collect()
}

impl<S: Clone> Component<S> {
    fn shared(table: &str, name: &str, settings: &S) -> Self {
        Self {
            key: format!("{table}.{name}"),
            name: Some(name.to_owned()),
            settings: Some(settings.clone()),
        }
    }
}

/// Finds the settings that a policy names or has.
fn component<S: Clone>(
    shared: Option<&NamedOr<S>>,
    (table, named): (&str, &BTreeMap<String, S>),
    own_key: String,
    recommended: bool,
) -> Option<Component<S>> {
    match shared {
        // The file was refused if there is none.
        Some(NamedOr::Named(name)) => {
            let settings = named.get(name);
            settings.map(|settings| Component::shared(table, name, settings))
        }
        Some(NamedOr::Own(own)) => Some(Component {
            key: own_key,
            name: None,
            settings: Some(own.clone()),
        }),
        None => recommended.then_some(Component {
            key: own_key,
            name: None,
            settings: None,
        }),
    }
}
