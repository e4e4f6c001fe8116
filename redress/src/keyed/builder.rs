use std::collections::VecDeque;
use std::fmt;
use std::hash::{BuildHasher, Hash};
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use papaya::HashMap;

use super::map::slot;
use super::{Each, KeyState, Keyed};
use crate::clock::{Clock, Stopwatch, Time};
use crate::defaults;
use crate::delay::{Delay, GivenTimes};
use crate::problems::{ConfigError, Problems};

/// Configures a [`Keyed`]; [`Keyed::builder`] starts one.
///
/// | setting | default |
/// |---|---|
/// | idle time | 10 minutes |
/// | hasher | [`KeyState`] |
/// | clock | the machine's |
/// | hook for keys without room | none |
#[must_use = "a builder does nothing until `build` is called"]
pub struct KeyedBuilder<S = KeyState> {
    idle: Duration,
    times: GivenTimes,
    hasher: S,
    time: Time,
    on_overflow: Option<Box<dyn Fn(u64) + Send + Sync>>,
}

impl KeyedBuilder {
    pub(super) fn new() -> Self {
        Self {
            idle: defaults::KEYED_IDLE,
            times: GivenTimes::default(),
            hasher: KeyState::default(),
            time: Time::System,
            on_overflow: None,
        }
    }
}

impl<S> KeyedBuilder<S> {
    /// Sets after which time a key may be forgotten that nothing has asked for, as a `Duration` or in
    /// seconds, where that makes no difference. Looked at whenever a new key comes. Default: 10 minutes;
    /// where there is no room for the new key, at once.
    ///
    /// ```
    /// use std::time::Duration;
    /// use redress::testing::VirtualClock;
    /// use redress::{CircuitBreaker, keyed::Keyed};
    ///
    /// let clock = VirtualClock::new();
    /// let hosts = Keyed::builder().idle(60).clock(clock.clone());
    /// let hosts = hosts.build::<String, _>(CircuitBreaker::new(), 100)?;
    /// hosts.get("a");
    /// clock.advance(Duration::from_secs(180));
    /// hosts.get("b"); // a new key: others may be forgotten
    /// assert_eq!(hosts.len(), 1);
    /// # Ok::<_, redress::ConfigError>(())
    /// ```
    pub fn idle(mut self, idle: impl Into<Delay>) -> Self {
        self.idle = self.times.take("idle", idle);
        self
    }

    /// Sets the clock of the idle time. Default: the machine's. What the keys have goes by the clock of
    /// what it is made like.
    ///
    /// ```
    /// use redress::testing::VirtualClock;
    /// use redress::{CircuitBreaker, CircuitState, keyed::Keyed};
    ///
    /// let clock = VirtualClock::new();
    /// let breaker = CircuitBreaker::builder().recovery_timeout(30).clock(clock.clone()).build()?;
    /// let hosts = Keyed::builder().clock(clock.clone()).build::<String, _>(breaker, 100)?;
    /// hosts.get("a").force_open();
    /// assert_eq!(hosts.get("a").state(), CircuitState::Open);
    /// # Ok::<_, redress::ConfigError>(())
    /// ```
    pub fn clock(mut self, clock: impl Clock + 'static) -> Self {
        self.time = Time::Custom(Arc::new(clock));
        self
    }

    /// Sets another hasher than [`KeyState`]: the standard library's where those who choose the keys can
    /// measure single lookups, which then take twice the time.
    ///
    /// ```
    /// use std::hash::RandomState;
    /// use redress::{Gate, keyed::Keyed};
    ///
    /// let accounts = Keyed::builder().hasher(RandomState::new());
    /// let accounts = accounts.build::<u32, _>(Gate::new(), 100)?;
    /// assert!(accounts.get(&7).try_enter().is_ok());
    /// # Ok::<_, redress::ConfigError>(())
    /// ```
    pub fn hasher<H>(self, hasher: H) -> KeyedBuilder<H> {
        KeyedBuilder {
            idle: self.idle,
            times: self.times,
            hasher,
            time: self.time,
            on_overflow: self.on_overflow,
        }
    }

    /// Adds a function that is told whenever a key finds no room, with how often that has happened:
    /// raise the limit, or look for keys that are made up. A panic in it is caught. Default: none.
    ///
    /// ```
    /// use redress::keyed::Keyed;
    /// use redress::{CircuitBreaker, ErrorClass};
    ///
    /// let hosts = Keyed::builder()
    ///     .on_overflow(|times| eprintln!("{times} keys found no room"))
    ///     .build::<String, _>(CircuitBreaker::new(), 1)?;
    /// hosts.get("a").try_acquire().unwrap().failure(ErrorClass::Transient); // not like a new one
    /// hosts.get("b").force_open();
    /// assert!(hosts.overflow().try_acquire().is_err());
    /// assert_eq!(hosts.overflowed(), 1);
    /// # Ok::<_, redress::ConfigError>(())
    /// ```
    pub fn on_overflow(mut self, hook: impl Fn(u64) + Send + Sync + 'static) -> Self {
        self.on_overflow = Some(Box::new(hook));
        self
    }

    /// Makes a map of at most `max_keys` keys, each with one like `template`, which itself is not used.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] names every mistake: `max_keys` is 0, the idle time is zero or no length of time,
    /// the template is a budget with settings that a policy would refuse.
    ///
    /// ```
    /// use redress::{Budget, keyed::Keyed};
    ///
    /// let wrong = Keyed::builder().idle(-1).build::<u64, _>(Budget::success_ratio(1.5), 0);
    /// let error = wrong.unwrap_err();
    /// let settings: Vec<_> = error.problems().iter().map(|p| p.setting()).collect();
    /// assert_eq!(settings, ["max_keys", "idle", "template.success_ratio"]);
    /// ```
    #[expect(
        clippy::needless_pass_by_value,
        reason = "a template is made for this and not used elsewhere"
    )]
    pub fn build<K: Hash + Eq + Clone, T: Each>(
        self,
        template: T,
        max_keys: usize,
    ) -> Result<Keyed<K, T, S>, ConfigError>
    where
        S: BuildHasher,
    {
        let mut problems = Problems::default();
        check_max_keys(max_keys, &mut problems);
        self.times.check(&mut problems, "idle", self.idle, None);
        problems.within("template", |problems| template.check(problems));
        problems.into_result()?;
        Ok(self.build_unchecked(&template, max_keys))
    }

    /// Makes a map of settings that are known to be right.
    pub(crate) fn build_unchecked<K: Hash + Eq + Clone, T: Each>(
        self,
        template: &T,
        max_keys: usize,
    ) -> Keyed<K, T, S>
    where
        S: BuildHasher,
    {
        // The one that is given may be in use elsewhere.
        let template = template.fresh();
        Keyed {
            overflow: Arc::new(slot(template.fresh(), 0)),
            template,
            entries: HashMap::with_hasher(self.hasher),
            kept: Mutex::new(VecDeque::new()),
            max_keys,
            idle: self.idle,
            stopwatch: Stopwatch::start(self.time),
            epoch: AtomicU64::new(0),
            overflowed: AtomicU64::new(0),
            on_overflow: self.on_overflow,
        }
    }
}

fn check_max_keys(max_keys: usize, problems: &mut Problems) {
    if max_keys == 0 {
        let message = "is 0, so all keys would share one: give how many may be kept, such as 10000";
        problems.add("max_keys", message);
    }
}

impl<S> fmt::Debug for KeyedBuilder<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyedBuilder")
            .field("idle", &self.idle)
            .finish_non_exhaustive()
    }
}
