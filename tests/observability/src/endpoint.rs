use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
use std::thread;

/// The format of Prometheus' own, which most exporters write.
pub const TEXT: &str = "text/plain; version=0.0.4; charset=utf-8";
/// The format that has exemplars.
pub const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// A page for Prometheus to scrape, written anew for each request.
pub struct Endpoint {
    pub address: SocketAddr,
    answered: Arc<AtomicU32>,
}

impl Endpoint {
    /// Serves what `write` returns, for as long as the tests run.
    pub fn serve(content_type: &'static str, write: impl Fn() -> String + Send + 'static) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let answered = Arc::new(AtomicU32::new(0));
        let count = Arc::clone(&answered);
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                // Who asks may be gone.
                if answer(&stream, content_type, &write()).is_ok() {
                    count.fetch_add(1, SeqCst);
                }
            }
        });
        Self { address, answered }
    }

    /// Returns how many requests were answered.
    pub fn answered(&self) -> u32 {
        self.answered.load(SeqCst)
    }
}

fn answer(mut stream: &TcpStream, content_type: &str, body: &str) -> std::io::Result<()> {
    let mut lines = BufReader::new(stream).lines();
    while lines
        .next()
        .transpose()?
        .is_some_and(|line| !line.is_empty())
    {}
    write!(
        stream,
        "HTTP/1.1 200 OK\r\nContent-Type: {content_type}\r\nContent-Length: {}\r\n\
         Connection: close\r\n\r\n{body}",
        body.len()
    )
}
