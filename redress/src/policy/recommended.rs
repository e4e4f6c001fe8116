use crate::breaker::CircuitBreaker;
use crate::budget::Budget;
use crate::clock::Time;
use crate::defaults;
use crate::gate::Gate;
use crate::policy::{Policy, PolicyBuilder};
use crate::strategies::equal_jitter;

impl Policy {
    /// Creates the policy that a service should start with: all defaults, a circuit breaker, a
    /// budget and a gate, as [`PolicyBuilder::recommended`] says.
    ///
    /// **The breaker, the budget and the gate belong to this policy and its clones: make one for each
    /// dependency, once**, not one for each call. The breaker counts failures that are classified as
    /// TRANSIENT or SERVER_ERROR: see [`PolicyBuilder::recommended`] for what an UNKNOWN one does.
    ///
    /// ```
    /// use std::sync::LazyLock;
    /// use redress::Policy;
    ///
    /// static ORDERS: LazyLock<Policy> = LazyLock::new(Policy::recommended);
    ///
    /// let order = ORDERS.call(|| Ok::<_, std::io::Error>(5));
    /// assert_eq!(order.unwrap(), 5);
    /// ```
    #[inline]
    #[must_use]
    pub fn recommended() -> Self {
        Self::builder().recommended().build_unchecked()
    }
}

impl<C, R> PolicyBuilder<C, R> {
    /// Adds a circuit breaker and a budget that let an outage end when its cause ends, and a gate for
    /// rate limits.
    ///
    /// **[`build`](Self::build) makes one breaker, one budget and one gate, which the policy and its clones
    /// share, and no other policy: build one policy for each dependency, once.** One that is built for
    /// each call protects nothing; one for two dependencies lets either refuse the calls to the
    /// other.
    ///
    /// | what | setting |
    /// |---|---|
    /// | breaker opens | when half of the attempts within 5 s failed, of 20 at least |
    /// | breaker stays open | 0.5 to 1 s, and 1 to 2 s when it opens again, then one probe |
    /// | breaker observes | attempts: when it opens, retries on their way stop |
    /// | breaker counts | TRANSIENT and SERVER_ERROR |
    /// | budget | one retry for ten successes, and a reserve of 100; free is a retry that waits as long as the server asked ([`Budget::free_hinted_retries`]) |
    /// | gate | that of [`Gate::new`] |
    ///
    /// A [`circuit_breaker`](Self::circuit_breaker), a [`budget`](Self::budget) or a
    /// [`gate`](Self::gate) that is given takes the place of this one. All go by the policy's
    /// [`clock`](Self::clock). Everything else stays as it is. Set an [`attempt_timeout`](Self::attempt_timeout), too: the breaker hears of a hung
    /// attempt when it is cut off.
    ///
    /// **Errors of class UNKNOWN do not open the breaker**, since they may be answers: it helps only
    /// against failures that are classified. An observer is told once when it has passed over twenty
    /// of them, with the type of the error: [`EventName::Unclassified`](crate::EventName::Unclassified).
    /// See [`trip_on`](crate::breaker::CircuitBreakerBuilder::trip_on) for what to do.
    ///
    /// ```
    /// use redress::{Policy, StopReason};
    ///
    /// let policy = Policy::builder()
    ///     .recommended()
    ///     .attempt_timeout(1)
    ///     .strategy(redress::strategies::instant())
    ///     .build()?;
    /// let down = || Err::<(), _>(std::io::Error::from(std::io::ErrorKind::ConnectionRefused));
    /// let stops: Vec<_> = (0..9).map(|_| policy.execute(down).stop_reason).collect();
    /// assert_eq!(stops[0], Some(StopReason::MaxAttemptsGlobal));
    /// assert_eq!(stops[8], Some(StopReason::CircuitOpen));
    /// # Ok::<_, redress::ConfigError>(())
    /// ```
    ///
    /// # Why these
    ///
    /// A server that answers 300 requests a second, with 280 arriving, stops for 10 s. The time
    /// until 95% of the operations succeed again, how many succeed from then on to 260 s after, and
    /// the most attempts in one second:
    ///
    /// | policy | recovers after | succeed | attempts |
    /// |---|---|---|---|
    /// | no retries | 117 to 129 s | 52% | 323 |
    /// | 3 retries | never | 0% | 1214 |
    /// | 3 retries, the budget | 119 to 134 s | 51% | 375 |
    /// | 3 retries, a breaker of 10 s, 5 s open | 11 s | 96% | 823 |
    /// | both of these | 6 s | 98% | 375 |
    /// | 3 retries, recommended | 3 s | 99% | 375 |
    ///
    /// A shorter window opens at blips that retries would have ridden out; a longer one lets more
    /// requests queue up before it opens.
    ///
    /// A rate limit must neither empty the budget nor use up the attempts. 100 tasks make 5 requests each to a server that grants
    /// 10 a second, and answers the others with 429 and `Retry-After: 1`. The requests that are lost,
    /// of 500:
    ///
    /// | policy | lost |
    /// |---|---|
    /// | defaults | 228 |
    /// | recommended | 0 |
    /// | the same without the gate | 228 |
    /// | the same, if the retries that the server asks for were paid | 471 |
    ///
    /// A server that is down for 10 s may send such hints as well. With 503, the breaker opens: there
    /// are 0.3 attempts for each operation, and recovery takes about a second, with hints or without.
    /// With 429 and `Retry-After: 1` the breaker stays closed and the gate closes: one request a second
    /// finds out whether the server is back, calls that cannot be let go in time are told at once to come
    /// back later, and recovery takes no longer than the outage. Without the gate there are 4.3 attempts for
    /// each operation, as with the defaults, and recovery takes 7 to 8 s.
    ///
    /// `redress simulate` (feature `cli`) and `redress::simulate` (feature `simulate`) run a policy of
    /// yours in these worlds; the guide [Will it recover?](crate::guide::simulating) has more of them.
    #[must_use]
    pub fn recommended(mut self) -> Self {
        self.settings.recommended = Some(recommend);
        self
    }
}

