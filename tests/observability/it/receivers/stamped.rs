use std::fmt::Write as _;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use redress_observability_tests::endpoint::Endpoint;

use super::http;

/// A page that is scraped in the place of another, whose samples have a time each.
///
/// A rate depends on when Prometheus has scraped. With times that are given, it is the same for all
/// programs and in all runs.
pub(crate) struct Stamped {
    page: Endpoint,
    text: Arc<Mutex<String>>,
    original: SocketAddr,
}

impl Stamped {
    pub(crate) fn new(content_type: &'static str, original: SocketAddr) -> Self {
        let text = Arc::new(Mutex::new(String::new()));
        let served = Arc::clone(&text);
        let page = Endpoint::serve(content_type, move || served.lock().unwrap().clone());
        Self {
            page,
            text,
            original,
        }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.page.address
    }

    /// Takes what the other page has now, as if it were scraped at this time, in seconds since 1970.
    /// `unit` is in what the format has times: thousandths of a second, or seconds.
    #[track_caller]
    pub(crate) fn take(&self, time: u64, unit: u64) {
        let text = http::get(&format!("http://{}/", self.original)).unwrap();
        *self.text.lock().unwrap() = stamped(&text, time * unit);
    }
}

/// Adds a time to each sample: after its value, before its exemplar.
fn stamped(text: &str, time: u64) -> String {
    let mut stamped = String::new();
    for line in text.lines() {
        let _ = match line.split_once(" # ") {
            _ if line.starts_with('#') || line.is_empty() => writeln!(stamped, "{line}"),
            Some((sample, exemplar)) => writeln!(stamped, "{sample} {time} # {exemplar}"),
            None => writeln!(stamped, "{line} {time}"),
        };
    }
    stamped
}

#[test]
fn a_time_stands_after_the_value() {
    let text =
        "# TYPE a counter\na{b=\"c # d\"} 1\n\na_bucket{le=\"1\"} 2 # {t=\"x\"} 0.5\n# EOF\n";
    // A value of a label may have the sign of an exemplar: none of ours has.
    let text = text.replace(" # d", "");
    let expected =
        "# TYPE a counter\na{b=\"c\"} 1 7\n\na_bucket{le=\"1\"} 2 7 # {t=\"x\"} 0.5\n# EOF\n";
    assert_eq!(stamped(&text, 7), expected);
}
