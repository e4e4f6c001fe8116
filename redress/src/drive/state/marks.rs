/// Facts about a call, one bit each: a call lives inside of a future, which two bytes keep small.
///
/// The first four are set at the call's start and stay; the others come and go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Marks(u16);

impl Marks {
    pub(crate) const NONE: Self = Self(0);
    /// Its caller is told how long it took.
    pub(crate) const TIMED: Self = Self(1);
    /// Watched: an observer or a hook sees its attempts and events, or may stop it.
    pub(crate) const WATCHED: Self = Self(1 << 1);
    /// Guarded: there is a breaker, a budget or a gate, of its policy or its own.
    pub(crate) const GUARDED: Self = Self(1 << 2);
    /// Its success has to be shown, or told to a breaker, a budget or a strategy.
    pub(crate) const TELLS_SUCCESS: Self = Self(1 << 3);
    /// It holds what must be given back when it ends early: a permit, a token, an open attempt.
    pub(crate) const HELD: Self = Self(1 << 4);
    /// Its budget has counted it as a call in flight.
    pub(crate) const IN_FLIGHT: Self = Self(1 << 5);
    /// It brings hooks of its own; it is then [`WATCHED`](Self::WATCHED), too.
    pub(crate) const HOOKED: Self = Self(1 << 6);

    /// It blocks, so it keeps time by the machine's clock although tokio's may be paused.
    pub(crate) const UNPAUSED: Self = Self(1 << 8);
    /// Its operation is told which attempt it is.
    pub(crate) const TELLS_ATTEMPTS: Self = Self(1 << 7);
    /// It ends with the scope that it is in, and tells those that it calls what is left.
    pub(crate) const INHERITS: Self = Self(1 << 9);
    /// There is a gate, of its policy or its own; it is then [`GUARDED`](Self::GUARDED), too.
    pub(crate) const GATED: Self = Self(1 << 10);
    /// It goes by what its policy is in a scope.
    pub(crate) const SCOPED: Self = Self(1 << 11);
    /// It makes one attempt, as its caller makes several; it is then [`SCOPED`](Self::SCOPED), too.
    pub(crate) const SINGLE: Self = Self(1 << 12);
    /// It is to be applied at most once, whatever its policy says.
    pub(crate) const ONCE: Self = Self(1 << 13);

    /// Those that a watched call has from its start on.
    pub(crate) const OF_WATCHED: Self = Self::WATCHED.or(Self::HELD).or(Self::TELLS_SUCCESS);
    /// Those of a call that brings hooks of its own.
    pub(crate) const OF_HOOKED: Self = Self::OF_WATCHED.or(Self::HOOKED);

    /// Returns `true` if any of these is set.
    #[inline]
    pub(crate) const fn has(self, any: Self) -> bool {
        self.0 & any.0 != 0
    }

    #[inline]
    pub(crate) const fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Sets a mark if `so`; clears none.
    #[inline]
    pub(crate) const fn add(&mut self, mark: Self, so: bool) {
        if so {
            self.0 |= mark.0;
        }
    }

    /// Clears a mark; returns `true` if it was set.
    #[inline]
    pub(crate) const fn take(&mut self, mark: Self) -> bool {
        let had = self.has(mark);
        self.0 &= !mark.0;
        had
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_mark_comes_and_goes_alone() {
        let all = [
            Marks::TIMED,
            Marks::WATCHED,
            Marks::GUARDED,
            Marks::TELLS_SUCCESS,
            Marks::HELD,
            Marks::IN_FLIGHT,
            Marks::HOOKED,
            Marks::TELLS_ATTEMPTS,
            Marks::UNPAUSED,
            Marks::INHERITS,
            Marks::GATED,
            Marks::SCOPED,
            Marks::SINGLE,
            Marks::ONCE,
        ];
        for mark in all {
            let mut marks = Marks::NONE;
            marks.add(mark, false);
            assert_eq!(marks, Marks::NONE);
            marks.add(mark, true);
            for other in all {
                assert_eq!(marks.has(other), other == mark);
            }
            assert!(marks.take(mark) && !marks.take(mark));
            assert_eq!(marks, Marks::NONE);
        }
        assert!(Marks::TIMED.or(Marks::HELD).has(Marks::HELD));
    }
}
