use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::super::node::{Entry, Node, Span, Value};
use super::{Fault, given_twice};

pub(super) fn parse(text: &str, faults: &mut Vec<Fault>) -> Option<Node> {
    let (table, errors) = DeTable::parse_recoverable(text);
    if errors.is_empty() {
        let span = table.span();
        return Some(self::table(table.into_inner(), span));
    }
    faults.extend(errors.into_iter().map(|error| {
        let span = error.span().unwrap_or(0..0);
        let said = error.message().trim_end();
        match text.get(span.clone()) {
            // The parser does not say which.
            Some(key) if said == "duplicate key" => {
                given_twice(key.trim_matches(['"', '\'']), span)
            }
            _ => Fault::new(said, span),
        }
    }));
    None
}

fn table(table: DeTable<'_>, span: Span) -> Node {
    let mut entries: Vec<Entry> = table
        .into_iter()
        .map(|(key, value)| Entry {
            key_span: key.span(),
            key: key.into_inner().into_owned(),
            value: node(value),
        })
        .collect();
    entries.sort_by_key(|entry| entry.key_span.start);
    Node::new(Value::Table(entries), span)
}

// The parser bounds the depth.
fn node(spanned: Spanned<DeValue<'_>>) -> Node {
    let span = spanned.span();
    let value = match spanned.into_inner() {
        DeValue::String(text) => Value::Text(text.into_owned()),
        DeValue::Integer(number) => match i128::from_str_radix(number.as_str(), number.radix()) {
            Ok(number) => Value::Integer(number),
            Err(_) => Value::Other("a number that is too large"),
        },
        DeValue::Float(number) => match number.as_str().parse() {
            Ok(number) => Value::Float(number),
            Err(_) => Value::Other("a number of an unknown form"),
        },
        DeValue::Boolean(flag) => Value::Flag(flag),
        DeValue::Datetime(_) => Value::Other("a date"),
        DeValue::Array(items) => Value::List(items.into_iter().map(node).collect()),
        DeValue::Table(inner) => return table(inner, span),
    };
    Node::new(value, span)
}
