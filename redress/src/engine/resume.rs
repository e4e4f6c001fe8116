use std::time::Duration;

use super::{LastFailure, Slot};
use crate::attempt::IdempotencyKey;
use crate::classify::{ErrorClass, PerClass};
use crate::reason::Cause;

/// The state of an operation that a sleep handler deferred: enough for another call, in this process
/// or on another machine, to continue it.
///
/// An [`Outcome`](crate::Outcome::resume_token) carries one exactly when its call stopped with
/// [`StopReason::Scheduled`](crate::StopReason::Scheduled); keep it with the job, and give it to
/// [`CallContext::resume`](crate::CallContext::resume), or to [`Policy::resume`](crate::Policy::resume)
/// where there is no loop.
///
/// # What continues
///
/// Counts of attempts and failures continue, backoff continues from the previous sleep of each
/// strategy, and the deadline continues from `elapsed + delay`: the time that had passed, and the
/// delay **as if it had been slept**, however long the queue really took. An operation that is split
/// this way ends as it would have without. If that time has reached the deadline, the call stops
/// before an attempt.
///
/// The policy of the resuming call decides: its caps, deadline and strategies apply to the counts of
/// the token. If its settings differ from those of the deferring call, a cap may be reached sooner or
/// later, and a class that has only now a strategy of its own starts it without a previous sleep.
///
/// A token does not say which worker may continue: a queue that hands one out twice gets the
/// operation twice. It holds no message and no value of the operation.
///
/// # Crashes
///
/// An attempt whose process dies is in no token. A worker that must not lose count stores, ahead of
/// each attempt, the token that is right if the attempt never returns: that of
/// [`Policy::resume`](crate::Policy::resume) after one failure. The example `queue` does so, on SQLite.
///
/// # As text
///
/// [`Display`](std::fmt::Display) writes its stable form and [`FromStr`](std::str::FromStr) reads it;
/// with the feature `serde` it is serialised as the same string. All times are whole nanoseconds. The
/// fields may be in any order, each once:
///
/// ```text
/// redress1:attempts=3;failures=RATE_LIMIT:1,TRANSIENT:2;last=TRANSIENT;cause=error;slept=default:2000000000,RATE_LIMIT:500000000;elapsed=2700000000;delay=2000000000
/// ```
///
/// The token of an operation that knows its [key](Self::idempotency_key) has one field more, `key=` and a
/// UUID. `redress1` is the version of the form. `failures` and `slept` name a class each, and `default`
/// is the default strategy; `last` and `cause` are the last failure's.
///
/// ```
/// use redress::call::ResumeToken;
/// use redress::{Policy, SleepDecision, strategies::fixed};
///
/// let policy = Policy::builder().strategy(fixed(2)).max_attempts(3).build()?;
/// let down = || Err::<(), _>(std::io::Error::from(std::io::ErrorKind::ConnectionRefused));
/// let deferring = policy.context().sleep_handler(|_, _| SleepDecision::Defer);
///
/// let stored = deferring.execute(down).resume_token().expect("deferred").to_string();
/// // Later, elsewhere:
/// let token: ResumeToken = stored.parse()?;
/// assert_eq!(token.attempts(), 1);
/// let outcome = policy.context().sleep_handler(|_, _| SleepDecision::Defer).resume(token).execute(down);
/// assert_eq!(outcome.attempts, 2);
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResumeToken {
    pub(crate) attempts: u32,
    pub(crate) failures: PerClass<u32>,
    pub(crate) last: LastFailure,
    pub(crate) sleeps: Sleeps,
    pub(crate) elapsed: Duration,
    pub(crate) delay: Duration,
    pub(crate) key: Option<IdempotencyKey>,
}

impl ResumeToken {
    /// Returns how many attempts were started.
    #[must_use]
    pub const fn attempts(&self) -> u32 {
        self.attempts
    }

    /// Returns how many attempts failed with `class`.
    #[must_use]
    pub const fn failures(&self, class: ErrorClass) -> u32 {
        *self.failures.get(class)
    }

    /// Returns the class of the last failure.
    #[must_use]
    pub const fn last_class(&self) -> ErrorClass {
        self.last.class
    }

    /// Returns what made the last attempt a failure.
    #[must_use]
    pub const fn cause(&self) -> Cause {
        self.last.cause
    }

    /// Returns the time from the operation's start to its deferral, earlier delays included.
    #[must_use]
    pub const fn elapsed(&self) -> Duration {
        self.elapsed
    }

    /// Returns the delay after which to go on.
    #[must_use]
    pub const fn delay(&self) -> Duration {
        self.delay
    }

    /// Returns the [key](crate::Attempt::idempotency_key) of the operation, if its attempts were
    /// [told](crate::PolicyBuilder::tell_attempts) it: the attempts of the resuming call have the same.
    #[must_use]
    pub const fn idempotency_key(&self) -> Option<IdempotencyKey> {
        self.key
    }

    pub(crate) const fn with_key(mut self, key: Option<IdempotencyKey>) -> Self {
        self.key = key;
        self
    }

    /// Returns the operation's elapsed time at the start of the resuming call.
    pub(crate) const fn resumed_at(&self) -> Duration {
        self.elapsed.saturating_add(self.delay)
    }
}

/// The previous sleep of each strategy slot.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Sleeps {
    pub(crate) default: Option<Duration>,
    pub(crate) own: PerClass<Option<Duration>>,
}

impl Sleeps {
    /// Returns the previous sleep of a slot.
    pub(super) const fn get(&self, slot: Slot) -> Option<Duration> {
        if slot.own {
            *self.own.get(slot.class)
        } else {
            self.default
        }
    }

    pub(super) const fn set(&mut self, slot: Slot, sleep: Duration) {
        let slot = if slot.own {
            self.own.get_mut(slot.class)
        } else {
            &mut self.default
        };
        *slot = Some(sleep);
    }
}
