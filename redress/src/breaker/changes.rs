use std::fmt;
use std::sync::{Arc, OnceLock};

use super::CircuitState;
use crate::shielded::shielded;

/// A change of a circuit breaker's state, whatever has brought it about: a call, a permit, time that has
/// passed when a call came, or [`force_open`](super::CircuitBreaker::force_open) and its relatives.
#[derive(Debug, Clone)]
pub struct CircuitChange<'a> {
    pub(super) name: Option<&'a str>,
    pub(super) from: CircuitState,
    pub(super) to: CircuitState,
}

impl<'a> CircuitChange<'a> {
    /// Returns the [name](super::CircuitBreaker::name) of the breaker, if it was given one.
    #[must_use]
    pub const fn name(&self) -> Option<&'a str> {
        self.name
    }

    /// Returns the state before.
    #[must_use]
    pub const fn from(&self) -> CircuitState {
        self.from
    }

    /// Returns the state from now on.
    #[must_use]
    pub const fn to(&self) -> CircuitState {
        self.to
    }
}

/// Sees the changes of one breaker.
pub(crate) type OnChange = Arc<dyn Fn(&CircuitChange<'_>) + Send + Sync>;

static LISTENER: OnceLock<fn(&CircuitChange<'_>)> = OnceLock::new();

/// Sets the function that sees the changes of all breakers, if there is none.
pub(crate) fn set_listener(listener: fn(&CircuitChange<'_>)) {
    let _ = LISTENER.set(listener);
}

/// Shows a change. A panic of the function that sees it is caught.
#[cold]
pub(super) fn show(own: Option<&OnChange>, change: &CircuitChange<'_>) {
    if let Some(own) = own {
        shielded((), || own(change));
    }
    if let Some(listener) = LISTENER.get() {
        listener(change);
    }
}

impl fmt::Display for CircuitChange<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.name.unwrap_or("circuit breaker");
        write!(f, "{name}: {} -> {}", self.from, self.to)
    }
}
