use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::registry;
use super::settings::{BudgetKind, BudgetSettings, BudgetSetup};
use super::state::{BudgetState, BudgetTicket};
use super::token::{BudgetCall, BudgetHold, BudgetToken};
use crate::classify::ErrorClass;
use crate::clock::{Clock, Time};
use crate::defaults;
use crate::delay::{Delay, GivenTimes};
use crate::problems::Problems;

/// Bounds retries across calls: a shared handle, for any number of policies and error types.
///
/// Retries that are safe one by one can keep a dependency down: what it fails comes back as more
/// load. A budget bounds the retries of all calls together. First attempts are never refused. A
/// call whose retry is refused stops with
/// [`StopReason::BudgetExhausted`](crate::StopReason::BudgetExhausted) and keeps its last error.
///
/// | kind | retries are bounded by | memory |
/// |---|---|---|
/// | [`rolling`](Self::rolling) | a number in any window of time | 8 bytes a retry |
/// | [`success_ratio`](Self::success_ratio) | a share of the successes, and a reserve | constant |
/// | [`in_flight_share`](Self::in_flight_share) | a share of the calls in flight | constant |
///
/// A budget that is funded by successes is the one to start with: when nothing succeeds, its retries
/// end. A rolling window goes on to allow its number, however long an outage lasts.
///
/// A token is spent when a retry is decided on, before its delay. It stays spent when the sleep
/// handler or `abort_if` then ends the call; it comes back when the future is dropped during the
/// delay. No kind locks or allocates after it was made.
///
/// A clone shares everything. The methods that take `self` return a new budget that shares nothing
/// with earlier clones: set a budget up before it is cloned. Wrong settings are reported by
/// [`PolicyBuilder::build`](crate::PolicyBuilder::build); a budget on its own then allows fewer
/// retries rather than more.
///
/// ```
/// use redress::{Budget, Policy, StopReason, strategies::instant};
///
/// let budget = Budget::rolling(2, 60);
/// let policy = Policy::builder().strategy(instant()).budget(budget.clone()).build()?;
/// let down = || Err::<(), _>(std::io::Error::from(std::io::ErrorKind::ConnectionRefused));
/// let outcome = policy.execute(down);
/// assert_eq!(outcome.attempts, 3);
/// assert_eq!(outcome.stop_reason, Some(StopReason::BudgetExhausted));
/// assert_eq!(budget.remaining(), 0);
/// # Ok::<_, redress::ConfigError>(())
/// ```
///
/// In a `static`, where attributes find it:
///
/// ```
/// use std::sync::LazyLock;
/// use redress::Budget;
///
/// static BUDGET: LazyLock<Budget> = LazyLock::new(|| Budget::success_ratio(0.1));
/// assert_eq!(BUDGET.remaining(), 100);
/// ```
#[derive(Clone)]
pub struct Budget {
    state: Arc<BudgetState>,
}

impl Budget {
    /// Creates a budget of at most `max_retries` in any `window`: a
    /// [`Duration`](std::time::Duration), or seconds.
    ///
    /// Exact: a retry counts from the moment it is decided on until `window` later, to the
    /// nanosecond, however many threads share the budget. Zero retries are allowed: none.
    ///
    /// It takes 8 bytes a retry, once. A refusal is usually one look at the clock and two at
    /// memory; the first refusal after a token came back or ran out looks at every retry.
    ///
    /// A `window` that is zero or no length of time, or more than 1,048,575 retries, is refused
    /// when a policy is built.
    ///
    /// ```
    /// use redress::{Budget, ErrorClass};
    ///
    /// let budget = Budget::rolling(1, 60);
    /// let mut token = budget.try_spend(ErrorClass::Transient).unwrap();
    /// token.keep();
    /// assert!(budget.try_spend(ErrorClass::Transient).is_none());
    /// ```
    #[must_use]
    pub fn rolling(max_retries: u32, window: impl Into<Delay>) -> Self {
        let mut times = GivenTimes::NONE;
        let window = times.take("window", window);
        Self::of(BudgetSetup {
            times,
            ..setup(BudgetKind::Rolling {
                max_retries,
                window,
            })
        })
    }

