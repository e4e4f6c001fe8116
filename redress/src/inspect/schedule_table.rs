use std::fmt;
use std::time::Duration;

use super::{Planned, Schedule};
use crate::reason::StopReason;
use crate::strategies::length;

/// How many attempts a table shows.
const ROWS: usize = 20;

/// Writes the schedule as a table, the first 20 attempts at most. Times are rounded to the
/// millisecond; `*` marks those that are not before the deadline, `?` those that are unknown.
impl fmt::Display for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rows = vec![["attempt ", "earliest ", "expected ", "latest "].map(str::to_owned)];
        let shown = self.attempts().iter().take(ROWS);
        rows.extend(shown.map(|planned| self.row(planned)));
        let width = |column: usize| {
            let cells = rows.iter().filter_map(|row| row.get(column));
            cells.map(String::len).max().unwrap_or(0)
        };
        let [attempt, earliest, expected, latest] = [0, 1, 2, 3].map(width);
        for [a, b, c, d] in &rows {
            let line = format!("{a:>attempt$} {b:>earliest$} {c:>expected$} {d:>latest$}");
            writeln!(f, "{}", line.trim_end())?;
        }
        let more = self.attempts().len().saturating_sub(ROWS);
        if more > 0 {
            writeln!(f, "... and {more} more")?;
        }
        self.end(f)?;
        if rows.iter().flatten().any(|cell| cell.ends_with('*')) {
            writeln!(f, "* not before the deadline: the attempt does not start")?;
        }
        if self.hinted && self.attempts().len() > 1 {
            writeln!(f, "without Retry-After: a hint takes the place of a delay")?;
        }
        if self.once && self.attempts().len() > 1 {
            let reason = StopReason::MayHaveBeenApplied;
            writeln!(f, "only failures that are unsent: others end with {reason}")?;
        }
        Ok(())
    }
}

impl Schedule {
    fn row(&self, planned: &Planned) -> [String; 4] {
        // The last column of a cell is for the mark.
        let time = |time: Option<Duration>| match time {
            None => "? ".to_owned(),
            Some(time) => {
                let late = self.deadline().is_some_and(|end| time >= end);
                format!("{}{}", length(rounded(time)), if late { "*" } else { " " })
            }
        };
        [
            format!("{} ", planned.attempt),
            time(Some(planned.earliest)),
            time(planned.expected),
            time(planned.latest),
        ]
    }

    fn end(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(reason) = self.ends() else {
            let end = if self.limited { "" } else { ", without end" };
            return writeln!(f, "then more{end}");
        };
        let attempts = self.attempts().len();
        let s = if attempts == 1 { "" } else { "s" };
        write!(f, "then {reason}, after {attempts} attempt{s} at most")?;
        // With what the deadline cuts off, no worst case is one.
        if reason == StopReason::DeadlineExceeded {
            return writeln!(f);
        }
        let (worst, what) = match self.worst_case() {
            Some(worst) => (worst, ""),
            None => (self.delays().unwrap_or_default(), " of delays"),
        };
        if !worst.is_zero() {
            write!(f, " and {}{what} in the worst case", length(rounded(worst)))?;
        }
        if let Some(deadline) = self.deadline().filter(|end| worst > *end) {
            write!(f, ", of which the deadline leaves {}", length(deadline))?;
        }
        writeln!(f)
    }
}

/// Rounds to the millisecond what is longer than one.
fn rounded(time: Duration) -> Duration {
    if time < Duration::from_millis(1) || time == Duration::MAX {
        return time;
    }
    let nearest = Duration::from_nanos(u64::from(time.subsec_nanos()).saturating_add(500_000));
    let part = Duration::from_millis(u64::try_from(nearest.as_millis()).unwrap_or(u64::MAX));
    Duration::from_secs(time.as_secs()).saturating_add(part)
}
