//! Reports to the caller how a call ended.

use super::Run;
use crate::drive::hooks::Hooks;
use crate::error::{Error, Interrupt, Report};
use crate::outcome::Outcome;

impl<H: Hooks> Run<'_, H> {
    /// Returns why there is no result.
    #[cold]
    pub(super) fn interrupt(&self) -> Interrupt {
        Interrupt::new(self.report())
    }

    /// Returns why there is no result, for expansions.
    #[cold]
    pub fn redress_interrupt(&self) -> Interrupt {
        self.interrupt()
    }

    /// Returns how the call ended.
    #[cold]
    pub(crate) fn report(&self) -> Report {
        let Some(state) = self.state.as_ref() else {
            return Report::SUCCESS_AT_ONCE;
        };
        let stop_reason = state.stop_reason();
        let failure = stop_reason.and(state.last_failure());
        Report {
            attempts: state.call.attempts(),
            stop_reason,
            class: failure.map(|failure| failure.class),
            cause: failure.map(|failure| failure.cause),
            retry_after: state.retry_after,
        }
    }

    #[inline]
    pub(crate) fn result<T, E>(&mut self, returned: Option<Result<T, E>>) -> Result<T, Error<E>> {
        match returned {
            Some(Ok(value)) => Ok(value),
            returned => Err(self.error(returned.and_then(Result::err))),
        }
    }

    /// Called, so that a success has nothing of a report to move.
    #[cold]
    #[inline(never)]
    fn error<E>(&self, error: Option<E>) -> Error<E> {
        Error::new(error, self.report())
    }

    pub(crate) fn outcome<T, E>(&mut self, returned: Option<Result<T, E>>) -> Outcome<T, E> {
        let report = self.report();
        let (state, frame) = (self.state.as_ref(), &self.frame);
        let elapsed = match state {
            Some(state) if frame.is_watched() || state.stop_reason().is_some() => {
                state.since_operation_start()
            }
            // The clock was not read for a success that was not shown.
            _ => frame.elapsed(),
        };
        let rules = &frame.policy.rules;
        let next_sleep = state.and_then(|state| state.deferred(rules));
        let resume = state.and_then(|state| state.resume_token(rules));
        let (last_result, last_error) = match returned {
            Some(Ok(value)) => (Some(value), None),
            Some(Err(error)) => (None, Some(error)),
            None => (None, None),
        };
        Outcome {
            attempts: report.attempts,
            elapsed,
            stop_reason: report.stop_reason,
            last_class: report.class,
            cause: report.cause,
            last_result,
            last_error,
            next_sleep,
            retry_after: report.retry_after,
            timeline: self.hooks.take_timeline(),
            resume: resume.map(Box::new),
        }
    }
}
