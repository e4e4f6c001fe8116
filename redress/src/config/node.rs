use std::ops::Range;

use super::names::quoted;

/// Where something stands in the text, in bytes. Empty where there is no text.
pub(super) type Span = Range<usize>;

/// A value as a file or a deserializer gives it, before anybody knows what it should be.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Node {
    pub(super) value: Value,
    pub(super) span: Span,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
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
pub(super) struct Entry {
    pub(super) key: String,
    pub(super) key_span: Span,
    pub(super) value: Node,
}

impl Node {
    pub(super) const fn new(value: Value, span: Span) -> Self {
        Self { value, span }
    }

    /// Says what it is, for a message.
    pub(super) fn describe(&self) -> String {
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

// What a configuration is written as.

impl From<Value> for Node {
    fn from(value: Value) -> Self {
        Self::new(value, 0..0)
    }
}

impl From<u32> for Node {
    fn from(number: u32) -> Self {
        Value::Integer(number.into()).into()
    }
}

impl From<f64> for Node {
    fn from(number: f64) -> Self {
        Value::Float(number).into()
    }
}

impl From<bool> for Node {
    fn from(flag: bool) -> Self {
        Value::Flag(flag).into()
    }
}

impl From<String> for Node {
    fn from(text: String) -> Self {
        Value::Text(text).into()
    }
}

impl From<std::time::Duration> for Node {
    fn from(duration: std::time::Duration) -> Self {
        super::duration::show(duration).into()
    }
}

/// A table that is being written.
#[derive(Default)]
pub(super) struct Written(Vec<Entry>);

impl Written {
    pub(super) fn put(&mut self, key: &str, value: Option<impl Into<Node>>) {
        if let Some(value) = value {
            self.0.push(Entry {
                key: key.to_owned(),
                key_span: 0..0,
                value: value.into(),
            });
        }
    }

    /// Puts a table with a value for each class, unless there is none.
    pub(super) fn put_classes<T>(
        &mut self,
        key: &str,
        classes: &std::collections::BTreeMap<crate::classify::ErrorClass, T>,
        value: impl Fn(&T) -> Node,
    ) {
        let mut table = Self::default();
        for (class, own) in classes {
            table.put(super::names::of_class(*class), Some(value(own)));
        }
        self.put(key, (!table.0.is_empty()).then_some(table));
    }
}

impl From<Written> for Node {
    fn from(table: Written) -> Self {
        Value::Table(table.0).into()
    }
}
