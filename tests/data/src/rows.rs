use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

/// Which rows of a table a server was made to say.
///
/// A row is a code, or a prefix that stands for all codes that have no row of their own.
#[derive(Debug)]
pub struct Rows {
    rows: BTreeSet<String>,
    said: Mutex<BTreeSet<String>>,
}

impl Rows {
    /// A table with these rows, of which nothing is said yet.
    pub fn new<R: Into<String>>(rows: impl IntoIterator<Item = R>) -> Self {
        let rows: BTreeSet<String> = rows.into_iter().map(Into::into).collect();
        assert!(!rows.is_empty(), "a table without rows");
        Self {
            rows,
            said: Mutex::default(),
        }
    }

    /// Returns `true` if a code has a row of its own.
    #[must_use]
    pub fn has(&self, code: &str) -> bool {
        self.rows.contains(code)
    }

    /// Takes down what a server said.
    pub fn say(&self, code: impl Into<String>) {
        let mut said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        said.insert(code.into());
    }

    /// Asserts that each row was said or has a reason not to be, and that none was said that has.
    ///
    /// # Panics
    ///
    /// If that is not so: a row that is added to a table needs a server that says it, or a reason.
    pub fn assert_said_but_for(&self, reasons: &[(&str, &str)]) {
        let said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        let is_said = |row: &str| {
            said.iter()
                .any(|code| code == row || (code.starts_with(row) && !self.has(code)))
        };
        let unsaid: BTreeSet<&str> = (self.rows.iter().map(String::as_str))
            .filter(|row| !is_said(row))
            .collect();
        let excused: BTreeSet<&str> = reasons.iter().map(|(row, _)| *row).collect();
        assert_eq!(
            unsaid, excused,
            "left: no server said it; right: what has a reason not to be said"
        );
    }
}

/// Returns the texts in quotation marks of a function, whose source ends with a `}` at the start of a line.
///
/// # Panics
///
/// If the source has no such function.
pub fn texts_of(source: &str, function: &str) -> Vec<String> {
    let start = source.find(&format!("fn {function}(")).expect("a function");
    let body = &source[start..];
    let body = &body[..body.find("\n}").expect("its end")];
    let is_code = |line: &&str| !line.trim().starts_with("//");
    let code: Vec<&str> = body.lines().filter(is_code).collect();
    let code = code.join("\n");
    let texts = code.split('"').skip(1).step_by(2);
    texts.map(str::to_owned).collect()
}
