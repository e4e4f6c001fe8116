use std::sync::Arc;

use super::{
    AttemptEnd, AttemptStart, CallEnd, CallObserver, CallStart, Event, Interest, Observer, scope,
};
use crate::breaker::CircuitChange;
use crate::shielded::shielded;

/// Makes one observer of several. Each sees what it wants where it is added to a policy or is the
/// default; as the observer of one call, the tuple sees what any of them wants.
macro_rules! tuple {
    ($($name:ident: $index:tt),+) => {
        impl<$($name: Observer),+> Observer for ($($name,)+) {
            fn on_event(&self, event: &Event<'_>) {
                $(shielded((), || self.$index.on_event(event));)+
            }

            fn on_attempt_start(&self, attempt: &AttemptStart<'_>) {
                $(shielded((), || self.$index.on_attempt_start(attempt));)+
            }

            fn on_attempt_end(&self, attempt: &AttemptEnd<'_>) {
                $(shielded((), || self.$index.on_attempt_end(attempt));)+
            }

            fn on_call_start(&self, call: &CallStart<'_>) -> Option<Arc<dyn CallObserver>> {
                let mut all = Vec::new();
                $(all.extend(shielded(None, || self.$index.on_call_start(call)));)+
                let only = all.pop()?;
                if all.is_empty() {
                    return Some(only);
                }
                all.push(only);
                Some(Arc::new(Several(all)))
            }

            fn on_call_end(&self, call: &CallEnd<'_>) {
                $(shielded((), || self.$index.on_call_end(call));)+
            }

            fn on_circuit_change(&self, change: &CircuitChange<'_>) {
                $(shielded((), || self.$index.on_circuit_change(change));)+
            }

            fn interest(&self) -> Interest {
                let none = Interest::FAILURES;
                none$(.or(self.$index.interest()))+
            }

            fn add_to(self, all: &mut Vec<Arc<dyn Observer>>)
            where
                Self: Sized + 'static,
            {
                $(self.$index.add_to(all);)+
            }
        }
    };
}

tuple!(A: 0, B: 1);
tuple!(A: 0, B: 1, C: 2);
tuple!(A: 0, B: 1, C: 2, D: 3);

/// What several observers watch one call with.
struct Several(Vec<Arc<dyn CallObserver>>);

impl Several {
    fn each(&self, see: impl Fn(&dyn CallObserver)) {
        for watcher in &self.0 {
            shielded((), || see(watcher.as_ref()));
        }
    }
}

impl CallObserver for Several {
    fn on_event(&self, event: &Event<'_>) {
        self.each(|watcher| watcher.on_event(event));
    }

    fn on_attempt_start(&self, attempt: &AttemptStart<'_>) {
        self.each(|watcher| watcher.on_attempt_start(attempt));
    }

    fn on_attempt_end(&self, attempt: &AttemptEnd<'_>) {
        self.each(|watcher| watcher.on_attempt_end(attempt));
    }

    fn on_call_end(&self, call: &CallEnd<'_>) {
        self.each(|watcher| watcher.on_call_end(call));
    }

    fn scope(&self, attempt: u32, run: &mut dyn FnMut()) {
        scope::nest(&self.0, attempt, run);
    }

    fn call_scope(&self, show: &mut dyn FnMut()) {
        scope::nest_call(&self.0, show);
    }
}
