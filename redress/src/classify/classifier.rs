use super::Classification;

/// Says what an error means. Any `Fn(&E) -> impl Into<Classification>` is one.
///
/// ```
/// use redress::{Classification, Classifier, ErrorClass};
///
/// fn by_kind(error: &std::io::Error) -> ErrorClass {
///     match error.kind() {
///         std::io::ErrorKind::NotFound => ErrorClass::Permanent,
///         _ => ErrorClass::Transient,
///     }
/// }
/// let missing = std::io::Error::from(std::io::ErrorKind::NotFound);
/// assert_eq!(by_kind.classify(&missing).class(), ErrorClass::Permanent);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not classify `{E}`",
    label = "not a classifier for `{E}`",
    note = "a classifier is a function or closure `fn(&{E}) -> ErrorClass` (or `-> Classification`)",
    note = "the default classifier takes any `std::error::Error + 'static`",
    note = "for an error type with `Classify`, `.classifier({E}::classify)`",
    note = "for `anyhow::Error` and `Box<dyn Error>`, `.classifier(|error: &{E}| redress::classify::classify_dyn(&**error))`",
    note = "to store the policy in a struct, `policy.boxed()`, which is a `Policy<BoxedClassifier<{E}>>`"
)]
pub trait Classifier<E: ?Sized> {
    /// Classifies `error`.
    fn classify(&self, error: &E) -> Classification;
}

impl<E: ?Sized, F, K> Classifier<E> for F
where
    F: Fn(&E) -> K,
    K: Into<Classification>,
{
    fn classify(&self, error: &E) -> Classification {
        self(error).into()
    }
}

/// Says whether a returned value is a failure in disguise, and of which class. Any
/// `Fn(&T) -> Option<impl Into<Classification>>` is one.
///
/// ```
/// use redress::classify::ResultClassifier;
/// use redress::ErrorClass;
///
/// let server_errors = |status: &u16| (*status >= 500).then_some(ErrorClass::ServerError);
/// assert!(server_errors.classify(&200).is_none());
/// assert!(server_errors.classify(&503).is_some());
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not classify values of `{T}`",
    label = "not a result classifier for `{T}`",
    note = "a result classifier is a function or closure `fn(&{T}) -> Option<ErrorClass>` (or `-> Option<Classification>`)"
)]
pub trait ResultClassifier<T: ?Sized> {
    /// Classifies `value`; `None` means that it is not a failure.
    fn classify(&self, value: &T) -> Option<Classification>;
}

impl<T: ?Sized, F, K> ResultClassifier<T> for F
where
    F: Fn(&T) -> Option<K>,
    K: Into<Classification>,
{
    fn classify(&self, value: &T) -> Option<Classification> {
        self(value).map(Into::into)
    }
}

/// Takes every returned value for a success: the result classifier of a policy that was given
/// none.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct AnyValue;

impl<T: ?Sized> ResultClassifier<T> for AnyValue {
    fn classify(&self, _value: &T) -> Option<Classification> {
        None
    }
}
