use std::path::Path;
use std::process::Command;

use crate::child::{Server, folder, program};

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

    #[must_use]
    pub const fn port(&self) -> u16 {
        self.0.port
    }

    #[must_use]
    pub fn folder(&self) -> &Path {
        self.0.folder.path()
    }
}
