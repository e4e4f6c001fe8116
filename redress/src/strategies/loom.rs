use super::recent::Recent;
use crate::sync_model::explore;

fn assert_share(rate: Option<f64>) {
    assert!(
        rate.is_none_or(|rate| (0.0..=1.0).contains(&rate)),
        "{rate:?}"
    );
}

#[test]
fn recent_counts_on_whoever_sets_marks() {
    explore::<Recent, _, _>(
        || Recent::new(1000),
        [
            |recent| recent.success(5),
            |recent| recent.success(6),
            |recent| {
                recent.failure(7);
                assert_share(recent.failure_rate(7));
            },
        ],
        |recent, _| {
            // What ended before the first mark was set may be missing, but not the rest.
            let rate = recent.failure_rate(7);
            let right = [0.0, 1.0 / 3.0, 0.5, 1.0].map(Some);
            assert!(right.contains(&rate), "{rate:?}");
            assert_eq!(recent.failure_rate(2000), None);
            recent.failure(2000);
            assert_eq!(recent.failure_rate(2000), Some(1.0));
        },
    );
}

#[test]
fn recent_reads_no_mark_that_is_being_overwritten() {
    explore::<Recent, _, _>(
        || {
            let recent = Recent::new(10);
            // All marks are taken, and all but the last are out of the window.
            for now in [0, 10, 20, 30] {
                recent.success(now);
            }
            recent
        },
        [
            |recent| {
                recent.failure(40);
                recent.failure(50);
            },
            |recent| assert_share(recent.failure_rate(35)),
        ],
        |recent, _| assert_eq!(recent.failure_rate(50), Some(1.0)),
    );
}
