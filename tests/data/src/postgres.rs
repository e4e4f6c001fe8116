use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

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
        let made = unprivileged(&binary("initdb"))
            .args([
                "--username=postgres",
                "--auth=trust",
                "--no-sync",
                "--encoding=UTF8",
                "-D",
            ])
            .arg(&data)
            .output()
            .unwrap();
        assert!(made.status.success(), "{made:?}");
        // `locked` has a password, which nobody gives.
        let rules = "host all locked 127.0.0.1/32 scram-sha-256\nhost all all 127.0.0.1/32 trust\n";
        std::fs::write(data.join("pg_hba.conf"), rules).unwrap();
        let server = Server::start(folder, "ready to accept connections", |folder, port| {
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
