use crate::defaults::BREAKER_MOST_REFUSED;

/// The share of the calls that a closed breaker refuses in proportion to how many fail: the adaptive
/// throttling of "Site Reliability Engineering" (2016), chapter 21.
///
/// Calls are picked by carrying the remainder, not by chance, as during a ramp.
#[derive(Debug, Default)]
pub(super) struct Throttle {
    share: f64,
    /// The part of a call that earlier calls have left over.
    credit: f64,
}

impl Throttle {
    /// Goes by these counts from now on.
    #[expect(clippy::cast_precision_loss, reason = "a share needs few digits")]
    pub(super) fn follow(&mut self, k: f64, requests: u64, accepts: u64) {
        let (requests, accepts) = (requests as f64, accepts as f64);
        let share = k.mul_add(-accepts, requests) / (requests + 1.0);
        self.share = share.clamp(0.0, BREAKER_MOST_REFUSED);
    }

    /// Returns the share that is refused.
    pub(super) const fn share(&self) -> f64 {
        self.share
    }

    pub(super) fn refuses_some(&self) -> bool {
        self.share > 0.0
    }

    /// Returns `true` if this call is admitted.
    pub(super) fn admits(&mut self) -> bool {
        self.credit += 1.0 - self.share;
        let goes = self.credit >= 1.0;
        if goes {
            self.credit -= 1.0;
        }
        goes
    }

    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_share_is_that_of_the_book() {
        for (k, requests, accepts, share) in [
            (2.0, 0, 0, 0.0),
            (2.0, 100, 100, 0.0),
            (2.0, 100, 50, 0.0),
            (2.0, 99, 25, 0.49),
            (1.1, 99, 50, 0.44),
            (2.0, 999, 0, 0.9),
        ] {
            let mut throttle = Throttle::default();
            throttle.follow(k, requests, accepts);
            assert!(
                (throttle.share() - share).abs() < 1e-9,
                "{}",
                throttle.share()
            );
            assert_eq!(throttle.refuses_some(), share > 0.0);
        }
    }

    #[test]
    fn of_many_calls_the_share_is_refused() {
        let mut throttle = Throttle::default();
        throttle.follow(2.0, 99, 25);
        let admitted = (0..1000).filter(|_| throttle.admits()).count();
        assert!(admitted.abs_diff(510) <= 1, "{admitted}");
    }
}
