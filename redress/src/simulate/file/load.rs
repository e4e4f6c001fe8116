use std::time::Duration;

use super::{Node, Reader, Value, World, WorldBuilder};
use crate::simulate::world::Load;

const LOAD: [&str; 5] = ["rate", "clients", "calls", "think", "start"];

pub(super) fn read(reader: &mut Reader<'_>, node: &Node, world: &mut World) {
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
