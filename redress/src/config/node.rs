use std::collections::BTreeMap;
use std::ops::Range;
use std::time::Duration;

use super::duration::show;
use super::names::{self, quoted};
use crate::classify::ErrorClass;

/// Where something stands in the text, in bytes. Empty where there is no text.
pub(crate) type Span = Range<usize>;

/// A value as a file or a deserializer gives it, before anybody knows what it should be.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Node {
    pub(crate) value: Value,
    pub(crate) span: Span,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value {
    Null,
    Flag(bool),
    Integer(i128),
    Float(f64),
    Text(String),
    List(Vec<Node>),
    Table(Vec<Entry>),
    /// Something that no setting takes, such as a date.
    Other(&'static str),
}

/// One key of a table with its value. No two entries of a table have the same key.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Entry {
    pub(crate) key: String,
    pub(crate) key_span: Span,
    pub(crate) value: Node,
}

impl Node {
    pub(crate) const fn new(value: Value, span: Span) -> Self {
        Self { value, span }
    }

    /// Returns `true` if it is a table with this key.
    pub(crate) fn has(&self, key: &str) -> bool {
        matches!(&self.value, Value::Table(entries) if entries.iter().any(|e| e.key == key))
    }

    /// Says what it is, for a message.
    pub(crate) fn describe(&self) -> String {
        match &self.value {
            Value::Null => "nothing".to_owned(),
            Value::Flag(flag) => format!("`{flag}`"),
            Value::Integer(number) => format!("the number {number}"),
            Value::Float(number) => format!("the number {number}"),
            Value::Text(text) => format!("the text {}", quoted(text)),
            Value::List(_) => "a list".to_owned(),
            Value::Table(_) => "a table".to_owned(),
            Value::Other(what) => (*what).to_owned(),
        }
    }
}

impl From<Value> for Node {
    fn from(value: Value) -> Self {
        Self::new(value, 0..0)
    }
}

impl From<bool> for Node {
    fn from(flag: bool) -> Self {
        Value::Flag(flag).into()
    }
}

impl From<f64> for Node {
    fn from(number: f64) -> Self {
        Value::Float(number).into()
    }
}

impl From<String> for Node {
    fn from(text: String) -> Self {
        Value::Text(text).into()
    }
}

/// A value that a configuration is written with.
pub(crate) trait ToNode {
    fn to_node(&self) -> Node;
}

impl ToNode for u32 {
    fn to_node(&self) -> Node {
        Value::Integer((*self).into()).into()
    }
}

impl ToNode for f64 {
    fn to_node(&self) -> Node {
        (*self).into()
    }
}

impl ToNode for String {
    fn to_node(&self) -> Node {
        self.clone().into()
    }
}

impl ToNode for Duration {
    fn to_node(&self) -> Node {
        show(*self).into()
    }
}

impl ToNode for ErrorClass {
    fn to_node(&self) -> Node {
        names::of_class(*self).to_owned().into()
    }
}

impl<T: ToNode> ToNode for Vec<T> {
    fn to_node(&self) -> Node {
        Value::List(self.iter().map(ToNode::to_node).collect()).into()
    }
}

impl<T: ToNode> ToNode for BTreeMap<ErrorClass, T> {
    fn to_node(&self) -> Node {
        let mut table = Written::default();
        for (class, own) in self {
            table.put(names::of_class(*class), own.to_node());
        }
        table.into()
    }
}

/// A table that is being written.
#[derive(Default)]
pub(crate) struct Written(Vec<Entry>);

impl Written {
    pub(crate) fn put(&mut self, key: &str, value: Node) {
        self.0.push(Entry {
            key: key.to_owned(),
            key_span: 0..0,
            value,
        });
    }
}

impl From<Written> for Node {
    fn from(table: Written) -> Self {
        Value::Table(table.0).into()
    }
}
