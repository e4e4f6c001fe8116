use crate::clock::nanos;
use crate::defaults;
use crate::sync::Ordering::Relaxed;
use crate::sync::{AtomicBool, AtomicU64, Setting};

/// The price of a retry. Large, so that the deposit of a success is right to a millionth, and the same
/// for every budget: a balance means as many retries whatever the ratio is.
const RETRY: u64 = 1 << 32;

/// An account that successes pay into and retries are paid from.
///
/// One word holds it all, so every step is a single read-modify-write. It starts full, and while it
/// is full a success only reads.
#[derive(Debug)]
pub(super) struct Funded {
    balance: AtomicU64,
    full: Setting,
    deposit: Setting,
    /// The deposit of a nanosecond: the bits of a number that is not negative.
    income: Setting,
    /// There was a success since time was last paid for.
    succeeded: AtomicBool,
    paid_until: AtomicU64,
}

impl Funded {
    /// `ratio` is within 0..=1, and `per_second` not negative.
    pub(super) fn new(ratio: f64, reserve: u32, per_second: f64) -> Self {
        let full = price(reserve);
        Self {
            balance: AtomicU64::new(full),
            full: Setting::new(full),
            deposit: Setting::new(deposit(ratio)),
            income: Setting::new(income(per_second)),
            succeeded: AtomicBool::new(false),
            paid_until: AtomicU64::new(0),
        }
    }

    /// Goes on with other settings, and with what is left: up to the new reserve.
    #[cfg(feature = "config")]
    pub(super) fn renew(&self, ratio: f64, reserve: u32, per_second: f64, now: u64) {
        if self.is_timed() {
            self.pay_for_time(now);
        } else {
            // No time is paid for that has passed before.
            self.paid_until.store(now, Relaxed);
        }
        let full = price(reserve);
        self.full.store(full, Relaxed);
        self.deposit.store(deposit(ratio), Relaxed);
        self.income.store(income(per_second), Relaxed);
        self.balance.fetch_min(full, Relaxed);
    }

    /// Returns `true` if the account depends on the time.
    pub(super) fn is_timed(&self) -> bool {
        self.income.load(Relaxed) != 0
    }

    fn full(&self) -> u64 {
        self.full.load(Relaxed)
    }

    #[inline]
    pub(super) fn on_success(&self) {
        if self.is_timed() && !self.succeeded.load(Relaxed) {
            self.succeeded.store(true, Relaxed);
        }
        if self.balance.load(Relaxed) < self.full() {
            self.pay_in(self.deposit.load(Relaxed));
        }
    }

    pub(super) fn spend(&self, cost: u32, now: u64) -> bool {
        self.pay_for_time(now);
        let price = price(cost);
        self.balance
            .fetch_update(Relaxed, Relaxed, |balance| balance.checked_sub(price))
            .is_ok()
    }

    pub(super) fn give_back(&self, cost: u32) {
        self.pay_in(price(cost));
    }

    pub(super) fn remaining(&self, now: u64) -> u32 {
        self.pay_for_time(now);
        let retries = self.balance.load(Relaxed) / RETRY;
        u32::try_from(retries).unwrap_or(u32::MAX)
    }

    /// Pays in, up to the reserve.
    fn pay_in(&self, amount: u64) {
        let full = self.full();
        let _full = self.balance.fetch_update(Relaxed, Relaxed, |balance| {
            (balance < full).then(|| balance.saturating_add(amount).min(full))
        });
    }

    /// Pays in for the time since this was last done, if there was a success in it.
    ///
    /// No two threads are paid for the same time: each pays from where the last one stopped.
    fn pay_for_time(&self, now: u64) {
        if !self.is_timed() || !self.succeeded.load(Relaxed) {
            return;
        }
        let least = nanos(defaults::BUDGET_INCOME_STEP);
        if now.saturating_sub(self.paid_until.load(Relaxed)) < least
            || !self.succeeded.swap(false, Relaxed)
        {
            return;
        }
        let paid_until = self.paid_until.fetch_max(now, Relaxed);
        let time = now.saturating_sub(paid_until);
        let time = time.min(nanos(defaults::BUDGET_INCOME_MEMORY));
        let income = f64::from_bits(self.income.load(Relaxed));
        // Rounded up, as a deposit is: 10 s at 4.1 a second pay for 41 retries.
        self.pay_in((income * time as f64).ceil() as u64);
    }
}

/// Returns what so many retries cost.
fn price(retries: u32) -> u64 {
    // Less than 2^64.
    RETRY.saturating_mul(u64::from(retries))
}

/// Returns what a success pays in.
fn deposit(ratio: f64) -> u64 {
    // Rounded up, so that no fraction is lost: three successes at 1/3 pay for one retry.
    (RETRY as f64 * ratio).ceil() as u64
}

