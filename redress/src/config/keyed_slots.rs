//! The maps of a file, and how they take up what it says.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use super::keyed_table::{KeyedTable, UnknownKeyed};
use super::names::{self, quoted};
use super::{EachConfig, KeyedConfig};
use crate::breaker::CircuitBreaker;
use crate::budget::Budget;
use crate::gate::Gate;
use crate::keyed::{Each, Keyed};

/// The place of one map, which reloads put a new one into.
pub(super) struct Slot<T> {
    pub(super) name: String,
    pub(super) current: RwLock<Arc<Keyed<String, T>>>,
    pub(super) hook: Hook,
}

/// The hook of all maps that have the place one after the other.
pub(super) type Hook = Arc<OnceLock<Box<dyn Fn(u64) + Send + Sync>>>;

/// The maps of a file, by what they have for each key.
#[derive(Default)]
pub(super) struct KeyedTables {
    pub(super) breakers: OfOneKind<CircuitBreaker>,
    pub(super) budgets: OfOneKind<Budget>,
    pub(super) gates: OfOneKind<Gate>,
}

pub(super) struct OfOneKind<T>(RwLock<BTreeMap<String, Listed<T>>>);

struct Listed<T> {
    table: KeyedTable<T>,
    /// What the file said last.
    config: KeyedConfig,
    /// Whether the file has it still.
    present: bool,
}

impl KeyedTables {
    /// Takes up what a file says: what is there already goes on with what it has.
    pub(super) fn take_up(&self, all: &BTreeMap<String, KeyedConfig>) {
        self.breakers.take_up(all, |each, name| match each {
            EachConfig::CircuitBreaker(own) => Some(own.build_unchecked(Some(name))),
            _ => None,
        });
        self.budgets.take_up(all, |each, name| match each {
            EachConfig::Budget(own) => Some(own.build_unchecked(Some(name))),
            _ => None,
        });
        self.gates.take_up(all, |each, name| match each {
            EachConfig::Gate(own) => Some(own.build_unchecked(Some(name))),
            _ => None,
        });
    }

    /// Says what there is instead.
    pub(super) fn unknown(&self, name: &str, wanted: &str) -> UnknownKeyed {
        let kinds = [
            ("circuit_breaker", self.breakers.names()),
            ("budget", self.budgets.names()),
            ("gate", self.gates.names()),
        ];
        let other = kinds
            .iter()
            .find(|(_, names)| names.iter().any(|own| own == name));
        let message = if let Some((kind, _)) = other {
            format!("`keyed.{name}` has a {kind} for each key, and no {wanted}")
        } else {
            let of_kind = kinds.iter().filter(|(kind, _)| *kind == wanted);
            let known: Vec<_> = of_kind
                .flat_map(|(_, names)| names.iter().map(String::as_str))
                .collect();
            let asked = name.to_owned();
            let name = quoted(name);
            if known.is_empty() {
                format!(
                    "there is no {name} among the `keyed`, nor any with a {wanted} for each key"
                )
            } else {
                let help = names::suggest(&asked, "ones with it", known.iter().copied());
                format!("there is no {name} among the `keyed` with a {wanted} for each key: {help}")
            }
        };
        UnknownKeyed {
            name: name.to_owned(),
            message,
        }
    }
}

impl<T: Each> OfOneKind<T> {
    pub(super) fn get(&self, name: &str) -> Option<KeyedTable<T>> {
        let listed = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let listed = listed.get(name).filter(|listed| listed.present)?;
        Some(listed.table.clone())
    }

    fn names(&self) -> Vec<String> {
        let listed = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let present = listed.iter().filter(|(_, listed)| listed.present);
        present.map(|(name, _)| name.clone()).collect()
    }

    fn take_up(
        &self,
        all: &BTreeMap<String, KeyedConfig>,
        template: impl Fn(&EachConfig, &str) -> Option<T>,
    ) {
        let mut tables = self.0.write().unwrap_or_else(PoisonError::into_inner);
        for listed in tables.values_mut() {
            listed.present = false;
        }
        for (name, config) in all {
            let Some(template) = template(&config.each, name) else {
                continue;
            };
            match tables.get_mut(name) {
                Some(listed) => {
                    listed.present = true;
                    if listed.config != *config {
                        listed.table.slot.renew(config, &template);
                        listed.config = config.clone();
                    }
                }
                None => {
                    let hook = Hook::default();
                    let slot = Slot {
                        name: name.clone(),
                        current: RwLock::new(Arc::new(map(config, &template, &hook))),
                        hook,
                    };
                    let listed = Listed {
                        table: KeyedTable {
                            slot: Arc::new(slot),
                        },
                        config: config.clone(),
                        present: true,
                    };
                    tables.insert(name.clone(), listed);
                }
            }
        }
        // What the file no longer has and nothing holds can go.
        tables.retain(|_, listed| listed.present || Arc::strong_count(&listed.table.slot) > 1);
    }
}

impl<T> Default for OfOneKind<T> {
    fn default() -> Self {
        Self(RwLock::default())
    }
}

impl<T: Each> Slot<T> {
    /// Puts other settings into force. Calls that ask for a key meanwhile wait, so that none is given
    /// what is left behind.
    fn renew(&self, config: &KeyedConfig, template: &T) {
        let new = map(config, template, &self.hook);
        let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
        *current = Arc::new(new.in_place_of(&current));
    }
}

fn map<T: Each>(config: &KeyedConfig, template: &T, hook: &Hook) -> Keyed<String, T> {
    let hook = Arc::clone(hook);
    let builder = Keyed::builder().on_overflow(move |times| {
        if let Some(hook) = hook.get() {
            hook(times);
        }
    });
    let builder = match config.idle {
        Some(idle) => builder.idle(idle),
        None => builder,
    };
    let max_keys = usize::try_from(config.max_keys).unwrap_or(usize::MAX);
    builder.build_unchecked(template, max_keys)
}
