//! The meaning of failures: classes, classifications, classifiers, and the tables behind them.

mod aws;
mod boxed;
mod class;
mod classification;
mod classifier;
mod default;
mod grpc;
mod http;
mod http_date;
mod io_kind;
mod knows;
mod link;
mod llm;
mod llm_headers;
mod markers;
mod mssql;
mod mysql;
mod per_class;
mod redis;
mod retry_after;
mod sqlite;
mod sqlstate;

pub use aws::aws_error_code;
pub use boxed::{BoxedClassifier, BoxedResultClassifier, HiddenAs};
pub use class::ErrorClass;
pub use classification::Classification;
pub use classifier::{AnyValue, Classifier, ResultClassifier};
pub use default::{DefaultClassifier, StrictClassifier, classify_dyn, classify_dyn_strict};
pub use grpc::{grpc_code, grpc_code_name};
pub use http::http_status;
#[cfg(feature = "reqwest-0_13")]
pub(crate) use http_date::parse as http_date;
pub use io_kind::io_error_kind;
pub use knows::Knows;
pub(crate) use link::{downcast, find, says_itself};
pub use llm::{llm_error, llm_response};
pub use markers::{
    AbortRetry, AuthError, ConcurrencyError, PermanentError, PermissionError, RateLimitError,
    ServerError, TransientError,
};
pub use mssql::mssql_error;
pub use mysql::mysql_error;
pub(crate) use per_class::PerClass;
pub use redis::redis_code;
pub use retry_after::retry_after;
pub use sqlite::sqlite_code;
pub use sqlstate::sqlstate;

/// An error that says itself what each of its failures means.
///
/// `#[retry]` prefers it to everything else; a policy takes it as
/// `.classifier(MyError::classify)`.
///
/// ```
/// use redress::{Classification, Classify, ErrorClass};
///
/// enum ApiError { Busy, BadRequest }
///
/// impl Classify for ApiError {
///     fn classify(&self) -> Classification {
///         match self {
///             Self::Busy => ErrorClass::RateLimit.into(),
///             Self::BadRequest => ErrorClass::Permanent.into(),
///         }
///     }
/// }
/// let policy = redress::Policy::builder().classifier(ApiError::classify).build()?;
/// # Ok::<_, redress::ConfigError>(())
/// ```
///
/// **[`Policy`](crate::Policy) does not look for it by itself**: it takes what its classifier says, and
/// the default classifier knows this trait only for errors of this crate. Say so once for each policy:
///
/// | `Policy::builder()...` | asks |
/// |---|---|
/// | `.classifier(ApiError::classify)` | the error that the operation returned |
/// | `.classifier(DefaultClassifier.knows::<ApiError>())` | also what is behind it; the default classifier decides the rest |
pub trait Classify {
    /// Classifies this error.
    fn classify(&self) -> Classification;

    /// Lets `known` classify what is in here if that can be an error of any type, and this error
    /// itself otherwise. What `knows(...)` calls.
    #[doc(hidden)]
    fn redress_classify_by(&self, known: ClassifyAny<'_>) -> Classification {
        let _ = known;
        self.classify()
    }
}

/// Classifies errors of every type.
#[doc(hidden)]
pub type ClassifyAny<'a> = &'a dyn Fn(&(dyn std::error::Error + 'static)) -> Classification;

/// Pointers classify as what they point to.
macro_rules! pointers {
    ($($Pointer:ty)*) => {$(
        impl<E: Classify + ?Sized> Classify for $Pointer {
            fn classify(&self) -> Classification {
                (**self).classify()
            }

            fn redress_classify_by(&self, known: ClassifyAny<'_>) -> Classification {
                (**self).redress_classify_by(known)
            }
        }
    )*};
}

pointers! {
    &E
    Box<E>
    std::rc::Rc<E>
    std::sync::Arc<E>
}
