use std::fmt;
use std::mem;
use std::sync::Arc;

use super::state::{BudgetState, BudgetTicket};

/// The permission for one retry, from [`Budget::try_spend`](crate::Budget::try_spend).
///
/// Dropped before [`keep`](Self::keep), it gives back what it cost, as if nothing had been spent:
/// so does a future that is cancelled while it waits for its retry, and a panic.
#[must_use = "dropped before `keep`, a token gives back what it cost"]
pub struct BudgetToken<'b> {
    state: &'b BudgetState,
    ticket: BudgetTicket,
}

impl<'b> BudgetToken<'b> {
    pub(super) const fn new(state: &'b BudgetState, ticket: BudgetTicket) -> Self {
        Self { state, ticket }
    }

    /// Leaves only what must be remembered, for [`Budget::token`](crate::Budget) to make a token of
    /// again.
    pub(crate) fn into_ticket(self) -> BudgetTicket {
        let ticket = self.ticket;
        mem::forget(self);
        ticket
    }

    /// Says that the retry has started: what it cost stays spent.
    ///
    /// Of a budget for retries [in flight](crate::Budget::in_flight_share) the retry is a part until
    /// the token is dropped: drop it when the retry has ended.
    pub fn keep(&mut self) {
        self.state.keep(&mut self.ticket);
    }
}

impl Drop for BudgetToken<'_> {
    fn drop(&mut self) {
        self.state.give_back(self.ticket);
    }
}

impl fmt::Debug for BudgetToken<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BudgetToken")
            .field("kept", &(self.ticket == BudgetTicket::KEPT))
            .finish_non_exhaustive()
    }
}

/// A call in flight, from [`Budget::start_call`](crate::Budget::start_call), until it is dropped.
#[must_use = "the call is in flight until this is dropped"]
pub struct BudgetCall<'b> {
    state: Option<&'b BudgetState>,
}

impl<'b> BudgetCall<'b> {
    #[inline]
    pub(super) fn start(state: &'b BudgetState) -> Self {
        Self {
            state: state.start_call().then_some(state),
        }
    }
}

impl Drop for BudgetCall<'_> {
    #[inline]
    fn drop(&mut self) {
        if let Some(state) = self.state {
            state.end_call();
        }
    }
}

impl fmt::Debug for BudgetCall<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BudgetCall").finish_non_exhaustive()
    }
}

/// The hold of a call without a lifetime on its budget: a call in flight, and a token.
#[derive(Debug)]
pub(crate) struct BudgetHold {
    state: Arc<BudgetState>,
    counted: bool,
    ticket: BudgetTicket,
}

impl BudgetHold {
    pub(super) fn start(state: Arc<BudgetState>) -> Self {
        let counted = state.start_call();
        Self {
            state,
            counted,
            ticket: BudgetTicket::KEPT,
        }
    }

    /// Holds a token of the same budget in place of the last.
    pub(crate) fn take(&mut self, token: BudgetToken<'_>) {
        self.release();
        self.ticket = token.ticket;
        mem::forget(token);
    }

    /// The retry has started.
    pub(crate) fn keep(&mut self) {
        self.state.keep(&mut self.ticket);
    }

    /// The retry, if there was one, has ended.
    pub(crate) fn release(&mut self) {
        self.state
            .give_back(mem::replace(&mut self.ticket, BudgetTicket::KEPT));
    }
}

impl Clone for BudgetHold {
    /// The token stays with the original; a clone is a call of its own.
    fn clone(&self) -> Self {
        Self::start(Arc::clone(&self.state))
    }
}

impl Drop for BudgetHold {
    fn drop(&mut self) {
        self.release();
        if self.counted {
            self.state.end_call();
        }
    }
}
