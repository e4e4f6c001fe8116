use std::time::Duration;

use super::Rules;
use crate::ErrorClass;

/// What one call has seen of each class and slot so far.
///
/// A call lives inside a future, so this is kept small: two classes fit in place, and only a call
/// that fails in a third one allocates.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tally {
    first: Option<Seen>,
    second: Option<Seen>,
    rest: Option<Box<Rest>>,
    default_sleep: Sleep,
}

#[derive(Debug, Clone, Default)]
struct Rest(Vec<Seen>);

#[derive(Debug, Clone)]
struct Seen {
    class: ErrorClass,
    failures: u32,
    sleep: Sleep,
}

impl Seen {
    const fn new(class: ErrorClass) -> Self {
        Self {
            class,
            failures: 0,
            sleep: Sleep::NONE,
        }
    }
}

impl Tally {
    /// Counts a failure of `class` and returns how many there were, this one included.
    pub(crate) fn count(&mut self, class: ErrorClass) -> u32 {
        let seen = self.entry(class);
        seen.failures = seen.failures.saturating_add(1);
        seen.failures
    }

    /// Returns how many failures of `class` there were.
    pub(crate) fn failures(&self, class: ErrorClass) -> u32 {
        self.find(class).map_or(0, |seen| seen.failures)
    }

    /// Returns how many failures the default strategy's slot has seen.
    pub(crate) fn default_slot(&self, rules: &Rules) -> u32 {
        self.iter()
            .filter(|seen| !rules.has_own_strategy(seen.class))
            .fold(0, |sum, seen| sum.saturating_add(seen.failures))
    }

    /// Returns the previous sleep of the slot of `class`.
    pub(crate) fn prev_sleep(&self, rules: &Rules, class: ErrorClass) -> Option<Duration> {
        if !rules.has_own_strategy(class) {
            return self.default_sleep.get();
        }
        self.find(class).and_then(|seen| seen.sleep.get())
    }

    /// Notes what the slot of `class` asked for.
    pub(crate) fn set_sleep(&mut self, rules: &Rules, class: ErrorClass, sleep: Duration) {
        let sleep = Sleep::new(sleep);
        if rules.has_own_strategy(class) {
            self.entry(class).sleep = sleep;
        } else {
            self.default_sleep = sleep;
        }
    }

    fn find(&self, class: ErrorClass) -> Option<&Seen> {
        self.iter().find(|seen| seen.class == class)
    }

    fn iter(&self) -> impl Iterator<Item = &Seen> {
        let rest = self.rest.iter().flat_map(|rest| rest.0.iter());
        self.first.iter().chain(&self.second).chain(rest)
    }

    fn entry(&mut self, class: ErrorClass) -> &mut Seen {
        let first = self.first.get_or_insert(Seen::new(class));
        if first.class == class {
            return first;
        }
        let second = self.second.get_or_insert(Seen::new(class));
        if second.class == class {
            return second;
        }
        let rest = &mut self.rest.get_or_insert_default().0;
        let at = match rest.iter().position(|seen| seen.class == class) {
            Some(at) => at,
            None => {
                rest.push(Seen::new(class));
                rest.len() - 1
            }
        };
        #[expect(clippy::indexing_slicing, reason = "found or pushed just above")]
        &mut rest[at]
    }
}

/// A sleep, or none yet, in eight bytes. What does not fit in them (584 years) saturates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Sleep(u64);

impl Sleep {
    const NONE: Self = Self(u64::MAX);

    fn new(sleep: Duration) -> Self {
        Self(u64::try_from(sleep.as_nanos()).map_or(u64::MAX - 1, |nanos| nanos.min(u64::MAX - 1)))
    }

    fn get(self) -> Option<Duration> {
        (self != Self::NONE).then(|| Duration::from_nanos(self.0))
    }
}

impl Default for Sleep {
    fn default() -> Self {
        Self::NONE
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_every_class_by_itself() {
        let mut tally = Tally::default();
        for round in 1..=3 {
            for class in ErrorClass::ALL {
                assert_eq!(tally.count(class), round);
            }
        }
    }

    #[test]
    fn a_sleep_is_exact_and_saturates() {
        for sleep in [Duration::ZERO, Duration::new(7, 1), Duration::from_secs(1)] {
            assert_eq!(Sleep::new(sleep).get(), Some(sleep));
        }
        assert_eq!(Sleep::NONE.get(), None);
        assert!(Sleep::new(Duration::MAX).get() > Some(Duration::from_secs(500 * 365 * 86_400)));
    }
}
