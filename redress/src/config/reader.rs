use std::borrow::Cow;
use std::collections::BTreeMap;
use std::time::Duration;

use super::Bound;
use super::duration::{self, FORMS};
use super::names::{self, quoted};
use super::node::{Entry, Node, Span, Value};
use crate::classify::ErrorClass;
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

    /// Reads a class by its name.
    #[cfg(feature = "simulate")]
    pub(crate) fn class_name(&mut self, node: &Node) -> Option<ErrorClass> {
        match &node.value {
            Value::Text(name) => self.class(name, &node.span),
            _ => {
                let help = names::suggest("", "classes", names::CLASSES);
                self.wrong_kind(node, "the name of a class", &help);
                None
            }
        }
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

    /// Reads a table with a value for each class.
    pub(crate) fn classes<T>(
        &mut self,
        node: &Node,
        mut read: impl FnMut(&mut Self, &Node) -> Option<T>,
    ) -> BTreeMap<ErrorClass, T> {
        let mut classes = BTreeMap::new();
        for entry in self.entries(node, "write one value for each class: `rate_limit = ...`") {
            self.within(&entry.key, entry, |reader| {
                if let Some(class) = reader.class(&entry.key, &entry.key_span)
                    && let Some(value) = read(reader, &entry.value)
                {
                    classes.insert(class, value);
                }
            });
        }
        classes
    }

    /// Reads a list of classes.
    pub(crate) fn class_list(&mut self, node: &Node) -> Option<Vec<ErrorClass>> {
        let Value::List(items) = &node.value else {
            self.wrong_kind(
                node,
                "a list of classes",
                "write [\"transient\", \"server_error\"]",
            );
            return None;
        };
        let mut classes = Vec::new();
        for item in items {
            match &item.value {
                Value::Text(name) => classes.extend(self.class(name, &item.span)),
                _ => self.wrong_kind(
                    item,
                    "the name of a class",
                    &names::suggest("", "classes", names::CLASSES),
                ),
            }
        }
        // A list of nothing but mistakes must not look like an empty one.
        (items.is_empty() || !classes.is_empty()).then_some(classes)
    }

    fn class(&mut self, name: &str, span: &Span) -> Option<ErrorClass> {
        let class = names::class(name);
        if class.is_none() {
            let help = names::suggest(name, "classes", names::CLASSES);
            self.wrong(span, format!("unknown class {}", quoted(name)), &help);
        }
        class
    }

    /// Reads a length of time.
    pub(crate) fn time(&mut self, node: &Node) -> Option<Duration> {
        let read = match &node.value {
            Value::Text(text) => duration::parse(text),
            Value::Integer(number) => match u64::try_from(*number) {
                Ok(seconds) => Ok(Duration::from_secs(seconds)),
                Err(_) => duration::from_seconds(*number as f64),
            },
            Value::Float(seconds) => duration::from_seconds(*seconds),
            _ => {
                self.wrong_kind(node, "a duration", FORMS);
                return None;
            }
        };
        read.map_err(|(message, help)| self.wrong(&node.span, message, &help))
            .ok()
    }

    /// Reads a length of time above zero, or "none". A mistake bounds nothing.
    pub(crate) fn time_bound(&mut self, node: &Node) -> Option<Bound<Duration>> {
        let instead = "write \"none\" where no limit is meant";
        let read = |reader: &mut Self| reader.time_above_zero(node, instead).map(Bound::At);
        Some(self.bound(node, read))
    }

    pub(crate) fn bound<T>(
        &mut self,
        node: &Node,
        read: impl FnOnce(&mut Self) -> Option<Bound<T>>,
    ) -> Bound<T> {
        if is_none(node) || self.not_null(node).is_none() {
            return Bound::Unlimited;
        }
        if means_none(node) {
            self.wrong_kind(node, "a limit", "write \"none\" where no limit is meant");
            return Bound::Unlimited;
        }
        read(self).unwrap_or(Bound::Unlimited)
    }

    /// Reads a length of time above zero.
    pub(crate) fn time_above_zero(&mut self, node: &Node, instead: &str) -> Option<Duration> {
        let time = self.time(node)?;
        if time.is_zero() {
            self.wrong(&node.span, "must be longer than zero", instead);
            return None;
        }
        Some(time)
    }

    /// Nothing at all may be meant as no limit, or as the default.
    fn not_null(&mut self, node: &Node) -> Option<()> {
        if node.value != Value::Null {
            return Some(());
        }
        let help = "write \"none\" where no limit is meant, or leave the key out for the default";
        self.wrong(&node.span, "has no value", help);
        None
    }

    /// Reads a number of attempts, at least 1, or "none". A mistake bounds nothing.
    pub(crate) fn count_bound(&mut self, node: &Node) -> Option<Bound<u32>> {
        let instead = "write \"none\" where no limit is meant";
        let read = |reader: &mut Self| reader.cap(node, instead).map(Bound::At);
        Some(self.bound(node, read))
    }

    /// Reads a number of attempts, at least 1, for each class.
    pub(crate) fn caps(&mut self, node: &Node) -> BTreeMap<ErrorClass, u32> {
        let instead = "leave the class out where no limit is meant";
        self.classes(node, |reader, value| reader.cap(value, instead))
    }

    /// Reads a whole number for each class.
    pub(crate) fn counts(&mut self, node: &Node) -> BTreeMap<ErrorClass, u32> {
        self.classes(node, Self::count)
    }

    /// Reads a number of attempts, at least 1.
    fn cap(&mut self, node: &Node, instead: &str) -> Option<u32> {
        let cap = self.count(node)?;
        if cap == 0 {
            self.wrong(
                &node.span,
                "must be at least 1: it counts attempts, the first included",
                instead,
            );
            return None;
        }
        Some(cap)
    }

    /// Reads a whole number.
    pub(crate) fn count(&mut self, node: &Node) -> Option<u32> {
        let Value::Integer(number) = &node.value else {
            self.wrong_kind(node, "a whole number", "");
            return None;
        };
        let count = u32::try_from(*number).ok();
        if count.is_none() {
            let message = format!("is {number}, not between 0 and {}", u32::MAX);
            self.wrong(&node.span, message, "");
        }
        count
    }

    /// Reads any number.
    pub(crate) fn number(&mut self, node: &Node) -> Option<f64> {
        match &node.value {
            Value::Integer(number) => Some(*number as f64),
            Value::Float(number) => Some(*number),
            _ => {
                self.wrong_kind(node, "a number", "");
                None
            }
        }
    }

    /// Reads a switch, which is off unless it is `true`.
    pub(crate) fn switch(&mut self, node: &Node) -> bool {
        let Value::Flag(flag) = &node.value else {
            self.wrong_kind(node, "true or false", "");
            return false;
        };
        *flag
    }

    pub(crate) fn text(&mut self, node: &Node) -> Option<String> {
        let Value::Text(text) = &node.value else {
            self.wrong_kind(node, "a text", "");
            return None;
        };
        Some(text.clone())
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

/// Returns where a setting stands, or else what it is a part of.
pub(crate) fn place_of(places: &BTreeMap<String, Stands>, setting: &str) -> Span {
    nearest(places, setting).map_or(0..0, |stands| stands.value.clone())
}

/// Finds a setting, or else what it is a part of.
pub(crate) fn nearest<'p>(
    places: &'p BTreeMap<String, Stands>,
    setting: &str,
) -> Option<&'p Stands> {
    let mut setting = setting;
    loop {
        if let Some(stands) = places.get(setting) {
            return Some(stands);
        }
        setting = setting.rsplit_once('.')?.0;
    }
}

