//! What a team writes in `main`, for each exporter.

use redress::contrib;
use redress::observe::set_default;
use redress_observability_tests::endpoint::TEXT;

/// Writes what is scraped.
type Write = Box<dyn Fn() -> String + Send>;

/// Starts an exporter. Returns the type of its text and what writes it.
pub(crate) fn start(exporter: &str) -> (&'static str, Write) {
    match exporter {
        "prometheus-0_14" => prometheus(),
        _ => panic!("there is no exporter {exporter}"),
    }
}

fn prometheus() -> (&'static str, Write) {
    let registry = prometheus::Registry::new();
    let metrics = contrib::prometheus_0_14::Metrics::register(&registry).unwrap();
    set_default(metrics.durations().in_flight()).unwrap();
    let encoder = prometheus::TextEncoder::new();
    (
        TEXT,
        Box::new(move || encoder.encode_to_string(&registry.gather()).unwrap()),
    )
}
