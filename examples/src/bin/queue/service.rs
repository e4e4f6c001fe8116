//! An external service with its own database, where the jobs have their effects.

use std::path::Path;

use rusqlite::{Connection, OptionalExtension, params};

/// The service's answer to a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answer {
    Accepted,
    Reset,
    Busy,
    Broken,
    Forbidden,
}

/// The kinds of jobs, by their treatment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Succeeds at the first request.
    Easy,
    /// Has one transient failure.
    Flaky,
    /// Is rate-limited twice.
    Limited,
    /// Always gets a server error.
    Broken,
    /// Never gets an answer.
    Lost,
    /// Is not permitted.
    Forbidden,
}

impl Kind {
    pub(crate) const ALL: [Self; 6] = [
        Self::Easy,
        Self::Flaky,
        Self::Limited,
        Self::Broken,
        Self::Lost,
        Self::Forbidden,
    ];

    pub(crate) fn of(job: u32) -> Self {
        let mut kinds = Self::ALL.into_iter().cycle();
        kinds.nth(job as usize).unwrap_or(Self::Easy)
    }

    fn answer(self, requests: u32) -> Answer {
        match (self, requests) {
            (Self::Flaky, 1) | (Self::Lost, _) => Answer::Reset,
            (Self::Limited, 1 | 2) => Answer::Busy,
            (Self::Broken, _) => Answer::Broken,
            (Self::Forbidden, _) => Answer::Forbidden,
            (Self::Easy | Self::Flaky | Self::Limited, _) => Answer::Accepted,
        }
    }
}

/// The service's record of a job.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Known {
    pub(crate) requests: u32,
    pub(crate) effects: u32,
}

pub(crate) struct Service(Connection);

impl Service {
    pub(crate) fn open(folder: &Path) -> rusqlite::Result<Self> {
        let connection = crate::queue::connect(&folder.join("service.db"))?;
        connection.execute_batch(
            "CREATE TABLE IF NOT EXISTS known (
                job INTEGER PRIMARY KEY,
                requests INTEGER NOT NULL,
                effects INTEGER NOT NULL
            ) STRICT",
        )?;
        Ok(Self(connection))
    }

    /// Requests the effect of a job. The job's number is the idempotency key: the request of an
    /// attempt whose worker died may have succeeded, and then a second one does nothing.
    pub(crate) fn request(&mut self, job: u32) -> rusqlite::Result<Answer> {
        let transaction = self.0.transaction()?;
        transaction.execute(
            "INSERT INTO known VALUES (?1, 1, 0)
                ON CONFLICT (job) DO UPDATE SET requests = requests + 1",
            [job],
        )?;
        let known = read(&transaction, job)?;
        let answer = Kind::of(job).answer(known.requests);
        if answer == Answer::Accepted && known.effects == 0 {
            let effect = "UPDATE known SET effects = effects + 1 WHERE job = ?1";
            transaction.execute(effect, params![job])?;
        }
        transaction.commit()?;
        Ok(answer)
    }

    pub(crate) fn known(&self, job: u32) -> rusqlite::Result<Known> {
        read(&self.0, job)
    }
}

fn read(connection: &Connection, job: u32) -> rusqlite::Result<Known> {
    let known = connection.query_row(
        "SELECT requests, effects FROM known WHERE job = ?1",
        [job],
        |row| {
            Ok(Known {
                requests: row.get(0)?,
                effects: row.get(1)?,
            })
        },
    );
    Ok(known.optional()?.unwrap_or_default())
}
