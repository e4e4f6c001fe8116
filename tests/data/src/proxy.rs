use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// What becomes of a COMMIT that the proxy was told to lose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    /// The server has it, and its answer is lost.
    Answer,
    /// The server never sees it.
    Request,
    /// The server has it, and its answer comes after so long.
    Late(Duration),
}

/// Stands between a client and a server of PostgreSQL, and cuts the connection at some COMMITs.
#[derive(Debug)]
pub struct Proxy {
    port: u16,
    /// How many COMMITs are to come before one is cut; 0: none is.
    left: Arc<AtomicU32>,
    every: Arc<AtomicU32>,
    requests: Arc<AtomicU32>,
    task: tokio::task::JoinHandle<()>,
}

impl Proxy {
    /// Starts a proxy before the server at `port`.
    pub async fn start(port: u16, cut: Cut) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let own = listener.local_addr().unwrap().port();
        let counts: [Arc<AtomicU32>; 3] = Default::default();
        let [left, every, requests] = counts.clone();
        let task = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(forward(client, port, cut, counts.clone()));
            }
        });
        Self {
            port: own,
            left,
            every,
            requests,
            task,
        }
    }

    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// Cuts the `nth` COMMIT from now on, and lets the others through.
    pub fn cut(&self, nth: u32) {
        self.left.store(nth, Ordering::SeqCst);
    }

    /// Cuts every `nth` COMMIT.
    pub fn cut_every(&self, nth: u32) {
        self.every.store(nth, Ordering::SeqCst);
        self.cut(nth);
    }

    /// Returns how often clients have sent something, which is a round trip each time for one that waits
    /// for the answers.
    #[must_use]
    pub fn requests(&self) -> u32 {
        self.requests.load(Ordering::SeqCst)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn forward(
    mut client: TcpStream,
    port: u16,
    cut: Cut,
    [left, every, requests]: [Arc<AtomicU32>; 3],
) -> Option<()> {
    let mut server = TcpStream::connect(("127.0.0.1", port)).await.ok()?;
    let (mut up, mut down) = (vec![0; 65_536], vec![0; 65_536]);
    loop {
        tokio::select! {
            read = client.read(&mut up) => {
                let bytes = up.get(..read.ok().filter(|n| *n > 0)?)?;
                requests.fetch_add(1, Ordering::SeqCst);
                if bytes.windows(6).any(|word| word == b"COMMIT") {
                    let one_less = |left: u32| left.checked_sub(1);
                    if left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, one_less) == Ok(1) {
                        left.store(every.load(Ordering::SeqCst), Ordering::SeqCst);
                        if cut == Cut::Request {
                            return None;
                        }
                        server.write_all(bytes).await.ok()?;
                        let answer = ended(&mut server).await?;
                        let Cut::Late(delay) = cut else { return None };
                        tokio::time::sleep(delay).await;
                        client.write_all(&answer).await.ok()?;
                        continue;
                    }
                }
                server.write_all(bytes).await.ok()?;
            }
            read = server.read(&mut down) => {
                let bytes = down.get(..read.ok().filter(|n| *n > 0)?)?;
                client.write_all(bytes).await.ok()?;
            }
        }
    }
}

/// Reads until no transaction is open any more: what the server had to say of one before may come first.
async fn ended(server: &mut TcpStream) -> Option<Vec<u8>> {
    let (mut answer, mut more) = (Vec::new(), vec![0; 65_536]);
    // ReadyForQuery, idle.
    while !answer.ends_with(b"Z\0\0\0\x05I") {
        let read = server.read(&mut more).await.ok().filter(|n| *n > 0)?;
        answer.extend_from_slice(more.get(..read)?);
    }
    Some(answer)
}
