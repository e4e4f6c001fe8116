//! Worlds from files: each file reads one part of a world.

mod load;
mod script;
mod server;
mod spread;

use std::path::Path;
use std::time::Duration;

use super::World;
use super::builder::WorldBuilder;
use super::worlds::{ALL, NamedWorld};
use crate::config::{
    ConfigFileError, Format, Node, Reader, Value, parse_text, quoted, source_of, suggest,
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
        "load" => load::read(reader, value, world),
        "server" => server::read(reader, value, world),
        "script" => script::read(reader, value, world),
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

impl Reader<'_> {
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
