//! Every way in which a call can end, for each observer that records: gauges are back at zero, attempts are
//! balanced, spans closed, and each end counted once.

mod scraped;
mod sentry_0_48;
mod spans;
mod statsd;
