use crate::child::{Server, folder, program, unprivileged};

/// A MariaDB server. `root` needs no password.
#[derive(Debug)]
pub struct MariaDb(Server);

impl MariaDb {
    /// Starts a server with settings of its own, as on its command line.
    #[must_use]
    pub fn start(settings: &[&str]) -> Self {
        let folder = folder();
        // A server removes what it takes for temporary tables of its own from before: it needs a folder
        // for them that no other one has.
        let made = unprivileged(&program("mariadb-install-db", &["/usr/bin"]))
            .env("TMPDIR", folder.path())
            .args([
                "--no-defaults",
                "--auth-root-authentication-method=normal",
                "--skip-test-db",
            ])
            .arg(format!(
                "--datadir={}",
                folder.path().join("data").display()
            ))
            .output()
            .unwrap();
        assert!(made.status.success(), "{made:?}");
        Self(Server::start(
            folder,
            "ready for connections",
            |folder, port| {
                let mut command = unprivileged(&program("mariadbd", &["/usr/sbin"]));
                command
                    .env("TMPDIR", folder)
                    .arg("--no-defaults")
                    .arg(format!("--datadir={}", folder.join("data").display()))
                    .arg(format!("--socket={}", folder.join("socket").display()))
                    .arg(format!("--pid-file={}", folder.join("pid").display()))
                    .args([
                        "--bind-address=127.0.0.1",
                        "--skip-name-resolve",
                        &format!("--port={port}"),
                    ])
                    .args(settings);
                command
            },
        ))
    }

    #[must_use]
    pub const fn port(&self) -> u16 {
        self.0.port
    }
}

impl Drop for MariaDb {
    fn drop(&mut self) {
        // It shuts down on SIGTERM, and takes no notice of SIGINT.
        self.0.signal("TERM");
    }
}
