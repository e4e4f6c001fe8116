//! The lists of replicas of a file, and how they take up what it says.

use std::any::Any;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, Weak};

use super::EndpointsConfig;
use super::endpoints::REPLICAS;
use super::endpoints_slot::{Slot, Unmade};
use super::places::segment;
use crate::classify::DefaultClassifier;
use crate::endpoints::Known;

/// The lists of a file, by name.
#[derive(Default)]
pub(super) struct EndpointsLists(RwLock<BTreeMap<String, Listed>>);

struct Listed {
    list: Arc<List>,
    /// Whether the file has it still.
    present: bool,
}

/// One list.
pub(super) struct List {
    /// Its addresses as they are: what is handed out first.
    pub(super) text: Arc<Slot<String, DefaultClassifier>>,
    state: Mutex<State>,
}

struct State {
    /// What the file said last.
    config: EndpointsConfig,
    plan: Arc<Plan>,
    /// What programs have made of it.
    tables: Vec<Weak<dyn Renew>>,
}

/// The replicas of a list; there is always one.
pub(super) struct Plan {
    pub(super) first: Planned,
    pub(super) others: Vec<Planned>,
}

/// A replica, whatever programs make of its address.
pub(super) struct Planned {
    pub(super) name: String,
    pub(super) address: String,
    pub(super) known: Known,
}

/// Something that was made of a list.
pub(super) trait Renew: Send + Sync {
    /// Makes what other replicas need. Nothing has changed until the switch is called, and no lock is held:
    /// this runs code of the user.
    fn prepare(self: Arc<Self>, plan: &Plan) -> Result<Switch, Vec<Unmade>>;
}

/// Puts what was prepared into force, and returns what was there: to be dropped where no lock is held.
pub(super) type Switch = Box<dyn FnOnce() -> Box<dyn Any>>;

impl EndpointsLists {
    /// Finds a list.
    pub(super) fn get(&self, name: &str) -> Option<Arc<List>> {
        let lists = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let listed = lists.get(name).filter(|listed| listed.present)?;
        Some(Arc::clone(&listed.list))
    }

    pub(super) fn names(&self) -> Vec<String> {
        let lists = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let present = lists.iter().filter(|(_, listed)| listed.present);
        present.map(|(name, _)| name.clone()).collect()
    }

    /// Makes the lists that are there go on with what a file says. If that is impossible, nothing has
    /// changed. Whoever calls this makes sure that nobody else does meanwhile.
    pub(super) fn renew(&self, all: &BTreeMap<String, EndpointsConfig>) -> Result<(), Vec<Unmade>> {
        let mut changes: Vec<_> = self.changes(all);
        let lists: Vec<_> = changes.iter().map(|of| Arc::clone(&of.list)).collect();
        loop {
            let mut states: Vec<_> = lists.iter().map(|list| list.lock()).collect();
            let each = changes.iter().zip(&states);
            let waiting: Vec<_> = each.map(|(change, state)| change.waiting(state)).collect();
            if waiting.iter().all(Vec::is_empty) {
                let mut gone = Vec::new();
                for (change, state) in changes.iter_mut().zip(&mut states) {
                    gone.extend(change.put_in_force(state));
                }
                drop(states);
                break;
            }
            drop(states);
            let mut unmade = Vec::new();
            for (change, tables) in changes.iter_mut().zip(waiting) {
                unmade.extend(change.prepare(tables));
            }
            if !unmade.is_empty() {
                return Err(unmade);
            }
        }
        for change in changes {
            change.renew_breakers();
        }
        Ok(())
    }

    fn changes<'c>(&self, all: &'c BTreeMap<String, EndpointsConfig>) -> Vec<Change<'c>> {
        let lists = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let known = all
            .iter()
            .filter_map(|(name, config)| Some((name, config, &lists.get(name)?.list)));
        let changes = known.filter_map(|(name, config, list)| Change::of(name, config, list));
        changes.collect()
    }

    /// Takes notice of which lists the file has, after those that were there have been renewed.
    pub(super) fn take_up(&self, all: &BTreeMap<String, EndpointsConfig>) {
        let mut lists = self.0.write().unwrap_or_else(PoisonError::into_inner);
        for listed in lists.values_mut() {
            listed.present = false;
        }
        for (name, config) in all {
            if let Some(listed) = lists.get_mut(name) {
                listed.present = true;
            } else if let Some(plan) = Plan::of(name, config, None) {
                let list = Arc::new(List::new(name, config, plan));
                let present = true;
                lists.insert(name.clone(), Listed { list, present });
            }
        }
        // What the file no longer has and nothing holds can go.
        lists.retain(|_, listed| listed.present || Arc::strong_count(&listed.list) > 1);
    }
}

