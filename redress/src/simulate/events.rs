use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

use super::agenda::Nanos;

/// The wake-up of a task. Events are in the order of their times, those of one instant in the order of
/// their numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Event {
    pub(super) at: Nanos,
    pub(super) number: u64,
    pub(super) task: u32,
    pub(super) place: u32,
}

/// Events by time. Only those of the next milliseconds are kept in order: with a hundred thousand that
/// wait, one heap of all of them no longer fits a processor's cache, and most of them are timeouts
/// that are cancelled long before their time.
#[derive(Default)]
pub(super) struct Events {
    /// The events before `edge`.
    near: BinaryHeap<Reverse<Event>>,
    edge: Nanos,
    /// The others by their span of time, not in order.
    far: BTreeMap<u64, Vec<Event>>,
    len: usize,
    /// Empty ones, to be used again.
    spare: Vec<Vec<Event>>,
}

/// A span is two to the power of this many nanoseconds, 17 milliseconds.
const SPAN: u32 = 24;

impl Events {
    pub(super) const fn len(&self) -> usize {
        self.len
    }

    pub(super) fn push(&mut self, event: Event) {
        self.len += 1;
        if event.at < self.edge {
            self.near.push(Reverse(event));
            return;
        }
        let of_span = self.far.entry(event.at >> SPAN);
        of_span
            .or_insert_with(|| self.spare.pop().unwrap_or_default())
            .push(event);
    }

    /// Returns the earliest event.
    pub(super) fn first(&mut self) -> Option<Event> {
        if self.near.is_empty() {
            let (span, mut events) = self.far.pop_first()?;
            self.edge = (span + 1).checked_mul(1 << SPAN).unwrap_or(Nanos::MAX);
            self.near.extend(events.drain(..).map(Reverse));
            self.spare.push(events);
        }
        self.near.peek().map(|Reverse(event)| *event)
    }

    /// Takes the event that [`first`](Self::first) has returned.
    pub(super) fn pop(&mut self) {
        if self.near.pop().is_some() {
            self.len -= 1;
        }
    }

    pub(super) fn retain(&mut self, mut keep: impl FnMut(&Event) -> bool) {
        self.near.retain(|Reverse(event)| keep(event));
        self.far.retain(|_, events| {
            events.retain(&mut keep);
            events.shrink_to(2 * events.len());
            !events.is_empty()
        });
        self.len = self.near.len() + self.far.values().map(Vec::len).sum::<usize>();
        self.spare.truncate(1);
    }
}

#[cfg(test)]
mod tests {
    use super::super::random::Random;
    use super::*;

    #[test]
    fn they_come_in_order_whenever_they_were_planned_and_up_to_the_end_of_time() {
        let mut random = Random::new(7);
        let mut events = Events::default();
        let mut sorted = BTreeMap::new();
        let mut now = 0;
        for number in 0..200_000_u64 {
            let ahead = match random.below(10) {
                0 => 0,
                1..=5 => u64::from(random.below(1 << 22)),
                6..=8 => u64::from(random.below(u32::MAX)),
                _ => Nanos::MAX,
            };
            let event = Event {
                at: Nanos::saturating_add(now, ahead),
                number,
                task: 0,
                place: 0,
            };
            events.push(event);
            sorted.insert((event.at, number), event);
            if number % 5 < 3 {
                let first = sorted.pop_first().map(|(_, event)| event);
                assert_eq!(events.first(), first);
                events.pop();
                now = first.map_or(now, |first| first.at);
            }
            if number % 50_000 == 49_999 {
                events.retain(|event| event.number % 3 > 0);
                sorted.retain(|(_, number), _| number % 3 > 0);
            }
            assert_eq!(events.len(), sorted.len());
        }
        for expected in sorted.into_values() {
            assert_eq!(events.first(), Some(expected));
            events.pop();
        }
        assert_eq!((events.first(), events.len()), (None, 0));
    }
}
