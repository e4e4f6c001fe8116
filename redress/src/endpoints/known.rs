use std::sync::Arc;

use super::list::Member;
use super::{Endpoints, Load};
use crate::breaker::CircuitBreaker;
use crate::clock::{Stopwatch, Time};
use crate::sync::Ordering;

/// What is known of one replica, whichever list has it: a clone is of the same replica.
#[derive(Clone)]
pub(crate) struct Known {
    pub(crate) breaker: CircuitBreaker,
    load: Arc<Load>,
}

impl Known {
    /// Nothing is known yet.
    pub(crate) fn new(breaker: CircuitBreaker) -> Self {
        let load = Arc::new(Load::new());
        Self { breaker, load }
    }
}

/// A replica to make a list with.
pub(crate) struct Replica<T> {
    pub(crate) name: String,
    pub(crate) value: Arc<T>,
    pub(crate) known: Known,
}

impl<T, C> Endpoints<T, C> {
    /// Makes a list that goes on with what is known of its replicas, and with how long attempts took in
    /// the list before it.
    pub(crate) fn of_known(
        name: &str,
        first: Replica<T>,
        others: Vec<Replica<T>>,
        classifier: C,
        before: Option<&Self>,
    ) -> Self {
        let others = others.into_iter().map(Member::of_known).collect();
        let first = Member::of_known(first);
        let stopwatch = Stopwatch::start(Time::System);
        let list = Self::of(Some(name.to_owned()), first, others, classifier, stopwatch);
        if let Some(before) = before {
            let typical = before.typical.load(Ordering::Relaxed);
            list.typical.store(typical, Ordering::Relaxed);
        }
        list
    }

    /// Returns the value of a replica, if this list has it.
    pub(crate) fn value_of(&self, known: &Known) -> Option<Arc<T>> {
        let mut members = self.members();
        let member = members.find(|member| Arc::ptr_eq(&member.load, &known.load))?;
        Some(Arc::clone(&member.value))
    }
}

impl<T> Member<T> {
    fn of_known(replica: Replica<T>) -> Self {
        let Replica { name, value, known } = replica;
        let Known { breaker, load } = known;
        Self {
            name,
            value,
            breaker,
            load,
        }
    }
}
