use std::fmt;
use std::marker::PhantomData;

use super::{Classify, DefaultClassifier};

/// The default classifier, which also knows the error type `T`, and those that `N` knows.
///
/// [`DefaultClassifier::knows`] makes one. It goes by the rules of [`DefaultClassifier`], and at its
/// second rule also asks each link of the chain that is a `T` (or an `Arc<T>` or `Box<T>`) for its
/// [`Classify::classify`]: the outermost link that says itself what it means decides.
///
/// The type can be written down, so that a policy with it can be a field of a struct:
///
/// ```
/// use redress::classify::Knows;
/// use redress::{Classification, Classify, DefaultClassifier, ErrorClass, Policy, StopReason};
///
/// #[derive(Debug)]
/// struct ApiError(u16);
/// # impl std::fmt::Display for ApiError {
/// #     fn fmt(&self, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { Ok(()) }
/// # }
/// impl std::error::Error for ApiError {}
///
/// impl Classify for ApiError {
///     fn classify(&self) -> Classification {
///         redress::classify::http_status(self.0).into()
///     }
/// }
///
/// struct Client {
///     policy: Policy<Knows<ApiError>>,
/// }
/// let client = Client {
///     policy: Policy::builder().classifier(DefaultClassifier.knows::<ApiError>()).build()?,
/// };
/// let missing = client.policy.call(|| Err::<(), _>(ApiError(404))).unwrap_err();
/// assert_eq!(missing.class(), Some(ErrorClass::Permanent));
///
/// // Also where it is inside of something else.
/// let missing = client.policy.call(|| Err::<(), _>(std::io::Error::other(ApiError(404))));
/// assert_eq!(missing.unwrap_err().stop_reason(), StopReason::NonRetryableClass);
/// # Ok::<_, redress::ConfigError>(())
/// ```
pub struct Knows<T, N = DefaultClassifier>(PhantomData<fn() -> (T, N)>);

impl DefaultClassifier {
    /// Returns a classifier that also knows `T`: the outermost error in a chain that is one decides,
    /// by its [`Classify::classify`].
    ///
    /// See [`Knows`] for the rules and an example.
    #[must_use]
    pub const fn knows<T: Classify + std::error::Error + 'static>(self) -> Knows<T> {
        Knows(PhantomData)
    }
}

impl<T, N> Knows<T, N> {
    /// Returns a classifier that also knows `U`.
    ///
    /// ```
    /// # use redress::classify::{PermanentError, ServerError};
    /// # use redress::{Classifier, DefaultClassifier, ErrorClass};
    /// let classifier = DefaultClassifier.knows::<PermanentError>().knows::<ServerError>();
    /// let error = std::io::Error::other(ServerError::new("the ledger answered with 502"));
    /// assert_eq!(classifier.classify(&error).class(), ErrorClass::ServerError);
    /// ```
    #[must_use]
    pub const fn knows<U: Classify + std::error::Error + 'static>(self) -> Knows<U, Self> {
        Knows(PhantomData)
    }
}

impl<T, N> Clone for Knows<T, N> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T, N> Copy for Knows<T, N> {}

impl<T, N> Default for Knows<T, N> {
    fn default() -> Self {
        Self(PhantomData)
    }
}

impl<T, N> fmt::Debug for Knows<T, N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Knows<{}>", std::any::type_name::<T>())
    }
}
