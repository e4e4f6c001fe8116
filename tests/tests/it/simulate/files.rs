//! Worlds from files.

use std::time::Duration;

use redress::ErrorClass;
use redress::config::Format;
use redress::simulate::worlds::OUTAGE;
use redress::simulate::{Spread, Trouble, World};

const ALL: &str = r#"
name = "all"
duration = "90s"
healthy_from = "50s"
instances = 4
layers = 2
attempt_timeout = "1s"
network = "normal(2ms, 1ms)"
loss = 0.001

[load]
rate = [["0s", 40], ["25s", 80.5]]

[server]
replicas = 2
workers = 8
service = "either(exponential(20ms), 1s, 0.01)"
slower = "1ms"
queue = 100
patience = "2s"
refuses_with = "rate_limit"
retry_after = "3s"
refusal_time = "2ms"
limit = { rate = 100, burst = 50, retry_after = "1s" }
fan_out = 3
contended = true

[[script]]
what = "stalls"
from = "1s"
until = "2s"
replica = 1

[[script]]
what = "refuses"
class = "server_error"
retry_after = "1s"
from = "3s"
until = "4s"

[[script]]
what = "burst"
calls = 30
from = "5s"
"#;

fn all() -> World {
    World::builder("all")
        .duration(90)
        .healthy_from(50)
        .instances(4)
        .layers(2)
        .attempt_timeout(1)
        .network(Spread::normal(0.002, 0.001))
        .loss(0.001)
        .rates([(0, 40.0), (25, 80.5)])
        .replicas(2)
        .workers(8)
        .service(Spread::either(Spread::exponential(0.02), 1, 0.01))
        .slower(0.001)
        .queue(100)
        .patience(2)
        .refusal(ErrorClass::RateLimit, Some(Duration::from_secs(3)))
        .refusal_time(0.002)
        .limit(100.0, 50, Some(Duration::from_secs(1)))
        .fan_out(3)
        .contended()
        .on_replica(1, 1, 2, Trouble::Stalls)
        .during(
            3,
            4,
            Trouble::Refuses {
                class: ErrorClass::ServerError,
                retry_after: Some(Duration::from_secs(1)),
            },
        )
        .during(5, 5, Trouble::Burst(30))
        .build()
        .unwrap()
}

#[test]
fn a_file_has_every_setting_of_the_builder_in_every_format() {
    assert_eq!(World::parse(Format::Toml, ALL).unwrap(), all());
    let value: toml::Value = toml::from_str(ALL).unwrap();
    let json = serde_json::to_string_pretty(&value).unwrap();
    assert_eq!(World::parse(Format::Json, &json).unwrap(), all());
    // JSON is YAML.
    assert_eq!(World::parse(Format::Yaml, &json).unwrap(), all());
}

#[test]
fn a_file_may_start_from_a_named_world_and_may_replace_its_load() {
    let like = World::parse(Format::Toml, "name = 'outage'\nlike = 'outage'").unwrap();
    assert_eq!(like, OUTAGE.world());
    let clients = "like = 'outage'\nload = { clients = 3, think = '1s', start = '1s' }";
    let clients = World::parse(Format::Toml, clients).unwrap();
    let expected = OUTAGE.world().to_builder().clients(3).think(1).start(1);
    let expected = expected.build().unwrap();
    assert_eq!(clients.rate(Duration::ZERO), None);
    assert_eq!(
        format!("{clients:?}").replace("world", "outage"),
        format!("{expected:?}")
    );
}

#[track_caller]
fn assert_refused(text: &str, expected: &[&str]) {
    let error = World::parse(Format::Toml, text).unwrap_err().to_string();
    assert_eq!(error.lines().collect::<Vec<_>>(), expected);
}

