//! Worlds from files.

use std::path::Path;
use std::time::Duration;

use super::builder::WorldBuilder;
use super::world::{Episode, Limit, Load};
use super::worlds::{ALL, NamedWorld};
use super::{Spread, Trouble, World};
use crate::classify::ErrorClass;
use crate::config::{
    ConfigFileError, Format, Node, Reader, Span, Value, list_names, parse_duration, parse_text,
    quoted, source_of, suggest,
};

const KEYS: [&str; 12] = [
    "like",
    "name",
    "duration",
    "healthy_from",
    "instances",
    "layers",
    "attempt_timeout",
    "network",
    "loss",
    "load",
    "server",
    "script",
];

impl World {
    /// Reads a world from a file, whose [format](Format::of) is that of its name. Needs the feature
    /// `config`.
    ///
    /// ```toml
    /// like = "outage"              # start from a named world; without it from the builder's defaults
    /// name = "checkout"
    /// duration = "120s"
    /// instances = 4                # processes with a policy each
    /// layers = 1                   # layers that retry
    /// attempt_timeout = "1s"       # where the policy has none; "none"
    /// network = "normal(2ms, 1ms)" # each way
    /// loss = 0.001                 # share of requests
    /// healthy_from = "50s"         # the end of the last trouble, if left out
    ///
    /// [load]
    /// rate = 200                   # a second; or [["0s", 40], ["25s", 80]]; or clients:
    /// # clients = 100
    /// # calls = 5                  # each; as many as they can, if left out
    /// # think = "exponential(1s)"
    /// # start = "100ms"            # all within this time
    ///
    /// [server]
    /// capacity = 250               # requests a second of each replica; or:
    /// # workers = 8                # or "none" for any number at a time
    /// # service = "exponential(20ms)"
    /// replicas = 2
    /// slower = "0s"                # for each other request
    /// queue = 100                  # "none" for any number
    /// patience = "none"
    /// refuses_with = "server_error"
    /// retry_after = "none"
    /// refusal_time = "1ms"
    /// # limit = { rate = 100, burst = 100, retry_after = "1s" }
    /// fan_out = 1
    /// contended = false
    ///
    /// [[script]]
    /// what = "stalls"              # or down, refuses, slow, errors, limits, burst
    /// from = "30s"
    /// until = "40s"
    /// # replica = 0                # only this one
    /// # class, share, factor, rate, retry_after, calls: what the trouble needs
    /// ```
    ///
    /// # Errors
    ///
    /// The file cannot be read, is over 1 MiB, is none of the formats, or has mistakes: all are named,
    /// each with its line and column.
    pub fn read(path: impl AsRef<Path>) -> Result<Self, ConfigFileError> {
        let path = path.as_ref();
        let (format, text) = source_of(path)?;
        Self::parse_as(Some(path), format, &text)
    }

    /// Reads a world from a text.
    ///
    /// # Errors
    ///
    /// As [`read`](Self::read).
    ///
    /// ```
    /// use redress::config::Format;
    /// use redress::simulate::World;
    ///
    /// let world = "
    /// like = 'outage'
    /// duration = '90s'
    /// [[script]]
    /// what = 'stals'
    /// from = '30s'
    /// ";
    /// assert_eq!(
    ///     World::parse(Format::Toml, world).unwrap_err().to_string(),
    ///     "4:1: script[0].until: is missing: write until = \"40s\"\n\
    ///      5:8: script[0].what: unknown trouble \"stals\": did you mean `stalls`?"
    /// );
    /// ```
    pub fn parse(format: Format, text: &str) -> Result<Self, ConfigFileError> {
        Self::parse_as(None, format, text)
    }

    fn parse_as(path: Option<&Path>, format: Format, text: &str) -> Result<Self, ConfigFileError> {
        let name = path
            .and_then(Path::file_stem)
            .and_then(|name| name.to_str());
        let name = name.unwrap_or("world");
        let (builder, _) = parse_text(path, format, text, |reader, node| {
            let builder = read(reader, node, name);
            reader.check(|problems| builder.check(problems));
            builder
        })?;
        Ok(builder.build_unchecked())
    }
}

