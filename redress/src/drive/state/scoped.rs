use std::time::Duration;

use super::{CompiledPolicy, Marks, Start};
use crate::clock::Timing;
use crate::deadline::Scope;

/// A policy as it is in the scope of a deadline, for one that says so. Its calls outside of a scope do not
/// look at it.
#[derive(Clone)]
pub(crate) struct Scoped {
    many: CompiledPolicy,
    /// Where the caller makes several attempts, if they are left to it.
    single: CompiledPolicy,
    /// The end of a scope is a deadline.
    inherits: bool,
    /// A caller that tries again is left to do so.
    leaves_retries: bool,
}

impl Scoped {
    /// Works out what a policy is in a scope; `None` if it does not say that it heeds one.
    pub(crate) fn of(
        policy: &CompiledPolicy,
        inherits: bool,
        leaves_retries: bool,
    ) -> Option<Box<Self>> {
        if !inherits && !leaves_retries {
            return None;
        }
        let mut many = policy.clone();
        many.start = Start::Attended;
        many.marks.add(Marks::SCOPED, true);
        if inherits {
            // The call starts as if it had taken a part of its time: see `Run::start_in_scope`.
            many.rules.deadline.get_or_insert(Duration::MAX);
            many.timing = Timing::Exact;
            // A plain call does not look at the time before its start.
            many.marks.add(Marks::GUARDED, true);
        }
        let mut single = many.clone();
        single.marks.add(Marks::SINGLE, true);
        if leaves_retries {
            single.rules.max_attempts = Some(1);
        }
        Some(Box::new(Self {
            many,
            single,
            inherits,
            leaves_retries,
        }))
    }

    /// Returns the policy in the scope in force, and the time that the scope leaves; `None` where there is
    /// nothing to heed.
    #[cold]
    pub(crate) fn in_force(&self) -> Option<(&CompiledPolicy, Option<Duration>)> {
        let scope = Scope::current()?;
        let left = scope.remaining().filter(|_| self.inherits);
        if scope.caller_retries() && self.leaves_retries {
            return Some((&self.single, left));
        }
        Some((&self.many, Some(left?)))
    }
}

impl Scoped {
    /// Returns the policy of a call with these marks; `None` if it is in no scope.
    #[cfg(feature = "tower-service-0_3")]
    pub(super) fn by_marks(&self, marks: Marks) -> Option<&CompiledPolicy> {
        if marks.has(Marks::SINGLE) {
            return Some(&self.single);
        }
        marks.has(Marks::SCOPED).then_some(&self.many)
    }
}

impl CompiledPolicy {
    /// Returns `true` if its calls end with the scope that they are in.
    pub(crate) fn inherits_deadline(&self) -> bool {
        self.marks.has(Marks::INHERITS)
    }

    /// Returns `true` if it leaves retries to a caller that makes them.
    pub(crate) fn leaves_retries(&self) -> bool {
        let scoped = self.scoped.as_ref();
        scoped.is_some_and(|scoped| scoped.leaves_retries)
    }
}
