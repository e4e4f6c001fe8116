//! How a call ended, as its caller is told.

use super::hooks::Hooks;
use super::run::Run;
use crate::error::{Error, Interrupt, Report};
use crate::outcome::Outcome;

impl<H: Hooks> Run<'_, H> {
    /// Says why there is nothing to return.
    #[cold]
    pub(super) fn interrupt(&self) -> Interrupt {
        Interrupt::new(self.report())
    }

    /// Says how the call ended.
    #[cold]
    pub(crate) fn report(&self) -> Report {
        let Some(flow) = self.progress.as_ref().map(|progress| &progress.flow) else {
            return Report::SUCCESS_AT_ONCE;
        };
        let stop_reason = flow.stop_reason();
        let failure = stop_reason.and(flow.failure());
        Report {
            attempts: flow.attempts(),
            stop_reason,
            class: failure.map(|failure| failure.class),
            cause: failure.map(|failure| failure.cause),
            retry_after: flow.retry_after(),
        }
    }

    #[inline]
    pub(crate) fn result<T, E>(&mut self, returned: Option<Result<T, E>>) -> Result<T, Error<E>> {
        match returned {
            Some(Ok(value)) => Ok(value),
            returned => Err(Error::new(returned.and_then(Result::err), self.report())),
        }
    }

    pub(crate) fn outcome<T, E>(&mut self, returned: Option<Result<T, E>>) -> Outcome<T, E> {
        let report = self.report();
        let flow = self.progress.as_ref().map(|progress| &progress.flow);
        let frame = &self.frame;
        let elapsed = match flow {
            Some(flow) if frame.is_watched() || flow.stop_reason().is_some() => flow.decided,
            // Nothing was decided about a success that nobody watched.
            _ => frame.elapsed(),
        };
        let next_sleep = flow.and_then(|flow| flow.deferred(frame));
        let resume = flow.and_then(|flow| flow.resume_token(frame));
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
