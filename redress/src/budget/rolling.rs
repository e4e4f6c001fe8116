use std::iter::Chain;
use std::slice::Iter;
use std::sync::{Arc, OnceLock};

use crate::clock::NEVER;
use crate::sync::Ordering::{Relaxed, SeqCst};
use crate::sync::{AtomicU64, AtomicUsize};

/// At most so many units in any window of time: exact, without a lock, eight bytes a unit.
///
/// A unit is one atomic: the time at which it is free again. To spend is to move a unit from a time
/// that has come to `now + window` with one compare-and-swap. So each unit is in use at most once in
/// any window, whatever the interleaving, and no count has to be kept beside the units.
#[derive(Debug)]
pub(super) struct Rolling {
    window: u64,
    units: Box<[AtomicU64]>,
    /// Where to look first: behind the unit that was taken last is the one that was taken first.
    next: AtomicUsize,
    /// How often units came back before their time.
    returns: AtomicU64,
    /// The time until which no unit is free, as the last look at all of them has found: a [`Full`].
    full: AtomicU64,
    /// The account that took its place, with all that it had spent. It has no units of its own left.
    successor: OnceLock<Arc<Rolling>>,
}

/// The time of a unit that has gone to the successor. It never comes.
#[cfg(feature = "config")]
const MOVED: u64 = u64::MAX;

impl Rolling {
    /// The most units there may be: eight megabytes, and fewer than [`Full`] counts returns.
    pub(super) const MOST: u32 = Full::RETURNS as u32;

    pub(super) fn new(units: u32, window: u64) -> Self {
        Self {
            window,
            units: (0..units.min(Self::MOST))
                .map(|_| AtomicU64::new(0))
                .collect(),
            next: AtomicUsize::new(0),
            returns: AtomicU64::new(0),
            full: AtomicU64::new(0),
            successor: OnceLock::new(),
        }
    }

    /// Moves all that it has spent to a new account, to which this one redirects every request from
    /// now on. `None` if that was done before.
    ///
    /// A retry counts from its spending until the new window is over. Of more than there are units
    /// those count that are the last to be free, which is when there is room for another.
    #[cfg(feature = "config")]
    pub(super) fn renew(&self, units: u32, window: u64, now: u64) -> Option<Arc<Self>> {
        if self.successor.get().is_some() {
            return None;
        }
        let new = Self::new(units, window);
        // Taken and not read: what is spent meanwhile is either moved or refused.
        let moved = self.units.iter().map(|unit| unit.swap(MOVED, SeqCst));
        let mut spent: Vec<u64> = moved
            .filter(|until| *until > now)
            .map(|until| until.saturating_sub(self.window).saturating_add(window))
            .map(|until| until.min(NEVER))
            .collect();
        spent.sort_unstable();
        let last = spent.iter().rev().take(new.units.len()).rev();
        for (unit, until) in new.units.iter().zip(last) {
            unit.store(*until, SeqCst);
        }
        let new = Arc::new(new);
        self.successor.set(Arc::clone(&new)).ok()?;
        Some(new)
    }

    /// Says in the terms of this account until when a retry counts that the successor knows.
    fn until_here(&self, successor: &Self, until: u64) -> u64 {
        let spent = until.saturating_sub(successor.window);
        spent.saturating_add(self.window).min(NEVER)
    }

    /// Takes `cost` units, or none. Returns when they are free again.
    pub(super) fn spend(&self, cost: u32, now: u64) -> Option<u64> {
        self.spend_here(cost, now).or_else(|| {
            let successor = self.successor.get()?;
            let until = successor.spend(cost, now)?;
            Some(self.until_here(successor, until))
        })
    }

    fn spend_here(&self, cost: u32, now: u64) -> Option<u64> {
        let until = now.saturating_add(self.window).min(NEVER);
        if cost > 0 && self.is_known_full(now) {
            return None;
        }
        let mut taken = 0;
        loop {
            let returns = self.returns.load(SeqCst);
            let look = self.take(cost - taken, now, until);
            taken += look.taken;
            if taken == cost {
                return Some(until);
            }
            // Unless a unit came back behind our back, all were in use when the look ended.
            if self.returns.load(SeqCst) == returns {
                if taken == 0 {
                    self.full.store(Full::word(look.earliest, returns), SeqCst);
                }
                self.give_back(taken, until);
                return None;
            }
        }
    }