/// Adds a breaker, a budget and a gate where none is given.
pub(super) type Recommend =
    fn(&Time, &mut Option<CircuitBreaker>, &mut Option<Budget>, &mut Option<Gate>);

#[inline]
fn recommend(
    time: &Time,
    own: &mut Option<CircuitBreaker>,
    funds: &mut Option<Budget>,
    door: &mut Option<Gate>,
) {
    own.get_or_insert_with(|| breaker(time.clone()));
    funds.get_or_insert_with(|| budget(time.clone()));
    door.get_or_insert_with(|| Gate::timed(time.clone()));
}

#[inline]
pub(crate) fn breaker(time: Time) -> CircuitBreaker {
    let recovery = equal_jitter(defaults::RECOMMENDED_RECOVERY_MAX);
    CircuitBreaker::builder()
        .failure_rate(
            defaults::RECOMMENDED_FAILURE_RATE,
            defaults::RECOMMENDED_MINIMUM_CALLS,
        )
        .window(defaults::RECOMMENDED_WINDOW)
        .recovery_strategy(recovery.base(defaults::RECOMMENDED_RECOVERY))
        .observe_attempts()
        .time(time)
        .build_unchecked()
}

#[inline]
pub(crate) fn budget(time: Time) -> Budget {
    Budget::success_ratio(defaults::RECOMMENDED_RATIO)
        .reserve(defaults::BUDGET_RESERVE)
        .free_hinted_retries()
        .time(time)
}

#[cfg(all(test, not(redress_loom)))]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::breaker::CircuitState;
    use crate::classify::ErrorClass;
    use crate::drive::Compiled;
    use crate::problems::ConfigError;
    use crate::testing::VirtualClock;

    fn fail(breaker: &CircuitBreaker, times: u32) {
        for _ in 0..times {
            if let Ok(permit) = breaker.try_acquire() {
                permit.failure(ErrorClass::Transient);
            }
        }
    }

    #[test]
    fn its_settings_are_valid() {
        let time = Time::System;
        assert!(Policy::builder().budget(budget(time)).build().is_ok());
        let recovery = equal_jitter(defaults::RECOMMENDED_RECOVERY_MAX);
        let built: Result<_, ConfigError> = CircuitBreaker::builder()
            .failure_rate(
                defaults::RECOMMENDED_FAILURE_RATE,
                defaults::RECOMMENDED_MINIMUM_CALLS,
            )
            .window(defaults::RECOMMENDED_WINDOW)
            .recovery_strategy(recovery.base(defaults::RECOMMENDED_RECOVERY))
            .build();
        assert!(built.is_ok());
    }

    #[test]
    fn each_policy_has_its_own_and_its_clones_share_it() {
        let policy = Policy::recommended();
        let (clone, other) = (policy.clone(), Policy::recommended());
        let state = |policy: &Policy| {
            let config = policy.compiled();
            let remaining = config.rules.budget.as_ref().unwrap().remaining();
            (config.breaker.as_ref().unwrap().state(), remaining)
        };
        fail(policy.compiled().breaker.as_ref().unwrap(), 20);
        let budget = policy.compiled().rules.budget.as_ref().unwrap();
        budget.try_spend(ErrorClass::Transient).unwrap().keep();
        assert_eq!(state(&clone), (CircuitState::Open, 99));
        assert_eq!(state(&other), (CircuitState::Closed, 100));
    }

    #[test]
    fn what_is_given_takes_its_place_in_any_order() {
        let breaker = CircuitBreaker::new();
        breaker.force_open();
        let given = Policy::builder().circuit_breaker(breaker).recommended();
        let given = given.budget(Budget::rolling(7, 60)).build().unwrap();
        let config = given.compiled();
        assert_eq!(config.rules.budget.as_ref().unwrap().remaining(), 7);
        let state = config.breaker.as_ref().unwrap().state();
        assert_eq!(state, CircuitState::Open);
    }

    #[test]
    fn it_goes_by_the_clock_of_the_policy() {
        let clock = VirtualClock::new();
        let policy = Policy::builder().recommended().clock(clock.clone());
        let policy = policy.build().unwrap();
        let breaker = policy.compiled().breaker.as_ref().unwrap();
        fail(breaker, 20);
        assert!(breaker.try_acquire().is_err());
        clock.advance(Duration::from_secs(1));
        assert!(breaker.try_acquire().is_ok());
    }
}
