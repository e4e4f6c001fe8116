//! The attempts that run on this thread, the innermost last.

use std::cell::RefCell;
use std::marker::PhantomData;

use super::Attempt;

thread_local! {
    static RUNNING: RefCell<Vec<Attempt>> = const { RefCell::new(Vec::new()) };
}

/// Returns the innermost attempt of this thread.
pub(super) fn current() -> Option<Attempt> {
    // While the thread ends there is none.
    let current = RUNNING.try_with(|running| running.try_borrow().ok()?.last().cloned());
    current.ok().flatten()
}

/// Says that an attempt runs on this thread, until it is dropped.
#[derive(Debug)]
pub struct Current {
    /// How many attempts run around this one; `None` where the thread has no list any more.
    around: Option<usize>,
    // An attempt runs on one thread at a time.
    not_send: PhantomData<*const ()>,
}

impl Current {
    pub(crate) fn enter(attempt: &Attempt) -> Self {
        let entered = RUNNING.try_with(|running| {
            let mut running = running.try_borrow_mut().ok()?;
            let around = running.len();
            running.push(attempt.clone());
            Some(around)
        });
        Self {
            around: entered.ok().flatten(),
            not_send: PhantomData,
        }
    }
}

impl Drop for Current {
    fn drop(&mut self) {
        let Some(around) = self.around else { return };
        let left = RUNNING.try_with(|running| {
            let mut running = running.try_borrow_mut().ok()?;
            (running.len() > around).then(|| running.drain(around..).collect::<Vec<_>>())
        });
        // Dropped without the list: its clock may be the user's.
        drop(left);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attempt::IdempotencyKey;

    fn numbered(number: u32) -> Attempt {
        Attempt {
            number,
            max: None,
            previous: None,
            key: IdempotencyKey::draw(),
            deadline: None,
            timeout: None,
            inherits: false,
        }
    }

    fn number() -> Option<u32> {
        Some(Attempt::current()?.number())
    }

    #[test]
    fn the_innermost_attempt_is_the_current_one() {
        let _outer = Current::enter(&numbered(1));
        {
            let _inner = Current::enter(&numbered(2));
            assert_eq!(number(), Some(2));
        }
        assert_eq!(number(), Some(1));
    }

    #[test]
    fn an_attempt_that_panics_is_left() {
        let panicked = std::panic::catch_unwind(|| {
            let _current = Current::enter(&numbered(1));
            panic!("as asked");
        });
        assert!(panicked.is_err() && number().is_none());
    }
}
