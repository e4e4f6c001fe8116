use std::sync::Arc;
use std::time::Duration;

use super::funded::Funded;
use super::in_flight::InFlight;
use super::rolling::Rolling;
use super::settings::{BudgetKind, BudgetSetup};
use crate::classify::ErrorClass;
use crate::clock::{NEVER, Stopwatch, nanos};

/// The state that all clones of a budget share. The account may be that of a budget with other settings, too:
/// one of a file goes on when they change.
#[derive(Debug)]
pub(super) struct BudgetState {
    pub(super) setup: BudgetSetup,
    stopwatch: Stopwatch,
    account: Account,
}

#[derive(Debug, Clone)]
enum Account {
    Rolling(Arc<Rolling>),
    Funded(Arc<Funded>),
    InFlight(Arc<InFlight>),
}

/// The record of a withdrawal, in eight bytes: the time at which a rolling window has it back, and the
/// class that determines the cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct BudgetTicket(u64);

impl BudgetTicket {
    /// Nothing to give back any more. No other ticket is this number, as [`NEVER`] is less.
    pub(crate) const KEPT: Self = Self(u64::MAX);

    /// Returns `true` if there is something to give back.
    #[inline]
    pub(crate) const fn is_held(self) -> bool {
        self.0 != Self::KEPT.0
    }

    const fn new(until: u64, class: ErrorClass) -> Self {
        Self((until << 3) | class as u64)
    }

    const fn until(self) -> u64 {
        self.0 >> 3
    }

    fn class(self) -> ErrorClass {
        let class = ErrorClass::ALL.get((self.0 & 7) as usize);
        class.copied().unwrap_or(ErrorClass::Unknown)
    }
}

impl Default for BudgetTicket {
    fn default() -> Self {
        Self::KEPT
    }
}

impl BudgetState {
    /// Settings that [`BudgetSetup::check`] refuses mean few retries, never any number of them.
    pub(super) fn new(setup: BudgetSetup) -> Self {
        let account = match setup.settings.kind {
            BudgetKind::Rolling {
                max_retries,
                window,
            } => Account::Rolling(Rolling::new(max_retries, window_nanos(window)).into()),
            BudgetKind::SuccessRatio {
                ratio,
                reserve,
                min_per_second,
            } => {
                let rate = per_second(min_per_second);
                Account::Funded(Funded::new(share(ratio), reserve, rate).into())
            }
            BudgetKind::InFlightShare {
                share: ratio,
                min_in_flight,
            } => Account::InFlight(InFlight::new(share(ratio), min_in_flight).into()),
        };
        Self {
            stopwatch: Stopwatch::start(setup.time.clone()),
            setup,
            account,
        }
    }

    /// Goes on with the account of `before`, by the settings of this one. `None` if that is of
    /// another kind.
    #[cfg(feature = "config")]
    pub(super) fn in_place_of(&self, before: &Self) -> Option<Self> {
        let now = before.stopwatch.nanos();
        let account = match (&before.account, self.setup.settings.kind) {
            (
                Account::Rolling(account),
                BudgetKind::Rolling {
                    max_retries,
                    window,
                },
            ) => {
                let same = before.setup.settings.kind == self.setup.settings.kind;
                if same {
                    before.account.clone()
                } else {
                    Account::Rolling(account.renew(max_retries, window_nanos(window), now)?)
                }
            }
            (
                Account::Funded(account),
                BudgetKind::SuccessRatio {
                    ratio,
                    reserve,
                    min_per_second,
                },
            ) => {
                account.renew(share(ratio), reserve, per_second(min_per_second), now);
                before.account.clone()
            }
            (
                Account::InFlight(account),
                BudgetKind::InFlightShare {
                    share: ratio,
                    min_in_flight,
                },
            ) => {
                account.renew(share(ratio), min_in_flight);
                before.account.clone()
            }
            _ => return None,
        };
        Some(Self {
            setup: self.setup.clone(),
            stopwatch: before.stopwatch.clone(),
            account,
        })
    }

    pub(super) fn spend(&self, class: ErrorClass) -> Option<BudgetTicket> {
        let cost = self.setup.settings.cost(class);
        let until = match &self.account {
            Account::Rolling(rolling) => rolling.spend(cost, self.stopwatch.nanos())?,
            Account::Funded(funded) => {
                let now = self.now_for(funded);
                funded.spend(cost, now).then_some(0)?
            }
            Account::InFlight(in_flight) => in_flight.spend(cost).then_some(0)?,
        };
        Some(BudgetTicket::new(until, class))
    }

    /// The retry has started. One that is in flight still has an end.
    pub(super) fn keep(&self, ticket: &mut BudgetTicket) {
        if !matches!(self.account, Account::InFlight(_)) {
            *ticket = BudgetTicket::KEPT;
        }
    }

    pub(super) fn give_back(&self, ticket: BudgetTicket) {
        if ticket == BudgetTicket::KEPT {
            return;
        }
        let cost = self.setup.settings.cost(ticket.class());
        match &self.account {
            Account::Rolling(rolling) => rolling.give_back(cost, ticket.until()),
            Account::Funded(funded) => funded.give_back(cost),
            Account::InFlight(in_flight) => in_flight.give_back(cost),
        }
    }

    #[inline]
    pub(super) fn on_success(&self) {
        if let Account::Funded(funded) = &self.account {
            funded.on_success();
        }
    }

    pub(super) const fn is_funded(&self) -> bool {
        matches!(self.account, Account::Funded(_))
    }

    /// Counts a call in flight, if calls are counted.
    #[inline]
    pub(super) fn start_call(&self) -> bool {
        let Account::InFlight(in_flight) = &self.account else {
            return false;
        };
        in_flight.start_call();
        true
    }

    pub(super) fn end_call(&self) {
        if let Account::InFlight(in_flight) = &self.account {
            in_flight.end_call();
        }
    }

    pub(super) fn remaining(&self) -> u32 {
        match &self.account {
            Account::Rolling(rolling) => rolling.remaining(self.stopwatch.nanos()),
            Account::Funded(funded) => funded.remaining(self.now_for(funded)),
            Account::InFlight(in_flight) => in_flight.remaining(),
        }
    }

    /// Reads the clock only for an account that time pays into.
    fn now_for(&self, funded: &Funded) -> u64 {
        if funded.is_timed() {
            self.stopwatch.nanos()
        } else {
            0
        }
    }
}

fn share(share: f64) -> f64 {
    // NaN becomes zero as well.
    share.clamp(0.0, 1.0).max(0.0)
}

fn per_second(rate: f64) -> f64 {
    if rate.is_finite() { rate.max(0.0) } else { 0.0 }
}

fn window_nanos(window: Duration) -> u64 {
    if window.is_zero() {
        NEVER
    } else {
        nanos(window)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ticket_holds_its_time_and_its_class() {
        for until in [0, 1, NEVER - 1, NEVER] {
            for class in ErrorClass::ALL {
                let ticket = BudgetTicket::new(until, class);
                assert_eq!((ticket.until(), ticket.class()), (until, class));
                assert_ne!(ticket, BudgetTicket::KEPT);
            }
        }
    }
}
