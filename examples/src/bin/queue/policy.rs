use std::time::Duration;

use redress::strategies::{exponential, retry_after_or};
use redress::{BoxedClassifier, Classification, Classify, ConfigError, ErrorClass, Policy};

use crate::service::Answer;

/// The most attempts of a job, including those that crashed.
pub(crate) const MAX_ATTEMPTS: u32 = 6;

/// The number of server errors after which a job is given up.
pub(crate) const MAX_SERVER_ERRORS: u32 = 4;

/// The class of a worker's crash: a failure that says nothing about the job.
pub(crate) const CRASH: ErrorClass = ErrorClass::Transient;

/// The error of an attempt.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    #[error("the service answered {0:?}")]
    Service(Answer),
    /// Not a failure of the operation: a worker that cannot record its attempts must not make any.
    #[error("the queue's database failed: {0}")]
    Queue(#[from] rusqlite::Error),
    #[error("the supervisor is gone: {0}")]
    Supervisor(#[from] std::io::Error),
}

impl Classify for Failure {
    fn classify(&self) -> Classification {
        match self {
            Self::Service(Answer::Reset) => ErrorClass::Transient.into(),
            Self::Service(Answer::Busy) => {
                let hint = Duration::from_millis(20);
                Classification::new(ErrorClass::RateLimit).retry_after(hint)
            }
            Self::Service(Answer::Broken) => ErrorClass::ServerError.into(),
            Self::Service(Answer::Forbidden | Answer::Accepted) => ErrorClass::Permission.into(),
            Self::Queue(_) | Self::Supervisor(_) => Classification::abort(),
        }
    }
}

/// Creates the policy of every worker. The delays are short, to keep the example short.
pub(crate) fn policy() -> Result<Policy<BoxedClassifier<Failure>>, ConfigError> {
    let policy = Policy::builder()
        .classifier(|failure: &Failure| failure.classify())
        .strategy(retry_after_or(exponential(0.005, 0.05)))
        .max_attempts(MAX_ATTEMPTS)
        .max_class_attempts(ErrorClass::ServerError, MAX_SERVER_ERRORS)
        .deadline(3600)
        .build()?;
    Ok(policy.boxed())
}
