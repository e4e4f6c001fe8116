use std::time::Duration;

use redress::strategies::{exponential, retry_after_or};
use redress::{BoxedClassifier, Classification, Classify, ConfigError, ErrorClass, Policy};

use crate::service::Answer;

/// How often a job is attempted at most, crashes included.
pub(crate) const MAX_ATTEMPTS: u32 = 6;

/// After how many failures of the service's own a job is given up.
pub(crate) const MAX_SERVER_ERRORS: u32 = 4;

/// What a worker that died counts as: a failure that says nothing about the job.
pub(crate) const CRASH: ErrorClass = ErrorClass::Transient;

/// Why an attempt has not succeeded.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    #[error("the service answered {0:?}")]
    Service(Answer),
    /// Not the operation's failure: whoever cannot write down what it does must do nothing.
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

/// The policy of every worker. Its delays are short, so that the example is.
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
