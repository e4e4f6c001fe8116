/// What is known of a call, in a byte: calls live inside futures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Marks(u8);

impl Marks {
    pub(super) const NONE: Self = Self(0);
    /// Somebody asks how long it took.
    pub(super) const TIMED: Self = Self(1);
    /// Somebody sees attempts and events, or may stop the call.
    pub(super) const WATCHED: Self = Self(1 << 1);
    /// There is a breaker or a budget.
    pub(super) const GUARDED: Self = Self(1 << 2);
    /// Somebody sees a success, or is told of it.
    pub(super) const LOUD: Self = Self(1 << 3);
    /// Something may have to be given back, or an attempt to be closed.
    pub(super) const HELD: Self = Self(1 << 4);
    /// The budget has counted the call.
    pub(super) const IN_FLIGHT: Self = Self(1 << 5);
    /// The call brings hooks of its own that see it, or may stop it.
    pub(super) const HOOKED: Self = Self(1 << 6);

    /// Tells whether any of these is there.
    #[inline]
    pub(super) const fn has(self, any: Self) -> bool {
        self.0 & any.0 != 0
    }

    #[inline]
    pub(super) const fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Adds a mark if it is so; takes none away.
    #[inline]
    pub(super) const fn add(&mut self, mark: Self, so: bool) {
        if so {
            self.0 |= mark.0;
        }
    }

    /// Takes a mark away, and tells whether it was there.
    #[inline]
    pub(super) const fn take(&mut self, mark: Self) -> bool {
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
            Marks::LOUD,
            Marks::HELD,
            Marks::IN_FLIGHT,
            Marks::HOOKED,
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
