use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::choice::Field;
use super::load::mean;
use super::{Endpoint, EndpointsBuilder, Load, Route};
use crate::breaker::{CircuitBreaker, CircuitState, PermitTicket};
use crate::classify::DefaultClassifier;
use crate::clock::{NEVER, Stopwatch};
use crate::problems::ConfigError;
use crate::strategies::jitter;
use crate::sync::{AtomicU64, Ordering};

/// Replicas of one service, each with a circuit breaker: an attempt goes to one that is well, and a retry to
/// another one than the attempt before.
///
/// A `T` is what an attempt needs of a replica: a client, a pool, a URL. [`route`](Self::route) is one call's
/// way through them, [`take`](Route::take) is one attempt's:
///
/// ```
/// use std::io::{Error, ErrorKind};
/// use redress::{Policy, endpoints::Endpoints};
///
/// struct Client { well: bool }
/// impl Client {
///     fn get(&self, key: &str) -> Result<String, Error> {
///         if self.well { Ok(key.to_uppercase()) } else { Err(ErrorKind::ConnectionRefused.into()) }
///     }
/// }
///
/// let replicas = Endpoints::new([
///     ("a", Client { well: true }),
///     ("b", Client { well: false }),
///     ("c", Client { well: true }),
/// ])?;
/// let policy = Policy::builder().strategy(redress::strategies::instant()).max_attempts(2).build()?;
///
/// let route = replicas.route();
/// let answer = policy.call(|| {
///     let replica = route.take();
///     replica.record(replica.get("key"))
/// });
/// assert_eq!(answer.unwrap(), "KEY"); // at the second attempt, if the first one went to `b`
/// # Ok::<_, redress::ConfigError>(())
/// ```
///
/// # Which one
///
/// Two are drawn of those that are not ejected, without the one that the call's attempt before went to. The
/// cheaper one is taken: the one with fewer attempts in flight, each of which counts for as long as attempts
/// there usually take, and a hundred times after a failure, so that a replica which fails fast attracts
/// nothing. One time in 256 it is the dearer one, so that a replica which has become well is found to be.
///
/// A replica is **ejected** while its breaker is open: by default after three failures in a row, for 10 s.
/// With more than half of them ejected, all are used; a list never refuses an attempt.
///
/// So a replica that is down, hangs or is slow is noticed by the calls that find it out, and by one in a
/// thousand afterwards, in which it is asked again.
///
/// # Cost
///
/// A `take` reads three words of each endpoint at most, and the clock once; it takes no lock while no
/// breaker is open, and allocates nothing. A thousand endpoints are too many for it.
pub struct Endpoints<T, C = DefaultClassifier> {
    name: Option<String>,
    /// There is always one.
    first: Member<T>,
    others: Vec<Member<T>>,
    pub(super) classifier: C,
    pub(super) stopwatch: Stopwatch,
    /// How long attempts take, wherever they go, in nanoseconds.
    pub(super) typical: AtomicU64,
}

/// One endpoint.
pub(super) struct Member<T> {
    pub(super) name: String,
    // Another list may go on with these.
    pub(super) value: Arc<T>,
    pub(super) breaker: CircuitBreaker,
    pub(super) load: Arc<Load>,
}

impl<T> Endpoints<T> {
    /// Makes a list of endpoints by name, with all defaults. A name is for logs and metrics: an address, the
    /// number of a replica.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] if there is none, or two have the same name.
    pub fn new<N: Into<String>>(
        endpoints: impl IntoIterator<Item = (N, T)>,
    ) -> Result<Self, ConfigError> {
        EndpointsBuilder::new().build(endpoints)
    }
}

impl Endpoints<()> {
    /// Starts to build a list, of anything.
    ///
    /// ```
    /// use redress::{CircuitBreaker, endpoints::Endpoints};
    ///
    /// let replicas = Endpoints::builder()
    ///     .name("replicas")
    ///     .breaker(CircuitBreaker::builder().failure_rate(0.5, 10).recovery_timeout(5))
    ///     .build([("a", "http://10.0.0.1"), ("b", "http://10.0.0.2")])?;
    /// assert_eq!(replicas.len(), 2);
    /// # Ok::<_, redress::ConfigError>(())
    /// ```
    pub fn builder() -> EndpointsBuilder {
        EndpointsBuilder::new()
    }
}

impl<T, C> Endpoints<T, C> {
    pub(super) fn of(
        name: Option<String>,
        first: Member<T>,
        others: Vec<Member<T>>,
        classifier: C,
        stopwatch: Stopwatch,
    ) -> Self {
        Self {
            name,
            first,
            others,
            classifier,
            stopwatch,
            typical: AtomicU64::new(0),
        }
    }