/// Reads a world. What could not be read is as if it were left out.
fn read(reader: &mut Reader<'_>, node: &Node, name: &str) -> WorldBuilder {
    // What a world is like comes first, wherever it stands.
    let base = like(node).and_then(NamedWorld::find);
    let mut builder = match base {
        Some(named) => named.world().to_builder(),
        None => World::builder(name.to_owned()),
    };
    let world = &mut builder.world;
    world.name = name.to_owned().into();
    reader.table(node, &KEYS, |reader, key, value| match key {
        "like" => {
            let known = ALL.iter().map(NamedWorld::name);
            match reader.text(value) {
                Some(name) if base.is_none() => {
                    let help = suggest(&name, "worlds", known);
                    reader.wrong(
                        &value.span,
                        format!("unknown world {}", quoted(&name)),
                        &help,
                    );
                }
                _ => {}
            }
        }
        "name" => set(&mut world.name, reader.text(value).map(Into::into)),
        "duration" => set(&mut world.duration, reader.time(value)),
        "healthy_from" => world.healthy_from = reader.time(value),
        "instances" => set(&mut world.instances, reader.count(value)),
        "layers" => set(&mut world.layers, reader.count(value)),
        "attempt_timeout" => world.attempt_timeout = reader.time_or_none(value),
        "network" => set(&mut world.network, reader.spread(value)),
        "loss" => set(&mut world.loss, reader.number(value)),
        "load" => read_load(reader, value, world),
        "server" => read_server(reader, value, world),
        "script" => {
            world.script.clear();
            let help = "write one [[script]] for each trouble";
            reader.items(value, help, |reader, item| {
                let episode = read_episode(reader, item);
                // One that could not be read keeps the numbers of those behind it.
                world.script.push(episode.unwrap_or(Episode {
                    from: Duration::ZERO,
                    until: Duration::ZERO,
                    replica: None,
                    trouble: Trouble::Stalls,
                }));
            });
        }
        _ => {}
    });
    builder
}

fn like(node: &Node) -> Option<&str> {
    let Value::Table(entries) = &node.value else {
        return None;
    };
    let entry = entries.iter().find(|entry| entry.key == "like")?;
    match &entry.value.value {
        Value::Text(name) => Some(name),
        _ => None,
    }
}

fn set<T>(field: &mut T, value: Option<T>) {
    if let Some(value) = value {
        *field = value;
    }
}

const LOAD: [&str; 5] = ["rate", "clients", "calls", "think", "start"];

fn read_load(reader: &mut Reader<'_>, node: &Node, world: &mut World) {
    let mut rates = None;
    let mut closed = World::builder("");
    if matches!(world.load, Load::Closed(_)) {
        closed.world.load = world.load.clone();
    }
    let mut has_clients = false;
    reader.table(node, &LOAD, |reader, key, value| {
        if key == "rate" {
            rates = read_rates(reader, value);
            return;
        }
        has_clients = true;
        let builder = std::mem::replace(&mut closed, World::builder(""));
        closed = match key {
            "clients" => with(builder, reader.count(value), WorldBuilder::clients),
            "calls" => with(builder, reader.count(value), WorldBuilder::calls),
            "think" => with(builder, reader.spread(value), WorldBuilder::think),
            "start" => with(builder, reader.time(value), WorldBuilder::start),
            _ => builder,
        };
    });
    if node.has("rate") && has_clients {
        let help =
            "give the rate of calls that come by themselves, or clients that wait for answers";
        reader.wrong(&node.span, "has both `rate` and clients", help);
    }
    if has_clients {
        world.load = closed.world.load;
    } else if let Some(rates) = rates {
        world.load = Load::Open(rates);
    }
}

fn with<T>(
    builder: WorldBuilder,
    value: Option<T>,
    set: impl FnOnce(WorldBuilder, T) -> WorldBuilder,
) -> WorldBuilder {
    match value {
        Some(value) => set(builder, value),
        None => builder,
    }
}

