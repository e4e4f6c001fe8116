use super::funded::Funded;
use super::in_flight::InFlight;
use super::rolling::Rolling;
use crate::sync_model::explore;

const WINDOW: u64 = 1000;
const SECOND: u64 = 1_000_000_000;

/// The times at which retries were admitted never crowd a window.
fn assert_bounded(before: &[u64], admitted: &[Option<u64>], most: usize) {
    let mut all = before.to_vec();
    all.extend(admitted.iter().flatten());
    for from in &all {
        let window = *from..from + WINDOW;
        let count = all.iter().filter(|at| window.contains(at)).count();
        assert!(count <= most, "{all:?}");
    }
}

fn admitted(results: &[Option<u64>]) -> u32 {
    u32::try_from(results.iter().flatten().count()).unwrap()
}

fn spend_at(rolling: &Rolling, now: u64) -> Option<u64> {
    rolling.spend(1, now).map(|until| until - WINDOW)
}

fn cancel_at(rolling: &Rolling, now: u64) {
    if let Some(until) = rolling.spend(1, now) {
        rolling.give_back(1, until);
    }
}

fn rolling(units: u32, spent: &[u64]) -> Rolling {
    let rolling = Rolling::new(units, WINDOW);
    for now in spent {
        rolling.spend(1, *now).unwrap();
    }
    rolling
}

#[test]
fn rolling_admits_as_many_as_there_are_units() {
    explore::<Rolling, _, _>(
        || rolling(2, &[]),
        [|rolling| spend_at(rolling, 5); 3],
        |rolling, results| {
            assert_eq!(admitted(results), 2);
            assert_eq!(rolling.remaining(5), 0);
            assert_eq!(rolling.remaining(5 + WINDOW), 2);
        },
    );
}

#[test]
fn rolling_holds_at_the_edge_of_a_window_with_clocks_read_early_and_late() {
    explore::<Rolling, _, _>(
        || rolling(1, &[0]),
        [
            |rolling| spend_at(rolling, WINDOW - 1),
            |rolling| spend_at(rolling, WINDOW),
            |rolling| spend_at(rolling, WINDOW + 1),
        ],
        |_, results| {
            assert_eq!(admitted(results), 1);
            assert_bounded(&[0], results, 1);
        },
    );
}

#[test]
fn rolling_holds_for_a_clock_read_early_while_a_unit_comes_back() {
    explore::<Rolling, _, _>(
        || rolling(1, &[0]),
        [
            |rolling| {
                cancel_at(rolling, WINDOW);
                None
            },
            |rolling| spend_at(rolling, WINDOW - 1),
        ],
        |rolling, results| {
            assert_bounded(&[0], results, 1);
            assert_eq!(rolling.remaining(WINDOW), 1);
        },
    );
}

#[test]
fn rolling_loses_nothing_that_comes_back_and_admits_nothing_twice() {
    explore::<Rolling, _, _>(
        || rolling(1, &[]),
        [
            |rolling| {
                cancel_at(rolling, 5);
                None
            },
            |rolling| {
                cancel_at(rolling, 5);
                None
            },
            |rolling| spend_at(rolling, 6),
        ],
        |rolling, results| {
            assert_eq!(rolling.remaining(6), 1 - admitted(results));
            assert_eq!(spend_at(rolling, 7).is_none(), admitted(results) == 1);
        },
    );
}

#[test]
fn rolling_gives_back_what_is_its_own_while_the_window_ends() {
    explore::<Rolling, _, _>(
        || rolling(2, &[0, 5]),
        [
            |rolling| {
                rolling.give_back(1, 5 + WINDOW);
                None
            },
            |rolling| spend_at(rolling, WINDOW - 1),
            |rolling| spend_at(rolling, WINDOW),
        ],
        |rolling, results| {
            assert_eq!(rolling.remaining(WINDOW), 2 - admitted(results));
            assert_bounded(&[0], results, 2);
        },
    );
}

#[test]
fn rolling_takes_a_cost_as_a_whole_and_returns_what_was_not_enough() {
    explore::<Rolling, _, _>(
        || rolling(3, &[]),
        [|rolling| rolling.spend(2, 5); 2],
        |rolling, results| {
            assert!(admitted(results) <= 1);
            assert_eq!(rolling.remaining(5), 3 - 2 * admitted(results));
            assert!(rolling.spend(1, 5).is_some());
        },
    );
}

#[test]
fn rolling_does_not_believe_that_it_is_full_when_it_is_not() {
    const LONG: u64 = 1 << 40;
    explore::<Rolling, _, _>(
        || {
            let rolling = Rolling::new(1, LONG);
            rolling.spend(1, 0).unwrap();
            rolling
        },
        [
            |rolling| {
                rolling.give_back(1, LONG);
                None
            },
            |rolling| rolling.spend(1, 1).or_else(|| rolling.spend(1, 1)),
            |rolling| rolling.spend(1, 2),
        ],
        |rolling, results| {
            assert!(admitted(results) <= 1);
            assert_eq!(rolling.spend(1, 3).is_none(), admitted(results) == 1);
        },
    );
}

#[test]
fn funded_spends_what_there_is_and_no_more() {
    explore::<Funded, _, _>(
        || Funded::new(1.0, 2, 0.0),
        [|funded| funded.spend(1, 0); 3],
        |funded, results| {
            assert_eq!(results.iter().filter(|spent| **spent).count(), 2);
            assert_eq!(funded.remaining(0), 0);
        },
    );
}

#[test]
fn funded_keeps_every_success_and_every_return() {
    explore::<Funded, _, _>(
        || {
            let funded = Funded::new(0.5, 2, 0.0);
            assert!(funded.spend(2, 0));
            funded
        },
        [
            |funded| {
                funded.on_success();
                false
            },
            |funded| {
                funded.on_success();
                false
            },
            |funded| {
                funded.give_back(1);
                funded.spend(1, 0)
            },
        ],
        |funded, results| {
            assert_eq!((results[2], funded.remaining(0)), (true, 1));
        },
    );
}

#[test]
fn funded_is_paid_for_no_time_twice() {
    explore::<Funded, _, _>(
        || {
            let funded = Funded::new(0.0, 100, 1.0);
            assert!(funded.spend(100, 0));
            funded
        },
        [
            |funded| {
                funded.on_success();
                funded.spend(1, 3 * SECOND)
            },
            |funded| {
                funded.on_success();
                funded.spend(1, 2 * SECOND)
            },
        ],
        |funded, results| {
            let spent = results.iter().filter(|spent| **spent).count();
            let spent = u32::try_from(spent).unwrap();
            assert!(funded.remaining(3 * SECOND) + spent <= 3);
            funded.on_success();
            assert_eq!(funded.remaining(4 * SECOND) + spent, 4);
        },
    );
}

#[test]
fn in_flight_compares_retries_with_the_calls_of_the_same_moment() {
    fn retry(in_flight: &InFlight) -> bool {
        let spent = in_flight.spend(1);
        if spent {
            assert!(in_flight.remaining() == 0);
            in_flight.give_back(1);
        }
        spent
    }
    explore::<InFlight, _, _>(
        || {
            let in_flight = InFlight::new(0.5, 0);
            in_flight.start_call();
            in_flight.start_call();
            in_flight
        },
        [
            |in_flight| {
                in_flight.start_call();
                in_flight.end_call();
                false
            },
            retry,
            retry,
        ],
        |in_flight, results| {
            assert!(results.contains(&true));
            assert_eq!(in_flight.remaining(), 1);
        },
    );
}
