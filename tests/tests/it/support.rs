//! Shared helpers of the tests.

use std::io::{Error, ErrorKind};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use redress::testing::VirtualClock;
use redress::{ErrorClass, Policy, PolicyBuilder, strategies};

pub(crate) const SECOND: Duration = Duration::from_secs(1);

pub(crate) type Transient = fn(&Error) -> ErrorClass;

/// Returns a builder with a virtual clock that classifies every error as TRANSIENT and waits 1 s.
pub(crate) fn builder(clock: &VirtualClock) -> PolicyBuilder<Transient> {
    let transient: Transient = |_| ErrorClass::Transient;
    Policy::builder()
        .classifier(transient)
        .strategy(strategies::fixed(SECOND))
        .clock(clock.clone())
}

pub(crate) fn down() -> Error {
    ErrorKind::ConnectionRefused.into()
}

/// A list that hooks write to.
#[derive(Clone, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<String>>>);

impl Log {
    pub(crate) fn write(&self, line: impl Into<String>) {
        self.0.lock().unwrap().push(line.into());
    }

    pub(crate) fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock().unwrap())
    }
}
