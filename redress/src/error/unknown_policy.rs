use std::fmt;

/// There is no policy of that name.
///
/// ```
/// use redress::Policies;
/// use redress::config::Format;
///
/// let text = "[policies.search]\n[policies.payments]\n";
/// let policies = Policies::from_str(Format::Toml, text)?;
/// let error = policies.get("paymets").unwrap_err();
/// assert_eq!(error.known(), ["payments", "search"]);
/// assert_eq!(
///     error.to_string(),
///     "there is no policy named \"paymets\", only `payments` and `search`"
/// );
/// # Ok::<_, redress::config::ConfigFileError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownPolicy {
    name: String,
    known: Vec<String>,
    message: String,
}

impl UnknownPolicy {
    pub(crate) const fn new(name: String, known: Vec<String>, message: String) -> Self {
        Self {
            name,
            known,
            message,
        }
    }

    /// Returns the name that was asked for.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the names that there are, those most like it first.
    #[must_use]
    pub fn known(&self) -> &[String] {
        &self.known
    }
}

impl fmt::Display for UnknownPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.message)
    }
}

impl std::error::Error for UnknownPolicy {}
