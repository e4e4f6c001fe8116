//! The results: counted, measured, printed and checked.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::server::Traffic;

/// The number of stopped calls, by reason.
#[derive(Default)]
pub(crate) struct Stops(Mutex<BTreeMap<&'static str, u32>>);

impl Stops {
    /// Counts one call that stopped.
    pub(crate) fn count(&self, reason: &'static str) {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *counts.entry(reason).or_default() += 1;
    }
}

impl fmt::Display for Stops {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for (i, (reason, count)) in counts.iter().enumerate() {
            let separator = if i == 0 { "" } else { ", " };
            write!(f, "{separator}{count} {reason}")?;
        }
        Ok(())
    }
}

/// The results of all calls made in one way.
pub(crate) struct Row {
    pub(crate) name: &'static str,
    pub(crate) succeeded: usize,
    /// The duration of each call, including failed ones.
    pub(crate) times: Vec<Duration>,
    pub(crate) traffic: Traffic,
    /// The reasons why the other calls stopped.
    pub(crate) stopped: String,
}

impl Row {
    /// Returns the time within which this share of the calls ended, in milliseconds.
    fn percentile(&self, percent: usize) -> f64 {
        let mut times = self.times.clone();
        times.sort_unstable();
        let rank = (times.len() * percent).div_ceil(100);
        let time = times.get(rank.saturating_sub(1));
        time.map_or(f64::NAN, |time| time.as_secs_f64() * 1e3)
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:<10}  {:>9}  {:>8}  {:>7}  {:>7.1}  {:>7.1}  {}",
            self.name,
            format!("{}/{}", self.succeeded, self.times.len()),
            self.traffic.requests,
            self.traffic.useless,
            self.percentile(50),
            self.percentile(99),
            self.stopped,
        )
    }
}

/// Prints one line for each way.
pub(crate) fn print_table(rows: &[&Row]) {
    println!("            SUCCEEDED  REQUESTS  USELESS   P50 ms   P99 ms  WHY THE REST STOPPED");
    for row in rows {
        println!("{row}");
    }
    println!(
        "\n\
         Useless: a 404 asked for again, or a request before the Retry-After of a 429 had passed.\n\
         Stopped: #[retry] says why; of the others it is the class of the last error."
    );
}

/// Checks that `retry` got more orders than both other ways, and with fewer useless requests than
/// the loop.
pub(crate) fn check(plain: &Row, naive: &Row, retry: &Row) -> Result<(), String> {
    for other in [plain, naive] {
        if retry.succeeded <= other.succeeded {
            return Err(format!(
                "{} succeeded {} times, no more often than the {} ({})",
                retry.name, retry.succeeded, other.name, other.succeeded
            ));
        }
    }
    if retry.traffic.useless >= naive.traffic.useless {
        return Err(format!(
            "{} sent {} useless requests, no fewer than the {} ({})",
            retry.name, retry.traffic.useless, naive.name, naive.traffic.useless
        ));
    }
    Ok(())
}
