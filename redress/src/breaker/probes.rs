/// The slots of a half-open breaker: never more probes than slots, and none held for ever.
#[derive(Debug)]
pub(super) struct Probes {
    slots: Box<[Slot]>,
    last: u32,
}

#[derive(Debug, Clone, Copy, Default)]
struct Slot {
    /// Who holds it; 0 is nobody.
    probe: u32,
    /// When it may be taken from its holder.
    until: u64,
}

impl Probes {
    pub(super) fn new(slots: u32) -> Self {
        let slots = usize::try_from(slots).unwrap_or(usize::MAX);
        Self {
            slots: vec![Slot::default(); slots.max(1)].into(),
            last: 0,
        }
    }

    /// Takes a free slot, or else the one whose lease has been over for the longest.
    ///
    /// # Errors
    ///
    /// The time from which on a slot can be taken.
    pub(super) fn take(&mut self, now: u64, lease: u64) -> Result<u32, u64> {
        let first_over = |slot: &&mut Slot| (slot.probe != 0, slot.until, slot.probe);
        let slot = match self.slots.iter_mut().min_by_key(first_over) {
            Some(slot) if slot.probe == 0 || slot.until <= now => slot,
            Some(slot) => return Err(slot.until),
            None => return Err(now),
        };
        // 0 is nobody's number, also after four thousand million probes.
        self.last = self.last.wrapping_add(1).max(1);
        slot.probe = self.last;
        slot.until = now.saturating_add(lease);
        Ok(self.last)
    }

    /// Gives a slot back. `false` if it has been taken away before.
    pub(super) fn give_back(&mut self, probe: u32) -> bool {
        let held = |slot: &&mut Slot| probe != 0 && slot.probe == probe;
        match self.slots.iter_mut().find(held) {
            Some(slot) => {
                slot.probe = 0;
                true
            }
            None => false,
        }
    }

    /// Tells whether the slot is still its holder's.
    pub(super) fn holds(&self, probe: u32) -> bool {
        probe != 0 && self.slots.iter().any(|slot| slot.probe == probe)
    }

    pub(super) fn clear(&mut self) {
        self.slots.fill(Slot::default());
    }

    /// Counts the probes whose lease is not over.
    pub(super) fn in_flight(&self, now: u64) -> usize {
        let live = |slot: &&Slot| slot.probe != 0 && slot.until > now;
        self.slots.iter().filter(live).count()
    }

    /// Returns the time from which on a slot can be taken.
    pub(super) fn free_at(&self, now: u64) -> u64 {
        let free_at = |slot: &Slot| if slot.probe == 0 { now } else { slot.until };
        self.slots.iter().map(free_at).min().unwrap_or(now).max(now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_never_more_probes_than_slots() {
        let mut probes = Probes::new(2);
        let first = probes.take(0, 10).unwrap();
        probes.take(3, 10).unwrap();
        assert_eq!(probes.take(4, 10), Err(10));
        assert!(probes.give_back(first));
        assert!(!probes.give_back(first), "twice");
        probes.take(5, 10).unwrap();
        assert_eq!(probes.take(5, 10), Err(13));
        assert_eq!(probes.in_flight(5), 2);
    }

    #[test]
    fn a_slot_whose_lease_is_over_goes_to_the_next_and_its_old_holder_has_none() {
        let mut probes = Probes::new(1);
        let hung = probes.take(0, 10).unwrap();
        assert_eq!(probes.free_at(9), 10);
        let next = probes.take(10, 10).unwrap();
        assert!(!probes.give_back(hung));
        assert!(probes.give_back(next));
    }
}
