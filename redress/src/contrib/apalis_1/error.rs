use std::error::Error;
use std::fmt;

use ::apalis_core_1::error::BoxDynError;

use crate::classify::ErrorClass;
use crate::reason::StopReason;
use crate::resume::ResumeTokenError;

/// What a handler failed with, for the policy's classifier.
///
/// apalis has made a box of it. Classifiers that look into chains find it there, and
/// [`downcast_ref`](Self::downcast_ref) gives it back:
///
/// ```
/// use redress::contrib::apalis_1::JobError;
/// use redress::{Classifier, DefaultClassifier, ErrorClass, Policy};
///
/// let error = JobError::new(std::io::Error::from(std::io::ErrorKind::ConnectionReset));
/// assert_eq!(DefaultClassifier.classify(&error).class(), ErrorClass::Transient);
///
/// let policy = Policy::builder()
///     .classifier(|error: &JobError| match error.downcast_ref::<std::io::Error>() {
///         Some(_) => ErrorClass::Transient,
///         None => ErrorClass::Permanent,
///     })
///     .build()?;
/// # let _ = policy;
/// # Ok::<_, redress::ConfigError>(())
/// ```
pub struct JobError(BoxDynError);

impl JobError {
    /// Creates what a handler's error is to a policy: for tests of classifiers.
    #[must_use]
    pub fn new(error: impl Into<BoxDynError>) -> Self {
        Self(error.into())
    }

    /// Returns the error if it is an `E`, itself and not what is behind it.
    #[must_use]
    pub fn downcast_ref<E: Error + 'static>(&self) -> Option<&E> {
        self.0.downcast_ref()
    }

    /// Returns the error.
    #[must_use]
    pub fn into_inner(self) -> BoxDynError {
        self.0
    }
}

impl fmt::Debug for JobError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for JobError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl Error for JobError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&*self.0)
    }
}

/// Why a job is over without a success: the source of the `AbortError` with which its task is `Killed`.
///
/// `{}` says it with the last failure, since storages keep the text alone:
/// `MAX_ATTEMPTS_GLOBAL after 4 attempts: the mail server answered 503`.
#[derive(Debug)]
pub struct Killed(Why);

#[derive(Debug)]
enum Why {
    Stopped(Stop),
    WorkerDied(Stop),
    Panicked(String),
    Token(ResumeTokenError),
}

/// Where a policy stopped.
#[derive(Debug)]
pub(super) struct Stop {
    pub(super) reason: StopReason,
    pub(super) attempts: u32,
    pub(super) class: Option<ErrorClass>,
    pub(super) last: Option<JobError>,
}

impl Killed {
    pub(super) const fn stopped(stop: Stop) -> Self {
        Self(Why::Stopped(stop))
    }

    pub(super) const fn worker_died(stop: Stop) -> Self {
        Self(Why::WorkerDied(stop))
    }

    pub(super) const fn panicked(message: String) -> Self {
        Self(Why::Panicked(message))
    }

    pub(super) const fn token(error: ResumeTokenError) -> Self {
        Self(Why::Token(error))
    }

    const fn stop(&self) -> Option<&Stop> {
        match &self.0 {
            Why::Stopped(stop) | Why::WorkerDied(stop) => Some(stop),
            Why::Panicked(_) | Why::Token(_) => None,
        }
    }

    /// Returns why the policy stopped; `None` after a panic, and if the token of the task could not be read.
    #[must_use]
    pub fn stop_reason(&self) -> Option<StopReason> {
        self.stop().map(|stop| stop.reason)
    }

    /// Returns how many attempts of the job were begun; `None` where [`stop_reason`](Self::stop_reason) is.
    #[must_use]
    pub fn attempts(&self) -> Option<u32> {
        self.stop().map(|stop| stop.attempts)
    }

    /// Returns the class of the last failure, if there was one.
    #[must_use]
    pub fn last_class(&self) -> Option<ErrorClass> {
        self.stop()?.class
    }

    /// Returns what the last attempt failed with. It is the [`source`](Error::source), too.
    #[must_use]
    pub fn last_error(&self) -> Option<&JobError> {
        self.stop()?.last.as_ref()
    }
}

impl fmt::Display for Killed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let stop = match &self.0 {
            Why::Stopped(stop) | Why::WorkerDied(stop) => stop,
            Why::Panicked(message) => return write!(f, "the handler panicked: {message}"),
            Why::Token(error) => return write!(f, "the metadata redress.token is wrong: {error}"),
        };
        let plural = if stop.attempts == 1 { "" } else { "s" };
        let (reason, attempts) = (stop.reason, stop.attempts);
        write!(f, "{reason} after {attempts} attempt{plural}")?;
        match (&self.0, &stop.last) {
            (Why::WorkerDied(_), _) => f.write_str(": its worker died, it may have been done"),
            (_, Some(last)) => write!(f, ": {last}"),
            (_, None) => Ok(()),
        }
    }
}

impl Error for Killed {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match &self.0 {
            Why::Stopped(stop) | Why::WorkerDied(stop) => stop
                .last
                .as_ref()
                .map(|last| last as &(dyn Error + 'static)),
            Why::Panicked(_) => None,
            Why::Token(error) => Some(error),
        }
    }
}
