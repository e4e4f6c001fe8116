//! Strategies in one line, as the macros take them: `equal_jitter(base = 100ms, max = 5s)`. The
//! line is turned into the table that says the same.

use super::builtin::Builtin;
use super::node::{Entry, Node, Span, Value};

/// How deep strategies may wrap each other. Two levels are useful.
pub(super) const DEEPEST: usize = 16;

/// How many settings a strategy may be given: more than any has.
const MOST: usize = 16;

/// Something wrong with the form of the line.
pub(super) struct Mistake {
    pub(super) span: Span,
    pub(super) message: String,
    pub(super) help: String,
}

impl Mistake {
    fn new(span: Span, message: impl Into<String>, help: impl Into<String>) -> Self {
        Self {
            span,
            message: message.into(),
            help: help.into(),
        }
    }
}

/// Reads a line whose place is `whole`. It starts at `start` in there, unless escapes or line breaks
/// hide where exactly.
pub(super) fn parse(line: &str, whole: &Span, start: Option<usize>) -> Result<Node, Mistake> {
    let mut parser = Parser {
        line,
        whole,
        start,
        at: 0,
        depth: 0,
    };
    let node = parser.strategy()?;
    parser.skip_spaces();
    if parser.rest().is_empty() {
        Ok(node)
    } else {
        let span = parser.span(parser.at, line.len());
        let help = "write one strategy, such as \"equal_jitter(5s)\"";
        Err(Mistake::new(
            span,
            "unexpected text after the strategy",
            help,
        ))
    }
}

struct Parser<'t> {
    line: &'t str,
    whole: &'t Span,
    start: Option<usize>,
    at: usize,
    depth: usize,
}

