//! How the values of settings are read: classes, times, counts and the rest.

use std::collections::BTreeMap;
use std::time::Duration;

use super::Bound;
use super::duration::{self, FORMS};
use super::names::{self, quoted};
use super::node::{Node, Span, Value};
use super::reader::Reader;
use crate::classify::ErrorClass;

impl Reader<'_> {
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
