//! The testing kit, used as in the tests of another crate.

mod attribute;
mod breakers;
mod deterministic_strategy;
mod execute;
mod fake_policy;
mod recording_observer;
mod recording_policy;
mod script;
mod timelines;

use std::io::{Error, ErrorKind};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use redress::classify::{AnyValue, ResultClassifier};
use redress::observe::AttemptStatus;
use redress::testing::Admission::{Admit, Reject};
use redress::testing::{
    CallStatus, DeterministicStrategy, FakePolicy, RecordingObserver, RecordingPolicy, Script,
    VirtualClock, assert_timeline, breaker_in, instant_retries, script_breaker,
};
use redress::{
    BackoffContext, Cause, CircuitBreaker, CircuitState, Classification, ErrorClass, Execute,
    Policy, StopReason, Strategy, strategies,
};

use crate::support::{SECOND, Transient, builder, down};

/// Returns the message of a panic.
fn panic_of(f: impl FnOnce()) -> String {
    let panic = catch_unwind(AssertUnwindSafe(f)).unwrap_err();
    match panic.downcast::<String>() {
        Ok(message) => *message,
        Err(panic) => (*panic.downcast::<&str>().unwrap()).into(),
    }
}
