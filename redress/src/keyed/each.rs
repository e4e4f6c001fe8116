use crate::breaker::CircuitBreaker;
use crate::budget::Budget;
use crate::gate::Gate;
use crate::problems::Problems;

/// What [`Keyed`](super::Keyed) can have for each key: a [`CircuitBreaker`], a [`Budget`] or a [`Gate`].
/// It cannot be implemented elsewhere.
pub trait Each: Sealed {}

/// What the map asks of its values.
pub trait Sealed: Clone {
    /// Makes one with the same settings, that shares nothing with this. It is in no list of named ones:
    /// there may be one for each of many keys.
    #[must_use]
    fn fresh(&self) -> Self;

    /// Reports every mistake of the settings: nothing where they were checked when it was built.
    fn check(&self, _problems: &mut Problems) {}

    /// Returns `true` if it makes no difference whether this or a new one is asked. `template` has never
    /// been used.
    fn equals_new(&self, template: &Self) -> bool;

    /// Returns `true` if there is no other handle of it.
    fn is_only_handle(&self) -> bool;

    /// Puts itself, which is new, in the place of `before`, with what still means the same.
    #[cfg(feature = "config")]
    #[must_use]
    fn in_place_of(self, before: &Self) -> Self;
}

impl Each for CircuitBreaker {}

impl Sealed for CircuitBreaker {
    fn fresh(&self) -> Self {
        self.fresh()
    }

    fn equals_new(&self, _template: &Self) -> bool {
        self.equals_new()
    }

    fn is_only_handle(&self) -> bool {
        self.handles() == 1
    }

    #[cfg(feature = "config")]
    fn in_place_of(self, before: &Self) -> Self {
        self.in_place_of(before)
    }
}

impl Each for Budget {}

impl Sealed for Budget {
    fn check(&self, problems: &mut Problems) {
        self.check(problems);
    }

    fn fresh(&self) -> Self {
        self.fresh()
    }

    fn equals_new(&self, template: &Self) -> bool {
        self.remaining() >= template.remaining()
    }

    fn is_only_handle(&self) -> bool {
        self.handles() == 1
    }

    #[cfg(feature = "config")]
    fn in_place_of(self, before: &Self) -> Self {
        self.in_place_of(before)
    }
}

impl Each for Gate {}

impl Sealed for Gate {
    fn fresh(&self) -> Self {
        self.fresh()
    }

    fn equals_new(&self, _template: &Self) -> bool {
        self.knows_no_limit()
    }

    fn is_only_handle(&self) -> bool {
        self.handles() == 1
    }

    #[cfg(feature = "config")]
    fn in_place_of(self, before: &Self) -> Self {
        self.in_place_of(before)
    }
}
