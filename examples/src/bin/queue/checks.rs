//! Checks the final state of the queue and the service.

use std::error::Error;
use std::path::Path;

use crate::policy::{CRASH, MAX_ATTEMPTS, MAX_SERVER_ERRORS};
use crate::queue::{Attempt, Queue};
use crate::service::{Kind, Known, Service};

/// The final state of a job.
struct Record {
    job: u32,
    kind: Kind,
    state: String,
    reason: Option<String>,
    attempts: Vec<Attempt>,
    known: Known,
}

/// Prints the final state of the jobs.
///
/// # Errors
///
/// Names every job whose final state is wrong.
pub(crate) fn check(folder: &Path) -> Result<(), Box<dyn Error>> {
    let (queue, service) = (Queue::open(folder)?, Service::open(folder)?);
    let mut wrong = Vec::new();
    let mut died = 0;
    println!("\n{:>3}  {:<9}  {:<44}  end", "job", "kind", "attempts");
    for job in 0..crate::JOBS {
        let (state, reason) = queue.state(job)?;
        let record = Record {
            job,
            kind: Kind::of(job),
            state,
            reason,
            attempts: queue.attempts(job)?,
            known: service.known(job)?,
        };
        record.print();
        died += record.attempts.iter().filter(|a| a.ended.is_none()).count();
        wrong.extend(
            record
                .mistakes()
                .map(|mistake| format!("job {job}: {mistake}")),
        );
    }
    println!("\n{died} attempts died with their worker");
    if died == 0 {
        wrong.push("no attempt was interrupted: the kills have shown nothing".to_owned());
    }
    if wrong.is_empty() {
        println!("no job was lost, none was attempted beyond its caps, no effect happened twice");
        Ok(())
    } else {
        Err(wrong.join("\n").into())
    }
}

impl Record {
    fn print(&self) {
        let attempts: Vec<_> = self.attempts.iter().map(name).collect();
        let reason = self.reason.as_deref().unwrap_or_default();
        println!(
            "{:>3}  {:<9}  {:<44}  {} {reason}",
            self.job,
            format!("{:?}", self.kind).to_lowercase(),
            attempts.join(" "),
            self.state
        );
    }

    fn mistakes(&self) -> impl Iterator<Item = &'static str> {
        let (done, given_up) = (self.state == "done", self.state == "given up");
        let begun = u32::try_from(self.attempts.len()).unwrap_or(u32::MAX);
        let numbers = self.attempts.iter().map(|attempt| attempt.number);
        let broken = self.failures("SERVER_ERROR");
        let last_died = self
            .attempts
            .last()
            .is_some_and(|last| last.ended.is_none());
        let doable = matches!(self.kind, Kind::Easy | Kind::Flaky | Kind::Limited);
        let used_up = begun == MAX_ATTEMPTS || broken == MAX_SERVER_ERRORS;
        [
            (!done && !given_up, "it was lost"),
            (
                begun == 0 || !numbers.eq(1..=begun),
                "its attempts are not counted from 1",
            ),
            (
                begun > MAX_ATTEMPTS,
                "it was attempted more often than the cap",
            ),
            (
                broken > MAX_SERVER_ERRORS,
                "it failed more often than the cap of its class",
            ),
            (
                self.known.requests > begun,
                "the service was asked without an attempt",
            ),
            (
                done && self.known.effects != 1,
                "it is done, and its effect is not",
            ),
            (
                !done && self.known.effects > 0 && !last_died,
                "its effect is there, and it is not done",
            ),
            (self.known.effects > 1, "its effect happened twice"),
            (done && !doable, "it cannot be done, and is"),
            (
                given_up && self.kind != Kind::Forbidden && !used_up,
                "it was given up before its caps",
            ),
        ]
        .into_iter()
        .filter_map(|(wrong, what)| wrong.then_some(what))
    }

    fn failures(&self, class: &str) -> u32 {
        let ended = self.attempts.iter().filter_map(|a| a.ended.as_deref());
        let failed = ended.filter(|ended| *ended == class).count();
        u32::try_from(failed).unwrap_or(u32::MAX)
    }
}

fn name(attempt: &Attempt) -> &str {
    match attempt.ended.as_deref() {
        None => "died",
        Some("SERVER_ERROR") => "broken",
        Some("RATE_LIMIT") => "busy",
        Some("PERMISSION") => "refused",
        Some(ended) if ended == CRASH.as_str() => "reset",
        Some(ended) => ended,
    }
}
