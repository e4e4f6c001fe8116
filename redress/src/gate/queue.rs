use std::collections::BTreeMap;

/// A place in the queue. Calls that have been let in before come first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    first: bool,
    number: u64,
}

/// The calls that wait, first come first served. Places are kept by 64, a bit for each, so that one knows
/// how many come before it without looking at all.
#[derive(Debug)]
pub(super) struct Queue {
    blocks: BTreeMap<(bool, u64), u64>,
    len: usize,
    last: u64,
}

impl Place {
    const fn block(self) -> (bool, u64) {
        (self.first, self.number / 64)
    }

    const fn bit(self) -> u64 {
        1 << (self.number % 64)
    }
}

impl Queue {
    pub(super) const fn new() -> Self {
        Self {
            blocks: BTreeMap::new(),
            len: 0,
            last: 0,
        }
    }

    pub(super) const fn len(&self) -> usize {
        self.len
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Gives a call the last place, or the last of those that come `again`.
    pub(super) fn join(&mut self, again: bool) -> Place {
        self.last = self.last.wrapping_add(1);
        let place = Place {
            first: !again,
            number: self.last,
        };
        *self.blocks.entry(place.block()).or_default() |= place.bit();
        self.len = self.len.saturating_add(1);
        place
    }

    /// Gives a place up. One that has been given up already is none.
    pub(super) fn leave(&mut self, place: Place) {
        let Some(block) = self.blocks.get_mut(&place.block()) else {
            return;
        };
        if *block & place.bit() == 0 {
            return;
        }
        *block &= !place.bit();
        if *block == 0 {
            self.blocks.remove(&place.block());
        }
        self.len = self.len.saturating_sub(1);
    }

    /// Counts the calls that go before a place, or before one that would join now.
    pub(super) fn rank(&self, place: Option<Place>, again: bool) -> usize {
        let count = |bits: &u64| bits.count_ones() as usize;
        match place {
            None if again => self.blocks.range(..(true, 0)).map(|(_, b)| count(b)).sum(),
            None => self.len,
            Some(place) => {
                let before = self.blocks.range(..place.block());
                let own = self.blocks.get(&place.block()).copied().unwrap_or(0);
                let within = count(&(own & (place.bit() - 1)));
                before.map(|(_, block)| count(block)).sum::<usize>() + within
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_knows_how_many_come_before() {
        let mut queue = Queue::new();
        let mut places: Vec<_> = (0..300).map(|_| queue.join(false)).collect();
        let again = [queue.join(true), queue.join(true)];
        for (n, place) in places.iter().enumerate() {
            assert_eq!(queue.rank(Some(*place), false), n + 2);
        }
        assert_eq!(queue.rank(Some(again[1]), true), 1);
        assert_eq!((queue.rank(None, true), queue.rank(None, false)), (2, 302));
        for place in places.iter().step_by(3) {
            queue.leave(*place);
            queue.leave(*place);
        }
        let mut n = 0;
        places.retain(|_| {
            n += 1;
            n % 3 != 1
        });
        for (n, place) in places.iter().enumerate() {
            assert_eq!(queue.rank(Some(*place), false), n + 2);
        }
        places
            .iter()
            .chain(&again)
            .for_each(|place| queue.leave(*place));
        assert!(queue.is_empty() && queue.blocks.is_empty());
    }
}
