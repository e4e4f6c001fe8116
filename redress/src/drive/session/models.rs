//! Every interleaving of a session that lives on with the one after it.
//!
//! `RUSTFLAGS="--cfg redress_loom" cargo test -p redress --lib loom --release`

use loom::sync::Arc;
use loom::thread;

use super::Beat;

#[test]
fn loom_an_old_session_never_makes_the_new_one_healthy() {
    loom::model(|| {
        let beat = Arc::new(Beat::new());
        let old = beat.connect();
        let late = {
            let beat = Arc::clone(&beat);
            thread::spawn(move || {
                beat.expect(old);
                beat.sign(old, true);
            })
        };
        let new = beat.connect();
        beat.sign(new, false);
        late.join().unwrap();
        let signs = beat.signs();
        assert_eq!((signs.connect, signs.count), (new, 1));
        assert!(!signs.progress && !signs.expecting);
    });
}

#[test]
fn loom_no_sign_of_two_tasks_is_lost() {
    loom::model(|| {
        let beat = Arc::new(Beat::new());
        let connect = beat.connect();
        let other = {
            let beat = Arc::clone(&beat);
            thread::spawn(move || {
                beat.expect(connect);
                beat.got(connect);
            })
        };
        beat.expect(connect);
        beat.sign(connect, true);
        other.join().unwrap();
        let signs = beat.signs();
        assert_eq!(
            (signs.count, signs.progress, signs.expecting),
            (3, true, true)
        );
    });
}
