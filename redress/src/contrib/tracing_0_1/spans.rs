use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ::tracing_0_1::field::{Empty, display};
use ::tracing_0_1::level_filters::{LevelFilter, STATIC_MAX_LEVEL};
use ::tracing_0_1::{Level, Span, span};

use super::level::at_level;
use crate::classify::ErrorClass;
use crate::contrib::lines::Details;
use crate::contrib::span_end::{error_type, stop_reason};
use crate::observe::{
    AttemptEnd, AttemptStart, AttemptStatus, CallEnd, CallObserver, CallStart, Interest, Observer,
};
use crate::reason::Cause;

/// Returns an observer that makes a span of each call and a child of it for each attempt.
///
/// What the operation traces is in the span of its attempt: around each poll of a future, and on the
/// thread of a [detached](crate::Policy::call_detached) attempt, too. Pauses are in the span of the call
/// only. In a function with `#[retry]` the attempts are part of the function, and are in their spans if it
/// is marked `#[retry(span)]`.
///
/// | span | fields |
/// |---|---|
/// | `redress.call` | `redress.operation`, also as `otel.name`; at its end `redress.attempts`, and unless it succeeded `redress.stop_reason` |
/// | `attempt` | `redress.attempt`, from 1; after a failure `redress.cause`, `redress.error_type`, `redress.details` |
/// | both, if they failed | `error.type`, the class, or the reason of a call without one; `otel.status_code` |
///
/// A call that succeeds after retries has not failed: only its attempts have. Nor has one that was
/// cancelled, [aborted](crate::StopReason::Aborted) or [deferred](crate::StopReason::Scheduled).
///
/// # What it costs while nothing listens
///
/// When a policy is built, it asks `tracing` whether any subscriber listens to this level at all. If not,
/// its calls are not watched and have no spans, also once a subscriber comes: set the subscriber first.
/// Where filters are reloaded, use [`always`](Spans::always).
///
/// ```
/// use redress::Policy;
/// use redress::contrib::tracing_0_1::spans;
///
/// let policy = Policy::builder().operation("load_order").on_event(spans()).build()?;
/// # Ok::<_, redress::ConfigError>(())
/// ```
#[must_use]
pub const fn spans() -> Spans {
    Spans {
        level: Level::INFO,
        attempts: true,
        always: false,
    }
}

/// The observer of [`spans`].
#[derive(Debug, Clone)]
pub struct Spans {
    level: Level,
    attempts: bool,
    always: bool,
}

impl Spans {
    /// Sets the level of both spans. Default: INFO.
    #[must_use]
    pub const fn level(mut self, level: Level) -> Self {
        self.level = level;
        self
    }

    /// Leaves out the spans of attempts: what the operation traces is in the span of the call.
    #[must_use]
    pub const fn without_attempts(mut self) -> Self {
        self.attempts = false;
        self
    }

    /// Watches calls also of policies that are built while no subscriber listens: for filters that are
    /// reloaded, and subscribers that come late. A call then costs what a watched one does, whether a
    /// span is made of it or not.
    #[must_use]
    pub const fn always(mut self) -> Self {
        self.always = true;
        self
    }

    fn is_listened_to(&self) -> bool {
        self.level <= STATIC_MAX_LEVEL && self.level <= LevelFilter::current()
    }
}

impl Observer for Spans {
    fn on_call_start(&self, call: &CallStart<'_>) -> Option<Arc<dyn CallObserver>> {
        // The span would begin with the first failure. That is no duration of a call.
        if call.is_late() {
            return None;
        }
        macro_rules! open {
            ($level:expr) => {
                span!(
                    target: "redress",
                    $level,
                    "redress.call",
                    otel.name = call.operation().filter(|name| !name.is_empty()),
                    otel.status_code = Empty,
                    redress.operation = call.operation(),
                    redress.attempts = Empty,
                    redress.stop_reason = Empty,
                    error.type = Empty,
                )
            };
        }
        let span = at_level!(self.level, open);
        if span.is_disabled() {
            return None;
        }
        Some(Arc::new(Call {
            spans: self.clone(),
            span,
            attempt: Mutex::new(None),
        }))
    }

    fn interest(&self) -> Interest {
        if self.always || self.is_listened_to() {
            // Spans have times of their own.
            let interest = Interest::ALL.without_times();
            return if self.attempts {
                interest
            } else {
                interest.without_attempts()
            };
        }
        Interest::FAILURES
    }
}

/// The spans of one call.
struct Call {
    spans: Spans,
    span: Span,
    /// That of the attempt in progress.
    attempt: Mutex<Option<Span>>,
}

impl Call {
    /// Held for a moment only: a detached attempt may run while its call ends.
    fn attempt(&self) -> MutexGuard<'_, Option<Span>> {
        self.attempt.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl CallObserver for Call {
    fn on_attempt_start(&self, attempt: &AttemptStart<'_>) {
        if !self.spans.attempts {
            return;
        }
        macro_rules! open {
            ($level:expr) => {
                span!(
                    target: "redress",
                    parent: &self.span,
                    $level,
                    "attempt",
                    otel.status_code = Empty,
                    redress.attempt = attempt.attempt(),
                    redress.cause = Empty,
                    redress.error_type = Empty,
                    redress.details = Empty,
                    error.type = Empty,
                )
            };
        }
        let span = at_level!(self.spans.level, open);
        *self.attempt() = Some(span);
    }

    fn on_attempt_end(&self, attempt: &AttemptEnd<'_>) {
        let Some(span) = self.attempt().take() else {
            return;
        };
        if attempt.status() != AttemptStatus::Failed {
            return;
        }
        span.record("otel.status_code", "ERROR");
        span.record("error.type", attempt.class().map(ErrorClass::as_str));
        span.record("redress.cause", attempt.cause().map(Cause::as_str));
        span.record("redress.error_type", attempt.error_type());
        let details = attempt.classification().and_then(Details::of);
        span.record("redress.details", details.map(display));
    }

    fn on_call_end(&self, call: &CallEnd<'_>) {
        self.span.record("redress.attempts", call.attempts());
        if let Some(reason) = stop_reason(call) {
            self.span.record("redress.stop_reason", reason);
        }
        if let Some(error) = error_type(call) {
            self.span.record("otel.status_code", "ERROR");
            self.span.record("error.type", error);
        }
    }

    fn scope(&self, _attempt: u32, run: &mut dyn FnMut()) {
        let attempt = self.attempt().clone();
        match &attempt {
            Some(span) if !span.is_disabled() => span.in_scope(run),
            _ => self.span.in_scope(run),
        }
    }

    fn call_scope(&self, show: &mut dyn FnMut()) {
        self.span.in_scope(show);
    }
}
