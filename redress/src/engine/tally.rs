use std::time::Duration;

use super::{PerClass, ResumeToken, Rules, Sleeps};
use crate::ErrorClass;

/// What one call has seen of each class and slot so far.
///
/// A call lives inside a future, and most calls that fail at all see one class: that much fits in
/// place. What a second class or a real sleep adds goes to the heap, where it costs nothing beside
/// the sleep.
#[derive(Debug, Clone, Default)]
pub(crate) enum Tally {
    #[default]
    Nothing,
    OneClass(OneClass),
    Full(Box<Full>),
}

/// One class, whose slot has not slept but for delays of zero.
#[derive(Debug, Clone, Copy)]
pub(crate) struct OneClass {
    class: ErrorClass,
    own: bool,
    slept: bool,
    failures: u32,
}

#[derive(Debug, Clone, Default)]
pub(crate) struct Full {
    failures: PerClass<u32>,
    default_failures: u32,
    sleeps: Sleeps,
}

impl Tally {
    /// Counts a failure of `class`, which has a strategy of its `own` or not, and returns how many
    /// there were, this one included.
    #[inline]
    pub(crate) fn count(&mut self, class: ErrorClass, own: bool) -> u32 {
        match self {
            Self::Nothing => {
                *self = Self::OneClass(OneClass {
                    class,
                    own,
                    slept: false,
                    failures: 1,
                });
                1
            }
            Self::OneClass(one) if one.class == class => {
                one.failures = one.failures.saturating_add(1);
                one.failures
            }
            _ => self.full().count(class, own),
        }
    }

    /// Returns how many failures of `class` there were.
    #[inline]
    pub(crate) fn failures(&self, class: ErrorClass) -> u32 {
        match self {
            Self::OneClass(one) if one.class == class => one.failures,
            Self::Nothing | Self::OneClass(_) => 0,
            Self::Full(full) => *full.failures.get(class),
        }
    }

    /// Returns how many failures the default strategy's slot has seen.
    #[inline]
    pub(crate) fn default_failures(&self) -> u32 {
        match self {
            Self::OneClass(one) if !one.own => one.failures,
            Self::Nothing | Self::OneClass(_) => 0,
            Self::Full(full) => full.default_failures,
        }
    }

    /// Returns the previous sleep of the slot of `class`.
    #[inline]
    pub(crate) fn prev_sleep(&self, class: ErrorClass, own: bool) -> Option<Duration> {
        match self {
            Self::OneClass(one) if one.is_slot(class, own) => one.slept.then_some(Duration::ZERO),
            Self::Nothing | Self::OneClass(_) => None,
            Self::Full(full) => full.sleeps.get(class, own),
        }
    }

    /// Notes what the slot of `class` asked for.
    #[inline]
    pub(crate) fn set_sleep(&mut self, class: ErrorClass, own: bool, sleep: Duration) {
        match self {
            Self::OneClass(one) if sleep.is_zero() && one.is_slot(class, own) => one.slept = true,
            _ => self.full().sleeps.set(class, own, sleep),
        }
    }

    /// Goes on where `token` stopped, with the slots that `rules` have.
    pub(super) fn resume(rules: &Rules, token: &ResumeToken) -> Self {
        let in_default = token.failures.iter();
        let in_default = in_default.filter(|(class, _)| !rules.has_own_strategy(*class));
        Self::Full(Box::new(Full {
            failures: token.failures,
            default_failures: in_default.fold(0, |sum, (_, n)| sum.saturating_add(*n)),
            sleeps: token.sleeps,
        }))
    }

    /// Returns the failures of each class and the previous sleep of each slot.
    pub(super) fn seen(&self) -> (PerClass<u32>, Sleeps) {
        let full = match self {
            Self::Nothing => &Full::default(),
            Self::OneClass(one) => &Full::of(*one),
            Self::Full(full) => full,
        };
        (full.failures, full.sleeps)
    }

    #[cold]
    fn full(&mut self) -> &mut Full {
        if let Self::OneClass(one) = *self {
            *self = Self::Full(Box::new(Full::of(one)));
        }
        loop {
            match self {
                Self::Full(full) => return full,
                Self::Nothing | Self::OneClass(_) => *self = Self::Full(Box::default()),
            }
        }
    }
}

impl OneClass {
    /// Tells whether a failure of `class` belongs to the slot of this one.
    fn is_slot(self, class: ErrorClass, own: bool) -> bool {
        if own { self.class == class } else { !self.own }
    }
}

impl Full {
    fn of(one: OneClass) -> Self {
        let mut full = Self::default();
        *full.failures.get_mut(one.class) = one.failures;
        if !one.own {
            full.default_failures = one.failures;
        }
        if one.slept {
            full.sleeps.set(one.class, one.own, Duration::ZERO);
        }
        full
    }

    fn count(&mut self, class: ErrorClass, own: bool) -> u32 {
        if !own {
            self.default_failures = self.default_failures.saturating_add(1);
        }
        let failures = self.failures.get_mut(class);
        *failures = failures.saturating_add(1);
        *failures
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_every_class_by_itself_and_the_default_slot_over_its_classes() {
        let own = |class| class == ErrorClass::RateLimit;
        let mut tally = Tally::default();
        for round in 1..=3 {
            for class in ErrorClass::ALL {
                assert_eq!(tally.count(class, own(class)), round);
                assert_eq!(tally.failures(class), round);
            }
            assert_eq!(tally.default_failures(), 7 * round);
        }
    }

    #[test]
    fn a_sleep_of_zero_is_not_the_same_as_none() {
        let mut tally = Tally::default();
        tally.count(ErrorClass::Transient, false);
        assert_eq!(tally.prev_sleep(ErrorClass::Transient, false), None);
        tally.set_sleep(ErrorClass::Transient, false, Duration::ZERO);
        assert_eq!(
            tally.prev_sleep(ErrorClass::Transient, false),
            Some(Duration::ZERO)
        );
        assert_eq!(tally.prev_sleep(ErrorClass::RateLimit, true), None);
        tally.count(ErrorClass::RateLimit, true);
        assert_eq!(
            tally.prev_sleep(ErrorClass::Unknown, false),
            Some(Duration::ZERO)
        );
        assert_eq!(tally.prev_sleep(ErrorClass::RateLimit, true), None);
    }

    #[test]
    fn sleeps_belong_to_their_slot() {
        let (second, minute) = (Duration::from_secs(1), Duration::from_secs(60));
        let mut tally = Tally::default();
        tally.count(ErrorClass::Transient, false);
        tally.set_sleep(ErrorClass::Transient, false, second);
        tally.count(ErrorClass::RateLimit, true);
        tally.set_sleep(ErrorClass::RateLimit, true, minute);
        assert_eq!(
            tally.prev_sleep(ErrorClass::ServerError, false),
            Some(second)
        );
        assert_eq!(tally.prev_sleep(ErrorClass::RateLimit, true), Some(minute));
    }

    #[test]
    fn one_class_without_a_sleep_fits_in_two_words() {
        assert!(size_of::<Tally>() <= 16);
    }
}
