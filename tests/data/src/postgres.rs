use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use tempfile::TempDir;

use crate::Shared;
use crate::child::{Server, folder, program, unprivileged};

/// A PostgreSQL server. Its superuser is `postgres`, who needs no password.
#[derive(Debug)]
pub struct Postgres {
    server: Server,
    databases: AtomicU32,
}

fn binary(name: &str) -> PathBuf {
    let versions: Vec<String> = (13..30)
        .rev()
        .map(|version| format!("/usr/lib/postgresql/{version}/bin"))
        .collect();
    program(
        name,
        &versions.iter().map(String::as_str).collect::<Vec<_>>(),
    )
}

fn succeeds(command: &mut Command) {
    let ended = command.output().unwrap();
    assert!(ended.status.success(), "{ended:?}");
}

impl Postgres {
    /// Returns the server that the tests share.
    #[must_use]
    pub fn shared() -> Arc<Self> {
        static SHARED: Shared<Postgres> = Shared::new();
        SHARED.get(|| Self::start(&[]))
    }

    /// Starts a server with settings of its own, each `name=value`.
    #[must_use]
    pub fn start(settings: &[&str]) -> Self {
        let folder = folder();
        let data = folder.path().join("data");
        let mut initdb = unprivileged(&binary("initdb"));
        initdb
            .args([
                "--username=postgres",
                "--auth=trust",
                "--no-sync",
                "--encoding=UTF8",
                "-D",
            ])
            .arg(&data);
        succeeds(&mut initdb);
        // `locked` has a password, which nobody gives.
        let rules = "host all locked 127.0.0.1/32 scram-sha-256\n\
            host all all 127.0.0.1/32 trust\n\
            host replication all 127.0.0.1/32 trust\n";
        std::fs::write(data.join("pg_hba.conf"), rules).unwrap();
        Self::run(folder, "ready to accept connections", settings)
    }

    /// Starts a replica of this server.
    #[must_use]
    pub fn replica(&self, settings: &[&str]) -> Self {
        let folder = folder();
        let mut backup = unprivileged(&binary("pg_basebackup"));
        backup
            .args(["--host=127.0.0.1", "--username=postgres"])
            .arg(format!("--port={}", self.port()))
            .args([
                "--write-recovery-conf",
                "--checkpoint=fast",
                "--no-sync",
                "-D",
            ])
            .arg(folder.path().join("data"));
        succeeds(&mut backup);
        Self::run(folder, "ready to accept read-only connections", settings)
    }

    fn run(folder: TempDir, ready: &str, settings: &[&str]) -> Self {
        let server = Server::start(folder, ready, |folder, port| {
            let mut command = unprivileged(&binary("postgres"));
            command
                .arg("-D")
                .arg(folder.join("data"))
                .args(["-p", &port.to_string()]);
            let own = [
                "listen_addresses=127.0.0.1",
                "unix_socket_directories=",
                "fsync=off",
            ];
            for setting in own.iter().chain(settings) {
                command.args(["-c", setting]);
            }
            command
        });
        Self {
            server,
            databases: AtomicU32::new(0),
        }
    }

    #[must_use]
    pub const fn port(&self) -> u16 {
        self.server.port
    }

    /// Kills one of its processes, which it takes for a crash.
    pub fn crash(&self, process: i32) {
        succeeds(Command::new("kill").args(["-KILL", &process.to_string()]));
    }

    /// Stops it as `pg_ctl stop -m smart` does: it waits for sessions to end, and takes no new ones.
    pub fn shut_down_slowly(&self) {
        self.server.signal("TERM");
    }

    /// Returns a name for a database that no other test has.
    #[must_use]
    pub fn new_database(&self) -> String {
        format!("test_{}", self.databases.fetch_add(1, Ordering::Relaxed))
    }
}