    /// Starts the way of one call, whose retries go elsewhere.
    #[must_use]
    pub fn route(&self) -> Route<'_, T, C> {
        Route::new(self)
    }

    /// Takes an endpoint for an attempt that is alone. The attempts of a call that retries, take theirs from
    /// a [`route`](Self::route).
    pub fn take(&self) -> Endpoint<'_, T, C> {
        self.take_but(None).1
    }

    /// Takes another endpoint than the last, if there is one that is well. Returns its place.
    pub(super) fn take_but(&self, last: Option<usize>) -> (usize, Endpoint<'_, T, C>) {
        // The clock is the user's, and may panic: before anything is held.
        let since = self.now();
        let typical = self.typical.load(Ordering::Relaxed);
        let field = Field {
            count: self.len(),
            last,
            ejected: &|at| self.member(at).is_ejected(),
            cost: &|at| self.member(at).load.cost(typical),
            draw: &jitter::below,
        };
        let (first, second) = field.choose();
        // A half-open breaker may have its probes on their way.
        let admitted = |at: usize| Some((at, Some(self.member(at).admit()?)));
        let (at, ticket) = admitted(first)
            .or_else(|| admitted(second))
            .unwrap_or((first, None));
        (at, Endpoint::new(self, at, ticket, since))
    }

    /// Returns the one at a place.
    pub(super) fn member(&self, place: usize) -> &Member<T> {
        let other = place.checked_sub(1).and_then(|at| self.others.get(at));
        other.unwrap_or(&self.first)
    }

    pub(super) fn members(&self) -> impl Iterator<Item = &Member<T>> {
        std::iter::once(&self.first).chain(&self.others)
    }

    /// Takes notice of how long an attempt took that came to an end.
    pub(super) fn note(&self, took: u64) {
        let typical = self.typical.load(Ordering::Relaxed);
        // One that is lost is made up for by the next.
        self.typical.store(mean(typical, took), Ordering::Relaxed);
    }

    pub(super) fn now(&self) -> u64 {
        self.stopwatch.nanos()
    }

    /// Returns how many there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.others.len().saturating_add(1)
    }

    /// Returns `false`: there is always one.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        false
    }

    /// Lists the endpoints as they are now.
    ///
    /// ```
    /// use redress::{ErrorClass, endpoints::Endpoints};
    ///
    /// let replicas = Endpoints::new([("a", "http://10.0.0.1")])?;
    /// let replica = replicas.take();
    /// replica.failure(ErrorClass::Transient);
    /// let seen = &replicas.snapshot()[0];
    /// assert_eq!((seen.name.as_str(), seen.in_flight, seen.failed), ("a", 1, true));
    /// # Ok::<_, redress::ConfigError>(())
    /// ```
    #[must_use]
    pub fn snapshot(&self) -> Vec<EndpointSnapshot> {
        self.members().map(Member::snapshot).collect()
    }
}

impl<T> Member<T> {
    fn is_ejected(&self) -> bool {
        self.breaker.shared().refuses_beyond(Duration::ZERO)
    }

    fn admit(&self) -> Option<PermitTicket> {
        self.breaker.shared().admit().ok()
    }

    fn snapshot(&self) -> EndpointSnapshot {
        let time = self.load.time();
        EndpointSnapshot {
            name: self.name.clone(),
            in_flight: usize::try_from(self.load.in_flight()).unwrap_or(usize::MAX),
            usual_time: (time > 0).then(|| Duration::from_nanos(time.min(NEVER))),
            failed: self.load.has_failed(),
            state: self.breaker.state(),
            ejected: self.is_ejected(),
        }
    }
}

/// One of the [`Endpoints`], as it was at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct EndpointSnapshot {
    /// Its name.
    pub name: String,
    /// The attempts on their way.
    pub in_flight: usize,
    /// How long attempts take, the last ones most; `None` while that is not known.
    pub usual_time: Option<Duration>,
    /// Whether the last attempt that ended here failed.
    pub failed: bool,
    /// The state of its breaker.
    pub state: CircuitState,
    /// Whether its breaker refuses every attempt.
    pub ejected: bool,
}

impl<T, C> fmt::Debug for Endpoints<T, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.members().map(|member| &member.name);
        f.debug_struct("Endpoints")
            .field("name", &self.name)
            .field("endpoints", &names.collect::<Vec<_>>())
            .finish_non_exhaustive()
    }
}
