use super::{Node, Reader, Value, World, set};
use crate::simulate::world::Limit;

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

pub(super) fn read(reader: &mut Reader<'_>, node: &Node, world: &mut World) {
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
            let is_table = matches!(value.value, Value::Table(_));
            if is_table && !value.has("rate") {
                reader.wrong(&value.span, "is missing `rate`", "write rate = 100");
            }
            if !value.has("rate") {
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
