use std::fmt;

use crate::problems::Problem;

/// The mistakes in a text that is not a valid [`ResumeToken`](crate::call::ResumeToken), each with its field,
/// its value and the fix.
///
/// ```
/// use redress::call::ResumeToken;
///
/// let error = "redress7:attempts=1".parse::<ResumeToken>().unwrap_err();
/// assert_eq!(error.problems()[0].setting(), "version");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResumeTokenError {
    problems: Vec<Problem>,
}

impl ResumeTokenError {
    pub(super) const fn new(problems: Vec<Problem>) -> Self {
        Self { problems }
    }

    /// Lists the mistakes, each under the name of its field; there is at least one.
    #[must_use]
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }
}

impl fmt::Display for ResumeTokenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("invalid resume token")?;
        for (n, problem) in self.problems.iter().enumerate() {
            f.write_str(if n == 0 { ": " } else { "; " })?;
            problem.fmt(f)?;
        }
        Ok(())
    }
}

impl std::error::Error for ResumeTokenError {}
