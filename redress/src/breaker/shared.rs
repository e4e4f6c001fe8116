use std::fmt;
use std::sync::PoisonError;
use std::time::Duration;

#[cfg(feature = "testing")]
use super::admissions::Admissions;
use super::machine::{Machine, Mode};
use super::recovery::{self, Opening};
use super::settings::BreakerSettings;
use super::snapshot::Counts;
use super::stripes::Stripes;
use super::ticket::{Kind, Ticket};
use super::windows::Sample;
use super::word::Word;
use super::{Change, CircuitSnapshot, CircuitState};
use crate::classify::ErrorClass;
use crate::clock::{NEVER, Stopwatch, Time, nanos};
use crate::defaults;
use crate::strategies::Strategy;
use crate::sync::{AtomicU64, Mutex, MutexGuard, Ordering};

/// What all handles of one breaker share.
///
/// The lock guards the decisions. What a call needs while all is well is published in `word`,
/// which is written under the lock only: a closed breaker is entered and left with one load of it.
pub(crate) struct Shared {
    word: AtomicU64,
    /// From when on an open breaker lets somebody try. Belongs to the word that is written after
    /// it; it lets an open breaker refuse without the lock.
    probe_at: AtomicU64,
    settings: BreakerSettings,
    /// Chooses how long it stays open, if there is no recovery timeout.
    recovery_strategy: Option<Box<dyn Strategy>>,
    stopwatch: Stopwatch,
    successes: Option<Stripes>,
    machine: Apart<Mutex<Machine>>,
    /// The UNKNOWN failures that were passed over, until that has been said.
    unclassified: AtomicU64,
}

/// Keeps what failures write away from the cache lines that successes read.
#[repr(align(128))]
struct Apart<T>(T);

impl Shared {
    pub(super) fn new(
        settings: BreakerSettings,
        recovery_strategy: Option<Box<dyn Strategy>>,
        time: Time,
    ) -> Self {
        let machine = Machine::new(&settings);
        let exact = matches!(time, Time::Custom(_));
        let successes = settings.failure_rate.map(|_| {
            let threads = std::thread::available_parallelism().map_or(1, Into::into);
            Stripes::new(nanos(settings.window), exact, threads)
        });
        Self {
            word: AtomicU64::new(machine.word(&settings).bits()),
            probe_at: AtomicU64::new(machine.probe_at()),
            stopwatch: Stopwatch::start(time),
            successes,
            machine: Apart(Mutex::new(machine)),
            unclassified: AtomicU64::new(0),
            settings,
            recovery_strategy,
        }
    }

    /// Returns what it was built with.
    pub(crate) const fn settings(&self) -> &BreakerSettings {
        &self.settings
    }

    /// Lets a call in.
    ///
    /// # Errors
    ///
    /// How long to wait, in nanoseconds.
    #[inline]
    pub(super) fn admit(&self) -> Result<Ticket, u64> {
        let word = self.word();
        if word.admits_all() {
            return Ok(Ticket::closed(word));
        }
        self.admit_some(word)
    }

    #[cold]
    fn admit_some(&self, word: Word) -> Result<Ticket, u64> {
        // Read before the clock: a thread that is held up between the two refuses for less time than
        // it might, not for all the time that it slept in addition.
        let probe_at = self.probe_at.load(Ordering::Relaxed);
        let now = self.now();
        if word.state() == CircuitState::Open {
            match probe_at {
                NEVER => return Err(self.settings.ask_again()),
                probe_at if now < probe_at => return Err(probe_at - now),
                _ => {}
            }
        }
        self.change(|machine| machine.admit(&self.settings, now))
    }

    /// Takes a success. One that came in through a closed breaker without a failure rate has
    /// nothing to tell.
    #[inline]
    pub(super) fn succeed(&self, ticket: Ticket) -> Option<Change> {
        match ticket.kind {
            Kind::Plain => None,
            Kind::Counted => {
                self.count_success(ticket);
                None
            }
            Kind::Probe | Kind::FirstProbe => self.probe_succeeded(ticket),
        }
    }

    #[inline]
    fn count_success(&self, ticket: Ticket) {
        let word = self.word();
        if word.generation() != ticket.number {
            return;
        }
        if let Some(successes) = &self.successes {
            successes.add(ticket.number, || self.now());
        }
        if word.has_streak() {
            self.change(|machine| machine.succeeded(ticket));
        }
    }

    #[cold]
    fn probe_succeeded(&self, ticket: Ticket) -> Option<Change> {
        let now = self.now();
        self.change(|machine| machine.probe_succeeded(&self.settings, ticket, now))
    }

