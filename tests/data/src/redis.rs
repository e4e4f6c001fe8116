use std::path::Path;
use std::process::Command;

use crate::child::{Server, folder, free_port, program};

/// A Redis server.
#[derive(Debug)]
pub struct Redis(Server);

impl Redis {
    /// Starts a server with settings of its own, as on its command line.
    #[must_use]
    pub fn start(settings: &[&str]) -> Self {
        let binary = program("redis-server", &["/usr/bin"]);
        Self(Server::start(
            folder(),
            "Ready to accept connections",
            |folder: &Path, port| {
                let mut command = Command::new(&binary);
                command.args([
                    "--bind",
                    "127.0.0.1",
                    "--port",
                    &port.to_string(),
                    "--save",
                    "",
                    "--dir",
                ]);
                command.arg(folder).args(settings);
                command
            },
        ))
    }

    /// Starts a node of a cluster, which knows no other node yet, and returns the port at which others reach
    /// it.
    #[must_use]
    pub fn node() -> (Self, u16) {
        let bus = free_port();
        let port = bus.to_string();
        let node = Self::start(&["--cluster-enabled", "yes", "--cluster-port", &port]);
        (node, bus)
    }

    /// Starts a Sentinel that watches a server by the name of `watched`.
    #[must_use]
    pub fn sentinel(watched: u16) -> Self {
        let binary = program("redis-server", &["/usr/bin"]);
        Self(Server::start(
            folder(),
            "+monitor master watched",
            |folder: &Path, port| {
                // It writes down in its configuration what it learns.
                let file = folder.join("sentinel.conf");
                let settings = format!(
                    "bind 127.0.0.1\nport {port}\ndir {}\nsentinel monitor watched 127.0.0.1 {watched} 1\n",
                    folder.display()
                );
                std::fs::write(&file, settings).unwrap();
                let mut command = Command::new(&binary);
                command.arg(file).arg("--sentinel");
                command
            },
        ))
    }

    #[must_use]
    pub const fn port(&self) -> u16 {
        self.0.port
    }

    #[must_use]
    pub fn folder(&self) -> &Path {
        self.0.folder.path()
    }
}
