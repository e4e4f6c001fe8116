//! The scope in force on this thread.

use std::cell::RefCell;
use std::mem::swap;

use super::Scope;

thread_local! {
    static CURRENT: RefCell<Option<Scope>> = const { RefCell::new(None) };
}

/// Returns the scope in force, as `see` sees it.
pub(super) fn current<T>(see: impl FnOnce(&Scope) -> T) -> Option<T> {
    // While the thread ends there is none.
    let seen = CURRENT.try_with(|current| Some(see(current.try_borrow().ok()?.as_ref()?)));
    seen.ok().flatten()
}

/// Says that a scope is in force on this thread, until it is dropped.
pub(super) struct Entered<'s> {
    /// The scope while it is not in force, the one around it while it is.
    other: &'s mut Option<Scope>,
    swapped: bool,
}

impl<'s> Entered<'s> {
    /// Without a scope, leaves the one in force as it is.
    pub(super) fn enter(scope: &'s mut Option<Scope>) -> Self {
        let swapped = scope.is_some() && exchange(scope);
        Self {
            other: scope,
            swapped,
        }
    }
}

impl Drop for Entered<'_> {
    fn drop(&mut self) {
        if self.swapped {
            exchange(self.other);
        }
    }
}

fn exchange(other: &mut Option<Scope>) -> bool {
    let exchanged = CURRENT.try_with(|current| match current.try_borrow_mut() {
        Ok(mut current) => {
            swap(&mut *current, other);
            true
        }
        Err(_) => false,
    });
    exchanged.unwrap_or(false)
}
