use std::sync::{Arc, OnceLock, PoisonError};
use std::time::Duration;

#[cfg(feature = "testing")]
use super::admissions::Admissions;
use super::machine::{Machine, Mode};
use super::recovery::{self, Opening};
use super::settings::bit;
use super::setup::BreakerSetup;
use super::snapshot::Counts;
use super::stripes::Stripes;
use super::ticket::{PermitKind, PermitTicket};
use super::windows::{Complaint, Sample};
use super::word::Word;
use super::{Change, CircuitChange, CircuitSnapshot, CircuitState, changes};
use crate::classify::ErrorClass;
use crate::clock::{NEVER, Stopwatch, Time, nanos};
use crate::defaults;
use crate::sync::{AtomicU64, Mutex, MutexGuard, Ordering, Setting};

/// The state that all handles of one breaker share.
///
/// The lock guards the decisions. What a call needs while all is well is published in `word`,
/// which is written under the lock only: a closed breaker is entered and left with one load of it.
pub(crate) struct SharedBreaker {
    word: AtomicU64,
    /// The time from which an open breaker admits a probe. Belongs to the word that is written after
    /// it; it lets an open breaker refuse without the lock.
    probe_at: AtomicU64,
    /// The classes that trip it, one bit for each. Written under the lock only.
    trips_on: Setting,
    /// The nanoseconds from which on an attempt is slow. Written under the lock only.
    slow_after: Setting,
    stopwatch: Stopwatch,
    /// Of a breaker that has, or once had, a rule about a share of the calls.
    successes: OnceLock<Stripes>,
    decisions: Apart<Mutex<Decisions>>,
    /// The UNKNOWN failures that were passed over, until that has been said.
    unclassified: AtomicU64,
}

/// The machine that decides, and its settings: of all that share it, those that were built last.
struct Decisions {
    machine: Machine,
    setup: Arc<BreakerSetup>,
}

/// Keeps what failures write away from the cache lines that successes read.
#[repr(align(128))]
struct Apart<T>(T);

impl SharedBreaker {
    pub(super) fn new(setup: &Arc<BreakerSetup>, time: Time) -> Self {
        let settings = &setup.settings;
        let machine = Machine::new(settings);
        let stopwatch = Stopwatch::start(time);
        let successes = OnceLock::new();
        if settings.samples_successes() {
            successes.get_or_init(|| stripes(settings.window, &stopwatch));
        }
        Self {
            word: AtomicU64::new(machine.word(settings).bits()),
            probe_at: AtomicU64::new(machine.probe_at()),
            trips_on: Setting::new(settings.trip_bits()),
            slow_after: Setting::new(settings.slow_after()),
            stopwatch,
            successes,
            decisions: Apart(Mutex::new(Decisions {
                machine,
                setup: Arc::clone(setup),
            })),
            unclassified: AtomicU64::new(0),
        }
    }

    /// Goes on with other settings, and with all of the state that still means the same.
    #[cfg(feature = "config")]
    pub(super) fn renew(&self, setup: &Arc<BreakerSetup>) {
        let now = self.now();
        let mut decisions = self.lock();
        let Decisions {
            machine,
            setup: before,
        } = &mut *decisions;
        let settings = &setup.settings;
        let anew = machine.renew(&before.settings, settings, now);
        if settings.samples_successes() {
            let window = settings.window;
            let make = || stripes(window, &self.stopwatch);
            let successes = self.successes.get_or_init(make);
            if anew {
                successes.restart(nanos(window));
            }
        }
        self.trips_on.store(settings.trip_bits(), Ordering::Relaxed);
        self.slow_after
            .store(settings.slow_after(), Ordering::Relaxed);
        // Also where the word stays: an open breaker may open again sooner.
        self.probe_at.store(machine.probe_at(), Ordering::Relaxed);
        let from = self.word().state();
        let word = machine.word(settings);
        self.word.store(word.bits(), Ordering::Release);
        decisions.setup = Arc::clone(setup);
        drop(decisions);
        if from != word.state() {
            show_change(setup, from, word.state());
        }
    }

    /// Lets a call in.
    ///
    /// # Errors
    ///
    /// How long to wait, in nanoseconds.
    #[inline]
    pub(crate) fn admit(&self) -> Result<PermitTicket, u64> {
        let word = self.word();
        if word.admits_all() {
            return Ok(PermitTicket::closed(word));
        }
        self.admit_some(word)
    }

    #[cold]
    fn admit_some(&self, word: Word) -> Result<PermitTicket, u64> {
        // Read before the clock: a thread that is held up between the two refuses for less time than
        // it might, not for all the time that it slept in addition.
        let probe_at = self.probe_at.load(Ordering::Relaxed);
        let now = self.now();
        if word.state() == CircuitState::Open {
            match probe_at {
                NEVER => return Err(self.ask_again()),
                probe_at if now < probe_at => return Err(probe_at - now),
                _ => {}
            }
        }
        self.change(|machine, setup| {
            // Only what refuses in proportion looks at it.
            let sample = match setup.settings.proportional {
                Some(_) => self.sample(machine.generation(), now),
                None => Sample::default(),
            };
            machine.admit(&setup.settings, now, sample)
        })
    }

