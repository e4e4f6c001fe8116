use super::Change;
use super::word::Word;

/// The record of an admission. By itself it is only a number: the
/// [`Permit`](super::Permit) gives it back. Kept small, since calls live inside futures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PermitTicket {
    /// A probe's own number; else the generation. A permit that is held while four thousand million
    /// others of its kind go by would be taken for the newest.
    pub(super) number: u32,
    pub(super) kind: PermitKind,
}

/// How a call came in, and so what its result is worth.
///
/// A byte that is never zero: "no permit" is then zero, as "no ticket of a gate" is, and is written
/// together with that, the number and the marks that lie beside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum PermitKind {
    /// Through a closed breaker that needs no successes: only a failure matters.
    Plain = 1,
    /// Through a closed breaker that counts successes.
    Counted,
    /// Through a closed breaker that counts successes and slow calls.
    Timed,
    /// As a probe.
    Probe,
    /// As the probe that made the breaker half-open.
    FirstProbe,
}

impl PermitKind {
    /// Returns `true` if the end of such a call matters also where there is no verdict.
    #[inline]
    pub(crate) const fn is_held(self) -> bool {
        matches!(self, Self::Timed | Self::Probe | Self::FirstProbe)
    }
}

impl PermitTicket {
    #[inline]
    pub(super) const fn closed(word: Word) -> Self {
        Self {
            number: word.generation(),
            kind: if word.is_timed() {
                PermitKind::Timed
            } else if word.is_told() {
                PermitKind::Counted
            } else {
                PermitKind::Plain
            },
        }
    }

    /// Takes it apart, for who has a place for each part.
    #[inline]
    pub(crate) const fn into_parts(self) -> (u32, PermitKind) {
        (self.number, self.kind)
    }

    /// Makes it of its parts again.
    #[inline]
    pub(crate) const fn from_parts(number: u32, kind: PermitKind) -> Self {
        Self { number, kind }
    }

    /// Returns `true` if the breaker needs to hear of a failure only.
    #[inline]
    pub(crate) const fn is_plain(self) -> bool {
        matches!(self.kind, PermitKind::Plain)
    }

    /// Returns `true` if its end matters also where there is no verdict.
    #[inline]
    pub(crate) const fn is_held(self) -> bool {
        self.kind.is_held()
    }

    /// Returns the change of state that letting this call in was.
    #[inline]
    pub(crate) const fn change(self) -> Option<Change> {
        match self.kind {
            PermitKind::FirstProbe => Some(Change::HalfOpened),
            PermitKind::Plain | PermitKind::Counted | PermitKind::Timed | PermitKind::Probe => None,
        }
    }

    pub(crate) const fn is_probe(self) -> bool {
        matches!(self.kind, PermitKind::Probe | PermitKind::FirstProbe)
    }
}
