//! A server of one file, each of whose connections ends after 100,000 bytes.

use std::io;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// The length of the file.
pub(crate) const LENGTH: usize = 1_000_000;

/// What a connection lives for.
const CUT: usize = 100_000;

/// Returns a version of the file. No byte of one is that of another.
pub(crate) fn file(version: usize) -> Vec<u8> {
    (0..LENGTH)
        .map(|at| (at / 7 % 100 + version * 100) as u8)
        .collect()
}

/// Serves the file on a free port until it is dropped.
pub(crate) struct Server {
    port: u16,
    seen: Arc<Seen>,
    serving: JoinHandle<()>,
}

#[derive(Default)]
struct Seen {
    version: AtomicUsize,
    requests: AtomicUsize,
    sent: AtomicUsize,
}

impl Server {
    pub(crate) async fn start() -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let port = listener.local_addr()?.port();
        let seen = Arc::<Seen>::default();
        let known = Arc::clone(&seen);
        let serving = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                // An error here is a client that went away, which it may do.
                let _ = serve(BufReader::new(stream), &known).await;
            }
        });
        Ok(Self {
            port,
            seen,
            serving,
        })
    }

    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}/file", self.port)
    }

    /// From now on it is another file, of the same length.
    pub(crate) fn change_the_file(&self) {
        self.seen.version.store(1, Relaxed);
    }

    /// Returns the requests and the bytes of the file that were sent.
    pub(crate) fn traffic(&self) -> (usize, usize) {
        (
            self.seen.requests.load(Relaxed),
            self.seen.sent.load(Relaxed),
        )
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

/// Answers one request, and closes the connection.
async fn serve(mut stream: BufReader<TcpStream>, seen: &Seen) -> io::Result<()> {
    let (mut from, mut if_range) = (0, None);
    let mut lines = (&mut stream).lines();
    while let Some(line) = lines.next_line().await?.filter(|line| !line.is_empty()) {
        if let Some(range) = line.strip_prefix("range: bytes=") {
            from = range.trim_end_matches('-').parse().unwrap_or(0);
        }
        if let Some(etag) = line.strip_prefix("if-range: ") {
            if_range = Some(etag.to_owned());
        }
    }
    seen.requests.fetch_add(1, Relaxed);
    let version = seen.version.load(Relaxed);
    let (file, etag) = (file(version), format!("\"{version}\""));
    // The rest, if it is the rest of this version; else all of it.
    let is_part = from > 0 && if_range.is_none_or(|condition| condition == etag);
    let (status, body) = match file.get(from..) {
        Some(rest) if is_part => ("206 Partial Content", rest),
        _ => ("200 OK", &file[..]),
    };
    let (length, last) = (body.len(), LENGTH - 1);
    let mut head = format!("HTTP/1.1 {status}\r\netag: {etag}\r\ncontent-length: {length}\r\n");
    if is_part {
        head += &format!("content-range: bytes {from}-{last}/{LENGTH}\r\n");
    }
    head += "connection: close\r\n\r\n";
    stream.write_all(head.as_bytes()).await?;
    let body = body.get(..CUT).unwrap_or(body);
    // Counted before it is written: the client may have ended, and asked, before this task goes on.
    seen.sent.fetch_add(body.len(), Relaxed);
    stream.write_all(body).await?;
    stream.shutdown().await
}
