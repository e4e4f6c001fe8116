use saphyr_parser::{Event, Parser, ScalarStyle, ScanError, Span as Marks, StrInput};

use super::super::names::quoted;
use super::super::node::{Entry, Node, Span, Value};
use super::{Fault, without_duplicates};

/// How deep lists and tables may be nested. A configuration needs eight.
const DEEPEST: usize = 64;

pub(super) fn parse(text: &str, faults: &mut Vec<Fault>) -> Option<Node> {
    let mut reader = Reader {
        events: Parser::new_from_str(text),
        offsets: Offsets::of(text),
        faults,
    };
    match reader.document() {
        Ok(node) => Some(node),
        Err(fault) => {
            faults.push(fault);
            None
        }
    }
}

struct Reader<'t, 'f> {
    events: Parser<'t, StrInput<'t>>,
    offsets: Offsets,
    faults: &'f mut Vec<Fault>,
}

impl<'t> Reader<'t, '_> {
    fn document(&mut self) -> Result<Node, Fault> {
        let mut root = None;
        loop {
            match self.next()? {
                (Event::StreamStart | Event::DocumentEnd | Event::Nothing, _) => {}
                (Event::StreamEnd, _) => break,
                (Event::DocumentStart(_), span) if root.is_some() => {
                    let fault = Fault::new("a second document starts here", span);
                    return Err(fault.help("write one document to a file"));
                }
                (Event::DocumentStart(_), _) => {
                    let (event, span) = self.next()?;
                    root = Some(self.node(event, span, 0)?);
                }
                (_, span) => return Err(Fault::new("expected a document", span)),
            }
        }
        let empty = || Node::new(Value::Table(Vec::new()), 0..0);
        Ok(match root {
            // A file of comments is an empty one.
            Some(Node {
                value: Value::Null, ..
            })
            | None => empty(),
            Some(root) => root,
        })
    }

    fn next(&mut self) -> Result<(Event<'t>, Span), Fault> {
        match self.events.next() {
            Some(Ok((event, marks))) => Ok((event, self.offsets.span(marks))),
            Some(Err(error)) => Err(self.offsets.fault(&error)),
            None => Err(Fault::new("the text ends too early", self.offsets.end())),
        }
    }

    fn node(&mut self, event: Event<'t>, span: Span, depth: usize) -> Result<Node, Fault> {
        if depth > DEEPEST {
            return Err(Fault::new(
                format!("nested deeper than {DEEPEST} levels"),
                span,
            ));
        }
        let (anchor, tag) = match &event {
            Event::Scalar(_, _, anchor, tag)
            | Event::SequenceStart(anchor, tag)
            | Event::MappingStart(anchor, tag) => (*anchor, tag.is_some()),
            Event::Alias(_) => (1, false),
            _ => (0, false),
        };
        if anchor != 0 {
            let fault = Fault::new("anchors and aliases are not supported", span);
            return Err(fault.help("write the value out; budgets and breakers are shared by name"));
        }
        if tag {
            let fault = Fault::new("tags are not supported", span);
            return Err(fault.help("remove the tag"));
        }
        match event {
            Event::Scalar(text, style, ..) => Ok(Node::new(scalar(&text, style), span)),
            Event::SequenceStart(..) => self.list(span, depth),
            Event::MappingStart(..) => self.table(span, depth),
            _ => Err(Fault::new("expected a value", span)),
        }
    }

    fn list(&mut self, span: Span, depth: usize) -> Result<Node, Fault> {
        let mut items = Vec::new();
        loop {
            match self.next()? {
                (Event::SequenceEnd, end) => {
                    return Ok(Node::new(Value::List(items), span.start..end.end));
                }
                (event, at) => items.push(self.node(event, at, depth + 1)?),
            }
        }
    }

    fn table(&mut self, span: Span, depth: usize) -> Result<Node, Fault> {
        let mut entries = Vec::new();
        loop {
            let (event, at) = self.next()?;
            if event == Event::MappingEnd {
                // The end of a table in block style is where the next thing starts.
                let end = entries
                    .last()
                    .map_or(at.end, |last: &Entry| last.value.span.end.max(span.end));
                let entries = without_duplicates(entries, self.faults);
                return Ok(Node::new(Value::Table(entries), span.start..end));
            }
            let key = self.node(event, at, depth + 1)?;
            let name = match key.value {
                Value::Text(text) => text,
                Value::Integer(number) => number.to_string(),
                Value::Flag(flag) => flag.to_string(),
                _ => {
                    let what = format!("{} is no key", key.describe());
                    return Err(Fault::new(what, key.span).help("write a name"));
                }
            };
            if name == "<<" {
                let fault = Fault::new(
                    format!("the merge key {} is not supported", quoted(&name)),
                    key.span,
                );
                return Err(fault.help("write the values out"));
            }
            let (event, at) = self.next()?;
            entries.push(Entry {
                key: name,
                key_span: key.span,
                value: self.node(event, at, depth + 1)?,
            });
        }
    }
}

/// Resolves a scalar by the core schema of YAML 1.2.
fn scalar(text: &str, style: ScalarStyle) -> Value {
    if style != ScalarStyle::Plain {
        return Value::Text(text.to_owned());
    }
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Value::Null,
        "true" | "True" | "TRUE" => return Value::Flag(true),
        "false" | "False" | "FALSE" => return Value::Flag(false),
        ".nan" | ".NaN" | ".NAN" => return Value::Float(f64::NAN),
        _ => {}
    }
    let (negative, digits) = match text.strip_prefix(['-', '+']) {
        Some(digits) => (text.starts_with('-'), digits),
        None => (false, text),
    };
    if matches!(digits, ".inf" | ".Inf" | ".INF") {
        let infinity = f64::INFINITY;
        return Value::Float(if negative { -infinity } else { infinity });
    }
    let radix = [("0x", 16), ("0o", 8)]
        .into_iter()
        .find_map(|(prefix, radix)| Some((text.strip_prefix(prefix)?, radix)));
    if let Some((digits, radix)) = radix
        && digits.starts_with(|c: char| c.is_digit(radix))
        && let Ok(number) = i128::from_str_radix(digits, radix)
    {
        return Value::Integer(number);
    }
    let numeric = digits.starts_with(|c: char| c.is_ascii_digit() || c == '.')
        && digits.contains(|c: char| c.is_ascii_digit());
    if numeric {
        if let Ok(number) = text.parse() {
            return Value::Integer(number);
        }
        if let Ok(number) = text.parse() {
            return Value::Float(number);
        }
    }
    Value::Text(text.to_owned())
}

/// Where each character of the text starts, in bytes: the parser counts characters.
struct Offsets(Option<Vec<usize>>, usize);

impl Offsets {
    fn of(text: &str) -> Self {
        let ascii = text.is_ascii();
        let offsets = || text.char_indices().map(|(at, _)| at).collect();
        Self((!ascii).then(offsets), text.len())
    }

    fn byte(&self, character: usize) -> usize {
        match &self.0 {
            None => character.min(self.1),
            Some(offsets) => offsets.get(character).copied().unwrap_or(self.1),
        }
    }

    fn span(&self, marks: Marks) -> Span {
        let start = self.byte(marks.start.index());
        start..self.byte(marks.end.index()).max(start)
    }

    fn fault(&self, error: &ScanError) -> Fault {
        let at = self.byte(error.marker().index());
        Fault::new(error.info(), at..at)
    }

    fn end(&self) -> Span {
        self.1..self.1
    }
}