    /// Takes a failure. The caller still holds the ticket, and gives it back if this panics: the
    /// clock and the recovery strategy are the user's.
    #[cold]
    pub(super) fn fail(&self, ticket: Ticket, class: ErrorClass) -> Option<Change> {
        if !self.settings.trips_on(class) {
            self.release(ticket);
            return None;
        }
        if !ticket.is_probe() && self.word().generation() != ticket.number {
            return None;
        }
        let now = self.now();
        let mut wait = self.settings.recovery_timeout;
        loop {
            let at = (now, self.sample(ticket.number, now));
            let failed =
                self.change(|machine| machine.failed(&self.settings, ticket, class, at, wait));
            match failed {
                Ok(change) => return change,
                // Without the lock: the strategy may ask the breaker.
                Err(opening) => wait = Some(self.recovery_wait(opening, class)),
            }
        }
    }

    /// Counts a failure of an attempt that nothing classified. Returns `true` once: when so many of
    /// them did not count that it should be said.
    #[cold]
    pub(crate) fn passes_over_unclassified(&self) -> bool {
        if self.settings.trips_on(ErrorClass::Unknown) {
            return false;
        }
        let limit = defaults::BREAKER_UNCLASSIFIED;
        self.unclassified.load(Ordering::Relaxed) < limit
            && self.unclassified.fetch_add(1, Ordering::Relaxed) + 1 == limit
    }

    fn recovery_wait(&self, opening: Opening, class: ErrorClass) -> Duration {
        match &self.recovery_strategy {
            Some(strategy) => recovery::wait(strategy.as_ref(), opening, class),
            None => defaults::BREAKER_RECOVERY,
        }
    }

    /// Takes a slot back from a call without a verdict.
    #[cold]
    pub(super) fn release(&self, ticket: Ticket) {
        if ticket.is_probe() {
            self.lock().release(ticket);
        }
    }

    /// Tells whether an open breaker will refuse every call for longer than `wait`.
    pub(crate) fn refuses_beyond(&self, wait: Duration) -> bool {
        self.word().state() == CircuitState::Open && {
            let probe_at = self.probe_at.load(Ordering::Relaxed);
            probe_at > self.now().saturating_add(nanos(wait))
        }
    }

    /// Returns how long an open breaker still refuses every call, in nanoseconds.
    pub(crate) fn refuses_for(&self) -> u64 {
        match self.probe_at.load(Ordering::Relaxed) {
            NEVER => self.settings.ask_again(),
            probe_at => probe_at.saturating_sub(self.now()),
        }
    }

    pub(crate) const fn observes_attempts(&self) -> bool {
        self.settings.observe_attempts
    }

    pub(super) fn state(&self) -> CircuitState {
        self.word().state()
    }

    pub(super) fn force(&self, mode: Mode) {
        let now = self.now();
        self.change(|machine| machine.force(mode, now));
    }

    #[cfg(feature = "testing")]
    pub(super) fn follow(&self, admissions: Admissions) {
        self.change(|machine| machine.follow(admissions));
    }

    pub(super) fn reset(&self) {
        let now = self.now();
        self.change(|machine| machine.reset(&self.settings, now));
    }

    pub(super) fn snapshot(&self) -> CircuitSnapshot {
        let now = self.now();
        let machine = self.lock();
        let counts = Counts {
            settings: &self.settings,
            now,
            sample: self.sample(machine.generation(), now),
        };
        CircuitSnapshot::of(&machine, &counts, |nanos| self.stopwatch.instant(nanos))
    }

    fn sample(&self, generation: u32, now: u64) -> Sample {
        self.successes
            .as_ref()
            .map_or_else(Sample::default, |successes| {
                let bucket = successes.observe(now);
                Sample {
                    bucket,
                    successes: successes.sum(generation, bucket),
                }
            })
    }

    #[inline]
    fn word(&self) -> Word {
        // Acquire: whoever sees an open breaker sees its time, too.
        Word::from_bits(self.word.load(Ordering::Acquire))
    }

    /// Runs a step of the machine and publishes where it has led.
    fn change<T>(&self, step: impl FnOnce(&mut Machine) -> T) -> T {
        let mut machine = self.lock();
        let result = step(&mut machine);
        let word = machine.word(&self.settings).bits();
        // Relaxed: it is written under the lock only.
        if self.word.load(Ordering::Relaxed) != word {
            self.probe_at.store(machine.probe_at(), Ordering::Relaxed);
            self.word.store(word, Ordering::Release);
        }
        result
    }

    fn lock(&self) -> MutexGuard<'_, Machine> {
        // Nothing panics while it holds the lock: all of the user's code runs without it.
        let machine = self.machine.0.lock();
        machine.unwrap_or_else(PoisonError::into_inner)
    }

    fn now(&self) -> u64 {
        self.stopwatch.nanos()
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CircuitBreaker")
            .field("state", &self.state())
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}
