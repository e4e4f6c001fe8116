use std::borrow::Borrow;
use std::collections::VecDeque;
use std::fmt;
use std::hash::{BuildHasher, Hash};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use papaya::HashMap;

use super::handle::Slot;
use super::{Each, KeyState, KeyedBuilder, KeyedHandle};
use crate::clock::{Stopwatch, nanos};
use crate::defaults;
use crate::problems::ConfigError;
use crate::shielded::shielded;

/// One [`CircuitBreaker`](crate::CircuitBreaker), [`Budget`](crate::Budget) or [`Gate`](crate::Gate) for
/// each key: a host, a tenant, an account.
///
/// One breaker for all hosts lets the host that is down refuse the calls to the others; one that is made
/// for each request never opens. This makes one when a key is first asked for, with the settings of the
/// template that it was made with, and hands out handles of it: each key has what it would have alone.
///
/// It holds a bounded number of keys, and has to be told how many. What it forgets makes no difference:
/// a key whose breaker is closed and has counted no failure, whose budget is full, whose gate knows of no
/// limit, and which no call is using. Where it finds no such key to forget, new keys share one breaker,
/// budget or gate, the [`overflow`](Self::overflow): they are not refused, and an open breaker is never
/// forgotten.
///
/// | what | cost |
/// |---|---|
/// | a key that is there | no lock: a lookup in a concurrent map, and one count up and down |
/// | a new key | a lock; at most sixteen other keys are looked at, however many there are |
/// | a key that finds no room | as a new one, and no memory |
///
/// All of them have the template's name, clock and hooks; [`breaker::named`](crate::breaker::named) and
/// [`budget::named`](crate::budget::named) list none of them, since a metric with a label for each key
/// grows without bound. Ask [`for_each`](Self::for_each).
///
/// ```
/// use std::sync::LazyLock;
/// use redress::keyed::Keyed;
/// use redress::{CircuitBreaker, ErrorClass, retry};
///
/// static HOSTS: LazyLock<Keyed<String, CircuitBreaker>> =
///     LazyLock::new(|| Keyed::new(CircuitBreaker::new(), 10_000).expect("the number is above 0"));
///
/// #[retry(circuit_breaker = HOSTS.get(host))]
/// fn fetch(host: &str) -> std::io::Result<u32> {
///     Ok(5)
/// }
///
/// for _ in 0..5 {
///     HOSTS.get("down.example").try_acquire().unwrap().failure(ErrorClass::Transient);
/// }
/// assert!(fetch("down.example").is_err());
/// assert_eq!(fetch("up.example").unwrap(), 5);
/// assert_eq!(HOSTS.len(), 2);
/// ```
///
/// In a context: `policy.context().circuit_breaker(HOSTS.get(host))`.
pub struct Keyed<K, T, S = KeyState> {
    pub(super) template: T,
    pub(super) overflow: Arc<Slot<T>>,
    /// Weak, so that a key can only be forgotten while no caller has a handle: then the one strong
    /// reference is taken away, and who comes later finds none.
    pub(super) entries: HashMap<K, Weak<Slot<T>>, S>,
    /// The strong references, in the order in which they are looked at. Locked to add or remove one.
    pub(super) kept: Mutex<VecDeque<(K, Arc<Slot<T>>)>>,
    pub(super) max_keys: usize,
    pub(super) idle: Duration,
    pub(super) stopwatch: Stopwatch,
    /// The number of the idle time that has last begun.
    pub(super) epoch: AtomicU64,
    pub(super) overflowed: AtomicU64,
    pub(super) on_overflow: Option<Box<dyn Fn(u64) + Send + Sync>>,
}

impl<K: Hash + Eq + Clone, T: Each> Keyed<K, T> {
    /// Makes a map of at most `max_keys` keys, each with one like `template`, which itself is not used.
    ///
    /// # Errors
    ///
    /// As [`KeyedBuilder::build`]: 0 keys are none.
    ///
    /// ```
    /// use redress::keyed::Keyed;
    /// use redress::{Budget, ErrorClass};
    ///
    /// let tenants: Keyed<u64, Budget> = Keyed::new(Budget::rolling(1, 60), 100)?;
    /// tenants.get(&7).try_spend(ErrorClass::Transient).unwrap().keep();
    /// assert_eq!((tenants.get(&7).remaining(), tenants.get(&8).remaining()), (0, 1));
    /// # Ok::<_, redress::ConfigError>(())
    /// ```
    pub fn new(template: T, max_keys: usize) -> Result<Self, ConfigError> {
        KeyedBuilder::new().build(template, max_keys)
    }
}

impl Keyed<(), ()> {
    /// Starts to build a map, of anything.
    ///
    /// ```
    /// use redress::{CircuitBreaker, keyed::Keyed};
    ///
    /// let hosts = Keyed::builder().idle(60).build::<String, _>(CircuitBreaker::new(), 10_000)?;
    /// assert!(hosts.get("a.example").try_acquire().is_ok());
    /// # Ok::<_, redress::ConfigError>(())
    /// ```
    pub fn builder() -> KeyedBuilder {
        KeyedBuilder::new()
    }
}

