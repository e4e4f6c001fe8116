use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::os::unix::fs::{MetadataExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// A server in a folder of its own, on a port of its own. It ends when it is dropped.
#[derive(Debug)]
pub(crate) struct Server {
    child: Child,
    pub(crate) port: u16,
    pub(crate) folder: TempDir,
}

/// `nobody`: databases refuse to run as root.
const NOBODY: u32 = 65_534;

impl Server {
    /// Starts what `command` makes for a folder and a port, until the port takes connections and the
    /// server has said that it is `ready`.
    pub(crate) fn start(
        folder: TempDir,
        ready: &str,
        command: impl Fn(&Path, u16) -> Command,
    ) -> Self {
        let log = folder.path().join("log");
        for _ in 0..5 {
            let port = free_port();
            let to = std::fs::File::create(&log).unwrap();
            let mut command = command(folder.path(), port);
            command
                .stdin(Stdio::null())
                .stdout(to.try_clone().unwrap())
                .stderr(to);
            let mut child = command.spawn().unwrap();
            let begun = Instant::now();
            // Another process may have taken the port meanwhile: then the server ends at once.
            while child.try_wait().unwrap().is_none() {
                let port_is_open = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok();
                if port_is_open && read(&log).contains(ready) {
                    return Self {
                        child,
                        port,
                        folder,
                    };
                }
                assert!(begun.elapsed() < Duration::from_secs(120), "{}", read(&log));
                std::thread::sleep(Duration::from_millis(10));
            }
        }
        panic!("the server does not start:\n{}", read(&log));
    }

    /// Sends a signal, by its name.
    pub(crate) fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        assert!(
            Command::new("kill")
                .args([&format!("-{name}"), &id])
                .status()
                .unwrap()
                .success()
        );
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Ok(None) = self.child.try_wait() {
            self.signal("INT");
            let begun = Instant::now();
            while begun.elapsed() < Duration::from_secs(10) {
                if let Ok(Some(_)) = self.child.try_wait() {
                    return;
                }
                std::thread::sleep(Duration::from_millis(10));
            }
            let _killed = self.child.kill();
            let _reaped = self.child.wait();
        }
    }
}

fn read(log: &Path) -> String {
    std::fs::read_to_string(log).unwrap_or_default()
}

pub(crate) fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    listener.local_addr().unwrap().port()
}

/// Makes a folder that a server without privileges may write to.
pub(crate) fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    if is_root() {
        chown(folder.path(), Some(NOBODY), Some(NOBODY)).unwrap();
    }
    folder
}

/// A command that does not run as root.
pub(crate) fn unprivileged(program: &Path) -> Command {
    let mut command = Command::new(program);
    if is_root() {
        command.uid(NOBODY).gid(NOBODY);
    }
    command
}

fn is_root() -> bool {
    std::fs::metadata("/proc/self").unwrap().uid() == 0
}

/// Finds a program in the folders that Debian has for it, or in the path.
pub(crate) fn program(name: &str, folders: &[&str]) -> PathBuf {
    let path = std::env::var("PATH").unwrap_or_default();
    let candidates = folders.iter().copied().chain(path.split(':'));
    let found = candidates
        .map(|folder| Path::new(folder).join(name))
        .find(|file| file.exists());
    found.unwrap_or_else(|| {
        panic!("`{name}` is missing, which this test starts. `.ci/servers` in the root of the repository installs it.")
    })
}