    /// Makes units free that were to be in use `until` then, as if they had not been taken.
    ///
    /// Units with the same time are alike, so it does not matter which of them are chosen. What is
    /// free by now and was taken again has another time, and is left alone.
    pub(super) fn give_back(&self, cost: u32, until: u64) {
        if let Some(successor) = self.successor.get() {
            successor.give_back(cost, successor.until_here(self, until));
            return;
        }
        // The time of the spending, not an earlier one: a thread that read its clock before that must
        // not take the unit while an older retry still counts.
        let spent = until.saturating_sub(self.window);
        let mut left = cost;
        for unit in self.from(self.next.load(Relaxed)).rev() {
            if left == 0 {
                break;
            }
            if unit.load(SeqCst) == until
                && unit.compare_exchange(until, spent, SeqCst, SeqCst).is_ok()
            {
                left -= 1;
            }
        }
        if left < cost {
            self.returns.fetch_add(1, SeqCst);
        }
    }

    pub(super) fn remaining(&self, now: u64) -> u32 {
        if let Some(successor) = self.successor.get() {
            return successor.remaining(now);
        }
        let free = self.units.iter().filter(|unit| unit.load(SeqCst) <= now);
        u32::try_from(free.count()).unwrap_or(u32::MAX)
    }

    /// Takes up to `wanted` units that are free, oldest first.
    fn take(&self, wanted: u32, now: u64, until: u64) -> Look {
        let mut look = Look {
            taken: 0,
            earliest: NEVER,
        };
        let start = self.next.load(Relaxed);
        for (n, unit) in self.from(start).enumerate() {
            if look.taken == wanted {
                break;
            }
            let mut free_at = unit.load(SeqCst);
            while free_at <= now {
                match unit.compare_exchange(free_at, until, SeqCst, SeqCst) {
                    Ok(_) => {
                        look.taken += 1;
                        self.next.store(start.wrapping_add(n + 1), Relaxed);
                        break;
                    }
                    Err(current) => free_at = current,
                }
            }
            look.earliest = look.earliest.min(free_at);
        }
        look
    }

    /// Tells without a look at the units that none is free.
    fn is_known_full(&self, now: u64) -> bool {
        let word = self.full.load(SeqCst);
        if word == 0 {
            return false;
        }
        if Full::holds(word, self.returns.load(SeqCst)) {
            return now < Full::until(word);
        }
        // It must be gone before its count of returns comes round: there cannot be so many while
        // nothing is spent, and every thread that spends passes here.
        let _by_another = self.full.compare_exchange(word, 0, SeqCst, SeqCst);
        false
    }

    /// Lists all units, the one at `start` first.
    fn from(&self, start: usize) -> Chain<Iter<'_, AtomicU64>, Iter<'_, AtomicU64>> {
        let start = start.checked_rem(self.units.len()).unwrap_or(0);
        let (before, after) = self.units.split_at_checked(start).unwrap_or_default();
        after.iter().chain(before)
    }
}

/// The result of a look at the units.
struct Look {
    taken: u32,
    /// When the first unit that could not be taken is free. Counts only where none was taken.
    earliest: u64,
}

/// "No unit is free until then, unless one has come back since", in one word: the time in steps of
/// 2^17 ns (131 us), and the low bits of the count of returns.
struct Full;

impl Full {
    const BITS: u32 = 20;
    const RETURNS: u64 = (1 << Self::BITS) - 1;
    const STEP: u32 = 17;

    const fn word(until: u64, returns: u64) -> u64 {
        ((until >> Self::STEP) << Self::BITS) | (returns & Self::RETURNS)
    }

    const fn holds(word: u64, returns: u64) -> bool {
        word & Self::RETURNS == returns & Self::RETURNS
    }

