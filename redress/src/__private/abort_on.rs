//! `abort_on = ...`: a future that ends the call, and wakes it from a pause.

use std::cell::RefCell;
use std::pin::Pin;
use std::task::{Context, Poll};

use crate::shielded::shielded;

/// A function that makes the future which ends a call.
#[diagnostic::on_unimplemented(
    message = "`abort_on` takes a function that returns a future",
    label = "not a function without arguments whose future returns `()`",
    note = "write `abort_on = || token.cancelled()`, or another function that returns a `Future<Output = ()>`"
)]
pub trait MakesAbort {
    /// The future.
    type Future: Future<Output = ()>;
    /// Makes it, once a call.
    fn make(&self) -> Self::Future;
}

#[diagnostic::do_not_recommend]
impl<M: Fn() -> F, F: Future<Output = ()>> MakesAbort for M {
    type Future = F;

    #[inline]
    fn make(&self) -> F {
        self()
    }
}

/// A future that ends a call from outside, or none.
pub trait Aborts {
    /// Is ready once the call should end, and from then on.
    fn poll(&self, cx: &mut Context<'_>) -> Poll<()>;
}

impl Aborts for () {
    #[inline]
    fn poll(&self, _cx: &mut Context<'_>) -> Poll<()> {
        Poll::Pending
    }
}

/// A future that ends the call.
struct AbortOn<M: MakesAbort> {
    make: M,
    state: RefCell<AbortState<M::Future>>,
}

enum AbortState<F> {
    /// The call has not asked yet.
    Unmade,
    Pending(Pin<Box<F>>),
    Ended,
    /// It has panicked, and cannot say any more that the call should end.
    Broken,
}

/// Gives `abort_on = || ...` its signature. Its type is opaque, so that a mistake is one error.
pub fn abort_on<M: MakesAbort>(make: M) -> impl Aborts {
    AbortOn {
        make,
        state: RefCell::new(AbortState::Unmade),
    }
}

impl<M: MakesAbort> Aborts for AbortOn<M> {
    fn poll(&self, cx: &mut Context<'_>) -> Poll<()> {
        let mut state = self.state.borrow_mut();
        if let AbortState::Unmade = &*state {
            let made = shielded(None, || Some(Box::pin(self.make.make())));
            *state = made.map_or(AbortState::Broken, AbortState::Pending);
        }
        let AbortState::Pending(future) = &mut *state else {
            return match &*state {
                AbortState::Ended => Poll::Ready(()),
                _ => Poll::Pending,
            };
        };
        match shielded(None, || Some(future.as_mut().poll(cx))) {
            Some(Poll::Pending) => Poll::Pending,
            Some(Poll::Ready(())) => {
                *state = AbortState::Ended;
                Poll::Ready(())
            }
            None => {
                *state = AbortState::Broken;
                Poll::Pending
            }
        }
    }
}
