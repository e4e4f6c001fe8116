//! A service that jobs call, and what it remembers of each call. It outlives the workers.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

/// A folder with one file for each call: `job-number`, both from 0 on.
#[derive(Debug, Clone)]
pub(super) struct Service(PathBuf);

/// What is remembered of a call, in milliseconds since 1970.
#[derive(Debug, Clone, Copy)]
pub(super) struct Call {
    pub(super) begun: u64,
    pub(super) end: Option<End>,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum End {
    Done,
    /// At this time it asked to be left alone for so long.
    Busy {
        at: u64,
        hint: u64,
    },
}

/// A call that is being answered.
pub(super) struct Running {
    file: File,
    /// How many calls of the job were begun before.
    pub(super) before: u32,
}

impl Service {
    pub(super) fn new(folder: &Path) -> Self {
        let folder = folder.join("calls");
        std::fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }

    pub(super) fn begin(&self, job: u32) -> Running {
        let mut before = 0;
        loop {
            let file = self.0.join(format!("{job}-{before}"));
            match OpenOptions::new().write(true).create_new(true).open(file) {
                Ok(mut file) => {
                    write!(file, "{}", now()).unwrap();
                    return Running { file, before };
                }
                Err(error) if error.kind() == ErrorKind::AlreadyExists => before += 1,
                Err(error) => panic!("{error}"),
            }
        }
    }

    pub(super) fn count(&self) -> usize {
        std::fs::read_dir(&self.0).unwrap().count()
    }

    /// Returns the calls of each job.
    pub(super) fn calls(&self) -> BTreeMap<u32, Vec<Call>> {
        let mut calls: BTreeMap<u32, BTreeMap<u32, Call>> = BTreeMap::new();
        for file in std::fs::read_dir(&self.0).unwrap() {
            let file = file.unwrap();
            let name = file.file_name().into_string().unwrap();
            let (job, number) = name.split_once('-').unwrap();
            let text = std::fs::read_to_string(file.path()).unwrap();
            let mut words = text.split(' ');
            // A worker that was killed before it had written anything has called nobody.
            let Ok(begun) = words.next().unwrap_or_default().parse() else {
                continue;
            };
            let end = words.next().map(|word| match word {
                "done" => End::Done,
                at => End::Busy {
                    at: at.parse().unwrap(),
                    hint: words.next().unwrap().parse().unwrap(),
                },
            });
            let of = calls.entry(job.parse().unwrap()).or_default();
            of.insert(number.parse().unwrap(), Call { begun, end });
        }
        let in_order = |(job, of): (_, BTreeMap<_, _>)| (job, of.into_values().collect());
        calls.into_iter().map(in_order).collect()
    }
}

impl Running {
    pub(super) fn done(mut self) {
        self.file.write_all(b" done").unwrap();
    }

    pub(super) fn busy(mut self, hint: u64) {
        let end = format!(" {} {hint}", now());
        self.file.write_all(end.as_bytes()).unwrap();
    }
}

fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    u64::try_from(since.as_millis()).unwrap()
}
