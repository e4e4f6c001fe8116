//! An HTTP/2 server, by frames: it knows as much as its scripts need (RFC 9113, RFC 7541).

use std::collections::HashMap;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use super::hpack::Decoder;
use super::reset;

pub(crate) const NO_ERROR: u32 = 0;
pub(crate) const PROTOCOL_ERROR: u32 = 1;
pub(crate) const INTERNAL_ERROR: u32 = 2;
pub(crate) const REFUSED_STREAM: u32 = 7;
pub(crate) const CANCEL: u32 = 8;
pub(crate) const ENHANCE_YOUR_CALM: u32 = 11;
pub(crate) const HTTP_1_1_REQUIRED: u32 = 13;

/// A request that has arrived.
#[derive(Debug, Clone, Default)]
pub(crate) struct Seen {
    /// The stream that it came on.
    pub(crate) stream: u32,
    /// Which request it is of the server's, from 1.
    pub(crate) number: usize,
    headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Seen {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        headers
            .find(|(n, _)| n == name)
            .map(|(_, value)| value.as_str())
    }
}

/// What the server does when a request is complete.
#[derive(Debug, Clone)]
pub(crate) enum Answer {
    /// Writes these frames and goes on.
    Frames(Vec<u8>),
    /// Writes these frames, lets them arrive, and ends the connection.
    Fin(Vec<u8>),
    /// Ends the connection with a RST.
    Reset,
}

type Script = dyn Fn(&Seen) -> Answer + Send + Sync;

pub(crate) struct Server {
    pub(crate) addr: SocketAddr,
    connections: Arc<AtomicUsize>,
    seen: Arc<Mutex<Vec<Seen>>>,
}

impl Server {
    /// Starts a server that asks `script` what to do with a request on a stream; it gets the requests
    /// so far, and the body.
    pub(crate) fn new(
        script: impl Fn(u32, usize, &[u8]) -> Answer + Send + Sync + 'static,
    ) -> Self {
        Self::with_heads(move |seen| script(seen.stream, seen.number, &seen.body))
    }

    /// As [`new`](Self::new), with the whole request.
    pub(crate) fn with_heads(script: impl Fn(&Seen) -> Answer + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let server = Self {
            addr: listener.local_addr().unwrap(),
            connections: Arc::default(),
            seen: Arc::default(),
        };
        let (connections, seen) = (Arc::clone(&server.connections), Arc::clone(&server.seen));
        let script: Arc<Script> = Arc::new(script);
        thread::spawn(move || {
            for stream in listener.incoming() {
                let Ok(stream) = stream else { return };
                connections.fetch_add(1, SeqCst);
                let (seen, script) = (Arc::clone(&seen), Arc::clone(&script));
                thread::spawn(move || serve(stream, &seen, &*script));
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

    pub(crate) fn requests(&self) -> usize {
        self.seen.lock().unwrap().len()
    }

    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }
}

fn serve(mut stream: TcpStream, seen: &Mutex<Vec<Seen>>, script: &Script) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut preface = [0; 24];
    stream.read_exact(&mut preface)?;
    stream.write_all(&frame(4, 0, 0, &[]))?;
    let mut decoder = Decoder::new();
    let mut open: HashMap<u32, Seen> = HashMap::new();
    loop {
        let mut head = [0; 9];
        stream.read_exact(&mut head)?;
        let length = u32::from_be_bytes([0, head[0], head[1], head[2]]) as usize;
        let (kind, flags) = (head[3], head[4]);
        let id = u32::from_be_bytes([head[5] & 0x7f, head[6], head[7], head[8]]);
        let mut payload = vec![0; length];
        stream.read_exact(&mut payload)?;
        let ends = flags & 1 != 0;
        let request = open.entry(id).or_default();
        match kind {
            0 => {
                request.body.extend(&payload);
                if length > 0 {
                    let increment = u32::try_from(length).unwrap().to_be_bytes();
                    stream.write_all(&frame(8, 0, 0, &increment))?;
                    stream.write_all(&frame(8, 0, id, &increment))?;
                }
            }
            4 if !ends => {
                stream.write_all(&frame(4, 1, 0, &[]))?;
                continue;
            }
            6 if !ends => {
                stream.write_all(&frame(6, 1, 0, &payload))?;
                continue;
            }
            1 => {
                assert_eq!(
                    flags & !1,
                    4,
                    "neither padded, nor prioritised, nor continued"
                );
                request.headers.extend(decoder.decode(&payload));
            }
            _ => continue,
        }
        if !ends {
            continue;
        }
        let Some(mut request) = open.remove(&id) else {
            continue;
        };
        request.stream = id;
        {
            let mut seen = seen.lock().unwrap();
            request.number = seen.len() + 1;
            seen.push(request.clone());
        }
        match script(&request) {
            Answer::Frames(frames) => stream.write_all(&frames)?,
            Answer::Fin(frames) => {
                stream.write_all(&frames)?;
                thread::sleep(Duration::from_millis(50));
                return Ok(());
            }
            Answer::Reset => {
                reset(stream);
                return Ok(());
            }
        }
    }
}

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    let mut frame = vec![length[1], length[2], length[3], kind, flags];
    frame.extend(stream.to_be_bytes());
    frame.extend(payload);
    frame
}

pub(crate) fn rst_stream(stream: u32, reason: u32) -> Vec<u8> {
    frame(3, 0, stream, &reason.to_be_bytes())
}

pub(crate) fn goaway(last: u32, reason: u32) -> Vec<u8> {
    frame(
        7,
        0,
        0,
        &[last.to_be_bytes(), reason.to_be_bytes()].concat(),
    )
}

/// Headers, as the head of an answer or as its trailers; `ends` closes the stream.
pub(crate) fn headers(stream: u32, fields: &[(&str, &str)], ends: bool) -> Vec<u8> {
    let mut block = Vec::new();
    for (name, value) in fields {
        // A literal without indexing and without Huffman's code.
        block.push(0);
        for text in [name, value] {
            assert!(text.len() < 127);
            block.push(u8::try_from(text.len()).unwrap());
            block.extend(text.as_bytes());
        }
    }
    frame(1, 4 | u8::from(ends), stream, &block)
}

pub(crate) fn data(stream: u32, body: &[u8], ends: bool) -> Vec<u8> {
    frame(0, u8::from(ends), stream, body)
}
