use std::fmt;
use std::sync::Arc;

use super::list::Member;
use super::{Endpoints, Load};
use crate::breaker::{CircuitBreaker, CircuitBreakerBuilder, CircuitChange, OnChange};
use crate::classify::DefaultClassifier;
use crate::clock::{Clock, Stopwatch, Time};
use crate::defaults;
use crate::problems::{ConfigError, Problems};

/// Configures [`Endpoints`]; [`Endpoints::builder`] starts one.
///
/// | setting | default |
/// |---|---|
/// | name | none |
/// | breaker of each | opens at three failures in a row, for 10 s |
/// | classifier | the default one |
#[must_use = "a builder does nothing until `build` is called"]
pub struct EndpointsBuilder<C = DefaultClassifier> {
    name: Option<String>,
    breaker: CircuitBreakerBuilder,
    on_change: Option<OnChange>,
    classifier: C,
    time: Time,
}

impl EndpointsBuilder {
    pub(super) fn new() -> Self {
        Self {
            name: None,
            breaker: CircuitBreaker::builder()
                .consecutive_failures(defaults::ENDPOINT_FAILURES)
                .recovery_timeout(defaults::ENDPOINT_RECOVERY),
            on_change: None,
            classifier: DefaultClassifier,
            time: Time::System,
        }
    }
}

impl<C> EndpointsBuilder<C> {
    /// Names the list. The breaker of endpoint `a` in the list `replicas` is `replicas/a`, in events, in
    /// metrics and in [`breaker::named`](crate::breaker::named); without a name of the list it is `a`.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Sets how the breakers are built, of which each endpoint has one. Their names, their clock and their
    /// [`on_change`](CircuitBreakerBuilder::on_change) are the list's.
    ///
    /// [`slow_call`](CircuitBreakerBuilder::slow_call) ejects what is too slow for you. Without it a slow
    /// endpoint is avoided all the same, as long as another one is faster.
    pub fn breaker(mut self, breaker: CircuitBreakerBuilder) -> Self {
        self.breaker = breaker;
        self
    }

    /// Shows each ejection, and each return, as the change of a breaker. A panic in it is caught.
    ///
    /// ```
    /// use std::sync::{Arc, Mutex};
    /// use redress::{ErrorClass, endpoints::Endpoints};
    ///
    /// let seen = Arc::new(Mutex::new(Vec::new()));
    /// let log = Arc::clone(&seen);
    /// let replicas: Endpoints<u32> = Endpoints::builder()
    ///     .name("replicas")
    ///     .on_change(move |change| log.lock().unwrap().push(change.to_string()))
    ///     .build([("a", 1)])?;
    /// for _ in 0..3 {
    ///     replicas.take().failure(ErrorClass::Transient);
    /// }
    /// assert_eq!(*seen.lock().unwrap(), ["replicas/a: closed -> open"]);
    /// # Ok::<_, redress::ConfigError>(())
    /// ```
    pub fn on_change(mut self, see: impl Fn(&CircuitChange<'_>) + Send + Sync + 'static) -> Self {
        self.on_change = Some(Arc::new(see));
        self
    }

    /// Sets by which classifier [`Endpoint::record`](super::Endpoint::record) judges errors. Default: the
    /// default classifier.
    pub fn classifier<K>(self, classifier: K) -> EndpointsBuilder<K> {
        EndpointsBuilder {
            name: self.name,
            breaker: self.breaker,
            on_change: self.on_change,
            classifier,
            time: self.time,
        }
    }

    /// Sets the clock of the list and of its breakers. Default: the system's.
    pub fn clock(mut self, clock: impl Clock + 'static) -> Self {
        self.time = Time::Custom(Arc::new(clock));
        self
    }

    /// Builds the list, of endpoints with their names.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] with every mistake: no endpoint, two of one name, a wrong setting of the breaker.
    ///
    /// ```
    /// use redress::{CircuitBreaker, endpoints::Endpoints};
    ///
    /// let wrong = Endpoints::builder()
    ///     .breaker(CircuitBreaker::builder().failure_rate(1.5, 10))
    ///     .build([("a", 1), ("a", 2)]);
    /// let settings: Vec<_> = wrong.unwrap_err().problems().iter().map(|p| p.setting().to_owned()).collect();
    /// assert_eq!(settings, ["breaker.failure_rate", "endpoints"]);
    /// ```
    pub fn build<T, N: Into<String>>(
        self,
        endpoints: impl IntoIterator<Item = (N, T)>,
    ) -> Result<Endpoints<T, C>, ConfigError> {
        let mut problems = Problems::default();
        problems.within("breaker", |problems| self.breaker.check(problems));
        let endpoints: Vec<(String, T)> = endpoints
            .into_iter()
            .map(|(name, value)| (name.into(), value))
            .collect();
        for (at, (name, _)) in endpoints.iter().enumerate() {
            if endpoints.iter().take(at).any(|(other, _)| other == name) {
                let message = format!("two have the name `{name}`: rename one of them");
                problems.add("endpoints", message);
            }
        }
        let mut members = endpoints.into_iter();
        let Some((name, value)) = members.next() else {
            problems.add("endpoints", "there is none: give at least one");
            return Err(problems.into_error());
        };
        problems.into_result()?;
        let first = self.member(name, value);
        let others = members.map(|(name, value)| self.member(name, value));
        let others = others.collect();
        let stopwatch = Stopwatch::start(self.time);
        Ok(Endpoints::of(
            self.name,
            first,
            others,
            self.classifier,
            stopwatch,
        ))
    }

    fn member<T>(&self, name: String, value: T) -> Member<T> {
        let of_breaker = match &self.name {
            Some(list) => format!("{list}/{name}"),
            None => name.clone(),
        };
        let mut breaker = self
            .breaker
            .clone()
            .name(of_breaker)
            .time(self.time.clone());
        if let Some(see) = &self.on_change {
            let see = Arc::clone(see);
            breaker = breaker.on_change(move |change| see(change));
        }
        Member {
            name,
            value: Arc::new(value),
            breaker: breaker.build_unchecked(),
            load: Arc::new(Load::new()),
        }
    }
}

impl<C> fmt::Debug for EndpointsBuilder<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EndpointsBuilder")
            .field("name", &self.name)
            .field("breaker", &self.breaker)
            .finish_non_exhaustive()
    }
}
