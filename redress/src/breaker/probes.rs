/// The slots of a half-open breaker: never more probes than slots, and none held for ever.
#[derive(Debug)]
pub(super) struct Probes {
    /// As many as `limit`; more while calls still hold them that came in when there were more.
    slots: Vec<ProbeSlot>,
    limit: usize,
    last: u32,
}

#[derive(Debug, Clone, Copy, Default)]
struct ProbeSlot {
    /// The number of the probe that holds it; 0 if it is free.
    probe: u32,
    /// When it may be taken from its holder.
    until: u64,
}

impl Probes {
    pub(super) fn new(slots: u32) -> Self {
        let limit = limit(slots);
        Self {
            slots: vec![ProbeSlot::default(); limit],
            limit,
            last: 0,
        }
    }

    /// Sets the number of slots. A probe that holds a slot keeps it.
    #[cfg(feature = "config")]
    pub(super) fn resize(&mut self, slots: u32) {
        self.limit = limit(slots);
        if self.slots.len() < self.limit {
            self.slots.resize(self.limit, ProbeSlot::default());
        }
        self.shrink(|slot| slot.probe == 0);
    }

    /// Drops slots of this kind while there are too many.
    fn shrink(&mut self, may_go: impl Fn(&ProbeSlot) -> bool) {
        while self.slots.len() > self.limit {
            let Some(at) = self.slots.iter().position(&may_go) else {
                return;
            };
            self.slots.swap_remove(at);
        }
    }

    /// Takes a free slot, or else the one whose lease has been over for the longest.
    ///
    /// # Errors
    ///
    /// The time from which on a slot can be taken.
    pub(super) fn take(&mut self, now: u64, lease: u64) -> Result<u32, u64> {
        self.shrink(|slot| slot.until <= now);
        if self.slots.len() > self.limit {
            return Err(self.free_at(now));
        }
        let first_over = |slot: &&mut ProbeSlot| (slot.probe != 0, slot.until, slot.probe);
        let slot = match self.slots.iter_mut().min_by_key(first_over) {
            Some(slot) if slot.probe == 0 || slot.until <= now => slot,
            Some(slot) => return Err(slot.until),
            None => return Err(now),
        };
        // 0 marks a free slot, so no probe has it as its number, also after the counter has wrapped.
        self.last = self.last.wrapping_add(1).max(1);
        slot.probe = self.last;
        slot.until = now.saturating_add(lease);
        Ok(self.last)
    }

    /// Gives a slot back. `false` if it has been taken away before.
    pub(super) fn give_back(&mut self, probe: u32) -> bool {
        let held = |slot: &&mut ProbeSlot| probe != 0 && slot.probe == probe;
        match self.slots.iter_mut().find(held) {
            Some(slot) => {
                slot.probe = 0;
                self.shrink(|slot| slot.probe == 0);
                true
            }
            None => false,
        }
    }

    /// Returns `true` if the probe still holds its slot.
    pub(super) fn holds(&self, probe: u32) -> bool {
        probe != 0 && self.slots.iter().any(|slot| slot.probe == probe)
    }

    pub(super) fn clear(&mut self) {
        self.slots.clear();
        self.slots.resize(self.limit, ProbeSlot::default());
    }

    /// Counts the probes whose lease is not over.
    pub(super) fn in_flight(&self, now: u64) -> usize {
        let live = |slot: &&ProbeSlot| slot.probe != 0 && slot.until > now;
        self.slots.iter().filter(live).count()
    }

    /// Returns the time from which on a slot can be taken, at the latest.
    pub(super) fn free_at(&self, now: u64) -> u64 {
        let free_at = |slot: &ProbeSlot| if slot.probe == 0 { now } else { slot.until };
        let beyond = self.slots.len().saturating_sub(self.limit);
        if beyond == 0 {
            return self.slots.iter().map(free_at).min().unwrap_or(now).max(now);
        }
        // The first of them to be over leave no slot behind.
        let mut times: Vec<_> = self.slots.iter().map(free_at).collect();
        times.sort_unstable();
        times.get(beyond).copied().unwrap_or(now).max(now)
    }
}

fn limit(slots: u32) -> usize {
    usize::try_from(slots).unwrap_or(usize::MAX).max(1)
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

    #[cfg(feature = "config")]
    #[test]
    fn other_slots_leave_probes_on_their_way_theirs() {
        let mut probes = Probes::new(3);
        let held = [0, 1, 2].map(|now| probes.take(now, 10).unwrap());
        probes.resize(1);
        assert_eq!(probes.in_flight(3), 3);
        assert_eq!(probes.take(3, 10), Err(12), "when the last of them is over");
        assert!(probes.give_back(held[1]) && probes.give_back(held[0]));
        assert_eq!(probes.take(3, 10), Err(12));
        assert!(probes.give_back(held[2]) && !probes.give_back(held[1]));
        let last = probes.take(3, 10).unwrap();
        assert!(probes.take(3, 10).is_err());
        probes.resize(2);
        assert!(probes.holds(last));
        probes.take(3, 10).unwrap();
        assert!(probes.take(3, 10).is_err());
        probes.resize(1);
        // Both leases are over, and there is one slot.
        probes.take(13, 10).unwrap();
        assert_eq!(probes.take(13, 10), Err(23));
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
