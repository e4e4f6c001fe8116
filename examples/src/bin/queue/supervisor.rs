//! Starts the worker, kills it, and starts it again.

use std::error::Error;
use std::fmt;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// A moment at which to kill a worker, counted by the worker's reports, never by time.
struct Kill {
    /// The last step of the worker: it has begun an attempt, asked the service, or ended the
    /// attempt.
    point: &'static str,
    /// The lowest number of an attempt whose reports count.
    attempt: u32,
    /// The number of reports to wait for.
    times: u32,
    /// Lets the worker run on before it is killed, so that it may die anywhere, also in the middle
    /// of a transaction.
    running: bool,
}

const fn when(point: &'static str, attempt: u32, times: u32) -> Kill {
    Kill {
        point,
        attempt,
        times,
        running: false,
    }
}

const fn some_time_after(point: &'static str, attempt: u32, times: u32) -> Kill {
    Kill {
        running: true,
        ..when(point, attempt, times)
    }
}

/// Kills before and after the request to the service, in first, later and last attempts.
const KILLS: [Kill; 8] = [
    when("begun", 1, 3),
    when("asked", 1, 5),
    when("begun", 2, 1),
    some_time_after("ended", 1, 4),
    when("asked", 3, 2),
    some_time_after("begun", 2, 4),
    when("begun", crate::policy::MAX_ATTEMPTS, 1),
    some_time_after("asked", 1, 2),
];

pub(crate) fn run(folder: &Path) -> Result<(), Box<dyn Error>> {
    for kill in &KILLS {
        let mut worker = start(folder)?;
        follow(&mut worker, Some(kill))?;
        // SIGKILL on Unix: nothing of the worker runs after it.
        worker.kill()?;
        let ended = worker.wait()?;
        if cfg!(unix) && ended.code().is_some() {
            return Err(format!("a worker ended by itself before it was killed: {ended}").into());
        }
        println!("killed a worker {kill}");
    }
    let mut worker = start(folder)?;
    follow(&mut worker, None)?;
    let ended = worker.wait()?;
    if ended.success() {
        Ok(())
    } else {
        Err(format!("the last worker failed: {ended}").into())
    }
}

fn start(folder: &Path) -> std::io::Result<Child> {
    Command::new(std::env::current_exe()?)
        .arg("worker")
        .arg(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
}

/// Lets a worker go on from point to point until it is to be killed, or otherwise until it exits.
fn follow(worker: &mut Child, kill: Option<&Kill>) -> Result<(), Box<dyn Error>> {
    let (Some(go_on), Some(reports)) = (&mut worker.stdin, &mut worker.stdout) else {
        return Err("the worker has no pipes".into());
    };
    let mut seen = 0;
    for report in BufReader::new(reports).lines() {
        let report = report?;
        if let Some(kill) = kill.filter(|kill| kill.is_at(&report)) {
            seen += 1;
            if seen == kill.times {
                if kill.running {
                    writeln!(go_on)?;
                }
                return Ok(());
            }
        }
        writeln!(go_on)?;
    }
    match kill {
        None => Ok(()),
        Some(kill) => Err(format!("a worker was to be killed {kill}, but it ended before").into()),
    }
}

impl Kill {
    /// Returns `true` if a report, `point job attempt`, counts.
    fn is_at(&self, report: &str) -> bool {
        let mut words = report.split(' ');
        let (point, attempt) = (words.next(), words.nth(1));
        let attempt = attempt.and_then(|attempt| attempt.parse().ok());
        point == Some(self.point) && attempt.is_some_and(|attempt: u32| attempt >= self.attempt)
    }
}

impl fmt::Display for Kill {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let how = if self.running { "some time" } else { "right" };
        write!(
            f,
            "{how} after it had {} {} attempts",
            self.point, self.times
        )?;
        match self.attempt {
            1 => Ok(()),
            attempt => write!(f, " with the number {attempt} or higher"),
        }
    }
}
