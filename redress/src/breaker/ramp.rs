/// The time after closing in which a growing share of the calls is admitted.
///
/// The share grows evenly from none to all. Calls are picked by carrying the remainder, not by
/// chance: of a hundred calls at 30%, thirty go, evenly spread.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ramp {
    start: u64,
    length: u64,
    /// The part of a call that earlier calls have left over.
    credit: f64,
}

impl Ramp {
    pub(super) const fn new(start: u64, length: u64) -> Self {
        Self {
            start,
            length,
            // The first call after closing is always admitted.
            credit: 1.0,
        }
    }

    /// Ends after `length` if that is sooner.
    #[cfg(feature = "config")]
    pub(super) fn shorten(&mut self, length: u64) {
        self.length = self.length.min(length);
    }

    pub(super) const fn end(&self) -> u64 {
        self.start.saturating_add(self.length)
    }

    /// Returns `true` if this call is admitted.
    #[expect(clippy::cast_precision_loss, reason = "a share needs few digits")]
    pub(super) fn admits(&mut self, now: u64) -> bool {
        let since = now.saturating_sub(self.start);
        self.credit += since as f64 / self.length as f64;
        let goes = self.credit >= 1.0;
        if goes {
            self.credit -= 1.0;
        }
        goes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_share_of_admitted_calls_grows_evenly() {
        let mut ramp = Ramp::new(1000, 100);
        assert!(ramp.admits(1000));
        for (now, expected) in [(1010, 10), (1030, 30), (1050, 50), (1090, 90)] {
            let admitted = (0..100).filter(|_| ramp.admits(now)).count();
            assert!(admitted.abs_diff(expected) <= 1, "{admitted} at {now}");
        }
        assert_eq!(ramp.end(), 1100);
    }
}
