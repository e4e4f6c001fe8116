use super::Trouble;
use super::world::{Load, World};
use crate::defaults;
use crate::problems::Problems;
use crate::strategies::length;

/// Reports what is wrong with a world.
pub(super) fn check(world: &World, problems: &mut Problems) {
    let most = defaults::WORLD_MAX_DURATION;
    if world.duration.is_zero() || world.duration > most {
        let (is, most) = (length(world.duration), length(most));
        let message = format!("is {is}: give a time above zero, up to {most}");
        problems.add("duration", message);
    }
    check_load(world, problems);
    count(
        "instances",
        world.instances,
        defaults::WORLD_MAX_INSTANCES,
        problems,
    );
    count("layers", world.layers, defaults::WORLD_MAX_LAYERS, problems);
    if world
        .attempt_timeout
        .is_some_and(|timeout| timeout.is_zero())
    {
        problems.add("attempt_timeout", "is zero: no attempt could succeed");
    }
    world.network.check("network", problems);
    share("loss", world.loss, problems);
    problems.within("server", |problems| check_server(world, problems));
    for (n, episode) in world.script.iter().enumerate() {
        problems.within(&format!("script[{n}]"), |problems| {
            let (from, until) = (episode.from, episode.until);
            if until < from {
                let (until, from) = (length(until), length(from));
                let message =
                    format!("is {until}, before `from`, which is {from}: give the later time");
                problems.add("until", message);
            }
            if until > world.duration {
                let (until, end) = (length(until), length(world.duration));
                let message = format!(
                    "is {until}, after the end of the world, which is {end}: raise `duration`"
                );
                problems.add("until", message);
            }
            let replicas = world.server.replicas;
            if let Some(replica) = episode.replica.filter(|replica| *replica >= replicas) {
                let message =
                    format!("is {replica}, and the {replicas} replicas are counted from 0");
                problems.add("replica", message);
            }
            check_trouble(&episode.trouble, problems);
        });
    }
    if let Some(from) = world.healthy_from.filter(|from| *from >= world.duration) {
        let (from, end) = (length(from), length(world.duration));
        let message = format!("is {from}, which leaves no time until the end, {end}");
        problems.add("healthy_from", message);
    }
}

fn check_load(world: &World, problems: &mut Problems) {
    problems.within("load", |problems| match &world.load {
        Load::Open(points) => {
            if points.is_empty() {
                problems.add("rate", "has no value: give the calls a second");
            }
            let most = defaults::WORLD_MAX_RATE;
            for (_, rate) in points {
                if !(0.0..=most).contains(rate) {
                    let message = format!("is {rate}: give calls a second, up to {most}");
                    problems.add("rate", message);
                }
            }
            if !points.is_sorted_by_key(|(at, _)| *at) {
                problems.add("rate", "has times that go back: give them in their order");
            }
        }
        Load::Closed(clients) => {
            count(
                "clients",
                clients.count,
                defaults::WORLD_MAX_CLIENTS,
                problems,
            );
            if clients.calls == Some(0) {
                problems.add("calls", "is 0: give at least 1");
            }
            clients.think.check("think", problems);
            let instant = clients.think.is_zero() && clients.calls.is_none();
            // A client that is refused at once would call for ever within one instant.
            if instant && world.server.service.is_zero() && world.network.is_zero() {
                let message = "is zero, and so is the time that a call takes: give one of them";
                problems.add("think", message);
            }
        }
        Load::Trace(_) => {}
    });
}

fn check_server(world: &World, problems: &mut Problems) {
    let server = &world.server;
    count(
        "replicas",
        server.replicas,
        defaults::WORLD_MAX_REPLICAS,
        problems,
    );
    if let Some(workers) = server.workers {
        count("workers", workers, defaults::WORLD_MAX_WORKERS, problems);
    }
    count(
        "fan_out",
        server.fan_out,
        defaults::WORLD_MAX_FAN_OUT,
        problems,
    );
    server.service.check("service", problems);
    if let Some(limit) = server.limit {
        problems.within("limit", |problems| {
            above_zero("rate", limit.rate, problems);
            above_zero("burst", limit.burst, problems);
        });
    }
    if server.refusal_time.is_zero() {
        let message = "is zero, and retries without a delay would never end: give at least 1us";
        problems.add("refusal_time", message);
    }
}

fn check_trouble(trouble: &Trouble, problems: &mut Problems) {
    match trouble {
        Trouble::Slow(factor) => above_zero("factor", *factor, problems),
        Trouble::Errors { share: part, .. } => share("share", *part, problems),
        Trouble::Limits { rate, .. } => above_zero("rate", *rate, problems),
        Trouble::Burst(calls) => {
            count("calls", *calls, defaults::WORLD_MAX_CLIENTS, problems);
        }
        Trouble::Stalls | Trouble::Down | Trouble::Refuses { .. } => {}
    }
}

fn count(setting: &str, number: u32, most: u32, problems: &mut Problems) {
    if number == 0 || number > most {
        let message = format!("is {number}: give a number from 1 to {most}");
        problems.add(setting, message);
    }
}

fn share(setting: &str, share: f64, problems: &mut Problems) {
    if !(0.0..=1.0).contains(&share) {
        let message = format!("is {share}: give a share from 0 to 1");
        problems.add(setting, message);
    }
}

fn above_zero(setting: &str, number: f64, problems: &mut Problems) {
    if !(number.is_finite() && number > 0.0) {
        let message = format!("is {number}: give a number above 0");
        problems.add(setting, message);
    }
}
