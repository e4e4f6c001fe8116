//! A Redis server that an example starts, kills and starts again.

use std::io::{Error, Read as _, Result, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A server as a child process, on a free port of this machine. What it has confirmed it finds again after
/// a crash.
#[derive(Debug)]
pub struct RedisServer {
    folder: PathBuf,
    port: u16,
    child: Option<Child>,
}

impl RedisServer {
    /// Prepares a server; nothing is started yet.
    ///
    /// # Errors
    ///
    /// If there is no port or no folder to be had.
    pub fn new() -> Result<Self> {
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?
            .local_addr()?
            .port();
        let folder = std::env::temp_dir().join(format!("redress-redis-{}", std::process::id()));
        std::fs::create_dir_all(&folder)?;
        Ok(Self {
            folder,
            port,
            child: None,
        })
    }

    /// Starts it. It answers with `LOADING` until it has read its data, which it does slowly, as if there
    /// were much of it.
    ///
    /// # Errors
    ///
    /// If there is no `redis-server` on the path (Debian: `apt-get install redis-server`).
    pub fn start(&mut self) -> Result<()> {
        let port = self.port.to_string();
        let child = Command::new("redis-server")
            .args(["--bind", "127.0.0.1", "--port", &port, "--dir"])
            .arg(&self.folder)
            .args([
                "--save",
                "",
                "--appendonly",
                "yes",
                "--appendfsync",
                "always",
            ])
            .args(["--key-load-delay", "200"])
            .args(["--loading-process-events-interval-bytes", "1024"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn();
        let failed = |error: Error| {
            let kind = error.kind();
            Error::new(kind, format!("redis-server cannot be started: {error}"))
        };
        self.child = Some(child.map_err(failed)?);
        Ok(())
    }

    /// Kills it with SIGKILL.
    ///
    /// # Errors
    ///
    /// If the system does not let it.
    pub fn kill(&mut self) -> Result<()> {
        if let Some(mut child) = self.child.take() {
            child.kill()?;
            child.wait()?;
        }
        Ok(())
    }

    /// Waits until it answers.
    ///
    /// # Errors
    ///
    /// If it does not within half a minute.
    pub fn wait(&self) -> Result<()> {
        let begun = Instant::now();
        loop {
            match self.ping() {
                Ok(true) => return Ok(()),
                Err(error) if begun.elapsed() > Duration::from_secs(30) => return Err(error),
                _ => std::thread::sleep(Duration::from_millis(10)),
            }
        }
    }

    fn ping(&self) -> Result<bool> {
        let mut socket = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port))?;
        socket.set_read_timeout(Some(Duration::from_secs(5)))?;
        socket.write_all(b"PING\r\n")?;
        let mut answer = [0; 5];
        socket.read_exact(&mut answer)?;
        Ok(&answer == b"+PONG")
    }

    /// Returns its URL.
    #[must_use]
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}/", self.port)
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        let _ended = self.kill();
        let _removed = std::fs::remove_dir_all(&self.folder);
    }
}