    /// Returns after how many nanoseconds to ask a breaker again that was opened by hand.
    fn ask_again(&self) -> u64 {
        self.lock().setup.settings.ask_again()
    }

    /// Takes a success. One that came in through a closed breaker without a failure rate has
    /// nothing to tell.
    #[inline]
    pub(super) fn succeed(&self, ticket: PermitTicket, slow: bool) -> Option<Change> {
        match ticket.kind {
            PermitKind::Plain => None,
            PermitKind::Counted | PermitKind::Timed => {
                self.count_success(ticket);
                if slow {
                    self.take_slow(ticket, true)
                } else {
                    None
                }
            }
            PermitKind::Probe | PermitKind::FirstProbe if slow => self.take_slow(ticket, true),
            PermitKind::Probe | PermitKind::FirstProbe => self.probe_succeeded(ticket),
        }
    }

    /// Takes a slow call that is no failure: a success, or what was cancelled.
    #[cold]
    pub(super) fn take_slow(&self, ticket: PermitTicket, succeeded: bool) -> Option<Change> {
        let complaint = Complaint {
            class: None,
            slow: true,
            succeeded,
        };
        self.complain(ticket, complaint)
    }

    /// Returns `true` if an attempt of this length is slow.
    pub(crate) fn is_slow(&self, took: Duration) -> bool {
        nanos(took) >= self.slow_after.load(Ordering::Relaxed)
    }

    /// Returns `true` if it matters how long an attempt takes.
    #[inline]
    pub(crate) fn is_timed(&self) -> bool {
        self.slow_after.load(Ordering::Relaxed) != NEVER
    }

    #[inline]
    fn count_success(&self, ticket: PermitTicket) {
        let word = self.word();
        if word.generation() != ticket.number {
            return;
        }
        if let Some(successes) = self.successes.get() {
            successes.add(ticket.number, || self.now());
        }
        if word.has_streak() {
            self.change(|machine, _| machine.succeeded(ticket));
        }
    }

    #[cold]
    fn probe_succeeded(&self, ticket: PermitTicket) -> Option<Change> {
        let now = self.now();
        self.change(|machine, setup| machine.probe_succeeded(&setup.settings, ticket, now))
    }

    /// Takes a failure. The caller still holds the ticket, and gives it back if this panics: the
    /// clock and the recovery strategy are the user's.
    #[cold]
    pub(super) fn fail(
        &self,
        ticket: PermitTicket,
        class: ErrorClass,
        slow: bool,
    ) -> Option<Change> {
        let trips = self.trips_on(class);
        if !trips && !slow {
            self.release(ticket);
            return None;
        }
        let complaint = Complaint {
            slow,
            class: trips.then_some(class),
            succeeded: false,
        };
        self.complain(ticket, complaint)
    }

    /// Takes the hint of a failure: an open breaker stays open at least as long, and one that opens
    /// within that time.
    #[cold]
    pub(crate) fn asked(&self, class: ErrorClass, hint: Duration) {
        if self.trips_on(class) {
            let now = self.now();
            let hint = nanos(hint.min(defaults::SHARED_HINT_MAX));
            self.change(|machine, _| {
                machine.asked(now, hint);
                // Where the state stays, the word does.
                self.probe_at.store(machine.probe_at(), Ordering::Relaxed);
            });
        }
    }

    fn complain(&self, ticket: PermitTicket, complaint: Complaint) -> Option<Change> {
        if !ticket.is_probe() && self.word().generation() != ticket.number {
            return None;
        }
        let now = self.now();
        let mut wait = None;
        loop {
            let sample = self.sample(ticket.number, now);
            let failed = self.change(|machine, setup| {
                let settings = &setup.settings;
                let untold = ticket.is_plain() && settings.counts_successes();
                let at = (now, Sample { untold, ..sample });
                let wait = wait.or(settings.recovery_timeout);
                let failed = machine.failed(settings, ticket, complaint, at, wait);
                failed.map_err(|opening| (opening, Arc::clone(setup)))
            });
            match failed {
                Ok(change) => return change,
                // Without the lock: the strategy may ask the breaker.
                Err((opening, setup)) => {
                    let class = complaint.class.unwrap_or(ErrorClass::Transient);
                    wait = Some(recovery_wait(&setup, opening, class));
                }
            }
        }
    }

    fn trips_on(&self, class: ErrorClass) -> bool {
        self.trips_on.load(Ordering::Relaxed) & bit(class) != 0
    }

    /// Counts a failure of an attempt that nothing classified. Returns `true` once: when so many of
    /// them did not count that it should be said.
    #[cold]
    pub(crate) fn passes_over_unclassified(&self) -> bool {
        if self.trips_on(ErrorClass::Unknown) {
            return false;
        }
        let limit = defaults::BREAKER_UNCLASSIFIED;
        self.unclassified.load(Ordering::Relaxed) < limit
            && self.unclassified.fetch_add(1, Ordering::Relaxed) + 1 == limit
    }

