/// How much a transaction sees of others that run beside it: the levels of standard SQL.
///
/// ```
/// use redress::contrib::transaction::Isolation;
///
/// assert_eq!(Isolation::Serializable.as_sql(), "SERIALIZABLE");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Isolation {
    /// Each statement sees what was committed before it began.
    ReadCommitted,
    /// The transaction sees what was committed before its first statement.
    RepeatableRead,
    /// As if transactions ran one after the other. Where they cannot, one of them fails with `40001` and
    /// is run again.
    Serializable,
}

impl Isolation {
    /// Returns the level as SQL has it.
    #[must_use]
    pub const fn as_sql(self) -> &'static str {
        match self {
            Self::ReadCommitted => "READ COMMITTED",
            Self::RepeatableRead => "REPEATABLE READ",
            Self::Serializable => "SERIALIZABLE",
        }
    }
}
