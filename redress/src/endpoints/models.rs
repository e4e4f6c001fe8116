//! Every interleaving of two attempts at one endpoint.
//!
//! `RUSTFLAGS="--cfg redress_loom" cargo test -p redress --lib loom --release`

use loom::sync::Arc;
use loom::thread;

use super::Load;

#[test]
fn loom_no_attempt_stays_in_flight_and_what_was_given_up_forgets_no_failure() {
    loom::model(|| {
        let load = Arc::new(Load::new());
        let other = {
            let load = Arc::clone(&load);
            thread::spawn(move || {
                let _in_flight = load.begin();
                load.failed(10);
            })
        };
        {
            let _in_flight = load.begin();
            assert!(load.in_flight() >= 1);
            load.given_up(100);
        }
        other.join().unwrap();
        assert_eq!(load.in_flight(), 0);
        assert!(load.has_failed());
        // Whichever came first: what was given up is not forgotten by a failure that came fast.
        assert_eq!(load.time(), 100);
    });
}

#[test]
fn loom_of_two_answers_both_count() {
    loom::model(|| {
        let load = Arc::new(Load::new());
        load.answered(400);
        let other = {
            let load = Arc::clone(&load);
            thread::spawn(move || load.answered(800))
        };
        load.answered(800);
        other.join().unwrap();
        assert_eq!(load.time(), 575);
    });
}