impl<K: Hash + Eq + Clone, T: Each, S: BuildHasher> Keyed<K, T, S> {
    /// Returns the breaker, budget or gate of a key, which is made if there is none; the
    /// [`overflow`](Self::overflow) where there is no room for it.
    ///
    /// ```
    /// use redress::{CircuitBreaker, CircuitState, keyed::Keyed};
    ///
    /// let hosts = Keyed::<String, _>::new(CircuitBreaker::new(), 100)?;
    /// hosts.get("a").force_open();
    /// assert_eq!(hosts.get("a").state(), CircuitState::Open);
    /// assert_eq!(hosts.get("b").state(), CircuitState::Closed);
    /// # Ok::<_, redress::ConfigError>(())
    /// ```
    #[inline]
    pub fn get<Q>(&self, key: &Q) -> KeyedHandle<T>
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ToOwned<Owned = K> + ?Sized,
    {
        let found = self.entries.pin().get(key).and_then(Weak::upgrade);
        let Some(slot) = found else {
            return self.add(key);
        };
        let epoch = self.epoch.load(Ordering::Relaxed);
        // Written once in a while only: all callers of a busy key read this line.
        if slot.seen.load(Ordering::Relaxed) != epoch {
            slot.seen.store(epoch, Ordering::Relaxed);
        }
        KeyedHandle(slot)
    }

    #[cold]
    fn add<Q>(&self, key: &Q) -> KeyedHandle<T>
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ToOwned<Owned = K> + ?Sized,
    {
        let epoch = self.stopwatch.nanos() / nanos(self.idle).max(1);
        self.epoch.fetch_max(epoch, Ordering::Relaxed);
        if let Some(slot) = self.find_or_make(key, epoch) {
            return KeyedHandle(slot);
        }
        let times = self.overflowed.fetch_add(1, Ordering::Relaxed);
        if let Some(hook) = &self.on_overflow {
            shielded((), || hook(times.saturating_add(1)));
        }
        KeyedHandle(Arc::clone(&self.overflow))
    }

    /// Returns `None` if there is no room.
    fn find_or_make<Q>(&self, key: &Q, epoch: u64) -> Option<Arc<Slot<T>>>
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ToOwned<Owned = K> + ?Sized,
    {
        let mut kept = self.lock();
        let entries = self.entries.pin();
        // Another thread may have been faster.
        if let Some(slot) = entries.get(key).and_then(Weak::upgrade) {
            return Some(slot);
        }
        for _ in 0..defaults::KEYED_LOOKS.min(kept.len()) {
            let full = kept.len() >= self.max_keys;
            let Some((other, slot)) = kept.pop_front() else {
                break;
            };
            let idle = slot.seen.load(Ordering::Relaxed).saturating_add(1) < epoch;
            let rest = if full || idle {
                self.forget(slot)
            } else {
                Some(slot)
            };
            match rest {
                None => {
                    entries.remove(&other);
                }
                Some(slot) => {
                    // It is a new place where it was taken away for a moment.
                    let found = entries.get(&other);
                    if found.is_none_or(|found| Weak::as_ptr(found) != Arc::as_ptr(&slot)) {
                        entries.insert(other.clone(), Arc::downgrade(&slot));
                    }
                    kept.push_back((other, slot));
                }
            }
        }
        if kept.len() >= self.max_keys {
            return None;
        }
        let slot = Arc::new(slot(self.template.fresh(), epoch));
        entries.insert(key.to_owned(), Arc::downgrade(&slot));
        kept.push_back((key.to_owned(), Arc::clone(&slot)));
        Some(slot)
    }

    /// Forgets what a key has, if that makes no difference; else returns it.
    fn forget(&self, slot: Arc<Slot<T>>) -> Option<Arc<Slot<T>>> {
        if !self.is_like_new(&slot.value) {
            return Some(slot);
        }
        match Arc::try_unwrap(slot) {
            Err(slot) => Some(slot),
            // From here on it can be asked for by nobody else, and what was told it before counts.
            Ok(slot) if self.is_like_new(&slot.value) => None,
            Ok(slot) => Some(Arc::new(slot)),
        }
    }

