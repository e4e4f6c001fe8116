#![doc = include_str!("../../docs/testing.md")]

mod assert_timeline;
mod breaker;
mod deterministic_strategy;
mod fake_policy;
mod log;
mod policies;
mod recorded_call;
mod recording_observer;
mod recording_policy;
mod script;
mod seed;
mod timeline_line;
mod virtual_clock;

pub use assert_timeline::assert_timeline;
pub use breaker::{Admission, breaker_in, script_breaker};
pub use deterministic_strategy::{DeterministicStrategy, RecordedBackoff};
pub use fake_policy::FakePolicy;
pub use policies::{instant_retries, no_retries};
pub use recorded_call::{CallStatus, RecordedCall};
pub use recording_observer::{RecordedAttempt, RecordedEnd, RecordedEvent, RecordingObserver};
pub use recording_policy::RecordingPolicy;
pub use script::Script;
pub use seed::seed_jitter;
pub use virtual_clock::VirtualClock;

#[cfg(test)]
mod tests {
    #[test]
    fn the_guide_shows_the_service_that_it_tests() {
        let guide = include_str!("../../docs/testing.md");
        assert!(guide.contains(include_str!("../../docs/testing_service.rs")));
    }
}
