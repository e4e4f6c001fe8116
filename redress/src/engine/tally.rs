use std::time::Duration;

use super::{ResumeToken, Rules, Sleeps, Slot};
use crate::classify::{ErrorClass, PerClass};

/// The counts of one call, by class and by slot.
#[derive(Debug, Clone)]
pub(crate) struct Tally {
    failures: PerClass<u32>,
    default_failures: u32,
    /// The set of slots whose sleep below counts: clearing it is cheaper than clearing the sleeps.
    slept: u16,
    own_sleeps: PerClass<Duration>,
    default_sleep: Duration,
}

impl Tally {
    pub(super) const NEW: Self = Self {
        failures: PerClass::all(0),
        default_failures: 0,
        slept: 0,
        own_sleeps: PerClass::all(Duration::ZERO),
        default_sleep: Duration::ZERO,
    };

    /// Clears all counts, for the next call.
    #[inline]
    pub(super) const fn reset(&mut self) {
        self.failures = PerClass::all(0);
        self.default_failures = 0;
        self.slept = 0;
    }

    /// Counts a failure and returns how many of its class there were, this one included.
    #[inline]
    pub(crate) const fn count(&mut self, slot: Slot) -> u32 {
        if !slot.own {
            self.default_failures = self.default_failures.saturating_add(1);
        }
        let failures = self.failures.get_mut(slot.class);
        *failures = failures.saturating_add(1);
        *failures
    }

    /// Returns how many failures of `class` there were.
    #[inline]
    pub(crate) const fn failures(&self, class: ErrorClass) -> u32 {
        *self.failures.get(class)
    }

    /// Returns how many failures the default strategy's slot has seen.
    #[inline]
    pub(crate) const fn default_failures(&self) -> u32 {
        self.default_failures
    }

    /// Returns the previous sleep of a slot.
    #[inline]
    pub(crate) const fn prev_sleep(&self, slot: Slot) -> Option<Duration> {
        if self.slept & slot.bit() == 0 {
            return None;
        }
        Some(if slot.own {
            *self.own_sleeps.get(slot.class)
        } else {
            self.default_sleep
        })
    }

    /// Sets the previous sleep of a slot.
    #[inline]
    pub(crate) const fn set_sleep(&mut self, slot: Slot, sleep: Duration) {
        self.slept |= slot.bit();
        if slot.own {
            *self.own_sleeps.get_mut(slot.class) = sleep;
        } else {
            self.default_sleep = sleep;
        }
    }

    /// Continues from a token, with the slots of `rules`.
    pub(super) fn resume(rules: &Rules, token: &ResumeToken) -> Self {
        let in_default = token.failures.iter();
        let in_default = in_default.filter(|(class, _)| !rules.slot(*class).own);
        let mut tally = Self {
            failures: token.failures,
            default_failures: in_default.fold(0, |sum, (_, n)| sum.saturating_add(*n)),
            ..Self::NEW
        };
        for slot in Slot::every() {
            if let Some(sleep) = token.sleeps.get(slot) {
                tally.set_sleep(slot, sleep);
            }
        }
        tally
    }

    /// Returns the failures of each class and the previous sleep of each slot.
    pub(super) fn seen(&self) -> (PerClass<u32>, Sleeps) {
        let mut sleeps = Sleeps::default();
        for slot in Slot::every() {
            if let Some(sleep) = self.prev_sleep(slot) {
                sleeps.set(slot, sleep);
            }
        }
        (self.failures, sleeps)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn slot(class: ErrorClass, own: bool) -> Slot {
        Slot { class, own }
    }

    #[test]
    fn counts_every_class_by_itself_and_the_default_slot_over_its_classes() {
        let own = |class| class == ErrorClass::RateLimit;
        let mut tally = Tally::NEW;
        for round in 1..=3 {
            for class in ErrorClass::ALL {
                assert_eq!(tally.count(slot(class, own(class))), round);
                assert_eq!(tally.failures(class), round);
            }
            assert_eq!(tally.default_failures(), 7 * round);
        }
    }

    #[test]
    fn a_sleep_of_zero_is_not_the_same_as_none() {
        let mut tally = Tally::NEW;
        tally.count(slot(ErrorClass::Transient, false));
        assert_eq!(tally.prev_sleep(slot(ErrorClass::Transient, false)), None);
        tally.set_sleep(slot(ErrorClass::Transient, false), Duration::ZERO);
        assert_eq!(
            tally.prev_sleep(slot(ErrorClass::Transient, false)),
            Some(Duration::ZERO)
        );
        assert_eq!(tally.prev_sleep(slot(ErrorClass::RateLimit, true)), None);
        tally.count(slot(ErrorClass::RateLimit, true));
        assert_eq!(
            tally.prev_sleep(slot(ErrorClass::Unknown, false)),
            Some(Duration::ZERO)
        );
        assert_eq!(tally.prev_sleep(slot(ErrorClass::RateLimit, true)), None);
    }

    #[test]
    fn sleeps_belong_to_their_slot() {
        let (second, minute) = (Duration::from_secs(1), Duration::from_secs(60));
        let mut tally = Tally::NEW;
        tally.count(slot(ErrorClass::Transient, false));
        tally.set_sleep(slot(ErrorClass::Transient, false), second);
        tally.count(slot(ErrorClass::RateLimit, true));
        tally.set_sleep(slot(ErrorClass::RateLimit, true), minute);
        assert_eq!(
            tally.prev_sleep(slot(ErrorClass::ServerError, false)),
            Some(second)
        );
        assert_eq!(
            tally.prev_sleep(slot(ErrorClass::RateLimit, true)),
            Some(minute)
        );
    }
}
