//! An HTTP/1.1 server.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use super::reset;

/// A request that has arrived.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    /// Which connection it came on, from 1.
    pub(crate) connection: usize,
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Seen {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines
            .find(|(n, _)| n.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
    }

    pub(crate) fn line(&self) -> &str {
        self.head.lines().next().unwrap()
    }
}

/// What the server does after it has read a request.
#[derive(Debug, Clone)]
pub(crate) enum Answer {
    /// Writes these bytes and goes on.
    Write(Vec<u8>),
    /// Writes these, waits, then writes those.
    Slow(Vec<u8>, Duration, Vec<u8>),
    /// Writes these bytes, and then one after the other for ever, each after a pause.
    Drip(Vec<u8>, Duration),
    /// Writes these bytes and ends the connection in order.
    Fin(Vec<u8>),
    /// Writes these bytes, lets them arrive, and ends the connection with a RST.
    Reset(Vec<u8>),
    /// Writes these bytes and then nothing, until the client leaves.
    Hang(Vec<u8>),
}

/// An answer with a body.
pub(crate) fn answer(status: u16, headers: &str, body: &[u8]) -> Answer {
    Answer::Write(bytes(status, headers, body))
}

pub(crate) fn bytes(status: u16, headers: &str, body: &[u8]) -> Vec<u8> {
    let length = body.len();
    let mut bytes =
        format!("HTTP/1.1 {status} Scripted\r\n{headers}content-length: {length}\r\n\r\n")
            .into_bytes();
    bytes.extend(body);
    bytes
}

/// The head of an answer whose body is longer than what follows.
pub(crate) fn cut(status: u16, body: &[u8]) -> Vec<u8> {
    let mut bytes =
        format!("HTTP/1.1 {status} Scripted\r\ncontent-length: 100\r\n\r\n").into_bytes();
    bytes.extend(body);
    bytes
}

pub(crate) struct Server {
    pub(crate) addr: SocketAddr,
    connections: Arc<AtomicUsize>,
    open: Arc<AtomicUsize>,
    seen: Arc<Mutex<Vec<Seen>>>,
}

impl Server {
    /// Starts a server that asks `script` what to do with each request; it gets the requests so far.
    pub(crate) fn new(script: impl Fn(&Seen, usize) -> Answer + Send + Sync + 'static) -> Self {
        Self::with(false, script)
    }

    /// As [`new`](Self::new), but asks when the head has arrived, and reads no body.
    pub(crate) fn at_head(script: impl Fn(&Seen, usize) -> Answer + Send + Sync + 'static) -> Self {
        Self::with(true, script)
    }

    /// Starts a server that gives these answers in turn, the last one for ever.
    pub(crate) fn answers(answers: impl Into<Vec<Answer>>) -> Self {
        let answers = answers.into();
        Self::new(move |_, n| answers[(n - 1).min(answers.len() - 1)].clone())
    }

    fn with(
        head_only: bool,
        script: impl Fn(&Seen, usize) -> Answer + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let server = Self {
            addr: listener.local_addr().unwrap(),
            connections: Arc::default(),
            open: Arc::default(),
            seen: Arc::default(),
        };
        let (connections, open) = (Arc::clone(&server.connections), Arc::clone(&server.open));
        let (seen, script) = (Arc::clone(&server.seen), Arc::new(script));
        thread::spawn(move || {
            for stream in listener.incoming() {
                let Ok(stream) = stream else { return };
                let connection = connections.fetch_add(1, SeqCst) + 1;
                open.fetch_add(1, SeqCst);
                let (seen, script) = (Arc::clone(&seen), Arc::clone(&script));
                let open = Arc::clone(&open);
                thread::spawn(move || {
                    let _ = serve(stream, connection, head_only, &seen, &*script);
                    open.fetch_sub(1, SeqCst);
                });
            }
        });
        server
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.addr)
    }

    pub(crate) fn connections(&self) -> usize {
        self.connections.load(SeqCst)
    }

    /// Returns how many connections the client has not closed yet.
    pub(crate) fn open(&self) -> usize {
        self.open.load(SeqCst)
    }

    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    pub(crate) fn requests(&self) -> usize {
        self.seen.lock().unwrap().len()
    }
}

