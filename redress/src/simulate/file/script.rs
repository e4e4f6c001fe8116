use std::time::Duration;

use super::{Node, Reader, Value, World, quoted, suggest};
use crate::classify::ErrorClass;
use crate::simulate::Trouble;
use crate::simulate::world::Episode;

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

pub(super) fn read(reader: &mut Reader<'_>, node: &Node, world: &mut World) {
    world.script.clear();
    let help = "write one [[script]] for each trouble";
    reader.items(node, help, |reader, item| {
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
