//! The jobs and their attempts, in SQLite.

use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use redress::call::ResumeToken;
use rusqlite::{Connection, OptionalExtension, params};

/// A job that a worker takes.
pub(crate) struct Job {
    pub(crate) id: u32,
    /// The token with which its operation resumes; `None` before the first attempt.
    pub(crate) token: Option<ResumeToken>,
}

/// The next state of a job.
pub(crate) enum Fate {
    Done,
    /// It resumes from the token once the token's delay has passed.
    Waits(Box<ResumeToken>),
    /// It is given up, for this reason.
    GivenUp(String),
}

/// A recorded attempt. If its worker died, its result is unknown.
pub(crate) struct Attempt {
    pub(crate) number: u32,
    pub(crate) ended: Option<String>,
}

pub(crate) struct Queue(Connection);

pub(crate) fn connect(file: &Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open(file)?;
    // The supervisor may read while a worker is still dying.
    connection.busy_timeout(Duration::from_secs(60))?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    Ok(connection)
}

impl Queue {
    pub(crate) fn open(folder: &Path) -> rusqlite::Result<Self> {
        let connection = connect(&folder.join("queue.db"))?;
        connection.execute_batch(
            "CREATE TABLE IF NOT EXISTS jobs (
                id INTEGER PRIMARY KEY,
                state TEXT NOT NULL CHECK (state IN ('waits', 'done', 'given up')),
                due INTEGER NOT NULL,  -- milliseconds
                token TEXT,
                reason TEXT
            ) STRICT;
            CREATE TABLE IF NOT EXISTS attempts (
                job INTEGER NOT NULL REFERENCES jobs (id),
                number INTEGER NOT NULL,
                ended TEXT,
                PRIMARY KEY (job, number)  -- none is begun twice
            ) STRICT",
        )?;
        Ok(Self(connection))
    }

    pub(crate) fn fill(&mut self, jobs: u32) -> rusqlite::Result<()> {
        let transaction = self.0.transaction()?;
        for id in 0..jobs {
            let job = "INSERT INTO jobs VALUES (?1, 'waits', 0, NULL, NULL)";
            transaction.execute(job, [id])?;
        }
        transaction.commit()
    }

    /// Returns the job that is due first, and the time until then.
    pub(crate) fn next(&self) -> Result<Option<(Job, Duration)>, Box<dyn std::error::Error>> {
        let found = self.0.query_row(
            "SELECT id, token, due FROM jobs WHERE state = 'waits' ORDER BY due, id LIMIT 1",
            [],
            |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
        );
        let Some((id, token, due)) = found.optional()? else {
            return Ok(None);
        };
        let (token, due): (Option<String>, i64) = (token, due);
        let token = token.map(|text| text.parse()).transpose()?;
        let wait = u64::try_from(due.saturating_sub(now())).unwrap_or(0);
        Ok(Some((Job { id, token }, Duration::from_millis(wait))))
    }

    /// Records the start of an attempt, and the state of its job in case the worker dies.
    pub(crate) fn begin(&mut self, job: u32, number: u32, else_: &Fate) -> rusqlite::Result<()> {
        let transaction = self.0.transaction()?;
        let begun = "INSERT INTO attempts VALUES (?1, ?2, NULL)";
        transaction.execute(begun, params![job, number])?;
        set_fate(&transaction, job, else_)?;
        transaction.commit()
    }

    /// Records the end of an attempt, and the next state of its job.
    pub(crate) fn end(
        &mut self,
        job: u32,
        number: u32,
        ended: &str,
        fate: &Fate,
    ) -> rusqlite::Result<()> {
        let transaction = self.0.transaction()?;
        let update = "UPDATE attempts SET ended = ?3 WHERE job = ?1 AND number = ?2";
        transaction.execute(update, params![job, number, ended])?;
        set_fate(&transaction, job, fate)?;
        transaction.commit()
    }

    /// Returns the state of a job, and the reason if it was given up.
    pub(crate) fn state(&self, job: u32) -> rusqlite::Result<(String, Option<String>)> {
        let state = "SELECT state, reason FROM jobs WHERE id = ?1";
        let row = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?));
        self.0.query_row(state, [job], row)
    }

    pub(crate) fn attempts(&self, job: u32) -> rusqlite::Result<Vec<Attempt>> {
        let attempts = "SELECT number, ended FROM attempts WHERE job = ?1 ORDER BY number";
        let mut attempts = self.0.prepare(attempts)?;
        let attempts = attempts.query_map([job], |row| {
            Ok(Attempt {
                number: row.get(0)?,
                ended: row.get(1)?,
            })
        })?;
        attempts.collect()
    }
}

fn set_fate(connection: &Connection, job: u32, fate: &Fate) -> rusqlite::Result<()> {
    let (state, due, token, reason) = match fate {
        Fate::Done => ("done", 0, None, None),
        Fate::GivenUp(reason) => ("given up", 0, None, Some(reason)),
        Fate::Waits(token) => {
            let delay = i64::try_from(token.delay().as_millis()).unwrap_or(i64::MAX);
            let due = now().saturating_add(delay);
            ("waits", due, Some(token.to_string()), None)
        }
    };
    connection.execute(
        "UPDATE jobs SET state = ?2, due = ?3, token = ?4, reason = ?5 WHERE id = ?1",
        params![job, state, due, token, reason],
    )?;
    Ok(())
}

/// Returns the wall-clock time in milliseconds, which outlives a process.
fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    i64::try_from(since.unwrap_or_default().as_millis()).unwrap_or(i64::MAX)
}