fn income(per_second: f64) -> u64 {
    (per_second * RETRY as f64 / 1e9).to_bits()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: u64 = 1_000_000_000;

    fn spend_all(funded: &Funded, now: u64) -> u32 {
        let spent = std::iter::repeat_with(|| funded.spend(1, now));
        u32::try_from(spent.take_while(|spent| *spent).take(10_000).count()).unwrap()
    }

    #[test]
    fn a_whole_number_of_successes_pays_for_a_retry() {
        for (ratio, successes, retries) in [
            (0.1, 10, 1),
            (1.0 / 3.0, 3, 1),
            (0.7, 10, 7),
            (0.15, 20, 3),
            (0.01, 100, 1),
            (0.001, 1000, 1),
            (1.0, 1, 1),
        ] {
            let funded = Funded::new(ratio, 100, 0.0);
            assert_eq!(spend_all(&funded, 0), 100);
            for _ in 1..successes {
                funded.on_success();
            }
            assert_eq!(funded.remaining(0), retries - 1, "{ratio}");
            funded.on_success();
            assert_eq!(spend_all(&funded, 0), retries, "{ratio}");
        }
    }

    #[test]
    fn a_whole_number_of_seconds_pays_for_a_retry() {
        for (per_second, seconds, retries) in [(0.1, 10, 1), (0.7, 10, 7), (4.1, 10, 41)] {
            let funded = Funded::new(0.0, 100, per_second);
            assert_eq!(spend_all(&funded, 0), 100);
            funded.on_success();
            let before = seconds * SECOND - 1_000_000;
            assert_eq!(funded.remaining(before), retries - 1, "{per_second}");
            funded.on_success();
            assert_eq!(funded.remaining(seconds * SECOND), retries, "{per_second}");
        }
    }

    #[test]
    fn the_reserve_is_never_exceeded() {
        let funded = Funded::new(0.5, 4, 0.0);
        for _ in 0..100 {
            funded.on_success();
        }
        assert_eq!(funded.remaining(0), 4);
        assert!(funded.spend(1, 0));
        for _ in 0..100 {
            funded.on_success();
        }
        funded.give_back(1);
        assert_eq!(spend_all(&funded, 0), 4);
    }

    #[test]
    fn a_cost_is_paid_and_given_back_as_a_whole() {
        let funded = Funded::new(0.1, 5, 0.0);
        assert!(funded.spend(3, 0));
        assert!(!funded.spend(3, 0));
        assert_eq!(funded.remaining(0), 2);
        funded.give_back(3);
        assert!(funded.spend(5, 0) && funded.spend(0, 0));
        assert!(!funded.spend(u32::MAX, 0));
    }

    #[cfg(feature = "config")]
    #[test]
    fn other_settings_leave_what_is_left_up_to_the_new_reserve() {
        let funded = Funded::new(0.5, 100, 0.0);
        for _ in 0..70 {
            assert!(funded.spend(1, 0));
        }
        funded.renew(0.01, 200, 0.0, 0);
        assert_eq!(funded.remaining(0), 30);
        for _ in 0..100 {
            funded.on_success();
        }
        assert_eq!(funded.remaining(0), 31);
        funded.renew(0.01, 5, 0.0, 0);
        assert_eq!(funded.remaining(0), 5);
        funded.renew(0.0, 100, 2.0, 60 * SECOND);
        assert_eq!(spend_all(&funded, 61 * SECOND), 5);
        funded.on_success();
        let paid = spend_all(&funded, 61 * SECOND);
        assert_eq!(
            paid, 2,
            "for the second since then, not for the minute before"
        );
    }

    #[test]
    fn without_a_ratio_there_is_only_the_reserve() {
        let funded = Funded::new(0.0, 2, 0.0);
        assert_eq!(spend_all(&funded, 0), 2);
        funded.on_success();
        assert_eq!(spend_all(&funded, 0), 0);
    }

    #[test]
    fn extreme_settings_saturate() {
        let funded = Funded::new(f64::MIN_POSITIVE, u32::MAX, f64::MAX);
        assert!(funded.spend(1, 0) && funded.spend(u32::MAX - 1, 0));
        assert!(!funded.spend(1, 0));
        funded.on_success();
        funded.give_back(u32::MAX);
        assert_eq!(funded.remaining(SECOND), u32::MAX);
        assert!(funded.spend(u32::MAX, SECOND));
        funded.on_success();
        assert_eq!(funded.remaining(2 * SECOND), u32::MAX);
    }

    #[test]
    fn time_pays_as_long_as_something_succeeds() {
        let funded = Funded::new(0.0, 100, 2.0);
        assert_eq!(spend_all(&funded, 0), 100);
        assert_eq!(spend_all(&funded, 5 * SECOND), 0, "no success yet");
        funded.on_success();
        assert_eq!(spend_all(&funded, 5 * SECOND), 10);
        assert_eq!(spend_all(&funded, 7 * SECOND), 0, "no success since");
        funded.on_success();
        assert_eq!(spend_all(&funded, 8 * SECOND), 6);
    }

    #[test]
    fn the_end_of_an_outage_is_not_paid_for_the_outage() {
        let funded = Funded::new(0.0, 1000, 2.0);
        assert_eq!(spend_all(&funded, 0), 1000);
        funded.on_success();
        assert_eq!(spend_all(&funded, 3600 * SECOND), 20);
    }
}