/// Writes a key as a part of a path, in quotes where it would not be one.
pub(crate) fn segment(key: &str) -> Cow<'_, str> {
    let bare = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    if !key.is_empty() && key.chars().all(bare) {
        key.into()
    } else {
        quoted(key).into()
    }
}

/// Translates a builder's name for a setting: `cost(RATE_LIMIT)` is `costs.rate_limit` in a file.
pub(crate) fn in_a_file(part: &str) -> Vec<String> {
    let class = part.strip_suffix(')').and_then(|part| part.split_once('('));
    let Some((name, class)) = class else {
        return vec![
            match part {
                "success_ratio" => "ratio",
                "in_flight_share" => "share",
                other => other,
            }
            .to_owned(),
        ];
    };
    let name = match name {
        "max_class_attempts" => "per_class_max_attempts",
        "class_threshold" => "class_thresholds",
        "cost" => "costs",
        other => other,
    };
    vec![name.to_owned(), class.to_lowercase()]
}

fn is_none(node: &Node) -> bool {
    matches!(&node.value, Value::Text(text) if text == "none")
}

/// Returns `true` for what other configurations write for no limit.
fn means_none(node: &Node) -> bool {
    const NAMES: [&str; 15] = [
        "none",
        "null",
        "nil",
        "no",
        "off",
        "false",
        "never",
        "unlimited",
        "unbounded",
        "infinite",
        "infinity",
        "inf",
        "forever",
        "disabled",
        "-1",
    ];
    match &node.value {
        Value::Flag(false) | Value::Integer(-1) => true,
        Value::Float(number) => number.is_infinite(),
        Value::Text(text) => {
            let text = text.trim();
            NAMES.iter().any(|name| text.eq_ignore_ascii_case(name))
        }
        _ => false,
    }
}