    const fn until(word: u64) -> u64 {
        (word >> Self::BITS) << Self::STEP
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WINDOW: u64 = 10_000_000_000;

    fn spend_all(rolling: &Rolling, now: u64) -> usize {
        std::iter::repeat_with(|| rolling.spend(1, now))
            .take_while(Option::is_some)
            .count()
    }

    #[test]
    fn a_unit_is_in_use_from_its_spending_until_the_window_is_over() {
        let rolling = Rolling::new(3, WINDOW);
        assert_eq!(rolling.remaining(0), 3);
        for spent in [0, 1, 5] {
            assert_eq!(rolling.spend(1, spent), Some(spent + WINDOW));
        }
        assert_eq!(spend_all(&rolling, WINDOW - 1), 0);
        assert_eq!(rolling.remaining(WINDOW - 1), 0);
        assert_eq!(rolling.remaining(WINDOW), 1);
        assert_eq!(spend_all(&rolling, WINDOW), 1);
        assert_eq!(spend_all(&rolling, WINDOW + 5), 2);
    }

    #[test]
    fn no_window_ever_holds_more_than_the_units() {
        let rolling = Rolling::new(4, 1000);
        let mut spent = Vec::new();
        for now in 0..20_000_u64 {
            if now * now % 7 < 3 && rolling.spend(1, now).is_some() {
                spent.push(now);
            }
        }
        let most = spent
            .iter()
            .map(|from| {
                spent
                    .iter()
                    .filter(|at| (*from..from + 1000).contains(at))
                    .count()
            })
            .max();
        assert_eq!(most, Some(4));
    }

    #[test]
    fn what_comes_back_can_be_spent_at_once_although_all_were_in_use() {
        let rolling = Rolling::new(3, WINDOW);
        let second = [0, 1, 2].map(|now| rolling.spend(1, now).unwrap())[1];
        assert_eq!(spend_all(&rolling, 3), 0);
        rolling.give_back(1, second);
        assert_eq!(spend_all(&rolling, 3), 1);
        // The first is free again on time, and the one in its place as well.
        assert_eq!(rolling.remaining(WINDOW), 1);
        assert_eq!(rolling.remaining(WINDOW + 2), 2);
        assert_eq!(rolling.remaining(WINDOW + 3), 3);
    }

    #[test]
    fn what_comes_back_too_late_was_free_already() {
        let rolling = Rolling::new(1, WINDOW);
        let until = rolling.spend(1, 0).unwrap();
        assert!(rolling.spend(1, WINDOW).is_some());
        rolling.give_back(1, until);
        assert_eq!(rolling.remaining(WINDOW), 0);
    }

    #[test]
    fn a_clock_that_was_read_before_a_return_finds_nothing() {
        let rolling = Rolling::new(1, WINDOW);
        rolling.spend(1, 0).unwrap();
        let until = rolling.spend(1, WINDOW).unwrap();
        rolling.give_back(1, until);
        assert_eq!(rolling.spend(1, WINDOW - 1), None);
        assert!(rolling.spend(1, WINDOW).is_some());
    }

    #[test]
    fn a_cost_is_taken_as_a_whole_or_not_at_all() {
        let rolling = Rolling::new(5, WINDOW);
        assert!(rolling.spend(3, 0).is_some());
        assert_eq!(rolling.spend(3, 0), None);
        assert_eq!(rolling.remaining(0), 2);
        let until = rolling.spend(2, 0).unwrap();
        assert_eq!(rolling.spend(1, 0), None);
        assert!(rolling.spend(0, 0).is_some());
        rolling.give_back(2, until);
        assert_eq!(spend_all(&rolling, 0), 2);
    }

    #[cfg(feature = "config")]
    #[test]
    fn another_number_of_units_leaves_spent_what_is() {
        let rolling = Rolling::new(4, WINDOW);
        for now in 0..4 {
            rolling.spend(1, now).unwrap();
        }
        let more = rolling.renew(6, WINDOW, 5).unwrap();
        assert_eq!((more.remaining(5), spend_all(&more, 5)), (2, 2));
        assert_eq!(more.remaining(WINDOW), 1);
        let fewer = more.renew(2, WINDOW, 6).unwrap();
        // Of the six, two must be left before there is room for a third.
        for (now, left) in [(6, 0), (WINDOW + 3, 0), (WINDOW + 5, 2)] {
            assert_eq!(fewer.remaining(now), left, "{now}");
        }
        assert!(rolling.renew(9, WINDOW, 6).is_none(), "it has moved");
    }

    #[cfg(feature = "config")]
    #[test]
    fn whoever_holds_the_account_from_before_shares_the_new_one() {
        let old = Rolling::new(2, WINDOW);
        let held = old.spend(1, 0).unwrap();
        let new = old.renew(3, 2 * WINDOW, 1).unwrap();
        assert_eq!((old.remaining(1), new.remaining(1)), (2, 2));
        let other = old.spend(2, 1).unwrap();
        assert_eq!((old.spend(1, 1), new.spend(1, 1)), (None, None));
        old.give_back(1, held);
        assert_eq!((old.remaining(1), new.remaining(1)), (1, 1));
        old.give_back(2, other);
        assert_eq!((old.remaining(1), new.remaining(1)), (3, 3));
        let last = new.renew(1, WINDOW, 1).unwrap();
        assert!(old.spend(1, 1).is_some());
        assert_eq!(last.remaining(WINDOW), 0);
        assert_eq!(last.remaining(WINDOW + 1), 1);
    }

    #[test]
    fn no_unit_is_no_retry() {
        let rolling = Rolling::new(0, WINDOW);
        assert_eq!((rolling.spend(1, 0), rolling.remaining(0)), (None, 0));
        assert_eq!(rolling.spend(1, NEVER - 1), None);
    }

    #[test]
    fn a_window_without_end_saturates() {
        let rolling = Rolling::new(2, NEVER);
        let until = rolling.spend(1, 5).unwrap();
        assert_eq!(spend_all(&rolling, NEVER - 1), 1);
        rolling.give_back(1, until);
        assert_eq!(rolling.remaining(NEVER - 1), 1);
    }
}
