use super::CircuitState;

/// The state that admission needs, in one word that is read without a lock.
///
/// From the low end: the state (2 bits), four flags, the generation (32 bits).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Word(u64);

const STATE: u64 = 0b11;
const OPEN: u64 = 1;
const HALF_OPEN: u64 = 2;
const TOLD: u64 = 1 << 2;
const STREAK: u64 = 1 << 3;
const RAMP: u64 = 1 << 4;
const TIMED: u64 = 1 << 5;
const GENERATION: u32 = 6;

impl Word {
    /// Creates the word of a state that was entered with the `generation`-th change.
    pub(super) const fn new(state: CircuitState, generation: u32) -> Self {
        let state = match state {
            CircuitState::Closed => 0,
            CircuitState::Open => OPEN,
            CircuitState::HalfOpen => HALF_OPEN,
        };
        Self((generation as u64) << GENERATION | state)
    }

    /// Notes that a success of a closed breaker must be told.
    pub(super) const fn told(self, told: bool) -> Self {
        self.flag(TOLD, told)
    }

    /// Notes that the last result was a failure and failures in a row count.
    pub(super) const fn streak(self, streak: bool) -> Self {
        self.flag(STREAK, streak)
    }

    /// Notes that not every call is admitted although the breaker is closed.
    pub(super) const fn ramp(self, ramp: bool) -> Self {
        self.flag(RAMP, ramp)
    }

    /// Notes that it matters how long a call takes.
    pub(super) const fn timed(self, timed: bool) -> Self {
        self.flag(TIMED, timed)
    }

    const fn flag(self, flag: u64, set: bool) -> Self {
        if set { Self(self.0 | flag) } else { self }
    }

    pub(super) const fn from_bits(bits: u64) -> Self {
        Self(bits)
    }

    pub(super) const fn bits(self) -> u64 {
        self.0
    }

    pub(super) const fn generation(self) -> u32 {
        // All that is left above the state and the flags.
        (self.0 >> GENERATION) as u32
    }

    pub(super) const fn state(self) -> CircuitState {
        match self.0 & STATE {
            OPEN => CircuitState::Open,
            HALF_OPEN => CircuitState::HalfOpen,
            _ => CircuitState::Closed,
        }
    }

    /// Returns `true` if every call is admitted: the breaker is closed and not ramping up.
    pub(super) const fn admits_all(self) -> bool {
        self.0 & (STATE | RAMP) == 0
    }

    pub(super) const fn is_told(self) -> bool {
        self.0 & TOLD != 0
    }

    pub(super) const fn is_timed(self) -> bool {
        self.0 & TIMED != 0
    }

    pub(super) const fn has_streak(self) -> bool {
        self.0 & STREAK != 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_comes_back() {
        for state in [
            CircuitState::Closed,
            CircuitState::Open,
            CircuitState::HalfOpen,
        ] {
            for bits in 0..16 {
                let word = Word::new(state, 77)
                    .told(bits & 1 != 0)
                    .streak(bits & 2 != 0)
                    .ramp(bits & 4 != 0)
                    .timed(bits & 8 != 0);
                assert_eq!(Word::from_bits(word.bits()), word);
                assert_eq!(word.state(), state);
                assert_eq!(word.generation(), 77);
                assert_eq!(word.is_told(), bits & 1 != 0);
                assert_eq!(word.has_streak(), bits & 2 != 0);
                assert_eq!(word.is_timed(), bits & 8 != 0);
                let closed = state == CircuitState::Closed;
                assert_eq!(word.admits_all(), closed && bits & 4 == 0);
            }
        }
    }
}
