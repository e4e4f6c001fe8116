use jsonc_parser::ast::{self, ObjectPropName};
use jsonc_parser::common::Ranged as _;
use jsonc_parser::{CollectOptions, ParseOptions, parse_to_ast};

use super::super::node::{Entry, Node, Span, Value};
use super::{Fault, without_duplicates};

/// Nothing beyond RFC 8259: a file that other programs read, too.
const STRICT: ParseOptions = ParseOptions {
    allow_comments: false,
    allow_loose_object_property_names: false,
    allow_trailing_commas: false,
    allow_missing_commas: false,
    allow_single_quoted_strings: false,
    allow_hexadecimal_numbers: false,
    allow_unary_plus_numbers: false,
    allow_bare_decimal_point_numbers: false,
    allow_non_finite_numbers: false,
    allow_extended_string_escapes: false,
};

pub(super) fn parse(text: &str, faults: &mut Vec<Fault>) -> Option<Node> {
    // RFC 8259 lets a parser ignore a byte order mark. As many spaces leave all places as they are.
    let unmarked = text
        .strip_prefix('\u{feff}')
        .map(|text| format!("   {text}"));
    let text = unmarked.as_deref().unwrap_or(text);
    if let Some(span) = other_space(text) {
        faults.push(Fault::new("this is no space of JSON", span).help("write an ordinary space"));
        return None;
    }
    match parse_to_ast(text, &CollectOptions::default(), &STRICT) {
        Ok(parsed) => match parsed.value {
            Some(value) => Some(node(value, faults)),
            // An empty text is an empty file in the other formats, too.
            None => Some(Node::new(Value::Table(Vec::new()), 0..0)),
        },
        Err(error) => {
            faults.push(Fault::new(error.kind().to_string(), span(error.range())));
            None
        }
    }
}

/// Finds a space outside of texts that only the parser takes for one.
fn other_space(text: &str) -> Option<Span> {
    let (mut in_text, mut escaped) = (false, false);
    let mut signs = text.char_indices();
    let (at, sign) = signs.find(|(_, sign)| {
        let is_quote = *sign == '"' && !escaped;
        escaped = in_text && *sign == '\\' && !escaped;
        in_text ^= is_quote;
        let is_space = sign.is_whitespace() || *sign == '\u{feff}';
        !in_text && is_space && !matches!(sign, ' ' | '\t' | '\n' | '\r')
    })?;
    Some(at..at + sign.len_utf8())
}

fn span(range: jsonc_parser::common::Range) -> Span {
    range.start..range.end
}

// The parser bounds the depth.
fn node(value: ast::Value<'_>, faults: &mut Vec<Fault>) -> Node {
    let at = span(value.range());
    let value = match value {
        ast::Value::StringLit(text) => Value::Text(text.value.into_owned()),
        ast::Value::NumberLit(number) => number_of(number.value),
        ast::Value::BooleanLit(flag) => Value::Flag(flag.value),
        ast::Value::NullKeyword(_) => Value::Null,
        ast::Value::Array(array) => {
            let items = array.elements.into_iter();
            Value::List(items.map(|item| node(item, faults)).collect())
        }
        ast::Value::Object(object) => {
            let entries = object.properties.into_iter().map(|property| Entry {
                key_span: span(property.name.range()),
                key: match property.name {
                    ObjectPropName::String(name) => name.value.into_owned(),
                    ObjectPropName::Word(name) => name.value.to_owned(),
                },
                value: node(property.value, faults),
            });
            let entries = entries.collect();
            Value::Table(without_duplicates(entries, faults))
        }
    };
    Node::new(value, at)
}

fn number_of(text: &str) -> Value {
    if let Ok(number) = text.parse() {
        Value::Integer(number)
    } else {
        match text.parse() {
            Ok(number) => Value::Float(number),
            Err(_) => Value::Other("a number of an unknown form"),
        }
    }
}
