use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use super::builtin::{Builtin, BuiltinKind, Takes, foreign_parameter};
use super::duration::show;
use super::names::{nearest, quoted};
use super::node::{Entry, Node, Span, ToNode, Value};
use super::notation::{self, DEEPEST};
use super::reader::Reader;
use crate::defaults;
use crate::problems::ConfigError;
use crate::strategies::{
    Adaptive, DecorrelatedJitter, Exponential, RetryAfterOr, Strategy, adaptive,
    decorrelated_jitter, equal_jitter, exponential, fixed, full_jitter, instant, retry_after_or,
    token_backoff,
};

/// One of the built-in [strategies](crate::strategies), as data. It is written as the macros take
/// it.
///
/// ```
/// use redress::config::StrategyConfig;
///
/// let backoff: StrategyConfig = "retry_after_or(equal_jitter(5))".parse()?;
/// assert_eq!(backoff.to_string(), "retry_after_or(equal_jitter(max = 5s))");
/// let error = "equal_jitter(5s, base = 1m)".parse::<StrategyConfig>().unwrap_err();
/// assert_eq!(error.problems()[0].setting(), "base");
/// # Ok::<_, redress::ConfigError>(())
/// ```
#[derive(Clone)]
pub struct StrategyConfig {
    builtin: &'static Builtin,
    /// In the order of the strategy's parameters.
    arguments: Vec<(&'static str, Argument)>,
}

#[derive(Debug, Clone, PartialEq)]
enum Argument {
    Time(Duration),
    Number(f64),
    Strategy(Box<StrategyConfig>),
}

impl StrategyConfig {
    /// Stands for a strategy that could not be read, where its absence would be another mistake.
    pub(super) fn placeholder() -> Option<Self> {
        let builtin = Builtin::find("instant")?;
        Some(Self {
            builtin,
            arguments: Vec::new(),
        })
    }

    /// Makes the strategy. Wrong settings are kept, for whoever builds with it to report.
    pub(super) fn build(&self) -> Arc<dyn Strategy> {
        let max = || self.time("max").unwrap_or(defaults::MAX);
        match self.builtin.kind {
            BuiltinKind::DecorrelatedJitter => {
                let strategy = decorrelated_jitter(max());
                Arc::new(set(strategy, self.time("base"), DecorrelatedJitter::base))
            }
            BuiltinKind::FullJitter => self.growing(full_jitter(max())),
            BuiltinKind::EqualJitter => self.growing(equal_jitter(max())),
            BuiltinKind::TokenBackoff => self.growing(token_backoff(max())),
            BuiltinKind::Exponential => {
                let base = self.time("base").unwrap_or(defaults::BASE);
                self.growing(exponential(base, max()))
            }
            BuiltinKind::Fixed => Arc::new(fixed(self.time("delay").unwrap_or_default())),
            BuiltinKind::Instant => Arc::new(instant()),
            BuiltinKind::RetryAfterOr => {
                let strategy = retry_after_or(self.fallback());
                Arc::new(set(strategy, self.time("jitter"), RetryAfterOr::jitter))
            }
            BuiltinKind::Adaptive => {
                let strategy = adaptive(self.fallback());
                let strategy = set(strategy, self.time("window"), Adaptive::window);
                let target = self.number("target_success");
                let strategy = set(strategy, target, Adaptive::target_success);
                let (min, max) = (self.number("min_multiplier"), self.number("max_multiplier"));
                let strategy = set(strategy, min, Adaptive::min_multiplier);
                Arc::new(set(strategy, max, Adaptive::max_multiplier))
            }
        }
    }

    fn growing(&self, strategy: Exponential) -> Arc<dyn Strategy> {
        let strategy = set(strategy, self.time("base"), Exponential::base);
        Arc::new(set(strategy, self.number("factor"), Exponential::factor))
    }

    fn argument(&self, name: &str) -> Option<&Argument> {
        let mut arguments = self.arguments.iter();
        arguments
            .find(|(known, _)| *known == name)
            .map(|(_, argument)| argument)
    }

    fn time(&self, name: &str) -> Option<Duration> {
        match self.argument(name) {
            Some(Argument::Time(time)) => Some(*time),
            _ => None,
        }
    }

    fn number(&self, name: &str) -> Option<f64> {
        match self.argument(name) {
            Some(Argument::Number(number)) => Some(*number),
            _ => None,
        }
    }

    fn fallback(&self) -> Arc<dyn Strategy> {
        match self.argument("fallback") {
            Some(Argument::Strategy(fallback)) => fallback.build(),
            _ => Arc::new(instant()),
        }
    }

    /// Reads a strategy in one line, or a table of its settings.
    pub(super) fn read(reader: &mut Reader<'_>, node: &Node) -> Option<Self> {
        Self::read_at(reader, node, 0)
    }

    /// Reads a strategy that nobody builds with, who would find what is wrong with its values.
    pub(super) fn read_checked(reader: &mut Reader<'_>, node: &Node) -> Option<Self> {
        let strategy = Self::read(reader, node)?;
        reader.check(|problems| strategy.build().check(problems));
        Some(strategy)
    }

    fn read_at(reader: &mut Reader<'_>, node: &Node, depth: usize) -> Option<Self> {
        if depth > DEEPEST {
            let message = format!("strategies nested deeper than {DEEPEST} levels");
            reader.wrong(&node.span, message, "");
            return None;
        }
        match &node.value {
            Value::Text(line) => {
                let start = reader.start_of(line, &node.span);
                match notation::parse(line, &node.span, start) {
                    Ok(table) => Self::read_table(reader, &table, depth),
                    Err(mistake) => {
                        reader.wrong(&mistake.span, mistake.message, &mistake.help);
                        None
                    }
                }
            }
            Value::Table(_) => Self::read_table(reader, node, depth),
            _ => {
                let message = format!("expected a strategy, found {}", node.describe());
                let help = "for a constant delay write \"fixed(500ms)\"; for none \"instant()\"";
                reader.wrong(&node.span, message, help);
                None
            }
        }
    }

