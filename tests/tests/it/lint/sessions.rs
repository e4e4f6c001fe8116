//! Findings about sessions.

use redress::Policy;

use super::{assert_clean, assert_finds, builder};

#[test]
fn the_preset_is_clean() {
    assert_clean(Policy::sessions());
    assert_eq!(Policy::polling(300).lint(), []);
}

#[test]
fn a_session_without_a_limit_of_restarts_is_named() {
    let code = "session-without-restart-limit";
    assert_finds(
        Policy::sessions().unlimited_restarts(),
        code,
        "max_restarts",
    );
    // Health forgets a deadline.
    assert_finds(builder().stall_timeout(60), code, "max_restarts");
    assert_clean(builder().stall_timeout(60).restarts(5, 60));
}

#[test]
fn a_session_that_is_cut_off_before_it_is_healthy_is_named() {
    let code = "session-never-healthy";
    let finding = assert_finds(
        Policy::sessions().attempt_timeout(10),
        code,
        "healthy_after",
    );
    assert_eq!(finding.reason(), "attempt_timeout cuts it off after 10s");
    assert_finds(Policy::sessions().deadline(5), code, "healthy_after");
    assert_clean(Policy::sessions().attempt_timeout(11));
    assert_clean(Policy::sessions().attempt_timeout(10).healthy_after(9));
}
