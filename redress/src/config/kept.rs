//! What policies are made of, kept across changes of their file.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::file::Model;
use super::{BreakerConfig, BudgetConfig, ConfigFile, RetryConfig, Shared, StrategyConfig, names};
use crate::breaker::CircuitBreaker;
use crate::budget::Budget;
use crate::clock::Time;
use crate::policy::{Policy, preset_breaker, preset_budget};
use crate::strategies::Strategy;

/// What was made of settings, by its place in the file.
struct Kept<S, T>(BTreeMap<String, (S, T)>);

impl<S, T> Default for Kept<S, T> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<S: PartialEq, T: Clone> Kept<S, T> {
    /// Returns what was made of the same settings before, or makes it.
    fn take(&mut self, before: &Self, key: &str, settings: S, make: impl FnOnce(&S) -> T) -> T {
        // What is shared is taken more than once.
        let made = match self.same(key, &settings).or(before.same(key, &settings)) {
            Some(made) => made.clone(),
            None => make(&settings),
        };
        self.0.insert(key.to_owned(), (settings, made.clone()));
        made
    }

    fn same(&self, key: &str, settings: &S) -> Option<&T> {
        let (same, made) = self.0.get(key)?;
        (same == settings).then_some(made)
    }
}

/// All policies of one file, and what they are made of.
#[derive(Default)]
pub(super) struct Made {
    budgets: Kept<Option<BudgetConfig>, Budget>,
    breakers: Kept<Option<BreakerConfig>, CircuitBreaker>,
    strategies: Kept<StrategyConfig, Arc<dyn Strategy>>,
    policies: Kept<Resolved, Policy>,
    /// What the file says.
    #[cfg(feature = "watch")]
    pub(super) text: String,
}

/// A policy with the settings of what it shares.
#[derive(PartialEq)]
struct Resolved {
    policy: RetryConfig,
    budget: Option<Part<BudgetConfig>>,
    breaker: Option<Part<BreakerConfig>>,
}

/// Settings and their place; without any, they are the recommended ones.
#[derive(PartialEq, Clone)]
struct Part<S> {
    key: String,
    settings: Option<S>,
}

impl Made {
    /// Makes policies. What has the same settings as before is the same, with all that it has
    /// counted and learned.
    pub(super) fn new(file: &ConfigFile, before: &Self) -> Self {
        let mut made = Self::default();
        #[cfg(feature = "watch")]
        file.text().clone_into(&mut made.text);
        let model = &file.model;
        for (name, policy) in &model.policies {
            let own = |setting: &str| format!("policies.{name}.{setting}");
            let (budget, breaker) = (policy.budget.as_ref(), policy.circuit_breaker.as_ref());
            let recommended = policy.recommended;
            let budgets = ("budgets", &model.budgets);
            let breakers = ("breakers", &model.breakers);
            let resolved = Resolved {
                budget: part(budget, budgets, own("budget"), recommended),
                breaker: part(breaker, breakers, own("circuit_breaker"), recommended),
                policy: policy.clone(),
            };
            made.make(before, name, resolved);
        }
        // What nobody shares for now may be shared again.
        made.keep_unused(before, model);
        made
    }

    fn make(&mut self, before: &Self, name: &str, resolved: Resolved) {
        // The parts are taken even if the policy is kept: the next file may change only it.
        let budget = resolved.budget.clone().map(|part| {
            let make = |own: &Option<BudgetConfig>| match own {
                Some(own) => own.build_unchecked(),
                None => preset_budget(Time::System),
            };
            self.budgets
                .take(&before.budgets, &part.key, part.settings, make)
        });
        let breaker = resolved.breaker.clone().map(|part| {
            let make = |own: &Option<BreakerConfig>| match own {
                Some(own) => own.build_unchecked(),
                None => preset_breaker(Time::System),
            };
            self.breakers
                .take(&before.breakers, &part.key, part.settings, make)
        });
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
        );
        let make = |_: &Resolved| builder.build_unchecked();
        self.policies.take(&before.policies, name, resolved, make);
    }

    fn keep_unused(&mut self, before: &Self, model: &Model) {
        for (name, own) in &model.budgets {
            let (key, own) = (format!("budgets.{name}"), Some(own.clone()));
            if let Some(budget) = before.budgets.same(&key, &own) {
                let budget = budget.clone();
                self.budgets.take(&before.budgets, &key, own, |_| budget);
            }
        }
        for (name, own) in &model.breakers {
            let (key, own) = (format!("breakers.{name}"), Some(own.clone()));
            if let Some(breaker) = before.breakers.same(&key, &own) {
                let breaker = breaker.clone();
                self.breakers.take(&before.breakers, &key, own, |_| breaker);
            }
        }
    }

    /// Lists the policies by name.
    pub(super) fn policies(&self) -> impl Iterator<Item = (&str, &Policy)> {
        let policies = self.policies.0.iter();
        policies.map(|(name, (_, policy))| (name.as_str(), policy))
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

/// Finds the settings that a policy names or has.
fn part<S: Clone>(
    shared: Option<&Shared<S>>,
    (table, named): (&str, &BTreeMap<String, S>),
    own_key: String,
    recommended: bool,
) -> Option<Part<S>> {
    match shared {
        // The file was refused if there is none.
        Some(Shared::Named(name)) => named.get(name).map(|settings| Part {
            key: format!("{table}.{name}"),
            settings: Some(settings.clone()),
        }),
        Some(Shared::Own(own)) => Some(Part {
            key: own_key,
            settings: Some(own.clone()),
        }),
        None => recommended.then_some(Part {
            key: own_key,
            settings: None,
        }),
    }
}
