use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};

use super::other;

/// How many names of operations, and of breakers and budgets, one observer tells apart. An operation may
/// be named per call, and each name is dozens of series. A team has tens of operations; OpenTelemetry's
/// own limit is 2000 series for a metric.
pub(super) const CAP: usize = 200;

/// What every further name is shown as.
pub(super) const OTHER: &str = "other";

/// Room for the names, so that a name is seldom behind another one.
const SLOTS: usize = 512;

/// A value for each name, made when the name is first seen and kept. To find one takes no lock.
pub(super) struct Names<T> {
    /// What has the names, in the plural.
    what: &'static str,
    slots: Box<[Slot<T>]>,
    other: OnceLock<T>,
    /// It was said in the log that there are others.
    said: AtomicBool,
    /// How many slots are full.
    len: AtomicUsize,
    /// One name is added at a time.
    adding: Mutex<()>,
}

type Slot<T> = OnceLock<Box<Entry<T>>>;

struct Entry<T> {
    name: Box<str>,
    value: T,
}

impl<T> Names<T> {
    pub(super) fn new(what: &'static str) -> Self {
        Self {
            what,
            slots: (0..SLOTS).map(|_| OnceLock::new()).collect(),
            other: OnceLock::new(),
            said: AtomicBool::new(false),
            len: AtomicUsize::new(0),
            adding: Mutex::new(()),
        }
    }

    /// Returns the value of a name. The first time, it is `made` for the name that is to be shown.
    #[inline]
    pub(super) fn get_or_make(&self, name: &str, make: impl FnOnce(&str) -> T) -> &T {
        match self.find(name) {
            Ok(value) => value,
            Err(_) => self.add(name, make),
        }
    }

    /// Finds the value of a name, or the slot that it would take.
    #[inline]
    fn find(&self, name: &str) -> Result<&T, Option<&Slot<T>>> {
        let (before, from) = self.slots.split_at(hash(name) % SLOTS);
        for slot in from.iter().chain(before) {
            match slot.get() {
                Some(entry) if *entry.name == *name => return Ok(&entry.value),
                Some(_) => {}
                None => return Err(Some(slot)),
            }
        }
        Err(None)
    }

    #[cold]
    fn add(&self, name: &str, make: impl FnOnce(&str) -> T) -> &T {
        if name == OTHER {
            return self.other(name, make);
        }
        // Whoever sees that the table is full sees all that is in it, also what came since the name was looked up.
        if self.len.load(Ordering::Acquire) >= CAP {
            return match self.find(name) {
                Ok(value) => value,
                Err(_) => self.other(name, make),
            };
        }
        // Nothing of a broken state is read after a panic of `make`.
        let adding = self.adding.lock().unwrap_or_else(PoisonError::into_inner);
        let slot = match self.find(name) {
            Ok(value) => return value,
            Err(slot) => slot,
        };
        let (Some(slot), true) = (slot, self.len.load(Ordering::Relaxed) < CAP) else {
            drop(adding);
            return self.other(name, make);
        };
        let entry = Box::new(Entry {
            name: name.into(),
            value: make(name),
        });
        let entry = slot.get_or_init(|| entry);
        self.len.fetch_add(1, Ordering::Release);
        &entry.value
    }

    /// Returns the value of all names beyond the cap, and says in the log which was the first.
    fn other(&self, name: &str, make: impl FnOnce(&str) -> T) -> &T {
        let value = self.other.get_or_init(|| make(OTHER));
        let is_first = name != OTHER
            && !self.said.load(Ordering::Relaxed)
            && !self.said.swap(true, Ordering::Relaxed);
        if is_first {
            other::say(self.what, name);
        }
        value
    }
}

/// Scatters names over the slots: each eight bytes are mixed in by a multiplication, as rustc's own
/// tables do. Names that were chosen to meet in one slot are at most [`CAP`].
#[inline]
fn hash(name: &str) -> usize {
    const ODD: u64 = 0x517c_c1b7_2722_0a95;
    let (words, rest) = name.as_bytes().as_chunks::<8>();
    let mut hash = words.iter().fold(name.len() as u64, |hash, word| {
        (hash.rotate_left(5) ^ u64::from_le_bytes(*word)).wrapping_mul(ODD)
    });
    for byte in rest {
        hash = (hash.rotate_left(5) ^ u64::from(*byte)).wrapping_mul(ODD);
    }
    // The upper bits are the well mixed ones.
    (hash >> 48) as usize
}

#[cfg(test)]
mod tests {
    use std::sync::Barrier;
    use std::thread;

    use super::*;

    fn get(names: &Names<String>, name: &str) -> String {
        names.get_or_make(name, str::to_owned).clone()
    }

    #[test]
    fn a_name_beyond_the_cap_is_other_and_those_before_stay() {
        let names = Names::new("names");
        for n in 0..CAP {
            assert_eq!(get(&names, &format!("op-{n}")), format!("op-{n}"));
        }
        for n in 0..3 * CAP {
            let expected = if n < CAP {
                format!("op-{n}")
            } else {
                OTHER.to_owned()
            };
            assert_eq!(get(&names, &format!("op-{n}")), expected);
        }
    }

    #[test]
    fn a_name_that_is_the_word_for_the_others_takes_no_place() {
        let names = Names::new("names");
        assert_eq!(get(&names, OTHER), OTHER);
        for n in 0..CAP {
            get(&names, &n.to_string());
        }
        assert_eq!(get(&names, &(CAP - 1).to_string()), (CAP - 1).to_string());
        assert!(std::ptr::eq(
            names.get_or_make(OTHER, str::to_owned),
            names.get_or_make("one more", str::to_owned)
        ));
    }

    #[test]
    fn a_value_is_made_once_for_each_name_by_whichever_thread_comes_first() {
        let names = Names::new("names");
        let made = AtomicUsize::new(0);
        let barrier = Barrier::new(4);
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    barrier.wait();
                    for n in 0..CAP {
                        let name = format!("operation number {n}");
                        let value = names.get_or_make(&name, |name| {
                            made.fetch_add(1, Ordering::Relaxed);
                            name.to_owned()
                        });
                        assert_eq!(*value, name);
                    }
                });
            }
        });
        assert_eq!(made.into_inner(), CAP);
    }

    #[test]
    fn a_panic_while_a_value_is_made_loses_only_that_value() {
        let names = Names::<String>::new("names");
        let made = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            names.get_or_make("a", |_| panic!("no"));
        }));
        assert!(made.is_err());
        assert_eq!(get(&names, "a"), "a");
    }
}