    /// Creates a budget that successes pay into: each pays for `ratio` retries, as 0.1 for one retry
    /// in ten successes. It starts with a full [`reserve`](Self::reserve).
    ///
    /// Every call that succeeds pays, also at its first attempt. When nothing succeeds, retries end
    /// with the reserve, and with them the load that retries put on what is down.
    ///
    /// This is the retry budget of Finagle and of Google's Site Reliability Engineering ("Handling
    /// Overload"), funded by successes rather than by requests, as in gRPC's retry throttling and
    /// the AWS SDKs: failing requests must not earn retries.
    ///
    /// A `ratio` outside 0 to 1 is refused when a policy is built. Zero leaves the reserve and
    /// [`min_per_second`](Self::min_per_second).
    ///
    /// ```
    /// use redress::{Budget, ErrorClass};
    ///
    /// let budget = Budget::success_ratio(0.5).reserve(1);
    /// budget.try_spend(ErrorClass::Transient).unwrap().keep();
    /// budget.on_success();
    /// assert_eq!(budget.remaining(), 0);
    /// budget.on_success();
    /// assert_eq!(budget.remaining(), 1);
    /// ```
    #[must_use]
    pub fn success_ratio(ratio: f64) -> Self {
        Self::of(setup(BudgetKind::SuccessRatio {
            ratio,
            reserve: defaults::BUDGET_RESERVE,
            min_per_second: defaults::BUDGET_MIN_PER_SECOND,
        }))
    }

    /// Creates a budget of a share of the calls in flight: at any time at most `share` as many
    /// retries, as 0.2 for one retry in five calls, and never fewer than
    /// [`min_in_flight`](Self::min_in_flight).
    ///
    /// A retry is in flight from when it is decided on, through its delay, until its attempt ends.
    /// Calls are those of all policies that share the budget, each from its start to its end. This
    /// is Envoy's `retry_budget`.
    ///
    /// A `share` that is not above 0 and up to 1 is refused when a policy is built.
    ///
    /// ```
    /// use redress::{Budget, ErrorClass};
    ///
    /// let budget = Budget::in_flight_share(0.5).min_in_flight(0);
    /// let calls = [budget.start_call(), budget.start_call()];
    /// let retry = budget.try_spend(ErrorClass::Transient).unwrap();
    /// assert!(budget.try_spend(ErrorClass::Transient).is_none());
    /// drop(retry);
    /// assert_eq!(budget.remaining(), 1);
    /// # drop(calls);
    /// ```
    #[must_use]
    pub fn in_flight_share(share: f64) -> Self {
        Self::of(setup(BudgetKind::InFlightShare {
            share,
            min_in_flight: defaults::BUDGET_MIN_IN_FLIGHT,
        }))
    }

    /// Sets how many retries a budget [funded by successes](Self::success_ratio) can save up, which
    /// is also what it starts with. Default: 100.
    #[must_use]
    pub fn reserve(self, retries: u32) -> Self {
        self.with(|setup| match &mut setup.settings.kind {
            BudgetKind::SuccessRatio { reserve, .. } => *reserve = retries,
            _ => setup.misplaced.push(("reserve", "success_ratio")),
        })
    }

    /// Lets time pay into a budget [funded by successes](Self::success_ratio): so many retries a
    /// second, for callers whose successes are too few to pay for any. Default: 0.
    ///
    /// Time pays only where something succeeds. When a retry is asked for, the time since this was
    /// last paid for counts if there was a success in it, and at most 10 s of it. So the payments
    /// end with the successes, and the end of an outage is not paid for the outage.
    ///
    /// A rate that is negative, infinite or NaN is refused when a policy is built.
    #[must_use]
    pub fn min_per_second(self, retries: f64) -> Self {
        self.with(|setup| match &mut setup.settings.kind {
            BudgetKind::SuccessRatio { min_per_second, .. } => *min_per_second = retries,
            _ => setup.misplaced.push(("min_per_second", "success_ratio")),
        })
    }

    /// Sets how many retries an [in-flight](Self::in_flight_share) budget allows however few calls
    /// there are. Default: 3.
    #[must_use]
    pub fn min_in_flight(self, retries: u32) -> Self {
        self.with(|setup| match &mut setup.settings.kind {
            BudgetKind::InFlightShare { min_in_flight, .. } => *min_in_flight = retries,
            _ => setup.misplaced.push(("min_in_flight", "in_flight_share")),
        })
    }