fn serve(
    mut stream: TcpStream,
    connection: usize,
    head_only: bool,
    seen: &Mutex<Vec<Seen>>,
    script: &dyn Fn(&Seen, usize) -> Answer,
) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut buffer = Vec::new();
    loop {
        let Some(request) = read_request(&mut stream, &mut buffer, connection, head_only)? else {
            return Ok(());
        };
        let count = {
            let mut seen = seen.lock().unwrap();
            seen.push(request.clone());
            seen.len()
        };
        match script(&request, count) {
            Answer::Write(bytes) => stream.write_all(&bytes)?,
            Answer::Slow(first, pause, rest) => {
                stream.write_all(&first)?;
                thread::sleep(pause);
                stream.write_all(&rest)?;
            }
            Answer::Drip(first, pause) => {
                stream.write_all(&first)?;
                loop {
                    thread::sleep(pause);
                    stream.write_all(b".")?;
                }
            }
            Answer::Fin(bytes) => return stream.write_all(&bytes),
            Answer::Reset(bytes) => {
                if !bytes.is_empty() {
                    stream.write_all(&bytes)?;
                    // A RST takes with it what the other side has not read yet.
                    thread::sleep(Duration::from_millis(50));
                }
                reset(stream);
                return Ok(());
            }
            Answer::Hang(bytes) => {
                stream.write_all(&bytes)?;
                io::copy(&mut stream, &mut io::sink())?;
                return Ok(());
            }
        }
    }
}

fn read_request(
    stream: &mut TcpStream,
    buffer: &mut Vec<u8>,
    connection: usize,
    head_only: bool,
) -> io::Result<Option<Seen>> {
    let end = loop {
        if let Some(at) = buffer.windows(4).position(|four| four == b"\r\n\r\n") {
            break at + 4;
        }
        if !read_more(stream, buffer)? {
            return Ok(None);
        }
    };
    let head = String::from_utf8(buffer.drain(..end).collect()).unwrap();
    let mut seen = Seen {
        connection,
        head,
        body: Vec::new(),
    };
    if head_only {
        return Ok(Some(seen));
    }
    if let Some(length) = seen
        .header("content-length")
        .map(|it| it.parse::<usize>().unwrap())
    {
        while buffer.len() < length {
            if !read_more(stream, buffer)? {
                return Ok(None);
            }
        }
        seen.body = buffer.drain(..length).collect();
    } else if seen.header("transfer-encoding").is_some() {
        seen.body = loop {
            if let Some((body, used)) = chunks(buffer) {
                buffer.drain(..used);
                break body;
            }
            if !read_more(stream, buffer)? {
                return Ok(None);
            }
        };
    }
    Ok(Some(seen))
}

/// Reads a chunked body, if all of it is here.
fn chunks(buffer: &[u8]) -> Option<(Vec<u8>, usize)> {
    let (mut body, mut at) = (Vec::new(), 0);
    loop {
        let line = buffer[at..].windows(2).position(|two| two == b"\r\n")?;
        let size = str::from_utf8(&buffer[at..at + line]).unwrap();
        let size = usize::from_str_radix(size, 16).unwrap();
        at += line + 2;
        body.extend(buffer.get(at..at + size)?);
        at += size;
        buffer.get(at..at + 2)?;
        at += 2;
        if size == 0 {
            return Some((body, at));
        }
    }
}

fn read_more(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> io::Result<bool> {
    let mut some = [0; 16 * 1024];
    let read = stream.read(&mut some)?;
    buffer.extend(&some[..read]);
    Ok(read > 0)
}
