//! What a logger of `log` gets to see of calls.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io::Error;
use std::sync::Once;
use std::time::Duration;

use log::kv::{self, Key, Value, VisitSource};
use log::{Level, LevelFilter, Metadata, Record};
use redress::contrib::lines::Line;
use redress::contrib::log_0_4::{default_level, lines};
use redress::testing::VirtualClock;
use redress::{
    CircuitBreaker, Classification, ErrorClass, EventName, Observer, Policy, strategies,
};

use crate::every_end::{Ended, Watch, every_end, goes_on, said};
use crate::support::{builder, down};

#[derive(Debug, Clone, PartialEq)]
struct Logged {
    level: Level,
    text: String,
    pairs: BTreeMap<String, String>,
}

thread_local! {
    static LOGGED: RefCell<Vec<Logged>> = const { RefCell::new(Vec::new()) };
}

/// Keeps what each thread, which is one test, logs.
struct Logger;

impl log::Log for Logger {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "redress"
    }

    fn log(&self, record: &Record<'_>) {
        // Other crates of this program do not ask whether they should. A panic here would end threads of theirs.
        if !record.target().starts_with("redress") {
            return;
        }
        assert!(self.enabled(record.metadata()));
        let mut pairs = Pairs(BTreeMap::new());
        record.key_values().visit(&mut pairs).unwrap();
        let (level, text) = (record.level(), record.args().to_string());
        LOGGED.with_borrow_mut(|all| {
            all.push(Logged {
                level,
                text,
                pairs: pairs.0,
            })
        });
    }

    fn flush(&self) {}
}

struct Pairs(BTreeMap<String, String>);

impl<'kvs> VisitSource<'kvs> for Pairs {
    fn visit_pair(&mut self, key: Key<'kvs>, value: Value<'kvs>) -> Result<(), kv::Error> {
        self.0.insert(key.to_string(), value.to_string());
        Ok(())
    }
}

fn logged(run: impl FnOnce()) -> Vec<Logged> {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        log::set_logger(&Logger).unwrap();
        log::set_max_level(LevelFilter::Trace);
    });
    run();
    LOGGED.take()
}

fn texts(all: &[Logged]) -> Vec<(Level, &str)> {
    all.iter()
        .map(|line| (line.level, line.text.as_str()))
        .collect()
}

/// The default observer of a process is set once, so this test runs itself in a process of its own.
#[test]
fn the_default_observer_writes_each_change_of_a_breaker_once_and_sees_functions_too() {
    const CHILD: &str = "REDRESS_TEST_OF_THE_DEFAULT_OBSERVER";
    if std::env::var_os(CHILD).is_some() {
        // The harness has begun a line.
        println!();
        for line in logged(changes_of_two_breakers) {
            println!("line: {:?} {}", line.level, line.text);
        }
        return;
    }
    let name = std::thread::current().name().unwrap().to_owned();
    let child = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", &name, "--nocapture", "--test-threads=1"])
        .env(CHILD, "")
        .output()
        .unwrap();
    let output = String::from_utf8(child.stdout).unwrap();
    let lines: Vec<_> = output
        .lines()
        .filter_map(|line| line.strip_prefix("line: "))
        .collect();
    let expected = [
        "Warn load_order: permanent_fail after 1 attempt: PERMANENT (error)",
        "Warn circuit breaker orders-db: closed -> open",
        "Debug load_order: circuit_rejected",
        "Info circuit breaker orders-db: open -> closed",
        "Warn circuit breaker: closed -> open",
        "Warn read_nothing: permanent_fail after 1 attempt: PERMANENT (error)",
    ];
    assert_eq!(lines, expected, "{output}");
}

#[redress::retry]
fn read_nothing() -> std::io::Result<Vec<u8>> {
    std::fs::read("no/such/file")
}

fn changes_of_two_breakers() {
    redress::observe::set_default(lines()).unwrap();
    let breaker = CircuitBreaker::builder()
        .name("orders-db")
        .failure_threshold(1)
        .trip_on([ErrorClass::Permanent])
        .build()
        .unwrap();
    // It opens by a call, refuses, and is closed by hand.
    let policy = Policy::builder()
        .operation("load_order")
        .classifier(|_: &Error| ErrorClass::Permanent)
        .circuit_breaker(breaker.clone())
        .build()
        .unwrap();
    policy.call(|| Err::<(), _>(down())).unwrap_err();
    policy.call(|| Err::<(), _>(down())).unwrap_err();
    breaker.reset();
    CircuitBreaker::new().force_open();
    read_nothing().unwrap_err();
}

