use std::fmt;
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Why a configuration file was refused: every mistake in it, each with its place and its fix.
///
/// `{}` writes one line for each: `file:line:column: setting: what is wrong: what to write`.
///
/// ```
/// use redress::Policies;
/// use redress::config::Format;
///
/// let text = "[policies.payments]\ndedline = '30s'\nmax_attempts = 0\n";
/// let error = Policies::from_str(Format::Toml, text).unwrap_err();
/// assert_eq!(error.to_string(), "\
/// 2:1: policies.payments.dedline: unknown key: did you mean `deadline`?
/// 3:16: policies.payments.max_attempts: must be at least 1: it counts attempts, the first \
/// included: write \"none\" where no limit is meant");
/// ```
#[derive(Debug, Clone)]
pub struct ConfigFileError {
    path: Option<PathBuf>,
    text: String,
    problems: Vec<FileProblem>,
    io: Option<Arc<io::Error>>,
}

/// One mistake in a configuration file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileProblem {
    setting: String,
    message: String,
    help: Option<String>,
    place: Option<Place>,
}

/// Where something stands in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    line: usize,
    column: usize,
    span: Range<usize>,
}

impl ConfigFileError {
    pub(super) fn new(path: Option<&Path>, text: &str, mut problems: Vec<FileProblem>) -> Self {
        problems.sort_by_key(|problem| problem.place.as_ref().map(|place| place.span.start));
        Self {
            path: path.map(Path::to_owned),
            text: text.to_owned(),
            problems,
            io: None,
        }
    }

    /// Says how many mistakes there are that are not named.
    pub(super) fn and_more(mut self, more: usize) -> Self {
        if more > 0 {
            let message = format!("there are {more} more mistakes");
            let more = FileProblem::new(String::new(), message, None, None);
            self.problems.push(more);
        }
        self
    }

    /// Says that there is no text to read.
    pub(super) fn unreadable(path: &Path, message: &str, io: Option<io::Error>) -> Self {
        let problem = FileProblem::new(String::new(), message.to_owned(), None, None);
        Self {
            io: io.map(Arc::new),
            ..Self::new(Some(path), "", vec![problem])
        }
    }

    /// Says that policies of a text cannot be read anew.
    pub(super) fn no_file() -> Self {
        let message = "these policies come from a text, so there is no file".to_owned();
        Self::new(
            None,
            "",
            vec![FileProblem::new(String::new(), message, None, None)],
        )
    }

    /// Returns the file, if the text came from one.
    #[must_use]
    pub fn path(&self) -> Option<&Path> {
        self.path.as_deref()
    }

    /// Returns the text that was refused, into which the spans of the places point. Empty if the
    /// file could not be read.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Lists the mistakes in the order of their places; there is at least one. Of more than a
    /// hundred, the last one tells how many more there are.
    #[must_use]
    pub fn problems(&self) -> &[FileProblem] {
        &self.problems
    }
}

impl fmt::Display for ConfigFileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, problem) in self.problems.iter().enumerate() {
            if n > 0 {
                f.write_str("\n")?;
            }
            if let Some(path) = &self.path {
                write!(f, "{}:", path.display())?;
            }
            if let Some(place) = &problem.place {
                write!(f, "{}:{}:", place.line, place.column)?;
            }
            if self.path.is_some() || problem.place.is_some() {
                f.write_str(" ")?;
            }
            problem.fmt(f)?;
        }
        Ok(())
    }
}

// By hand: `thiserror` would name the `Arc` as the source, in which no caller looks for an `io::Error`.
impl std::error::Error for ConfigFileError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.io.as_deref().map(|error| error as _)
    }
}

impl FileProblem {
    pub(super) fn new(
        setting: String,
        message: String,
        help: Option<String>,
        place: Option<Place>,
    ) -> Self {
        Self {
            setting,
            message,
            help,
            place,
        }
    }

    /// Returns the setting that is wrong, such as `policies.payments.deadline`. Empty where it is
    /// the file as a whole, or its form.
    #[must_use]
    pub fn setting(&self) -> &str {
        &self.setting
    }

    /// Returns what is wrong, and in some cases what to do.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Returns what to write instead, where the message does not say it.
    #[must_use]
    pub fn help(&self) -> Option<&str> {
        self.help.as_deref()
    }

    /// Returns where it is; `None` where there is no text.
    #[must_use]
    pub const fn place(&self) -> Option<&Place> {
        self.place.as_ref()
    }
}

impl fmt::Display for FileProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.setting.is_empty() {
            write!(f, "{}: ", self.setting)?;
        }
        f.write_str(&self.message)?;
        match &self.help {
            Some(help) => write!(f, ": {help}"),
            None => Ok(()),
        }
    }
}

impl Place {
    /// Returns the line, from 1.
    #[must_use]
    pub const fn line(&self) -> usize {
        self.line
    }

    /// Returns the column in characters, from 1.
    #[must_use]
    pub const fn column(&self) -> usize {
        self.column
    }

    /// Returns the bytes of the text.
    #[must_use]
    pub fn span(&self) -> Range<usize> {
        self.span.clone()
    }
}

/// Finds lines and columns in a text.
pub(super) struct Lines<'t> {
    text: &'t str,
    /// Where each line starts.
    starts: Vec<usize>,
}

impl<'t> Lines<'t> {
    pub(super) fn of(text: &'t str) -> Self {
        let after_breaks = text.match_indices('\n').map(|(at, _)| at + 1);
        Self {
            text,
            starts: std::iter::once(0).chain(after_breaks).collect(),
        }
    }

    pub(super) fn place(&self, span: &Range<usize>) -> Place {
        let start = floor(self.text, span.start);
        let end = floor(self.text, span.end).max(start);
        let line = self.starts.partition_point(|at| *at <= start);
        let from = line.checked_sub(1).and_then(|line| self.starts.get(line));
        let before = from.and_then(|from| self.text.get(*from..start));
        Place {
            line,
            column: before.unwrap_or_default().chars().count().saturating_add(1),
            span: start..end,
        }
    }
}

/// Returns the last boundary of a character that is not behind `at`.
pub(super) fn floor(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}