/// Reads a rate, or a list of times with rates.
fn read_rates(reader: &mut Reader<'_>, node: &Node) -> Option<Vec<(Duration, f64)>> {
    let help = "write rate = 200, or rate = [[\"0s\", 40], [\"25s\", 80]]";
    if !matches!(node.value, Value::List(_)) {
        return Some(vec![(Duration::ZERO, reader.number(node)?)]);
    }
    let mut rates = Vec::new();
    reader.items(node, help, |reader, item| {
        let Value::List(pair) = &item.value else {
            reader.wrong_kind(item, "a time and a rate", help);
            return;
        };
        let [at, rate] = pair.as_slice() else {
            let message = format!("has {} parts, not a time and a rate", pair.len());
            reader.wrong(&item.span, message, help);
            return;
        };
        if let (Some(at), Some(rate)) = (reader.time(at), reader.number(rate)) {
            rates.push((at, rate));
        }
    });
    // A list of nothing but mistakes must not look like an empty one.
    let empty = matches!(&node.value, Value::List(items) if items.is_empty());
    (empty || !rates.is_empty()).then_some(rates)
}

const SERVER: [&str; 13] = [
    "capacity",
    "replicas",
    "workers",
    "service",
    "slower",
    "queue",
    "patience",
    "refuses_with",
    "retry_after",
    "refusal_time",
    "limit",
    "fan_out",
    "contended",
];

fn read_server(reader: &mut Reader<'_>, node: &Node, world: &mut World) {
    if node.has("capacity") {
        for key in ["workers", "service"]
            .into_iter()
            .filter(|key| node.has(key))
        {
            let message = format!("has both `capacity` and `{key}`");
            let help = "a capacity is one worker that always takes the same time: leave it out";
            reader.wrong(&node.span, message, help);
        }
    }
    let server = &mut world.server;
    reader.table(node, &SERVER, |reader, key, value| match key {
        "capacity" => {
            if let Some(rate) = reader.number(value) {
                let builder = World::builder("").capacity(rate);
                if (1e-6..=1e9).contains(&rate) {
                    server.workers = Some(1);
                    server.service = builder.world.server.service;
                } else {
                    let help = "give the requests a second, such as 300";
                    reader.wrong(&value.span, format!("is {rate}"), help);
                }
            }
        }
        "replicas" => set(&mut server.replicas, reader.count(value)),
        "workers" => server.workers = reader.count_or_none(value),
        "service" => set(&mut server.service, reader.spread(value)),
        "slower" => set(&mut server.slower, reader.time(value)),
        "queue" => server.queue = reader.count_or_none(value),
        "patience" => server.patience = reader.time_or_none(value),
        "refuses_with" => set(&mut server.refusal.class, reader.class_name(value)),
        "retry_after" => server.refusal.retry_after = reader.time_or_none(value),
        "refusal_time" => set(&mut server.refusal_time, reader.time(value)),
        "limit" => {
            let mut read = Limit {
                rate: f64::NAN,
                burst: f64::NAN,
                retry_after: None,
            };
            reader.table(
                value,
                &["rate", "burst", "retry_after"],
                |reader, key, value| match key {
                    "rate" => read.rate = reader.number(value).unwrap_or(1.0),
                    "burst" => read.burst = reader.count(value).unwrap_or(1).into(),
                    "retry_after" => read.retry_after = reader.time_or_none(value),
                    _ => {}
                },
            );
            if !value.has("rate") {
                reader.wrong(&value.span, "is missing `rate`", "write rate = 100");
                read.rate = 1.0;
            }
            // A second's worth at once, and one at least.
            if !value.has("burst") {
                read.burst = read.rate.max(1.0);
            }
            server.limit = Some(read);
        }
        "fan_out" => set(&mut server.fan_out, reader.count(value)),
        "contended" => server.contended = reader.switch(value),
        _ => {}
    });
}

const EPISODE: [&str; 10] = [
    "what",
    "from",
    "until",
    "replica",
    "factor",
    "class",
    "share",
    "rate",
    "retry_after",
    "calls",
];

const TROUBLES: [(&str, &[&str]); 7] = [
    ("stalls", &[]),
    ("down", &[]),
    ("refuses", &["class"]),
    ("slow", &["factor"]),
    ("errors", &["class", "share"]),
    ("limits", &["rate"]),
    ("burst", &["calls"]),
];