#[test]
fn a_line_is_whole_as_text() {
    let all = logged(|| {
        let policy = builder(&VirtualClock::new())
            .operation("load_order")
            .max_attempts(3)
            .on_event(lines());
        let policy = policy.build().unwrap();
        let mut failures = 1;
        let once = || match std::mem::take(&mut failures) {
            0 => Ok(()),
            _ => Err(down()),
        };
        policy.call(once).unwrap();
        policy.call(|| Err::<(), _>(down())).unwrap_err();
        policy.call(|| Ok::<_, Error>(())).unwrap();
    });
    let expected = [
        (
            Level::Info,
            "load_order: retry after 1 attempt, in 1s: TRANSIENT (error)",
        ),
        (Level::Info, "load_order: success after 2 attempts"),
        (
            Level::Info,
            "load_order: retry after 1 attempt, in 1s: TRANSIENT (error)",
        ),
        (
            Level::Info,
            "load_order: retry after 2 attempts, in 1s: TRANSIENT (error)",
        ),
        (
            Level::Warn,
            "load_order: max_attempts_exceeded after 3 attempts: TRANSIENT (error)",
        ),
    ];
    assert_eq!(texts(&all), expected);
}

#[test]
fn a_line_has_the_same_as_key_values() {
    let busy = |_: &Error| {
        let class = Classification::new(ErrorClass::RateLimit).detail("http_status", "429");
        class.retry_after(Duration::from_millis(2500))
    };
    let all = logged(|| {
        let policy = Policy::builder()
            .classifier(busy)
            .strategy(strategies::fixed(1))
            .clock(VirtualClock::new())
            .max_attempts(2)
            .operation("load_order")
            .on_event(lines())
            .build()
            .unwrap();
        policy.call(|| Err::<(), _>(down())).unwrap_err();
    });
    let pairs = &all[0].pairs;
    let names: Vec<_> = pairs.keys().map(String::as_str).collect();
    let expected = [
        "error.type",
        "redress.attempt",
        "redress.cause",
        "redress.delay",
        "redress.details",
        "redress.elapsed",
        "redress.error_type",
        "redress.operation",
        "redress.retry_after",
    ];
    assert_eq!(names, expected);
    assert_eq!(pairs["redress.retry_after"], "2.5");
    assert_eq!(pairs["redress.details"], "http_status=429");
    assert_eq!(all[1].pairs["redress.stop_reason"], "MAX_ATTEMPTS_GLOBAL");
}

#[test]
fn levels_are_the_users_and_none_is_silence() {
    let all = logged(|| {
        let observer = lines().successes().levels(|line| match line {
            Line::Event(event) if event.name() == EventName::Retry => None,
            _ => default_level(line),
        });
        let policy = builder(&VirtualClock::new())
            .max_attempts(2)
            .on_event(observer)
            .build()
            .unwrap();
        policy.call(|| Err::<(), _>(down())).unwrap_err();
        policy.call(|| Ok::<_, Error>(())).unwrap();
    });
    let expected = [
        (
            Level::Warn,
            "max_attempts_exceeded after 2 attempts: TRANSIENT (error)",
        ),
        (Level::Trace, "success after 1 attempt"),
    ];
    assert_eq!(texts(&all), expected);
}

#[test]
fn a_name_that_is_chosen_by_a_stranger_is_one_line() {
    let all = logged(|| {
        let policy = builder(&VirtualClock::new()).on_event(lines());
        let policy = policy.max_attempts(1).build().unwrap();
        for name in ["", "a\nWARN load_order: all is well\r"] {
            let context = policy.context().operation(name);
            context.call(|| Err::<(), _>(down())).unwrap_err();
        }
    });
    let expected = [
        "max_attempts_exceeded after 1 attempt: TRANSIENT (error)",
        "a\\nWARN load_order: all is well\\r: max_attempts_exceeded after 1 attempt: TRANSIENT (error)",
    ];
    assert_eq!(texts(&all), expected.map(|line| (Level::Warn, line)));
}

struct Logs {
    successes: bool,
}

impl Watch for Logs {
    fn observer(&self) -> impl Observer + 'static {
        if self.successes {
            lines().successes()
        } else {
            lines()
        }
    }

    fn is_closed(&self) -> bool {
        true
    }

    fn assert_ended(&self, ended: &Ended<'_>) {
        let all = LOGGED.take();
        // The name of what happened follows that of the operation, and may be followed by a class.
        let names = all.iter().map(|line| {
            let (_, what) = line.text.split_once(": ").unwrap();
            what.split([' ', ':']).next().unwrap()
        });
        let ends: Vec<_> = names
            // Lines say these in words: "session ended", "not ready yet".
            .filter(|name| !goes_on(name) && !["session", "not"].contains(name))
            .collect();
        ended.assert_shown(&ends, !self.successes, said);
    }
}

#[test]
fn every_end_is_one_line() {
    for successes in [false, true] {
        logged(|| every_end(&Logs { successes }));
    }
}
