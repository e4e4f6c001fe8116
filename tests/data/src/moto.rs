use std::path::Path;
use std::process::Command;

use crate::child::{Server, folder, program};

/// A server that answers as the services of AWS do.
#[derive(Debug)]
pub struct Moto(Server);

impl Moto {
    #[must_use]
    pub fn start() -> Self {
        let installed = concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/moto/bin");
        let binary = program("moto_server", &[installed]);
        Self(Server::start(folder(), "Running on", |_: &Path, port| {
            let mut command = Command::new(&binary);
            command.args(["-H", "127.0.0.1", "-p", &port.to_string()]);
            command
        }))
    }

    #[must_use]
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.0.port)
    }
}