#[test]
fn every_mistake_is_named_with_its_place() {
    assert_refused(
        "durration = '3s'\nloss = 2\nnetwork = 'normal(1ms)'\ninstances = 0\n",
        &[
            "1:1: durration: unknown key: did you mean `duration`?",
            "2:8: loss: is 2: give a share from 0 to 1",
            "3:12: network: has 1 parts, and `normal` takes 2: write a length of time, or one of \"uniform(5ms, 10ms)\", \"exponential(20ms)\", \"normal(10ms, 2ms)\", \"either(10ms, 1s, 0.01)\"",
            "4:13: instances: is 0: give a number from 1 to 10000",
        ],
    );
    assert_refused(
        "[server]\nservice = 'exponential(20x)'\nlimit = { burst = 3 }\n[load]\nrate = [['0s', 1], ['5s']]\nclients = 3\n",
        &[
            "2:24: server.service: unknown unit \"x\": the units are `ns`, `us`, `ms`, `s`, `m` and `h`",
            "3:9: server.limit: is missing `rate`: write rate = 100",
            "4:1: load: has both `rate` and clients: give the rate of calls that come by themselves, or clients that wait for answers",
            "5:20: load.rate[1]: has 1 parts, not a time and a rate: write rate = 200, or rate = [[\"0s\", 40], [\"25s\", 80]]",
        ],
    );
    assert_refused(
        "duration = '10s'\n[[script]]\nwhat = 'slow'\nfrom = '5s'\nuntil = '3s'\n[[script]]\nwhat = 'burst'\ncalls = 1\nfrom = '20s'",
        &[
            "2:1: script[0].factor: is missing: write factor = 5",
            "5:9: script[0].until: is 3s, before `from`, which is 5s: give the later time",
            "6:1: script[1].until: is 20s, after the end of the world, which is 10s: raise `duration`",
        ],
    );
}

/// One mistake in each, and where it is: the line and the column.
#[rustfmt::skip]
const BROKEN: [(&str, &str); 40] = [
    ("duration = 'soon'", "1:12: duration: "),
    ("duration = -1", "1:12: duration: "),
    ("duration = '0s'", "1:12: duration: "),
    ("duration = '2d'", "1:12: duration: "),
    ("duration = '30h'", "1:12: duration: "),
    ("duration = true", "1:12: duration: "),
    ("duration = '60s'\nduration = '61s'", "2:1: "),
    ("like = 'outtage'", "1:8: like: "),
    ("like = 3", "1:8: like: "),
    ("name = 3", "1:8: name: "),
    ("healthy_from = '90s'", "1:16: healthy_from: "),
    ("instances = 1.5", "1:13: instances: "),
    ("instances = 'many'", "1:13: instances: "),
    ("layers = 6", "1:10: layers: "),
    ("attempt_timeout = 'never'", "1:19: attempt_timeout: "),
    ("attempt_timeout = '0s'", "1:19: attempt_timeout: "),
    ("network = 'exponential(5ms'", "1:12: network: "),
    ("network = 'exponental(5ms)'", "1:12: network: "),
    ("network = 'either(1ms, 2ms, 3)'", "1:11: network: "),
    ("network = 'either(1ms, 2ms, most)'", "1:29: network: "),
    ("network = 'uniform(5ms, 1ms)'", "1:11: network: "),
    ("loss = nan", "1:8: loss: "),
    ("load = 200", "1:8: load: "),
    ("load.rate = -1", "1:13: load.rate: "),
    ("load.rate = inf", "1:13: load.rate: "),
    ("load.rate = [['5s', 1], ['0s', 2]]", "1:13: load.rate: "),
    ("load.rate = []", "1:13: load.rate: "),
    ("load.clients = 0", "1:16: load.clients: "),
    ("load.think = '1s'\nload.rates = 3", "2:6: load.rates: "),
    ("[server]\nworkers = 0", "2:11: server.workers: "),
    ("[server]\ncapacity = 0", "2:12: server.capacity: "),
    ("[server]\ncapacity = 3\nworkers = 2", "1:1: server: "),
    ("[server]\nqueue = -1", "2:9: server.queue: "),
    ("[server]\nrefuses_with = 'sad'", "2:16: server.refuses_with: "),
    ("[server]\nlimit = 3", "2:9: server.limit: "),
    ("[server]\ncontended = 'yes'", "2:13: server.contended: "),
    ("script = 'stalls'", "1:10: script: "),
    ("[[script]]\nwhat = 'slow'\nfactor = 0\nfrom = 1\nuntil = 2", "3:10: script[0].factor: "),
    ("[[script]]\nwhat = 'down'\nfrom = 1\nuntil = 2\nreplica = 1", "5:11: script[0].replica: "),
    ("[[script]]\nwhat = 'errors'\nclass = 'transient'\nshare = 1.5\nfrom = 1\nuntil = 2", "4:9: script[0].share: "),
];

#[test]
fn forty_broken_files_are_refused_each_in_its_place() {
    let mut wrong = Vec::new();
    for (text, place) in BROKEN {
        match World::parse(Format::Toml, text) {
            Ok(_) => wrong.push(format!("{text:?} is accepted")),
            Err(error) => {
                let error = error.to_string();
                // One mistake is one message.
                if !error.starts_with(place) || error.lines().count() != 1 {
                    wrong.push(format!("{text:?}: {place:?}, but {error:?}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