    /// Sets what a retry after a failure of `class` costs. Default: 1 for every class; 0 is free.
    ///
    /// A retry after a timeout, for one, may cost more, as in the AWS SDKs: what timed out may still
    /// be at work on the other side. It is paid as a whole or not at all. Where two such retries ask
    /// at the same time for what would do for one, a rolling budget may refuse both.
    ///
    /// A cost above what the budget can ever hold is refused when a policy is built.
    ///
    /// ```
    /// use redress::{Budget, ErrorClass};
    ///
    /// let budget = Budget::rolling(10, 60).cost(ErrorClass::Transient, 5);
    /// budget.try_spend(ErrorClass::Transient).unwrap().keep();
    /// assert_eq!(budget.remaining(), 5);
    /// ```
    #[must_use]
    pub fn cost(self, class: ErrorClass, retries: u32) -> Self {
        self.with(|setup| {
            setup.settings.costs.insert(class, retries);
        })
    }

    /// Names the budget in snapshots, and for metrics: one of a few names, such as that of the
    /// dependency, and not one for each request. Default: none.
    ///
    /// ```
    /// use redress::Budget;
    ///
    /// let budget = Budget::success_ratio(0.1).named("payments");
    /// assert_eq!(budget.name(), Some("payments"));
    /// ```
    #[must_use]
    pub fn named(self, name: impl Into<Cow<'static, str>>) -> Self {
        self.with(|setup| setup.settings.name = Some(name.into()))
    }

