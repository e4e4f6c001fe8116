use std::collections::BTreeMap;

use super::names;
use super::node::{Entry, Node, Span, Value};
use super::places::{in_a_file, place_of, segment};
use crate::defaults;
use crate::problems::{ConfigError, Problems};

/// Reads values, and collects every mistake in them with its place.
#[derive(Default)]
pub(crate) struct Reader<'t> {
    /// The text that the values come from, if they come from one.
    text: &'t str,
    /// The setting that is being read: `policies.payments.deadline`.
    path: String,
    found: Vec<Found>,
    /// How many mistakes there are beyond those.
    more: usize,
    /// Where each setting stands that was read.
    places: BTreeMap<String, Stands>,
}

/// Where a setting stands.
#[derive(Debug, Clone)]
pub(crate) struct Stands {
    pub(crate) key: Span,
    pub(crate) value: Span,
}

/// A mistake in a setting.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Found {
    pub(crate) setting: String,
    pub(crate) message: String,
    pub(crate) help: Option<String>,
    pub(crate) span: Span,
}

impl Found {
    /// Says what is wrong and how to mend it, for where there is no place to show.
    pub(crate) fn text(&self) -> String {
        match &self.help {
            Some(help) => format!("{}: {help}", self.message),
            None => self.message.clone(),
        }
    }
}

impl<'t> Reader<'t> {
    pub(crate) fn of(text: &'t str) -> Self {
        Self {
            text,
            ..Self::default()
        }
    }

    /// Returns where a text starts that is the value at `span`, unless it is written with escapes.
    pub(crate) fn start_of(&self, text: &str, span: &Span) -> Option<usize> {
        let raw = self.text.get(span.clone())?;
        let start = raw.find(text).filter(|_| !text.is_empty())?;
        Some(span.start.saturating_add(start))
    }

    /// Returns the mistakes, how many more there are, and the places of all settings.
    pub(crate) fn into_parts(self) -> (Vec<Found>, usize, BTreeMap<String, Stands>) {
        (self.found, self.more, self.places)
    }

    fn report(&mut self, found: Found) {
        if self.is_full() {
            self.more += 1;
        } else {
            self.found.push(found);
        }
    }

    /// Tells whether further mistakes are only counted.
    pub(crate) fn is_full(&self) -> bool {
        self.found.len() >= defaults::CONFIG_MAX_PROBLEMS
    }

    /// Reports that the setting at hand is wrong.
    pub(crate) fn wrong(&mut self, span: &Span, message: impl Into<String>, help: &str) {
        self.report(Found {
            setting: self.path.clone(),
            message: message.into(),
            help: (!help.is_empty()).then(|| help.to_owned()),
            span: span.clone(),
        });
    }

    /// Reports that the setting at a path from the root is wrong.
    pub(crate) fn wrong_at(&mut self, path: &[&str], message: String, help: &str) {
        let outer = std::mem::take(&mut self.path);
        for key in path {
            self.enter(key);
        }
        let span = place_of(&self.places, &self.path);
        self.wrong(&span, message, help);
        self.path = outer;
    }

    /// Returns what was read, unless there is a mistake in it.
    pub(crate) fn finish<T>(self, read: Option<T>) -> Result<T, ConfigError> {
        let mut problems = Problems::default();
        for found in &self.found {
            problems.add(&found.setting, found.text());
        }
        problems.into_result()?;
        // Whoever reads nothing has said why.
        read.ok_or_else(|| ConfigError::of("", "could not be read"))
    }

    pub(crate) fn wrong_kind(&mut self, node: &Node, expected: &str, help: &str) {
        let message = format!("expected {expected}, found {}", node.describe());
        self.wrong(&node.span, message, help);
    }

    /// Reads an entry, whose name is `key`.
    pub(crate) fn within<T>(
        &mut self,
        key: &str,
        entry: &Entry,
        read: impl FnOnce(&mut Self) -> T,
    ) -> T {
        let outer = self.enter(key);
        let stands = Stands {
            key: entry.key_span.clone(),
            value: entry.value.span.clone(),
        };
        self.places.insert(self.path.clone(), stands);
        let value = read(self);
        self.path.truncate(outer);
        value
    }

    fn enter(&mut self, key: &str) -> usize {
        let outer = self.path.len();
        if outer > 0 {
            self.path.push('.');
        }
        self.path.push_str(&segment(key));
        outer
    }

    /// Reads each item of a list. The settings of the third are those of `name[2]`.
    #[cfg(feature = "simulate")]
    pub(crate) fn items(
        &mut self,
        node: &Node,
        help: &str,
        mut read: impl FnMut(&mut Self, &Node),
    ) {
        let Value::List(items) = &node.value else {
            self.wrong_kind(node, "a list", help);
            return;
        };
        let outer = self.path.len();
        for (n, item) in items.iter().enumerate() {
            self.path.push_str(&format!("[{n}]"));
            let stands = Stands {
                key: item.span.clone(),
                value: item.span.clone(),
            };
            self.places.insert(self.path.clone(), stands);
            read(self, item);
            self.path.truncate(outer);
        }
    }

    /// Reports what is wrong with a key of the table at hand, which may be missing.
    #[cfg(feature = "simulate")]
    pub(crate) fn wrong_under(&mut self, key: &str, span: &Span, message: &str, help: &str) {
        let outer = self.enter(key);
        self.wrong(span, message, help);
        self.path.truncate(outer);
    }

    /// Returns the entries of a table.
    pub(crate) fn entries<'n>(&mut self, node: &'n Node, help: &str) -> &'n [Entry] {
        if let Value::Table(entries) = &node.value {
            entries
        } else {
            self.wrong_kind(node, "a table", help);
            &[]
        }
    }

    /// Reads each entry of a table whose keys are known.
    pub(crate) fn table(
        &mut self,
        node: &Node,
        known: &[&'static str],
        mut read: impl FnMut(&mut Self, &'static str, &Node),
    ) {
        let help = format!("its keys are {}", names::list(known.iter().copied()));
        for entry in self.entries(node, &help) {
            match known.iter().find(|name| **name == entry.key) {
                Some(name) => self.within(name, entry, |reader| {
                    read(reader, name, &entry.value);
                }),
                None => self.unknown_key(entry, known),
            }
        }
    }

    /// Reports a key that the table does not have.
    pub(crate) fn unknown_key(&mut self, entry: &Entry, known: &[&'static str]) {
        // It takes a while to compare names.
        let help = if self.is_full() {
            String::new()
        } else {
            names::suggest(&entry.key, "keys", known.iter().copied())
        };
        let outer = self.enter(&entry.key);
        self.wrong(&entry.key_span, "unknown key", &help);
        self.path.truncate(outer);
    }

    /// Takes over what a builder has found wrong with the settings under the one at hand.
    pub(crate) fn check(&mut self, check: impl FnOnce(&mut Problems)) {
        let mut problems = Problems::default();
        check(&mut problems);
        if let Err(error) = problems.into_result() {
            self.absorb(&error);
        }
    }

    fn absorb(&mut self, error: &ConfigError) {
        for problem in error.problems() {
            let mut setting = self.path.clone();
            for part in problem.setting().split('.').filter(|part| !part.is_empty()) {
                for key in in_a_file(part) {
                    if !setting.is_empty() {
                        setting.push('.');
                    }
                    setting.push_str(&key);
                }
            }
            let span = place_of(&self.places, &setting);
            self.report(Found {
                setting,
                message: problem.message().to_owned(),
                help: None,
                span,
            });
        }
    }
}