fn read_episode(reader: &mut Reader<'_>, node: &Node) -> Option<Episode> {
    let mut what = None;
    let (mut from, mut until, mut replica) = (None, None, None);
    let (mut factor, mut share, mut rate) = (None, None, None);
    let (mut class, mut retry_after, mut calls) = (None, None, None);
    reader.table(node, &EPISODE, |reader, key, value| match key {
        "what" => what = trouble(reader, value),
        "from" => from = reader.time(value),
        "until" => until = reader.time(value),
        "replica" => replica = reader.count(value),
        "factor" => factor = reader.number(value),
        "class" => class = reader.class_name(value),
        "share" => share = reader.number(value),
        "rate" => rate = reader.number(value),
        "retry_after" => retry_after = reader.time_or_none(value),
        "calls" => calls = reader.count(value),
        _ => {}
    });
    if !matches!(node.value, Value::Table(_)) {
        return None;
    }
    let always: &[&str] = match what {
        Some("burst") => &["what", "from"],
        _ => &["what", "from", "until"],
    };
    let own = TROUBLES.iter().find(|(name, _)| Some(*name) == what);
    let own = own.map_or(&[][..], |(_, keys)| keys);
    for key in always.iter().chain(own).filter(|key| !node.has(key)) {
        let example = match *key {
            "what" => "write what = \"stalls\"",
            "from" => "write from = \"30s\"",
            "until" => "write until = \"40s\"",
            "factor" => "write factor = 5",
            "class" => "write class = \"server_error\"",
            "share" => "write share = 0.5",
            "rate" => "write rate = 100",
            _ => "write calls = 1000",
        };
        reader.missing(node, key, example);
    }
    let trouble = match what? {
        "stalls" => Trouble::Stalls,
        "down" => Trouble::Down,
        "refuses" => Trouble::Refuses {
            class: class.unwrap_or(ErrorClass::Transient),
            retry_after,
        },
        "slow" => Trouble::Slow(factor.unwrap_or(1.0)),
        "errors" => Trouble::Errors {
            class: class.unwrap_or(ErrorClass::Transient),
            share: share.unwrap_or(0.0),
        },
        "limits" => Trouble::Limits {
            rate: rate.unwrap_or(1.0),
            retry_after,
        },
        _ => Trouble::Burst(calls.unwrap_or(1)),
    };
    let from = from.unwrap_or_default();
    Some(Episode {
        from,
        // What is missing or wrong has been reported.
        until: until.unwrap_or(from),
        replica,
        trouble,
    })
}

fn trouble(reader: &mut Reader<'_>, node: &Node) -> Option<&'static str> {
    let name = reader.text(node)?;
    let names = TROUBLES.iter().map(|(known, _)| *known);
    let found = names.clone().find(|known| *known == name);
    if found.is_none() {
        let help = suggest(&name, "troubles", names);
        reader.wrong(
            &node.span,
            format!("unknown trouble {}", quoted(&name)),
            &help,
        );
    }
    found
}

const SPREADS: [(&str, usize); 4] = [
    ("uniform", 2),
    ("exponential", 1),
    ("normal", 2),
    ("either", 3),
];

const SPREAD_FORMS: &str = "write a length of time, or one of \"uniform(5ms, 10ms)\", \"exponential(20ms)\", \"normal(10ms, 2ms)\", \"either(10ms, 1s, 0.01)\"";

/// How deep spreads may stand in each other.
const DEEPEST: usize = 8;

impl Reader<'_> {
    /// Reads how long something takes.
    fn spread(&mut self, node: &Node) -> Option<Spread> {
        let Value::Text(text) = &node.value else {
            return self.time(node).map(Spread::from);
        };
        if !text.contains('(') {
            return self.time(node).map(Spread::from);
        }
        let start = self.start_of(text, &node.span);
        match parse(text, 0, DEEPEST) {
            Ok(spread) => Some(spread),
            Err((part, message, help)) => {
                let span = start.map_or(node.span.clone(), |start| {
                    start.saturating_add(part.start)..start.saturating_add(part.end)
                });
                self.wrong(&span, message, &help);
                None
            }
        }
    }

    /// Reads a length of time, or "none".
    fn time_or_none(&mut self, node: &Node) -> Option<Duration> {
        (!is_none(node)).then(|| self.time(node)).flatten()
    }

    /// Reads a whole number, or "none".
    fn count_or_none(&mut self, node: &Node) -> Option<u32> {
        (!is_none(node)).then(|| self.count(node)).flatten()
    }

    fn missing(&mut self, node: &Node, key: &str, help: &str) {
        self.wrong_under(key, &node.span, "is missing", help);
    }
}

