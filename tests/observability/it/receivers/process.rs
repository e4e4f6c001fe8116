use std::io::{BufRead, BufReader, Read};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

/// How long anything may take. Only a test that fails takes so long.
const LIMIT: Duration = Duration::from_secs(60);

/// Asks again and again until there is an answer.
#[track_caller]
pub(crate) fn until<T>(what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(start.elapsed() < LIMIT, "{what}: not within {LIMIT:?}");
        thread::sleep(Duration::from_millis(50));
    }
}

/// Finds a program that `.ci/receivers` brings.
#[track_caller]
pub(super) fn program(name: &str) -> PathBuf {
    let receivers = concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/receivers/bin");
    let program = Path::new(receivers).join(name);
    assert!(
        program.exists(),
        "there is no {name} in target/receivers/bin: .ci/receivers brings it"
    );
    program
}

/// A receiver that runs as a child process. It is killed when this is dropped.
pub(crate) struct Process {
    child: Child,
    lines: Arc<Mutex<Vec<String>>>,
    complaints: Arc<Mutex<Vec<String>>>,
}

impl Process {
    /// Starts a receiver on a free port, and waits until it is ready.
    ///
    /// Between the search for a port and its use another program may take it. Then the receiver ends,
    /// and another port is tried.
    #[track_caller]
    pub(crate) fn start(
        name: &str,
        arguments: impl Fn(u16) -> Vec<String>,
        is_ready: impl Fn(u16) -> bool,
    ) -> (Self, u16) {
        let mut said = Vec::new();
        for _ in 0..3 {
            let port = free_port();
            let mut process = Self::spawn(name, &arguments(port));
            let ready = until(&format!("{name} is ready"), || {
                if process.child.try_wait().unwrap().is_some() {
                    return Some(false);
                }
                is_ready(port).then_some(true)
            });
            if ready {
                return (process, port);
            }
            said = process.all();
        }
        panic!(
            "{name} has ended at once, three times. It said:\n{}",
            said.join("\n")
        );
    }

    #[track_caller]
    fn spawn(name: &str, arguments: &[String]) -> Self {
        let mut child = Command::new(program(name))
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = keep_lines(child.stdout.take().unwrap());
        let complaints = keep_lines(child.stderr.take().unwrap());
        Self {
            child,
            lines,
            complaints,
        }
    }

    /// Returns what it has printed so far.
    pub(crate) fn lines(&self) -> Vec<String> {
        self.lines.lock().unwrap().clone()
    }

    /// Returns what it has printed and complained of so far.
    pub(crate) fn all(&self) -> Vec<String> {
        [self.lines(), self.complaints.lock().unwrap().clone()].concat()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn keep_lines(from: impl Read + Send + 'static) -> Arc<Mutex<Vec<String>>> {
    let lines = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&lines);
    thread::spawn(move || {
        for line in BufReader::new(from).lines().map_while(Result::ok) {
            kept.lock().unwrap().push(line);
        }
    });
    lines
}

fn free_port() -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    listener.local_addr().unwrap().port()
}

#[test]
#[should_panic(expected = "there is no made_up in target/receivers/bin: .ci/receivers brings it")]
fn a_receiver_that_is_missing_is_named_with_the_command_that_brings_it() {
    Process::start("made_up", |_| Vec::new(), |_| true);
}

#[test]
#[should_panic(expected = "prometheus has ended at once, three times")]
fn a_receiver_that_cannot_start_says_why() {
    let arguments = |_| vec!["--config.file=/no/such/file".to_owned()];
    Process::start("prometheus", arguments, |_| false);
}
