use crate::defaults;

/// Which endpoints there are to choose from.
pub(super) struct Field<'a> {
    /// How many there are.
    pub(super) count: usize,
    /// The one that the attempt before went to.
    pub(super) last: Option<usize>,
    /// Returns `true` for those that are ejected.
    pub(super) ejected: &'a dyn Fn(usize) -> bool,
    /// Returns what one more attempt would cost there.
    pub(super) cost: &'a dyn Fn(usize) -> u128,
    /// Draws a number below another one.
    pub(super) draw: &'a dyn Fn(usize) -> usize,
}

impl Field<'_> {
    /// Chooses an endpoint, and another one for where the first is found to be ejected after all.
    ///
    /// The choice is the cheaper one of two that are drawn (Mitzenmacher, "The Power of Two Choices in
    /// Randomized Load Balancing", 2001): to look for the cheapest sends every caller to the same.
    /// Sometimes it is the other one, so that what was dear is seen to have become cheap.
    pub(super) fn choose(&self) -> (usize, usize) {
        let ejected = (0..self.count).filter(|at| (self.ejected)(*at)).count();
        // With more than half of them ejected, those that are left would bear more than twice their
        // load, and it is more likely that something else is wrong: all are used.
        let all = ejected > self.count / 2;
        let usable = |at: &usize| all || !(self.ejected)(*at);
        let others = |at: &usize| usable(at) && Some(*at) != self.last;
        self.of(&others)
            .or_else(|| self.of(&usable))
            .unwrap_or((0, 0))
    }

    fn of(&self, usable: &dyn Fn(&usize) -> bool) -> Option<(usize, usize)> {
        let usable = || (0..self.count).filter(usable);
        let count = usable().count();
        let first = (self.draw)(count);
        let second = match count {
            0 | 1 => first,
            // One of the others.
            _ => (first + 1 + (self.draw)(count - 1)) % count,
        };
        // One may have been ejected meanwhile.
        let first = usable().nth(first)?;
        let second = usable().nth(second).unwrap_or(first);
        let explores = (self.draw)(defaults::ENDPOINT_EXPLORE) == 0;
        if ((self.cost)(second) < (self.cost)(first)) == explores {
            Some((first, second))
        } else {
            Some((second, first))
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    /// Chooses a hundred thousand times, and counts how often each one was chosen.
    fn counts(count: usize, last: Option<usize>, ejected: &[usize], dear: &[usize]) -> Vec<u32> {
        let state = Cell::new(7_u64);
        let draw = |below: usize| {
            let next = state
                .get()
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            state.set(next);
            usize::try_from(next >> 33).unwrap() % below.max(1)
        };
        let field = Field {
            count,
            last,
            ejected: &|at| ejected.contains(&at),
            cost: &|at| if dear.contains(&at) { 100 } else { 1 },
            draw: &draw,
        };
        let mut counts = vec![0; count];
        for _ in 0..100_000 {
            counts[field.choose().0] += 1;
        }
        counts
    }

    #[test]
    fn each_is_chosen_as_often_as_any_other() {
        for count in 1..=10 {
            let fair = 100_000 / u32::try_from(count).unwrap();
            let counts = counts(count, None, &[], &[]);
            let near = |n: &u32| n.abs_diff(fair) <= fair / 10;
            assert!(counts.iter().all(near), "{counts:?}");
        }
    }

    #[test]
    fn a_dear_one_is_tried_now_and_then_and_one_that_is_ejected_or_the_last_never() {
        let seen = counts(10, None, &[], &[3]);
        assert!(seen[3] > 0 && seen[3] < 200, "{seen:?}");
        assert_eq!(counts(10, None, &[3], &[])[3], 0);
        assert_eq!(counts(10, Some(3), &[], &[])[3], 0);
        assert_eq!(counts(2, Some(0), &[], &[1])[0], 0);
        // There is no other that is well.
        assert_eq!(counts(2, Some(0), &[1], &[])[1], 0);
        assert_eq!(counts(1, Some(0), &[0], &[0]), [100_000]);
    }

    #[test]
    fn with_more_than_half_of_them_ejected_all_are_used() {
        for (count, ejected, all) in [
            (2, &[0][..], false),
            (2, &[0, 1], true),
            (3, &[0], false),
            (3, &[0, 1], true),
            (10, &[0, 1, 2, 3, 4], false),
            (10, &[0, 1, 2, 3, 4, 5], true),
        ] {
            let counts = counts(count, None, ejected, &[]);
            assert_eq!(counts[0] > 0, all, "{count} {ejected:?}: {counts:?}");
            assert!(counts[count - 1] > 0);
        }
    }

    #[test]
    fn two_dear_ones_are_used_where_both_are_drawn() {
        let counts = counts(4, None, &[], &[0, 1]);
        // One pair in six.
        assert!(
            (14_000..20_000).contains(&(counts[0] + counts[1])),
            "{counts:?}"
        );
    }
}