    /// The clock that is asked is the user's. One that panics lets nothing be forgotten.
    fn is_like_new(&self, value: &T) -> bool {
        shielded(false, || {
            value.is_only_handle() && value.equals_new(&self.template)
        })
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<(K, Arc<Slot<T>>)>> {
        // The user's `Hash`, `Eq` and `Clone` run while it is held. What a panic of them leaves half
        // done is a key that is made again.
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns what keys share that found no room. It is never forgotten.
    ///
    /// ```
    /// use redress::{CircuitBreaker, keyed::Keyed};
    ///
    /// let hosts = Keyed::<String, _>::new(CircuitBreaker::new(), 1)?;
    /// let busy = hosts.get("a"); // a call has it, so it is not forgotten
    /// assert!(std::ptr::eq(&*hosts.get("b"), hosts.overflow()));
    /// assert!(std::ptr::eq(&*hosts.get("c"), hosts.overflow()));
    /// # drop(busy);
    /// # Ok::<_, redress::ConfigError>(())
    /// ```
    #[must_use]
    pub fn overflow(&self) -> &T {
        &self.overflow.value
    }

    /// Returns how often a key found no room: a number that only grows. If it does, raise the limit, or look
    /// for keys that are made up.
    ///
    /// ```
    /// use redress::{CircuitBreaker, keyed::Keyed};
    ///
    /// let hosts = Keyed::<String, _>::new(CircuitBreaker::new(), 1)?;
    /// hosts.get("a").force_open();
    /// hosts.get("b");
    /// hosts.get("b");
    /// assert_eq!(hosts.overflowed(), 2);
    /// # Ok::<_, redress::ConfigError>(())
    /// ```
    #[must_use]
    pub fn overflowed(&self) -> u64 {
        self.overflowed.load(Ordering::Relaxed)
    }

    /// Returns how many keys there are, without the overflow: at most what it was made with.
    ///
    /// ```
    /// use redress::{CircuitBreaker, keyed::Keyed};
    ///
    /// let hosts = Keyed::<u64, _>::new(CircuitBreaker::new(), 100)?;
    /// for host in 0..1000 {
    ///     hosts.get(&host);
    /// }
    /// assert_eq!(hosts.len(), 100);
    /// # Ok::<_, redress::ConfigError>(())
    /// ```
    #[must_use]
    pub fn len(&self) -> usize {
        self.lock().len()
    }

    /// Returns `true` if there is no key.
    ///
    /// ```
    /// use redress::{Gate, keyed::Keyed};
    ///
    /// let tenants = Keyed::<u64, _>::new(Gate::new(), 100)?;
    /// assert!(tenants.is_empty());
    /// tenants.get(&7);
    /// assert!(!tenants.is_empty());
    /// # Ok::<_, redress::ConfigError>(())
    /// ```
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Calls `see` with each key and what it has, in no order: for a dashboard or a health check. Copies the
    /// list before, so that no other caller waits for `see`; keys that come meanwhile are left out.
    ///
    /// ```
    /// use redress::keyed::Keyed;
    /// use redress::{CircuitBreaker, CircuitState};
    ///
    /// let hosts = Keyed::<String, _>::new(CircuitBreaker::new(), 100)?;
    /// hosts.get("a").force_open();
    /// hosts.get("b");
    /// let mut open = Vec::new();
    /// hosts.for_each(|host, breaker| {
    ///     if breaker.state() == CircuitState::Open {
    ///         open.push(host.clone());
    ///     }
    /// });
    /// assert_eq!(open, ["a"]);
    /// # Ok::<_, redress::ConfigError>(())
    /// ```
    pub fn for_each(&self, mut see: impl FnMut(&K, &T)) {
        let kept: Vec<_> = self.lock().iter().cloned().collect();
        for (key, slot) in &kept {
            see(key, &slot.value);
        }
    }
}

#[cfg(feature = "config")]
impl<K: Hash + Eq + Clone, T: Each, S: BuildHasher> Keyed<K, T, S> {
    /// Puts itself, which is new, in the place of `before`: each key goes on with what it has. There may
    /// be more keys than this has room for: none is forgotten that is not like a new one.
    pub(crate) fn in_place_of(mut self, before: &Self) -> Self {
        let fresh = |slot: &Slot<T>| self.template.fresh().in_place_of(&slot.value);
        let overflow = Arc::new(slot(fresh(&before.overflow), 0));
        let kept: VecDeque<_> = before
            .lock()
            .iter()
            .filter(|(_, slot)| Arc::strong_count(slot) > 1 || !before.is_like_new(&slot.value))
            .map(|(key, own)| (key.clone(), Arc::new(slot(fresh(own), 0))))
            .collect();
        let entries = self.entries.pin();
        for (key, slot) in &kept {
            entries.insert(key.clone(), Arc::downgrade(slot));
        }
        drop(entries);
        self.overflow = overflow;
        self.kept = Mutex::new(kept);
        self.overflowed = AtomicU64::new(before.overflowed());
        self
    }
}

pub(super) const fn slot<T>(value: T, epoch: u64) -> Slot<T> {
    Slot {
        value,
        seen: AtomicU64::new(epoch),
    }
}

impl<K, T: fmt::Debug, S> fmt::Debug for Keyed<K, T, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keyed")
            .field("template", &self.template)
            .field("max_keys", &self.max_keys)
            .field("idle", &self.idle)
            .finish_non_exhaustive()
    }
}
