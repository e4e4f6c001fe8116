use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use super::CircuitBreaker;
use super::setup::BreakerSetup;
use super::shared::SharedBreaker;

type Entry = (Weak<SharedBreaker>, Arc<BreakerSetup>);

static NAMED: Mutex<Vec<Entry>> = Mutex::new(Vec::new());

/// Returns the breakers of the program that have a [name](CircuitBreaker::name) and that something still
/// holds, in the order in which they were built: for a gauge of their states, read when it is asked for.
///
/// Building a named breaker and this take a lock; calls never do.
///
/// ```
/// use redress::{CircuitBreaker, CircuitState, breaker};
///
/// let payments = CircuitBreaker::builder().name("payments").build()?;
/// let states: Vec<_> = breaker::named().iter().map(|b| b.state()).collect();
/// assert_eq!(states, [CircuitState::Closed]);
/// drop(payments);
/// assert!(breaker::named().is_empty());
/// # Ok::<_, redress::ConfigError>(())
/// ```
#[must_use]
pub fn named() -> Vec<CircuitBreaker> {
    let entries = entries();
    let alive = entries.iter().filter_map(|(shared, setup)| {
        let shared = shared.upgrade()?;
        Some(CircuitBreaker::of_parts(shared, Arc::clone(setup)))
    });
    alive.collect()
}

/// Remembers a named breaker for as long as there is a handle of it.
pub(super) fn add(shared: &Arc<SharedBreaker>, setup: &Arc<BreakerSetup>) {
    if setup.settings.name.is_some() {
        let mut entries = entries();
        entries.retain(|(shared, _)| shared.strong_count() > 0);
        entries.push((Arc::downgrade(shared), Arc::clone(setup)));
    }
}

fn entries() -> MutexGuard<'static, Vec<Entry>> {
    NAMED.lock().unwrap_or_else(PoisonError::into_inner)
}