    /// Takes a slot back from a call without a verdict.
    #[cold]
    pub(super) fn release(&self, ticket: PermitTicket) {
        if ticket.is_probe() {
            self.lock().machine.release(ticket);
        }
    }

    /// Returns `true` if the breaker is open and will refuse every call for longer than `wait`.
    pub(crate) fn refuses_beyond(&self, wait: Duration) -> bool {
        self.word().state() == CircuitState::Open && {
            let probe_at = self.probe_at.load(Ordering::Relaxed);
            probe_at > self.now().saturating_add(nanos(wait))
        }
    }

    /// Returns how long an open breaker still refuses every call, in nanoseconds.
    pub(crate) fn refuses_for(&self) -> u64 {
        match self.probe_at.load(Ordering::Relaxed) {
            NEVER => self.ask_again(),
            probe_at => probe_at.saturating_sub(self.now()),
        }
    }

    pub(super) fn state(&self) -> CircuitState {
        self.word().state()
    }

    pub(super) fn force(&self, mode: Mode) {
        let now = self.now();
        self.change(|machine, _| machine.force(mode, now));
    }

    #[cfg(feature = "testing")]
    pub(super) fn follow(&self, admissions: Admissions) {
        self.change(|machine, _| machine.follow(admissions));
    }

    pub(super) fn reset(&self) {
        let now = self.now();
        self.change(|machine, setup| machine.reset(&setup.settings, now));
    }

    /// Returns `true` if it makes no difference whether this breaker or a new one is asked.
    #[cfg(feature = "keyed")]
    pub(super) fn equals_new(&self) -> bool {
        let now = self.now();
        let decisions = self.lock();
        let Decisions { machine, setup } = &*decisions;
        let sample = self.sample(machine.generation(), now);
        machine.equals_new(&setup.settings, now, sample.bucket)
    }

    /// Returns the clock.
    #[cfg(feature = "keyed")]
    pub(super) fn time(&self) -> Time {
        self.stopwatch.time()
    }

    pub(super) fn snapshot(&self) -> CircuitSnapshot {
        let now = self.now();
        let decisions = self.lock();
        let Decisions { machine, setup } = &*decisions;
        let counts = Counts {
            settings: &setup.settings,
            now,
            sample: self.sample(machine.generation(), now),
        };
        CircuitSnapshot::of(machine, &counts, |nanos| self.stopwatch.instant(nanos))
    }

    fn sample(&self, generation: u32, now: u64) -> Sample {
        self.successes
            .get()
            .map_or_else(Sample::default, |successes| {
                let bucket = successes.observe(now);
                Sample {
                    bucket,
                    successes: successes.sum(generation, bucket),
                    untold: false,
                }
            })
    }

    #[inline]
    fn word(&self) -> Word {
        // Acquire: a thread that sees an open breaker sees its time, too.
        Word::from_bits(self.word.load(Ordering::Acquire))
    }

    /// Runs a step of the machine, publishes where it has led, and shows the change of state that it was.
    fn change<T>(&self, step: impl FnOnce(&mut Machine, &Arc<BreakerSetup>) -> T) -> T {
        let mut decisions = self.lock();
        let Decisions { machine, setup } = &mut *decisions;
        let result = step(machine, setup);
        let word = machine.word(&setup.settings).bits();
        // Relaxed: it is written under the lock only.
        let before = self.word.load(Ordering::Relaxed);
        if before != word {
            self.probe_at.store(machine.probe_at(), Ordering::Relaxed);
            self.word.store(word, Ordering::Release);
            let (from, to) = (
                Word::from_bits(before).state(),
                Word::from_bits(word).state(),
            );
            if from != to {
                let setup = Arc::clone(setup);
                // Without the lock: what sees it may ask the breaker.
                drop(decisions);
                show_change(&setup, from, to);
            }
        }
        result
    }

    fn lock(&self) -> MutexGuard<'_, Decisions> {
        // Nothing panics while it holds the lock: all of the user's code runs without it.
        let decisions = self.decisions.0.lock();
        decisions.unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn now(&self) -> u64 {
        self.stopwatch.nanos()
    }
}

#[cold]
fn show_change(setup: &BreakerSetup, from: CircuitState, to: CircuitState) {
    if setup.silent {
        return;
    }
    let name = setup.settings.name.as_deref();
    changes::show(setup.on_change.as_ref(), &CircuitChange { name, from, to });
}

fn stripes(window: Duration, stopwatch: &Stopwatch) -> Stripes {
    let threads = std::thread::available_parallelism().map_or(1, Into::into);
    Stripes::new(nanos(window), !stopwatch.is_system(), threads)
}

fn recovery_wait(setup: &BreakerSetup, opening: Opening, class: ErrorClass) -> Duration {
    match &setup.recovery_strategy {
        Some(strategy) => recovery::wait(strategy.as_ref(), opening, class),
        None => defaults::BREAKER_RECOVERY,
    }
}
