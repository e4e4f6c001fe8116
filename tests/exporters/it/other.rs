//! What the log says of names that are shown as one.

use std::cell::RefCell;
use std::sync::Once;

use log::{LevelFilter, Metadata, Record};
use redress::contrib::prometheus_0_14::Metrics;

use crate::calls::many_names;

thread_local! {
    static LOGGED: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

/// Keeps what each thread, which is one test, logs.
struct Logger;

impl log::Log for Logger {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "redress"
    }

    fn log(&self, record: &Record<'_>) {
        if self.enabled(record.metadata()) {
            let line = format!("{} {}", record.level(), record.args());
            LOGGED.with_borrow_mut(|all| all.push(line));
        }
    }

    fn flush(&self) {}
}

fn logged(names: u32) -> Vec<String> {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        log::set_logger(&Logger).unwrap();
        log::set_max_level(LevelFilter::Trace);
    });
    let metrics = Metrics::register(&prometheus::Registry::new()).unwrap();
    many_names(names, metrics);
    LOGGED.take()
}

#[test]
fn the_first_name_beyond_200_is_said_once() {
    assert_eq!(logged(200), [""; 0]);
    let said = "WARN more than 200 names of operations: \"load user 200\" and any further one is counted as \
                \"other\"";
    assert_eq!(logged(1000), [said]);
}
