use std::borrow::Cow;
#[cfg(any(feature = "reqwest-0_13-blocking", feature = "ureq-3"))]
use std::time::Duration;

use super::{CallContext, Policy};
use crate::classify::{Classification, Classifier, ErrorClass, ResultClassifier};
#[cfg(feature = "reqwest-0_13")]
use crate::defaults;
#[cfg(any(feature = "reqwest-0_13-blocking", feature = "ureq-3"))]
use crate::drive::blocking;
use crate::drive::{Hooks, Judge, Run, Verdict};
#[cfg(feature = "reqwest-0_13")]
use crate::drive::{Session, SessionWatch, future};
use crate::error::{Error, Report};
use crate::reason::{Cause, StopReason};

/// What an attempt of an integration got.
pub(crate) enum Got<T, E> {
    /// What was asked for; the policy's result classifier judges it.
    Value(T),
    /// An answer that says no. The other side is well, so it is a success to the policy, and an error
    /// to the caller.
    Refusal(E),
    /// A failure that is known, and returned as a value if it is the last.
    #[cfg(feature = "ureq-3")]
    FailedValue(T, Classification),
    /// A failure that is known, and says less than is known of it.
    #[cfg(feature = "ureq-3")]
    FailedError(E, Classification),
}

/// What an attempt of an integration returns.
pub(crate) type Attempted<T, E> = Result<Got<T, E>, E>;

/// Judges attempts by the classifiers of a policy, with a rule that has the last word on errors: it knows
/// what was sent.
struct Ruled<'a, C, R, F> {
    policy: &'a Policy<C, R>,
    rule: F,
}

impl<C, R, F: Copy> Clone for Ruled<'_, C, R, F> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<C, R, F: Copy> Copy for Ruled<'_, C, R, F> {}

impl<C, R, F, T, E> Judge<Attempted<T, E>> for Ruled<'_, C, R, F>
where
    C: Classifier<E>,
    R: ResultClassifier<T>,
    F: Fn(&E, Classification) -> Classification + Copy,
{
    fn judge(self, returned: &Attempted<T, E>) -> Verdict {
        match returned {
            Ok(Got::Value(value)) => Verdict::value(self.policy.values().classify(value)),
            Ok(Got::Refusal(_)) => Verdict::succeeded(),
            #[cfg(feature = "ureq-3")]
            Ok(Got::FailedValue(_, said)) => Verdict::value(Some(said.clone())),
            #[cfg(feature = "ureq-3")]
            Ok(Got::FailedError(_, said)) => Verdict::failed::<E>(said.clone()),
            Err(error) => {
                let said = self.policy.errors().classify(error);
                Verdict::failed::<E>((self.rule)(error, said))
            }
        }
    }
}

/// Returns what the caller gets.
fn finish<H: Hooks, T, E>(
    run: &mut Run<'_, H>,
    returned: Option<Attempted<T, E>>,
) -> Result<T, Error<E>> {
    match returned {
        Some(Ok(Got::Value(value))) => Ok(value),
        #[cfg(feature = "ureq-3")]
        Some(Ok(Got::FailedValue(value, _))) => Ok(value),
        #[cfg(feature = "ureq-3")]
        Some(Ok(Got::FailedError(error, _))) => Err(Error::new(Some(error), run.report())),
        Some(Ok(Got::Refusal(refusal))) => {
            let report = Report {
                stop_reason: Some(StopReason::NonRetryableClass),
                class: Some(ErrorClass::Permanent),
                cause: Some(Cause::Result),
                ..run.report()
            };
            Err(Error::new(Some(refusal), report))
        }
        Some(Err(error)) => Err(Error::new(Some(error), run.report())),
        None => Err(Error::new(None, run.report())),
    }
}

/// For the integrations, which know what a request may suffer.
impl<'a, C, R, M> CallContext<'a, C, R, M> {
    /// Calls an async operation, with a rule about its errors.
    #[cfg(feature = "reqwest-0_13")]
    pub(crate) fn call_async_ruled<T, E, F>(
        &self,
        rule: impl Fn(&E, Classification) -> Classification + Copy,
        operation: impl FnMut() -> F,
    ) -> impl Future<Output = Result<T, Error<E>>>
    where
        C: Classifier<E>,
        R: ResultClassifier<T>,
        F: Future<Output = Attempted<T, E>>,
    {
        let policy = self.policy.as_ref();
        let run = Run::prepare(policy, self.shared.hooks(), false);
        future::CallFuture::new(Ruled { policy, rule }, run, operation, finish)
    }

    /// Runs a transfer, with a rule about its errors: a [session](Policy::session) that ends when an attempt
    /// succeeds, and that is healthy by progress alone.
    #[cfg(feature = "reqwest-0_13")]
    pub(crate) fn transfer_ruled<T, E, F>(
        &self,
        rule: impl Fn(&E, Classification) -> Classification + Copy,
        mut operation: impl FnMut(Session) -> F,
    ) -> impl Future<Output = Result<T, Error<E>>>
    where
        C: Classifier<E>,
        R: ResultClassifier<T>,
        F: Future<Output = Attempted<T, E>>,
    {
        let policy = self.policy.as_ref();
        let (watch, connector) = SessionWatch::transfer(defaults::DOWNLOAD_STALL);
        let run = Run::prepare(policy, self.shared.hooks_for(watch), false);
        let connect = move || operation(connector.next());
        future::CallFuture::new(Ruled { policy, rule }, run, connect, finish)
    }

    /// Calls a sync operation, with a rule about its errors. Each attempt is told how long it may take, if
    /// there is a limit.
    #[cfg(any(feature = "reqwest-0_13-blocking", feature = "ureq-3"))]
    pub(crate) fn call_ruled<T, E>(
        &self,
        rule: impl Fn(&E, Classification) -> Classification + Copy,
        mut operation: impl FnMut(Option<Duration>) -> Attempted<T, E>,
    ) -> Result<T, Error<E>>
    where
        C: Classifier<E>,
        R: ResultClassifier<T>,
    {
        let policy = self.policy.as_ref();
        let mut run = Run::new(policy, self.shared.hooks());
        let judge = Ruled { policy, rule };
        let attempt = |run: &Run<'_, _>| {
            let limit = run.attempt_limit();
            Some(run.in_scope(|| operation(limit)))
        };
        let returned = blocking::call_cut_off(&mut run, judge, attempt);
        finish(&mut run, returned)
    }

    /// Names the operation: `name` if that is given, else, unless it has a name or nothing would show it, as
    /// `describe` does.
    pub(crate) fn name(&mut self, name: Option<Cow<'a, str>>, describe: impl FnOnce() -> String) {
        if name.is_some() {
            self.shared.operation = name;
        } else if self.shared.operation.is_none()
            && (self.policy.is_shown() || self.shared.is_shown())
        {
            self.shared.operation = Some(describe().into());
        }
    }

    /// As [`once`](Self::once), in place.
    pub(crate) fn set_once(&mut self) {
        self.shared.once = true;
    }

    /// Returns `true` if a call can have more than one attempt.
    #[cfg(feature = "reqwest-0_13")]
    pub(crate) fn may_retry(&self) -> bool {
        self.policy.may_retry()
    }
}

#[cfg(feature = "reqwest-0_13")]
impl<'a, C, R> CallContext<'a, C, R> {
    /// Starts the settings of a call under a policy that they own.
    pub(crate) fn of(policy: Policy<C, R>) -> Self {
        Self::new(Cow::Owned(policy))
    }
}
