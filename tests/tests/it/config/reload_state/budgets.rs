//! Budgets.

use redress::ErrorClass;

use super::{File, seconds, spend};

/// A file whose budget has these settings.
fn budget_of(settings: &str) -> File {
    File::new("", settings)
}

#[tokio::test(start_paused = true)]
async fn a_funded_budget_has_what_was_left_up_to_its_new_reserve() {
    let of = |ratio: f64, reserve: u32| {
        format!("kind = 'success_ratio'\nratio = {ratio}\nreserve = {reserve}")
    };
    let file = budget_of(&of(0.5, 100));
    let before = file.budget();
    spend(&before, 60);
    for (ratio, reserve, left) in [
        (0.1, 100, 40),
        (0.1, 200, 40),
        (0.2, 30, 30),
        (0.5, 100, 30),
    ] {
        file.reload("", &of(ratio, reserve));
        let now = (file.budget().remaining(), before.remaining());
        assert_eq!(now, (left, left), "{ratio} {reserve}");
    }
    file.reload("", &of(0.1, 100));
    for _ in 0..5 {
        file.budget().on_success();
        before.on_success();
    }
    assert_eq!(file.budget().remaining(), 31);
}

#[tokio::test(start_paused = true)]
async fn a_retry_that_was_not_made_is_given_back_once_at_its_old_cost() {
    let of = |kind: &str, cost: u32| format!("{kind}\ncosts = {{ transient = {cost} }}");
    for kind in [
        "kind = 'success_ratio'\nratio = 0.1\nreserve = 10",
        "kind = 'rolling'\nmax_retries = 10\nwindow = 60",
        "kind = 'in_flight_share'\nshare = 0.1\nmin_in_flight = 10",
    ] {
        let file = budget_of(&of(kind, 4));
        let before = file.budget();
        let token = before.try_spend(ErrorClass::Transient).unwrap();
        file.reload("", &of(kind, 2));
        assert_eq!(file.budget().remaining(), 6, "{kind}");
        let now = file.budget();
        let other = now.try_spend(ErrorClass::Transient).unwrap();
        drop(token);
        assert_eq!(now.remaining(), 8, "{kind}");
        drop(other);
        assert_eq!((now.remaining(), before.remaining()), (10, 10), "{kind}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_a_rolling_budget_has_spent_stays_spent() {
    let of = |retries: u32, window: u32| {
        format!("kind = 'rolling'\nmax_retries = {retries}\nwindow = {window}")
    };
    let file = budget_of(&of(10, 60));
    let before = file.budget();
    spend(&before, 4);
    seconds(30).await;
    spend(&before, 4);
    for (retries, window, left) in [(12, 60, 4), (5, 60, 0), (8, 60, 3), (8, 90, 3), (8, 40, 3)] {
        file.reload("", &of(retries, window));
        let now = file.budget();
        assert_eq!(
            (now.remaining(), before.remaining()),
            (left, left),
            "{retries} in {window}"
        );
    }
    // Retries that were spent through a handle from before count as well.
    spend(&before, 3);
    assert_eq!(file.budget().remaining(), 0);
    seconds(40).await;
    assert_eq!(file.budget().remaining(), 8);
}

#[tokio::test(start_paused = true)]
async fn calls_in_flight_stay_in_flight() {
    let of = |share: f64| format!("kind = 'in_flight_share'\nshare = {share}\nmin_in_flight = 0");
    let file = budget_of(&of(1.0));
    let before = file.budget();
    let calls: Vec<_> = (0..10).map(|_| before.start_call()).collect();
    let mut retry = before.try_spend(ErrorClass::Transient).unwrap();
    retry.keep();
    file.reload("", &of(0.5));
    let now = file.budget();
    assert_eq!(now.remaining(), 4);
    let more = now.start_call();
    drop((calls, retry));
    assert_eq!((now.remaining(), before.remaining()), (0, 0));
    drop(more);
    let one = [now.start_call(), before.start_call()];
    assert_eq!(now.remaining(), 1);
    drop(one);
}

#[tokio::test(start_paused = true)]
async fn a_budget_of_another_kind_starts_anew_and_handles_from_before_keep_theirs() {
    let file = budget_of("kind = 'rolling'\nmax_retries = 10\nwindow = 60");
    let before = file.budget();
    spend(&before, 7);
    file.reload("", "kind = 'success_ratio'\nratio = 0.1\nreserve = 20");
    assert_eq!((file.budget().remaining(), before.remaining()), (20, 3));
}
