use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use super::Budget;
use crate::classify::ErrorClass;
use crate::policy::Policy;
use crate::problems::Problems;
use crate::testing::VirtualClock;

const CLASS: ErrorClass = ErrorClass::Transient;

fn spend_all(budget: &Budget) -> usize {
    std::iter::repeat_with(|| budget.try_spend(CLASS))
        .map_while(|token| token.map(|mut token| token.keep()))
        .take(1000)
        .count()
}

fn problems(budget: &Budget) -> Vec<String> {
    let mut problems = Problems::default();
    problems.within("budget", |problems| budget.check(problems));
    match problems.into_result() {
        Ok(()) => Vec::new(),
        Err(error) => error.problems().iter().map(ToString::to_string).collect(),
    }
}

#[test]
fn a_token_is_small_and_crosses_threads() {
    fn crosses<T: Send + Sync>() {}
    crosses::<super::BudgetToken<'_>>();
    crosses::<super::BudgetCall<'_>>();
    crosses::<Budget>();
    assert_eq!(size_of::<Option<super::BudgetToken<'_>>>(), 16);
    assert_eq!(size_of::<Budget>(), 8);
}

#[test]
fn a_token_that_is_not_kept_comes_back_whatever_the_kind() {
    for budget in [
        Budget::rolling(3, 10),
        Budget::success_ratio(0.1).reserve(3),
        Budget::in_flight_share(0.2),
    ] {
        let budget = budget.cost(CLASS, 2);
        let token = budget.try_spend(CLASS);
        assert_eq!((token.is_some(), budget.remaining()), (true, 1));
        assert!(budget.try_spend(CLASS).is_none());
        drop(token);
        assert_eq!(budget.remaining(), 3);
    }
}

#[test]
fn a_kept_token_stays_spent_but_a_retry_in_flight_ends() {
    for (budget, left) in [
        (Budget::rolling(3, 10), 2),
        (Budget::success_ratio(0.1).reserve(3), 2),
        (Budget::in_flight_share(0.2).min_in_flight(3), 3),
    ] {
        let mut token = budget.try_spend(CLASS).unwrap();
        token.keep();
        assert_eq!(budget.remaining(), 2);
        drop(token);
        assert_eq!(budget.remaining(), left);
    }
}

#[test]
fn a_panic_gives_the_token_back() {
    let budget = Budget::rolling(1, 10);
    let caught = catch_unwind(AssertUnwindSafe(|| {
        let _token = budget.try_spend(CLASS);
        panic!("a user's callback");
    }));
    assert_eq!((caught.is_err(), budget.remaining()), (true, 1));
}

#[test]
fn a_retry_counts_until_its_window_is_over_to_the_nanosecond() {
    let clock = VirtualClock::new();
    let budget = Budget::rolling(2, 10).clock(clock.clone());
    assert_eq!(spend_all(&budget), 2);
    clock.advance(Duration::new(9, 999_999_999));
    assert_eq!((budget.remaining(), spend_all(&budget)), (0, 0));
    clock.advance(Duration::from_nanos(1));
    assert_eq!((budget.remaining(), spend_all(&budget)), (2, 2));
}

#[test]
fn clones_share_and_settings_make_a_budget_of_their_own() {
    let budget = Budget::success_ratio(0.5);
    let clone = budget.clone();
    assert_eq!(spend_all(&budget), 100);
    assert_eq!(clone.remaining(), 0);
    let other = clone.reserve(7);
    assert_eq!((budget.remaining(), other.remaining()), (0, 7));
}

#[test]
fn other_kinds_take_no_notice_of_successes_and_calls() {
    let rolling = Budget::rolling(1, 10);
    assert_eq!(spend_all(&rolling), 1);
    rolling.on_success();
    let _call = rolling.start_call();
    assert_eq!(rolling.remaining(), 0);
}

#[test]
fn a_rate_per_second_follows_the_clock() {
    let clock = VirtualClock::new();
    let budget = Budget::success_ratio(0.0).reserve(50).min_per_second(2.0);
    let budget = budget.clock(clock.clone());
    assert_eq!(spend_all(&budget), 50);
    budget.on_success();
    clock.advance(Duration::from_secs(3));
    assert_eq!(budget.remaining(), 6);
    clock.advance(Duration::from_secs(3));
    assert_eq!(budget.remaining(), 6);
}

#[test]
fn right_settings_are_no_problem() {
    for budget in [
        Budget::rolling(0, 1).cost(CLASS, 0),
        Budget::rolling(1_048_575, Duration::MAX),
        Budget::success_ratio(0.0).min_per_second(0.5),
        Budget::success_ratio(1.0).reserve(0),
        Budget::in_flight_share(1.0).cost(CLASS, 50),
    ] {
        assert_eq!(problems(&budget), [""; 0], "{budget:?}");
    }
}

#[test]
fn every_mistake_is_named_and_allows_few_retries_rather_than_many() {
    let share = "give a share up to 1, such as 0.1 for ten percent";
    let length = "s is no length of time: give a Duration or seconds (such as 60)";
    for (budget, expected) in [
        (
            Budget::rolling(3, 0),
            "window: must be longer than zero (such as 60)".to_owned(),
        ),
        (
            Budget::rolling(3, f64::NAN),
            format!("window: NaN {length}"),
        ),
        (Budget::rolling(3, -1.5), format!("window: -1.5 {length}")),
        (
            Budget::success_ratio(f64::NAN).reserve(3),
            format!("success_ratio: is NaN: {share}"),
        ),
        (
            Budget::success_ratio(-0.1).reserve(3),
            format!("success_ratio: is -0.1: {share}"),
        ),
        (
            Budget::success_ratio(10.0).reserve(3),
            format!("success_ratio: is 10: {share}"),
        ),
        (
            Budget::success_ratio(0.1).reserve(3).min_per_second(-1.0),
            "min_per_second: is -1: give the retries per second, such as 0.5".to_owned(),
        ),
        (
            Budget::in_flight_share(0.0),
            format!("in_flight_share: is 0: {share}"),
        ),
        (
            Budget::in_flight_share(f64::INFINITY),
            format!("in_flight_share: is inf: {share}"),
        ),
        (
            Budget::rolling(3, 10).reserve(5),
            "reserve: has no effect here: only Budget::success_ratio(..) has it".to_owned(),
        ),
        (
            Budget::rolling(3, 10).cost(CLASS, 4),
            "cost(TRANSIENT): is 4, above max_retries (3), so no retry could ever pay it: lower \
             the cost or raise max_retries"
                .to_owned(),
        ),
    ] {
        assert_eq!(problems(&budget), [format!("budget.{expected}")]);
        assert!(spend_all(&budget.cost(CLASS, 1)) <= 3 || expected.contains("in_flight"));
    }
    let huge = Budget::rolling(u32::MAX, 10);
    assert_eq!(problems(&huge).len(), 1);
    assert!(huge.remaining() < 1 << 20);
}

#[test]
fn a_policy_refuses_a_wrong_budget() {
    let built = Policy::builder().budget(Budget::rolling(3, 0)).build();
    assert_eq!(built.unwrap_err().problems()[0].setting(), "budget.window");
}
