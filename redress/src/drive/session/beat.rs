use crate::engine::Signs;
use crate::sync::{AtomicU64, Ordering};

/// What the session of the present connect says of itself.
///
/// The number of the connect stands in the same word as what is said, so that nothing that an earlier
/// session still says (a task of it may live on) counts for the present one. Nothing else is read
/// because of what is found here, so the accesses need no order.
pub(crate) struct Beat {
    /// Connect, whether there was progress, number of signs.
    signs: AtomicU64,
    /// Connect, number of places that expect something.
    expecting: AtomicU64,
}

/// The bit below the number of the connect in `signs`.
const PROGRESS: u64 = 1 << 31;
const COUNT: u64 = PROGRESS - 1;

const fn first(connect: u32) -> u64 {
    (connect as u64) << 32
}

const fn connect(word: u64) -> u32 {
    // What is left of 64 bits without the lower half.
    (word >> 32) as u32
}

impl Beat {
    pub(crate) fn new() -> Self {
        Self {
            signs: AtomicU64::new(0),
            expecting: AtomicU64::new(0),
        }
    }

    /// Begins the next connect and returns its number, counted from 1. For the one side that connects.
    pub(crate) fn connect(&self) -> u32 {
        let last = connect(self.signs.load(Ordering::Relaxed));
        // After four thousand million connects a session of the first might be taken for the last.
        let next = last.checked_add(1).unwrap_or(1);
        // Swapped, not stored: what an earlier session changes at the same time comes before or fails, and
        // the checker of the models can tell, which knows no order of a change and a store.
        self.expecting.swap(first(next), Ordering::Relaxed);
        self.signs.swap(first(next), Ordering::Relaxed);
        next
    }

    /// Notes a sign of life; `progress` if something was handled.
    pub(crate) fn sign(&self, of: u32, progress: bool) {
        change(&self.signs, of, |word| {
            let count = word.wrapping_add(1) & COUNT;
            let progress = (word & PROGRESS) | if progress { PROGRESS } else { 0 };
            first(of) | progress | count
        });
    }

    /// Notes that one place more expects something.
    pub(crate) fn expect(&self, of: u32) {
        change(&self.expecting, of, |word| word.saturating_add(1));
        self.sign(of, false);
    }

    /// Notes that one place less does.
    pub(crate) fn got(&self, of: u32) {
        change(&self.expecting, of, |word| {
            first(of).max(word.saturating_sub(1))
        });
    }

    pub(crate) fn signs(&self) -> Signs {
        let signs = self.signs.load(Ordering::Relaxed);
        let expecting = self.expecting.load(Ordering::Relaxed);
        let connect = connect(signs);
        Signs {
            connect,
            progress: signs & PROGRESS != 0,
            // 31 bits.
            count: (signs & COUNT) as u32,
            expecting: expecting > first(connect),
        }
    }
}

/// Changes a word if it is that of a connect.
fn change(word: &AtomicU64, of: u32, to: impl Fn(u64) -> u64) {
    let mut seen = word.load(Ordering::Relaxed);
    while connect(seen) == of {
        match word.compare_exchange_weak(seen, to(seen), Ordering::Relaxed, Ordering::Relaxed) {
            Ok(_) => return,
            Err(other) => seen = other,
        }
    }
}

#[cfg(all(test, not(redress_loom)))]
mod tests {
    use super::*;

    #[test]
    fn each_sign_is_seen_and_progress_stays() {
        let beat = Beat::new();
        let connect = beat.connect();
        assert_eq!(connect, 1);
        let signs = || {
            let signs = beat.signs();
            (signs.progress, signs.count, signs.expecting)
        };
        assert_eq!(signs(), (false, 0, false));
        beat.expect(connect);
        assert_eq!(signs(), (false, 1, true));
        beat.sign(connect, true);
        assert_eq!(signs(), (true, 2, true));
        beat.got(connect);
        beat.sign(connect, false);
        assert_eq!(signs(), (true, 3, false));
    }

    #[test]
    fn what_an_earlier_session_says_does_not_count() {
        let beat = Beat::new();
        let old = beat.connect();
        beat.expect(old);
        let new = beat.connect();
        let fresh = beat.signs();
        beat.sign(old, true);
        beat.expect(old);
        assert_eq!(beat.signs(), fresh);
        beat.expect(new);
        beat.got(old);
        assert!(beat.signs().expecting);
    }

    #[test]
    fn counts_do_not_run_into_each_other() {
        let beat = Beat::new();
        let connect = beat.connect();
        beat.signs.store(first(connect) | COUNT, Ordering::Relaxed);
        beat.sign(connect, false);
        let signs = beat.signs();
        assert_eq!((signs.connect, signs.progress, signs.count), (1, false, 0));
        beat.got(connect);
        assert!(!beat.signs().expecting);
    }
}