impl List {
    fn new(name: &str, config: &EndpointsConfig, plan: Plan) -> Self {
        Self {
            text: Arc::new(Slot::of_text(name, &plan)),
            state: Mutex::new(State {
                config: config.clone(),
                plan: Arc::new(plan),
                tables: Vec::new(),
            }),
        }
    }

    pub(super) fn plan(&self) -> Arc<Plan> {
        Arc::clone(&self.lock().plan)
    }

    /// Makes a table go on with the list from now on. Returns the plan of now where that is another one
    /// than the table was made of.
    pub(super) fn register(
        &self,
        table: Weak<dyn Renew>,
        made_of: &Arc<Plan>,
    ) -> Option<Arc<Plan>> {
        let mut state = self.lock();
        if !Arc::ptr_eq(&state.plan, made_of) {
            return Some(Arc::clone(&state.plan));
        }
        state.tables.retain(|table| table.strong_count() > 0);
        state.tables.push(table);
        None
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A list with other settings.
struct Change<'c> {
    list: Arc<List>,
    config: &'c EndpointsConfig,
    name: &'c str,
    plan: Arc<Plan>,
    /// Whether the replicas that stay get breakers with other settings.
    other_breaker: bool,
    ready: Vec<(Arc<dyn Renew>, Switch)>,
}

impl<'c> Change<'c> {
    fn of(name: &'c str, config: &'c EndpointsConfig, list: &Arc<List>) -> Option<Self> {
        let state = list.lock();
        if state.config == *config {
            return None;
        }
        Some(Self {
            list: Arc::clone(list),
            config,
            name,
            plan: Arc::new(Plan::of(name, config, Some(&state.plan))?),
            other_breaker: state.config.circuit_breaker != config.circuit_breaker,
            ready: Vec::new(),
        })
    }

    /// Lists what has not been prepared: a program may have made it just now.
    fn waiting(&self, state: &State) -> Vec<Arc<dyn Renew>> {
        let text: Arc<dyn Renew> = Arc::<Slot<_, _>>::clone(&self.list.text);
        let made = state.tables.iter().filter_map(Weak::upgrade);
        let is_ready = |table: &Arc<dyn Renew>| {
            let mut ready = self.ready.iter();
            ready.any(|(other, _)| Arc::ptr_eq(other, table))
        };
        std::iter::once(text)
            .chain(made)
            .filter(|table| !is_ready(table))
            .collect()
    }

    /// Returns what could not be made.
    fn prepare(&mut self, tables: Vec<Arc<dyn Renew>>) -> Vec<Unmade> {
        let mut unmade = Vec::new();
        for table in tables {
            match Arc::clone(&table).prepare(&self.plan) {
                Ok(switch) => self.ready.push((table, switch)),
                Err(more) => unmade.extend(more),
            }
        }
        unmade
    }

    /// Returns what was there before.
    fn put_in_force(&mut self, state: &mut State) -> Vec<(Arc<dyn Renew>, Box<dyn Any>)> {
        state.config = self.config.clone();
        state.plan = Arc::clone(&self.plan);
        let ready = self.ready.drain(..);
        ready.map(|(table, switch)| (table, switch())).collect()
    }

    /// Gives the breakers of replicas that stay their other settings. A change of a breaker is shown to
    /// the user's code, so no lock is held.
    fn renew_breakers(self) {
        if !self.other_breaker {
            return;
        }
        let settings = self.config.breaker();
        for replica in self.plan.iter() {
            let name = breaker_name(self.name, &replica.name);
            let new = settings.build_unchecked(Some(&name));
            let _same = new.in_place_of(&replica.known.breaker);
        }
    }
}

impl Plan {
    /// Returns `None` for a list of no replica, which no file has.
    fn of(list: &str, config: &EndpointsConfig, before: Option<&Self>) -> Option<Self> {
        let settings = config.breaker();
        let mut replicas = config.replicas.iter().map(|(name, address)| {
            let same = |other: &&Planned| other.name == *name && other.address == *address;
            let stays = before.and_then(|before| before.iter().find(same));
            let known = match stays {
                Some(replica) => replica.known.clone(),
                None => Known::new(settings.build_unchecked(Some(&breaker_name(list, name)))),
            };
            Planned {
                name: name.clone(),
                address: address.clone(),
                known,
            }
        });
        Some(Self {
            first: replicas.next()?,
            others: replicas.collect(),
        })
    }

    fn iter(&self) -> impl Iterator<Item = &Planned> {
        std::iter::once(&self.first).chain(&self.others)
    }
}

/// As the builder of lists names them.
fn breaker_name(list: &str, replica: &str) -> String {
    format!("{list}/{replica}")
}

/// Returns the path of a replica in a file.
pub(super) fn setting_of(list: &str, replica: &str) -> String {
    let (list, replica) = (segment(list), segment(replica));
    format!("endpoints.{list}.{REPLICAS}.{replica}")
}

impl fmt::Debug for List {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("List").finish_non_exhaustive()
    }
}