impl<'t> Parser<'t> {
    fn rest(&self) -> &'t str {
        self.line.get(self.at..).unwrap_or_default()
    }

    fn span(&self, from: usize, to: usize) -> Span {
        match self.start {
            Some(start) => start.saturating_add(from)..start.saturating_add(to),
            None => self.whole.clone(),
        }
    }

    fn skip_spaces(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start().len();
    }

    /// Takes `sign` if it comes next.
    fn takes(&mut self, sign: char) -> bool {
        self.skip_spaces();
        let taken = self.rest().starts_with(sign);
        if taken {
            self.at += sign.len_utf8();
        }
        taken
    }

    /// Takes a run of letters, digits and what numbers are made of.
    fn word(&mut self) -> (&'t str, Span) {
        self.skip_spaces();
        let rest = self.rest();
        let part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | '-' | '+');
        let mut end = rest.find(|c| !part(c)).unwrap_or(rest.len());
        // In `fixed(1s).max(2s)` the dot belongs to no word.
        if rest.starts_with(|c: char| c.is_alphabetic() || c == '_') {
            end = rest
                .get(..end)
                .and_then(|word| word.find('.'))
                .unwrap_or(end);
        }
        let from = self.at;
        self.at += end;
        (
            rest.get(..end).unwrap_or_default(),
            self.span(from, self.at),
        )
    }

    fn strategy(&mut self) -> Result<Node, Mistake> {
        self.skip_spaces();
        let from = self.at;
        let (name, _) = self.word();
        if name.is_empty() {
            let help = "write one such as \"equal_jitter(5s)\"";
            return Err(Mistake::new(self.here(), "expected a strategy", help));
        }
        self.call(name, from)
    }

    fn here(&self) -> Span {
        let next = self.rest().chars().next().map_or(0, char::len_utf8);
        self.span(self.at, self.at + next)
    }

    /// Reads the arguments of a strategy, and the setters behind it.
    fn call(&mut self, name: &str, from: usize) -> Result<Node, Mistake> {
        let name_span = self.span(from, from + name.len());
        if self.depth >= DEEPEST {
            let message = format!("strategies nested deeper than {DEEPEST} levels");
            return Err(Mistake::new(name_span, message, ""));
        }
        let mut entries = vec![entry(
            "kind",
            name_span.clone(),
            Node::new(Value::Text(name.to_owned()), name_span.clone()),
        )];
        let builtin = Builtin::find(name);
        if !self.takes('(') {
            let help = match builtin {
                Some(builtin) => format!("write \"{}\"", builtin.example),
                None => "write one such as \"equal_jitter(5s)\"".to_owned(),
            };
            // An unknown name is the worse mistake, and is reported with the table.
            if builtin.is_some() {
                return Err(Mistake::new(name_span, "the arguments are missing", help));
            }
            return Ok(Node::new(Value::Table(entries), name_span));
        }
        self.depth += 1;
        let mut positional = builtin.into_iter().flat_map(Builtin::positional);
        while !self.takes(')') {
            let argument = self.argument()?;
            let argument = match (argument, builtin) {
                (Argument::Named(entry), _) => entry,
                (Argument::Positional(value), Some(builtin)) => match positional.next() {
                    Some(name) => entry(name, value.span.clone(), value),
                    None => {
                        let help = builtin.usage();
                        return Err(Mistake::new(value.span, "one argument too many", help));
                    }
                },
                // The unknown name of the strategy is the worse mistake.
                (Argument::Positional(_), None) => continue,
            };
            push(&mut entries, argument)?;
        }
        while self.takes('.') {
            let (name, span) = self.word();
            if name.is_empty() || !self.takes('(') {
                let help = "write the settings inside the parentheses";
                return Err(Mistake::new(span, "expected a setting", help));
            }
            let value = self.value()?;
            if !self.takes(')') {
                return Err(self.expected("`)`"));
            }
            push(&mut entries, entry(name, span, value))?;
        }
        self.depth -= 1;
        Ok(Node::new(Value::Table(entries), self.span(from, self.at)))
    }

    /// Reads one argument and the comma behind it.
    fn argument(&mut self) -> Result<Argument, Mistake> {
        let before = self.at;
        let (name, span) = self.word();
        let argument = if !name.is_empty() && self.takes('=') {
            Argument::Named(entry(name, span, self.value()?))
        } else {
            self.at = before;
            Argument::Positional(self.value()?)
        };
        self.skip_spaces();
        if !self.rest().starts_with(')') && !self.takes(',') {
            return Err(self.expected("`,` or `)`"));
        }
        Ok(argument)
    }

    fn value(&mut self) -> Result<Node, Mistake> {
        self.skip_spaces();
        let from = self.at;
        let (word, span) = self.word();
        if word.is_empty() {
            return Err(self.expected("an argument"));
        }
        self.skip_spaces();
        if self.rest().starts_with('(') {
            return self.call(word, from);
        }
        let value = if let Ok(number) = word.parse() {
            Value::Integer(number)
        } else if let (true, Ok(number)) = (numeric(word), word.parse()) {
            Value::Float(number)
        } else {
            Value::Text(word.to_owned())
        };
        Ok(Node::new(value, span))
    }

    fn expected(&self, what: &str) -> Mistake {
        let found = match self.rest().chars().next() {
            Some(sign) => format!("found {sign:?}"),
            None => "the text ends".to_owned(),
        };
        let help = "write it as in \"equal_jitter(base = 100ms, max = 5s)\"";
        Mistake::new(self.here(), format!("expected {what}, but {found}"), help)
    }
}

enum Argument {
    Named(Entry),
    Positional(Node),
}

fn entry(key: &str, key_span: Span, value: Node) -> Entry {
    Entry {
        key: key.to_owned(),
        key_span,
        value,
    }
}

fn push(entries: &mut Vec<Entry>, entry: Entry) -> Result<(), Mistake> {
    if entries.iter().any(|before| before.key == entry.key) {
        let message = format!("`{}` is given twice", entry.key);
        return Err(Mistake::new(entry.key_span, message, "remove one of them"));
    }
    if entries.len() > MOST {
        return Err(Mistake::new(entry.key_span, "too many settings", ""));
    }
    entries.push(entry);
    Ok(())
}

/// Tells whether a word is a number and not one of the names that also parse as one.
fn numeric(word: &str) -> bool {
    word.chars()
        .all(|c| !c.is_alphabetic() || matches!(c, 'e' | 'E'))
}
