//! What a program makes of a list of replicas, and how it goes on with another one.

use std::error::Error;
use std::sync::{Arc, PoisonError, RwLock};

use super::endpoints_lists::{Plan, Planned, Renew, Switch, setting_of};
use crate::classify::DefaultClassifier;
use crate::defaults;
use crate::endpoints::{Endpoints, Replica};
use crate::shielded::shielded;

/// Why a value could not be made.
pub(super) type Fault = Box<dyn Error + Send + Sync>;

/// Makes the value of a replica of its address.
type Make<T> = Box<dyn Fn(&str) -> Result<T, Fault> + Send + Sync>;

/// A replica whose value could not be made.
pub(super) struct Unmade {
    /// Its path in the file.
    pub(super) setting: String,
    pub(super) message: String,
}

/// The place of a list of values, which reloads put a new one into.
pub(super) struct Slot<T, C> {
    pub(super) name: String,
    current: RwLock<Arc<Endpoints<T, C>>>,
    make: Make<T>,
    classifier: C,
}

impl Slot<String, DefaultClassifier> {
    /// Makes a list of the addresses as they are.
    pub(super) fn of_text(name: &str, plan: &Plan) -> Self {
        let replica = |own: &Planned| own.with(Arc::new(own.address.clone()));
        let others = plan.others.iter().map(replica).collect();
        let first = replica(&plan.first);
        let list = Endpoints::of_known(name, first, others, DefaultClassifier, None);
        let make: Make<String> = Box::new(|address| Ok(address.to_owned()));
        Self {
            name: name.to_owned(),
            current: RwLock::new(Arc::new(list)),
            make,
            classifier: DefaultClassifier,
        }
    }
}

impl<T, C: Clone> Slot<T, C> {
    pub(super) fn new(
        name: &str,
        plan: &Plan,
        make: Make<T>,
        classifier: C,
    ) -> Result<Self, Vec<Unmade>> {
        let list = list(name, plan, &classifier, None, |own| make(&own.address))?;
        Ok(Self {
            name: name.to_owned(),
            current: RwLock::new(Arc::new(list)),
            make,
            classifier,
        })
    }
}

impl<T, C> Slot<T, C> {
    pub(super) fn current(&self) -> Arc<Endpoints<T, C>> {
        let current = self.current.read();
        Arc::clone(&current.unwrap_or_else(PoisonError::into_inner))
    }
}

impl<T, C> Renew for Slot<T, C>
where
    T: Send + Sync + 'static,
    C: Clone + Send + Sync + 'static,
{
    fn prepare(self: Arc<Self>, plan: &Plan) -> Result<Switch, Vec<Unmade>> {
        let before = self.current();
        let make = |own: &Planned| {
            let panicked = Err("it panicked".into());
            shielded(panicked, || (self.make)(&own.address))
        };
        let list = list(&self.name, plan, &self.classifier, Some(&before), make)?;
        Ok(Box::new(move || {
            let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
            Box::new(std::mem::replace(&mut *current, Arc::new(list)))
        }))
    }
}

/// Makes a list of those values that were there before, and of new ones.
fn list<T, C: Clone>(
    name: &str,
    plan: &Plan,
    classifier: &C,
    before: Option<&Endpoints<T, C>>,
    make: impl Fn(&Planned) -> Result<T, Fault>,
) -> Result<Endpoints<T, C>, Vec<Unmade>> {
    let mut unmade = Vec::new();
    let mut replica = |own: &Planned| {
        let value = match before.and_then(|before| before.value_of(&own.known)) {
            Some(value) => value,
            None => match make(own) {
                Ok(value) => Arc::new(value),
                Err(fault) => {
                    unmade.push(Unmade {
                        setting: setting_of(name, &own.name),
                        message: format!("cannot be used by the program: {}", told(&*fault)),
                    });
                    return None;
                }
            },
        };
        Some(own.with(value))
    };
    let first = replica(&plan.first);
    let others: Vec<_> = plan.others.iter().filter_map(&mut replica).collect();
    match first {
        Some(first) if unmade.is_empty() => Ok(Endpoints::of_known(
            name,
            first,
            others,
            classifier.clone(),
            before,
        )),
        _ => Err(unmade),
    }
}

impl Planned {
    fn with<T>(&self, value: Arc<T>) -> Replica<T> {
        Replica {
            name: self.name.clone(),
            value,
            known: self.known.clone(),
        }
    }
}

/// Returns what an error says, with its reasons: that of a client often says no more than that it could
/// not be built.
fn told(fault: &(dyn Error + 'static)) -> String {
    let text = |error: &dyn Error| {
        shielded("an error that panics when it is shown".to_owned(), || {
            error.to_string()
        })
    };
    let mut all = text(fault);
    let mut reason = fault.source();
    // No chain of errors is longer; one that ends in itself has no end.
    for _ in 0..defaults::CONFIG_MAX_REASONS {
        let Some(error) = reason else { break };
        all = format!("{all}: {}", text(error));
        reason = error.source();
    }
    all
}