fn is_none(node: &Node) -> bool {
    matches!(&node.value, Value::Text(text) if text == "none")
}

type Mistake = (Span, String, String);

/// Reads `name(first, second)`, which starts at `at`.
fn parse(text: &str, at: usize, depth: usize) -> Result<Spread, Mistake> {
    let trimmed = text.trim_start();
    let at = at.saturating_add(text.len().saturating_sub(trimmed.len()));
    let text = trimmed.trim_end();
    let whole = at..at.saturating_add(text.len());
    let Some((name, rest)) = text.split_once('(') else {
        let time = parse_duration(text).map_err(|(message, help)| (whole, message, help))?;
        return Ok(time.into());
    };
    let wrong = |message: String| (whole.clone(), message, SPREAD_FORMS.to_owned());
    if depth == 0 {
        return Err(wrong(format!("stands more than {DEEPEST} deep")));
    }
    let Some((_, count)) = SPREADS.iter().find(|(known, _)| *known == name.trim_end()) else {
        let known = list_names(SPREADS.iter().map(|(known, _)| *known));
        let end = at.saturating_add(name.len());
        let message = format!(
            "unknown spread {}: there are {known}",
            quoted(name.trim_end())
        );
        return Err((at..end, message, SPREAD_FORMS.to_owned()));
    };
    let Some(inner) = rest.strip_suffix(')') else {
        return Err(wrong("has no closing parenthesis at its end".to_owned()));
    };
    let parts = split(inner);
    if parts.len() != *count {
        let found = parts.len();
        return Err(wrong(format!(
            "has {found} parts, and `{name}` takes {count}"
        )));
    }
    let inner_at = at.saturating_add(name.len()).saturating_add(1);
    let part = |n: usize| parts.get(n).map_or((0, ""), |(from, part)| (*from, *part));
    let time = |n: usize| {
        let (from, part) = part(n);
        let from = inner_at.saturating_add(from);
        let span = from..from.saturating_add(part.len());
        parse_duration(part).map_err(|(message, help)| (span, message, help))
    };
    let spread = |n: usize| {
        let (from, part) = part(n);
        parse(part, inner_at.saturating_add(from), depth - 1)
    };
    Ok(match name.trim_end() {
        "uniform" => Spread::uniform(time(0)?, time(1)?),
        "exponential" => Spread::exponential(time(0)?),
        "normal" => Spread::normal(time(0)?, time(1)?),
        _ => {
            let (from, share) = part(2);
            let from = inner_at.saturating_add(from);
            let share_span = from..from.saturating_add(share.len());
            let number = share.trim().parse::<f64>();
            let share = number.map_err(|_| {
                let message = format!("{} is no share", quoted(share.trim()));
                (
                    share_span,
                    message,
                    "write a number from 0 to 1, such as 0.01".to_owned(),
                )
            })?;
            Spread::either(spread(0)?, spread(1)?, share)
        }
    })
}

/// Splits at the commas outside of parentheses. Each part has its place.
fn split(text: &str) -> Vec<(usize, &str)> {
    let (mut parts, mut start, mut depth) = (Vec::new(), 0_usize, 0_usize);
    for (at, sign) in text.char_indices() {
        match sign {
            '(' => depth = depth.saturating_add(1),
            ')' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                parts.push((start, text.get(start..at).unwrap_or_default()));
                start = at.saturating_add(1);
            }
            _ => {}
        }
    }
    parts.push((start, text.get(start..).unwrap_or_default()));
    parts
}
