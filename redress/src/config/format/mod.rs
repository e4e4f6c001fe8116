//! One tree of values with their places, from text in any of the formats.

mod json;
mod toml;
mod yaml;

use std::path::Path;

use super::node::{Entry, Node, Span};

/// How a configuration is written.
///
/// ```
/// use redress::config::Format;
///
/// assert_eq!(Format::of("deploy/retry.yml".as_ref()), Some(Format::Yaml));
/// assert_eq!(Format::of("deploy/retry.ini".as_ref()), None);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Format {
    /// TOML 1.1: `.toml`.
    Toml,
    /// JSON as in RFC 8259, without comments: `.json`.
    Json,
    /// YAML 1.2, without anchors and tags: `.yaml` or `.yml`.
    Yaml,
}

impl Format {
    /// Tells the format of a file by its extension; `None` where it is none of the above.
    #[must_use]
    pub fn of(path: &Path) -> Option<Self> {
        let extension = path.extension()?.to_str()?;
        let is = |name: &str| extension.eq_ignore_ascii_case(name);
        if is("toml") {
            Some(Self::Toml)
        } else if is("json") {
            Some(Self::Json)
        } else if is("yaml") || is("yml") {
            Some(Self::Yaml)
        } else {
            None
        }
    }

    /// Reads a text. What is wrong with its form goes to `faults`; `None` is a text of which
    /// nothing could be made.
    pub(super) fn parse(self, text: &str, faults: &mut Vec<Fault>) -> Option<Node> {
        match self {
            Self::Toml => toml::parse(text, faults),
            Self::Json => json::parse(text, faults),
            Self::Yaml => yaml::parse(text, faults),
        }
    }
}

/// Something that is wrong with the form of a text, whatever it says.
#[derive(Debug)]
pub(super) struct Fault {
    pub(super) message: String,
    pub(super) help: Option<&'static str>,
    pub(super) span: Span,
}

impl Fault {
    fn new(message: impl Into<String>, span: Span) -> Self {
        Self {
            message: message.into(),
            help: None,
            span,
        }
    }

    fn help(self, help: &'static str) -> Self {
        Self {
            help: Some(help),
            ..self
        }
    }
}

fn given_twice(key: &str, span: Span) -> Fault {
    let what = format!("the key {} is given twice", super::names::quoted(key));
    Fault::new(what, span).help("remove one of them")
}

/// Leaves the first of entries with the same key, and reports the others.
fn without_duplicates(entries: Vec<Entry>, faults: &mut Vec<Fault>) -> Vec<Entry> {
    let mut seen = std::collections::HashSet::new();
    let mut unique = Vec::with_capacity(entries.len());
    for entry in entries {
        if seen.insert(entry.key.clone()) {
            unique.push(entry);
        } else {
            faults.push(given_twice(&entry.key, entry.key_span));
        }
    }
    unique
}