    fn read_table(reader: &mut Reader<'_>, node: &Node, depth: usize) -> Option<Self> {
        let entries = reader.entries(node, "");
        let builtin = Self::read_kind(reader, entries, &node.span)?;
        let mut arguments: Vec<(&'static str, Argument)> = Vec::new();
        for entry in entries.iter().filter(|entry| entry.key != "kind") {
            let Some(parameter) = builtin.parameter(&entry.key) else {
                Self::unknown_parameter(reader, builtin, entry);
                continue;
            };
            let value = &entry.value;
            let argument = reader.within(parameter.name, entry, |reader| match parameter.takes {
                Takes::Time => reader.time(value).map(Argument::Time),
                Takes::TimeAboveZero => {
                    let instead = "write \"instant()\" for no delay";
                    reader.time_above_zero(value, instead).map(Argument::Time)
                }
                Takes::Number => reader.number(value).map(Argument::Number),
                Takes::Strategy => {
                    let strategy = Self::read_at(reader, value, depth + 1);
                    strategy.map(|strategy| Argument::Strategy(Box::new(strategy)))
                }
            });
            arguments.extend(argument.map(|argument| (parameter.name, argument)));
        }
        let mut complete = true;
        for parameter in builtin.parameters.iter().filter(|p| p.required) {
            if !entries.iter().any(|entry| entry.key == parameter.name) {
                let message = format!("`{}` is missing `{}`", builtin.name, parameter.name);
                let help = format!("write it as in \"{}\"", builtin.example);
                reader.wrong(&node.span, message, &help);
            }
            complete &= arguments.iter().any(|(name, _)| *name == parameter.name);
        }
        let order = |name: &str| builtin.parameters.iter().position(|p| p.name == name);
        arguments.sort_by_key(|(name, _)| order(name));
        complete.then_some(Self { builtin, arguments })
    }

    fn read_kind(
        reader: &mut Reader<'_>,
        entries: &[Entry],
        span: &Span,
    ) -> Option<&'static Builtin> {
        let Some(entry) = entries.iter().find(|entry| entry.key == "kind") else {
            let help = "write kind = \"equal_jitter\" beside its settings";
            reader.wrong(span, "the strategy is missing its `kind`", help);
            return None;
        };
        let Value::Text(name) = &entry.value.value else {
            let message = format!(
                "expected the name of a strategy, found {}",
                entry.value.describe()
            );
            reader.wrong(&entry.value.span, message, &Builtin::suggest(""));
            return None;
        };
        let builtin = Builtin::find(name);
        if builtin.is_none() {
            let message = format!("unknown strategy {}", quoted(name));
            reader.wrong(&entry.value.span, message, &Builtin::suggest(name));
        }
        builtin
    }

    fn unknown_parameter(reader: &mut Reader<'_>, builtin: &'static Builtin, entry: &Entry) {
        let names = builtin.parameters.iter().map(|p| p.name);
        let meant = foreign_parameter(&entry.key).or_else(|| nearest(&entry.key, names));
        let help = match meant.filter(|meant| builtin.parameter(meant).is_some()) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => builtin.usage(),
        };
        let message = format!("`{}` has no setting {}", builtin.name, quoted(&entry.key));
        reader.wrong(&entry.key_span, message, &help);
    }
}

/// Sets what is given.
fn set<S, V>(strategy: S, value: Option<V>, set: impl FnOnce(S, V) -> S) -> S {
    match value {
        Some(value) => set(strategy, value),
        None => strategy,
    }
}

impl FromStr for StrategyConfig {
    type Err = ConfigError;

    /// Reads `name(argument, setting = value)`.
    ///
    /// # Errors
    ///
    /// Names every mistake, those in the values of the settings included.
    fn from_str(text: &str) -> Result<Self, ConfigError> {
        let mut reader = Reader::of(text);
        let node = Node::new(Value::Text(text.to_owned()), 0..text.len());
        let strategy = Self::read_checked(&mut reader, &node);
        reader.finish(strategy)
    }
}

impl PartialEq for StrategyConfig {
    fn eq(&self, other: &Self) -> bool {
        self.builtin.kind == other.builtin.kind && self.arguments == other.arguments
    }
}

impl fmt::Display for StrategyConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}(", self.builtin.name)?;
        for (n, (name, argument)) in self.arguments.iter().enumerate() {
            f.write_str(if n == 0 { "" } else { ", " })?;
            match argument {
                Argument::Strategy(strategy) => write!(f, "{strategy}")?,
                Argument::Time(time) if *name == "delay" => f.write_str(&show(*time))?,
                Argument::Time(time) => write!(f, "{name} = {}", show(*time))?,
                Argument::Number(number) => write!(f, "{name} = {number:?}")?,
            }
        }
        f.write_str(")")
    }
}

impl fmt::Debug for StrategyConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StrategyConfig({self})")
    }
}

impl ToNode for StrategyConfig {
    fn to_node(&self) -> Node {
        self.to_string().into()
    }
}

impl Reader<'_> {
    /// Reads a strategy.
    pub(super) fn strategy(&mut self, node: &Node) -> Option<StrategyConfig> {
        StrategyConfig::read(self, node)
    }
}
