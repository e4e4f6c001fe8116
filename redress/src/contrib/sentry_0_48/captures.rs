use std::borrow::Cow;
use std::fmt;

use ::sentry_core_0_48::protocol::{Event as Issue, Map, Value as Json};
use ::sentry_core_0_48::{Hub, Level};

use crate::breaker::{CircuitChange, CircuitState};
use crate::classify::ErrorClass;
use crate::contrib::lines::Line;
use crate::observe::{CallEnd, CallResult, Interest, Observer};
use crate::reason::{Cause, StopReason};

/// Returns an observer that captures calls that have given up: one issue for each operation and class.
///
/// Where what a call returns is captured, too, as by Sentry's integrations with servers, each failure is
/// there twice. So this is for programs that handle the error, as workers of queues do.
///
/// | of the captured event | value |
/// |---|---|
/// | level | error |
/// | fingerprint | `redress`, the operation, the class |
/// | message | `load_order: max_attempts_exceeded (RATE_LIMIT)` |
/// | tags | `redress.operation`, `redress.class`, `redress.result`, `redress.stop_reason` |
/// | extra | `redress.attempts`, `redress.duration` in seconds, `redress.cause` |
///
/// ```
/// use redress::Policy;
/// use redress::contrib::sentry_0_48::{breadcrumbs, captures};
///
/// // In this order, so that an event has the breadcrumb of its own stop.
/// let policy = Policy::builder()
///     .operation("load_order")
///     .on_event((breadcrumbs(), captures()))
///     .build()?;
/// # Ok::<_, redress::ConfigError>(())
/// ```
#[must_use]
pub fn captures() -> Captures {
    Captures {
        when: is_captured,
        openings: false,
    }
}

/// The observer of [`captures`].
pub struct Captures<W = fn(&CallEnd<'_>) -> bool> {
    when: W,
    openings: bool,
}

/// Returns `true` for the calls that [`captures`] captures by default: those that were given up although
/// their failure was worth a retry, and those that a policy has no answer for.
///
/// Not among them: `permanent_fail`, which is the answer to each id that does not exist;
/// `circuit_rejected` and `no_thread`, of which an outage has one for each call; what was aborted,
/// deferred or cancelled; a panic, which Sentry captures itself.
#[must_use]
pub fn is_captured(call: &CallEnd<'_>) -> bool {
    matches!(
        call.result(),
        CallResult::RetryForbidden
            | CallResult::MaxAttemptsExceeded
            | CallResult::MayHaveBeenApplied
            | CallResult::MaxUnknownAttemptsExceeded
            | CallResult::DeadlineExceeded
            | CallResult::NoStrategyConfigured
            | CallResult::BudgetExhausted
            | CallResult::RestartsExceeded
            | CallResult::NotReady
    )
}

impl<W> Captures<W> {
    /// Sets which calls are captured, of those that have had a failure or were refused. Default:
    /// [`is_captured`].
    ///
    /// ```
    /// use redress::contrib::sentry_0_48::{captures, is_captured};
    ///
    /// let ours = captures().when(|call| call.operation() != Some("poll_mail") && is_captured(call));
    /// # let _ = ours;
    /// ```
    #[must_use]
    pub fn when<F>(self, when: F) -> Captures<F>
    where
        F: Fn(&CallEnd<'_>) -> bool + Send + Sync,
    {
        Captures {
            when,
            openings: self.openings,
        }
    }

    /// Captures each [opening](capture_opening) of every breaker of the program, too. For the
    /// [default observer](crate::observe::set_default) only, which alone sees them.
    #[must_use]
    pub const fn openings(mut self) -> Self {
        self.openings = true;
        self
    }
}

impl<W: Fn(&CallEnd<'_>) -> bool + Send + Sync> Observer for Captures<W> {
    fn on_call_end(&self, call: &CallEnd<'_>) {
        if (self.when)(call) {
            Hub::with_active(|hub| hub.capture_event(of_call(call)));
        }
    }

    fn on_circuit_change(&self, change: &CircuitChange<'_>) {
        if self.openings {
            capture_opening(change);
        }
    }

    fn interest(&self) -> Interest {
        // The duration is for people, who can do without the milliseconds.
        Interest::FAILURES
    }
}

/// Captures a change of a circuit breaker from closed to open: one issue for each name of a breaker. Other
/// changes are not captured, so that an outage is one event and not one for each probe.
///
/// ```
/// use redress::CircuitBreaker;
/// use redress::contrib::sentry_0_48::capture_opening;
///
/// let breaker = CircuitBreaker::builder().name("payments").on_change(capture_opening).build()?;
/// # Ok::<_, redress::ConfigError>(())
/// ```
pub fn capture_opening(change: &CircuitChange<'_>) {
    if (change.from(), change.to()) != (CircuitState::Closed, CircuitState::Open) {
        return;
    }
    let name = change.name().unwrap_or_default();
    let mut tags = Map::new();
    tag(&mut tags, "redress.breaker", name);
    let issue = issue(
        ["circuit_opened", name],
        Line::Circuit(change).to_string(),
        tags,
    );
    Hub::with_active(|hub| hub.capture_event(issue));
}

fn of_call(call: &CallEnd<'_>) -> Issue<'static> {
    let operation = call.operation().unwrap_or_default();
    let class = call.class().map_or("", ErrorClass::as_str);
    let result = call.result().as_str();
    let mut tags = Map::new();
    tag(&mut tags, "redress.operation", operation);
    tag(&mut tags, "redress.class", class);
    tag(&mut tags, "redress.result", result);
    let reason = call.stop_reason().map_or("", StopReason::as_str);
    tag(&mut tags, "redress.stop_reason", reason);

    let name = call.operation().unwrap_or("redress");
    let message = match class {
        "" => format!("{name}: {result}"),
        class => format!("{name}: {result} ({class})"),
    };
    let mut issue = issue([operation, class], message, tags);
    let seconds = call.duration().as_secs_f64();
    let mut extra = |key: &str, value: Json| issue.extra.insert(key.to_owned(), value);
    extra("redress.attempts", call.attempts().into());
    extra("redress.duration", seconds.into());
    if let Some(cause) = call.cause().map(Cause::as_str) {
        extra("redress.cause", cause.into());
    }
    issue
}

/// Makes an issue of what `redress` and these two parts name.
fn issue(parts: [&str; 2], message: String, tags: Map<String, String>) -> Issue<'static> {
    let [first, second] = parts.map(|part| Cow::Owned(part.to_owned()));
    Issue {
        level: Level::Error,
        logger: Some("redress".to_owned()),
        fingerprint: Cow::Owned(vec![Cow::Borrowed("redress"), first, second]),
        message: Some(message),
        tags,
        ..Issue::default()
    }
}

/// How many characters of a tag's value Sentry takes.
const LONGEST_TAG: usize = 200;

/// Sentry drops a tag without a value, with too long a one, and with one of several lines.
fn tag(tags: &mut Map<String, String>, key: &str, value: &str) {
    if !value.is_empty() {
        let taken = value.chars().take(LONGEST_TAG);
        let line = taken.map(|c| if c.is_control() { ' ' } else { c });
        tags.insert(key.to_owned(), line.collect());
    }
}

impl<W> fmt::Debug for Captures<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Captures")
            .field("openings", &self.openings)
            .finish_non_exhaustive()
    }
}