    /// Returns the name that [`named`](Self::named) gave it; for a budget of a configuration file,
    /// the name of its table.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.settings().name.as_deref()
    }

    /// Makes a retry free that waits at least as long as the other side asked, by a Retry-After hint
    /// above zero. Default: it costs what its class does.
    ///
    /// A budget protects the other side from retries that it has not asked for. These it has asked
    /// for, and said when. Where a rate limit answers most requests of a burst with 429, they would
    /// use up what the budget has for failures. A hint of zero asks for no wait and is never free.
    ///
    /// A free retry is allowed even when nothing is left, and is not in flight for
    /// [`in_flight_share`](Self::in_flight_share): only the attempts and the deadline of each call
    /// bound it. A server that is down may send hints, too, so use a circuit breaker beside such a
    /// budget.
    ///
    /// ```
    /// use std::time::Duration;
    /// use redress::classify::RateLimitError;
    /// use redress::{Budget, Policy, testing::VirtualClock};
    ///
    /// let budget = Budget::rolling(0, 60).free_hinted_retries();
    /// let policy = Policy::builder().budget(budget).clock(VirtualClock::new()).build()?;
    /// let mut asked = [Some(Duration::from_secs(2)), None].into_iter();
    /// let outcome = policy.execute(|| {
    ///     Err::<(), _>(RateLimitError::new("slow down").retry_after(asked.next().flatten()))
    /// });
    /// assert_eq!(outcome.attempts, 2); // the first retry was free, and there is no second
    /// # Ok::<_, redress::ConfigError>(())
    /// ```
    #[must_use]
    pub fn free_hinted_retries(self) -> Self {
        self.with(|setup| setup.settings.free_hinted_retries = true)
    }

    /// Sets the clock. Default: the machine's monotonic clock; inside tokio its clock, which a test
    /// can pause. The clock of a policy is not that of its budget.
    #[must_use]
    pub fn clock(self, clock: impl Clock + 'static) -> Self {
        self.time(Time::Custom(Arc::new(clock)))
    }

    pub(crate) fn time(self, time: Time) -> Self {
        self.with(|setup| setup.time = time)
    }

    /// Asks for a retry after a failure of `class`; `None` refuses it.
    ///
    /// A policy does this by itself. By hand, keep the token when the retry starts, and drop it when
    /// the retry has ended; one that is dropped before was never spent.
    ///
    /// ```
    /// use redress::{Budget, ErrorClass};
    ///
    /// # fn attempt() -> Result<u32, std::io::Error> { Ok(5) }
    /// fn twice(budget: &Budget) -> Result<u32, std::io::Error> {
    ///     let error = match attempt() {
    ///         Ok(value) => {
    ///             budget.on_success();
    ///             return Ok(value);
    ///         }
    ///         Err(error) => error,
    ///     };
    ///     let Some(mut token) = budget.try_spend(ErrorClass::Transient) else {
    ///         return Err(error);
    ///     };
    ///     token.keep();
    ///     attempt().inspect(|_| budget.on_success())
    /// }
    /// assert_eq!(twice(&Budget::success_ratio(0.1)).unwrap(), 5);
    /// ```
    pub fn try_spend(&self, class: ErrorClass) -> Option<BudgetToken<'_>> {
        let ticket = self.state.spend(class)?;
        Some(BudgetToken::new(&self.state, ticket))
    }

    /// Tells a budget [funded by successes](Self::success_ratio) of a call that succeeded. A policy
    /// does this by itself. Other kinds take no notice.
    #[inline]
    pub fn on_success(&self) {
        self.state.on_success();
    }

    /// Counts a call in flight until what is returned is dropped, for a budget of a
    /// [share](Self::in_flight_share) of them. A policy does this by itself. Other kinds take no
    /// notice.
    #[inline]
    pub fn start_call(&self) -> BudgetCall<'_> {
        BudgetCall::start(&self.state)
    }

    /// Returns how many retries of cost 1 it would allow now.
    #[must_use]
    pub fn remaining(&self) -> u32 {
        self.state.remaining()
    }

    /// Returns `true` if a retry is free that waits for `delay` where the other side asked for `hint`.
    pub(crate) fn is_free(&self, hint: Option<Duration>, delay: Duration) -> bool {
        self.settings().free_hinted_retries
            && hint.is_some_and(|hint| !hint.is_zero() && delay >= hint)
    }

    /// Returns `true` if successes pay into the budget.
    pub(crate) fn is_funded(&self) -> bool {
        self.state.is_funded()
    }

    /// Makes the token again of which this is the ticket.
    pub(crate) fn token(&self, ticket: BudgetTicket) -> BudgetToken<'_> {
        BudgetToken::new(&self.state, ticket)
    }

    /// Makes a budget with the same settings, that shares nothing with this, and that no list has.
    #[cfg(feature = "keyed")]
    pub(crate) fn fresh(&self) -> Self {
        Self::of_state(Arc::new(BudgetState::new(self.state.setup.clone())))
    }

    /// Counts the handles of this budget.
    #[cfg(feature = "keyed")]
    pub(crate) fn handles(&self) -> usize {
        Arc::strong_count(&self.state)
    }

    /// Counts a call in flight, if calls are counted; then [`end_call`](Self::end_call) must follow.
    pub(crate) fn count_call(&self) -> bool {
        self.state.start_call()
    }

    pub(crate) fn end_call(&self) {
        self.state.end_call();
    }

    /// Starts a call without a lifetime.
    pub(crate) fn hold(&self) -> BudgetHold {
        BudgetHold::start(Arc::clone(&self.state))
    }

    pub(crate) fn check(&self, problems: &mut Problems) {
        self.state.setup.check(problems);
    }

    /// Returns what it was made of.
    pub(crate) fn settings(&self) -> &BudgetSettings {
        &self.state.setup.settings
    }

    pub(crate) fn of(setup: BudgetSetup) -> Self {
        Self::new(BudgetState::new(setup))
    }

    fn new(state: BudgetState) -> Self {
        let state = Arc::new(state);
        registry::add(&state);
        Self { state }
    }

    pub(super) const fn of_state(state: Arc<BudgetState>) -> Self {
        Self { state }
    }

    /// Puts itself in the place of `before`: one account from now on, which goes by the settings of
    /// this one, with what the other has left. What calls of the other hold comes back to it. A
    /// budget of another kind starts anew.
    #[cfg(feature = "config")]
    pub(crate) fn in_place_of(self, before: &Self) -> Self {
        match self.state.in_place_of(&before.state) {
            Some(state) => Self::new(state),
            None => self,
        }
    }

    fn with(self, change: impl FnOnce(&mut BudgetSetup)) -> Self {
        let mut setup = self.state.setup.clone();
        change(&mut setup);
        Self::of(setup)
    }
}

const fn setup(kind: BudgetKind) -> BudgetSetup {
    BudgetSetup::new(BudgetSettings::new(kind))
}

impl fmt::Debug for Budget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Budget")
            .field("name", &self.settings().name)
            .field("kind", &self.settings().kind)
            .field("remaining", &self.remaining())
            .finish_non_exhaustive()
    }
}
