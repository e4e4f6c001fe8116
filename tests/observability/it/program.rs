use std::io::{BufRead as _, BufReader, Lines, Write as _};
use std::net::SocketAddr;
use std::process::{Child, ChildStdout, Command, Stdio};

/// The program that is watched. It is killed when this is dropped.
pub(crate) struct Program {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
    /// Where it is to be scraped.
    pub(crate) address: SocketAddr,
}

impl Program {
    /// Starts it with an exporter that is scraped.
    #[track_caller]
    pub(crate) fn start(exporter: &str) -> Self {
        Self::start_with(&[exporter])
    }

    /// Starts it with an exporter that sends to a receiver.
    #[track_caller]
    pub(crate) fn sending(exporter: &str, receiver: &str) -> Self {
        Self::start_with(&[exporter, receiver])
    }

    #[track_caller]
    fn start_with(arguments: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_program"))
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let address = lines.next().unwrap().unwrap().parse().unwrap();
        Self {
            child,
            lines,
            address,
        }
    }

    /// Runs the outage in small once.
    #[track_caller]
    pub(crate) fn outage(&mut self) {
        self.tell("outage");
    }

    /// Makes some calls that succeed.
    #[track_caller]
    pub(crate) fn calm(&mut self) {
        self.tell("calm");
    }

    /// Makes a call that succeeds after a retry.
    #[track_caller]
    pub(crate) fn save(&mut self) {
        self.tell("save");
    }

    /// Makes a call that fails after two retries.
    #[track_caller]
    pub(crate) fn give_up(&mut self) {
        self.tell("give up");
    }

    /// Gets a page, in a span of its own, with a policy that retries.
    #[track_caller]
    pub(crate) fn fetch(&mut self, address: SocketAddr) {
        self.tell(&format!("fetch {address}"));
    }

    #[track_caller]
    fn tell(&mut self, what: &str) {
        writeln!(self.child.stdin.as_mut().unwrap(), "{what}").unwrap();
        assert_eq!(self.lines.next().unwrap().unwrap(), what);
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
