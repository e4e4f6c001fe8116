use std::fmt;

/// Says what a failure means: one of eight fixed classes, on which everything else depends.
///
/// The set is closed on purpose, so that a `match` over it is complete and stays so.
///
/// ```
/// use redress::ErrorClass;
///
/// assert_eq!(ErrorClass::RateLimit.to_string(), "RATE_LIMIT");
/// assert_eq!(ErrorClass::ALL.len(), 8);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum ErrorClass {
    /// The caller is not authenticated. Not retried without a strategy of its own.
    Auth,
    /// The caller is not allowed to do this. Not retried without a strategy of its own.
    Permission,
    /// The same call can never succeed. Not retried without a strategy of its own.
    Permanent,
    /// Another caller was faster: a conflict, a deadlock, a lost optimistic lock.
    Concurrency,
    /// The other side asks for fewer calls.
    RateLimit,
    /// The other side failed.
    ServerError,
    /// The way to the other side failed: a timeout, a reset, a refused connection.
    Transient,
    /// Nothing is known about the failure. Retried, but under a cap of its own.
    Unknown,
}

impl ErrorClass {
    /// Lists all classes in their order of declaration.
    pub const ALL: [Self; 8] = [
        Self::Auth,
        Self::Permission,
        Self::Permanent,
        Self::Concurrency,
        Self::RateLimit,
        Self::ServerError,
        Self::Transient,
        Self::Unknown,
    ];

    /// Returns the name in upper case, as it appears in events and tags.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Auth => "AUTH",
            Self::Permission => "PERMISSION",
            Self::Permanent => "PERMANENT",
            Self::Concurrency => "CONCURRENCY",
            Self::RateLimit => "RATE_LIMIT",
            Self::ServerError => "SERVER_ERROR",
            Self::Transient => "TRANSIENT",
            Self::Unknown => "UNKNOWN",
        }
    }

    /// Returns `true` if a failure of this class ends the call unless the class has a strategy of its
    /// own: AUTH, PERMISSION and PERMANENT.
    #[must_use]
    pub const fn is_terminal(self) -> bool {
        matches!(self, Self::Auth | Self::Permission | Self::Permanent)
    }
}

impl fmt::Display for ErrorClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
