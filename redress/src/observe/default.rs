use std::error::Error;
use std::fmt;
use std::sync::{Arc, OnceLock};

use super::Observer;
use crate::breaker;
use crate::shielded::shielded;

static DEFAULT: OnceLock<Vec<Arc<dyn Observer>>> = OnceLock::new();

/// Makes an observer that of the whole program: each policy that is built after this call shows its
/// calls to it, and so does each function with `#[retry]` and each `retry_block!` that is first called
/// after it. Call it first thing in `main`; libraries leave it to their programs.
///
/// It is shown what a policy's own observers are shown, before them, and in addition every change of
/// every circuit breaker: [`Observer::on_circuit_change`]. For several, give a tuple.
///
/// It costs a call what any other observer of a policy costs; which observers a policy has is decided
/// once, when it is built.
///
/// # Errors
///
/// [`DefaultIsSet`] if the program has one: it stays.
///
/// ```
/// use redress::observe::{self, CallEnd};
/// use redress::{Observer, Policy};
///
/// struct Log;
///
/// impl Observer for Log {
///     fn on_call_end(&self, call: &CallEnd<'_>) {
///         println!("{}: {}", call.operation().unwrap_or("?"), call.result());
///     }
/// }
///
/// observe::set_default(Log)?;
/// let policy = Policy::builder().operation("read").build()?; // is watched
/// policy.call(|| std::fs::read("Cargo.toml"))?;
/// assert!(observe::set_default(Log).is_err());
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
pub fn set_default(observer: impl Observer + 'static) -> Result<(), DefaultIsSet> {
    let mut all = Vec::new();
    observer.add_to(&mut all);
    DEFAULT
        .set(all)
        .map_err(|_| DefaultIsSet { _private: () })?;
    breaker::set_listener(|change| {
        for observer in observers() {
            shielded((), || observer.on_circuit_change(change));
        }
    });
    Ok(())
}

/// Returns the observers of the whole program; none before [`set_default`].
pub(super) fn observers() -> &'static [Arc<dyn Observer>] {
    DEFAULT.get().map_or(&[], Vec::as_slice)
}

/// The program has a default observer: [`set_default`] was called before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DefaultIsSet {
    _private: (),
}

impl fmt::Display for DefaultIsSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "the program has a default observer: call `observe::set_default` once, with all of them in \
             a tuple",
        )
    }
}

impl Error for DefaultIsSet {}
