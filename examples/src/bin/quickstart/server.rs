//! An HTTP server that misbehaves by script.
//!
//! It is written on bare TCP because HTTP libraries do not let a handler reset its connection.

use std::collections::HashMap;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::time::{Instant, sleep};

use crate::script::{Act, WaitFormat, script};

/// Serves `GET /orders/{id}` on a free port until it is dropped.
pub(crate) struct Server {
    address: SocketAddr,
    dead_address: SocketAddr,
    /// Bound, so that no other process gets the port; not listening, so that connections are
    /// refused.
    _dead: TcpSocket,
    records: Records,
    accept_loop: tokio::task::JoinHandle<()>,
}

/// The traffic that the server has seen.
#[derive(Clone, Copy, Default)]
pub(crate) struct Traffic {
    /// Requests, refused connections included.
    pub(crate) requests: u32,
    /// The requests among them that could not help: for an order that is known not to exist, or
    /// before the end of a wait that the server had asked for.
    pub(crate) useless: u32,
}

type Records = Arc<Mutex<HashMap<u32, Record>>>;

/// The state of one order.
#[derive(Default)]
struct Record {
    /// The position in its script.
    act: usize,
    traffic: Traffic,
    not_found: bool,
    wait_until: Option<Instant>,
}

impl Server {
    /// Starts the server.
    pub(crate) async fn start() -> io::Result<Self> {
        let dead = TcpSocket::new_v4()?;
        dead.bind((Ipv4Addr::LOCALHOST, 0).into())?;

        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let records = Records::default();
        Ok(Self {
            address: listener.local_addr()?,
            dead_address: dead.local_addr()?,
            _dead: dead,
            records: Arc::clone(&records),
            accept_loop: tokio::spawn(accept(listener, records)),
        })
    }

    /// Returns the address that serves an order, as a service registry would: sometimes that of an
    /// instance that is gone.
    pub(crate) fn url_of(&self, order: u32) -> String {
        let refused = lock(&self.records).entry(order).or_default().refuses(order);
        let address = if refused {
            self.dead_address
        } else {
            self.address
        };
        format!("http://{address}/orders/{order}")
    }

    /// Sums up the traffic so far.
    pub(crate) fn traffic(&self) -> Traffic {
        let records = lock(&self.records);
        records
            .values()
            .fold(Traffic::default(), |sum, record| Traffic {
                requests: sum.requests + record.traffic.requests,
                useless: sum.useless + record.traffic.useless,
            })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.accept_loop.abort();
    }
}

impl Record {
    /// Takes the next act if it is a refusal: all other acts begin with a request.
    fn refuses(&mut self, order: u32) -> bool {
        let refused = matches!(script(order).get(self.act), Some(Act::Refuse));
        if refused {
            self.act += 1;
            self.traffic.requests += 1;
        }
        refused
    }

    /// Takes the act for a request that has arrived.
    fn next_act(&mut self, order: u32) -> Act {
        let now = Instant::now();
        let early = self.wait_until.is_some_and(|until| now < until);
        self.traffic.requests += 1;
        self.traffic.useless += u32::from(early || self.not_found);
        if early {
            // The script does not advance: the same answer, with the rest of the wait.
            self.act -= 1;
        }
        let acts = script(order);
        let act = acts.get(self.act).or(acts.last());
        self.act += 1;
        match act.copied().unwrap_or(Act::Ok) {
            Act::Limit(wait, format) => {
                let until = match self.wait_until {
                    Some(until) if early => until,
                    _ => *self.wait_until.insert(now + wait),
                };
                Act::Limit(until - now, format)
            }
            act => {
                self.not_found = matches!(act, Act::Status(404));
                act
            }
        }
    }
}

async fn accept(listener: TcpListener, records: Records) {
    while let Ok((stream, _)) = listener.accept().await {
        let records = Arc::clone(&records);
        tokio::spawn(async move {
            // An error here is a client that went away, which it may do.
            let _ = serve(BufReader::new(stream), &records).await;
        });
    }
}

/// Reads one request and treats it as the script says. Dropping the stream closes it.
async fn serve(mut stream: BufReader<TcpStream>, records: &Records) -> io::Result<()> {
    let Some(order) = read_request(&mut stream).await? else {
        return respond(&mut stream, 400, "", "no such path").await;
    };
    let act = lock(records).entry(order).or_default().next_act(order);
    let body = format!("order {order}: one sprocket, blue");
    match act {
        Act::Ok => respond(&mut stream, 200, "", &body).await,
        Act::OkSlowly => {
            write_head(&mut stream, 200, "", body.len()).await?;
            for piece in body.as_bytes().chunks(8) {
                sleep(Duration::from_millis(20)).await;
                stream.write_all(piece).await?;
            }
            Ok(())
        }
        // A connection that gets here was opened before the refusal was due.
        Act::Refuse | Act::Reset => stream.get_ref().set_zero_linger(),
        Act::ResetBody => {
            write_half(&mut stream, &body).await?;
            stream.get_ref().set_zero_linger()
        }
        Act::Hang => until_closed(&mut stream).await,
        Act::HangBody => {
            write_half(&mut stream, &body).await?;
            until_closed(&mut stream).await
        }
        Act::Status(status) => respond(&mut stream, status, "", "sorry").await,
        Act::Limit(wait, format) => {
            let header = format!("retry-after: {}\r\n", format.write(wait));
            respond(&mut stream, 429, &header, "slow down").await
        }
    }
}

/// Reads the head of a request and returns the order that it asks for.
async fn read_request(stream: &mut BufReader<TcpStream>) -> io::Result<Option<u32>> {
    let mut lines = stream.lines();
    let request = lines.next_line().await?.unwrap_or_default();
    while lines
        .next_line()
        .await?
        .is_some_and(|line| !line.is_empty())
    {}
    let path = request.split(' ').nth(1);
    Ok(path
        .and_then(|path| path.strip_prefix("/orders/"))
        .and_then(|order| order.parse().ok()))
}

async fn respond(
    stream: &mut BufReader<TcpStream>,
    status: u16,
    headers: &str,
    body: &str,
) -> io::Result<()> {
    write_head(stream, status, headers, body.len()).await?;
    stream.write_all(body.as_bytes()).await
}

async fn write_half(stream: &mut BufReader<TcpStream>, body: &str) -> io::Result<()> {
    write_head(stream, 200, "", body.len()).await?;
    let (half, _) = body.as_bytes().split_at(body.len() / 2);
    stream.write_all(half).await
}

async fn write_head(
    stream: &mut BufReader<TcpStream>,
    status: u16,
    headers: &str,
    length: usize,
) -> io::Result<()> {
    let head = format!(
        "HTTP/1.1 {status} \r\nconnection: close\r\ncontent-length: {length}\r\n{headers}\r\n"
    );
    stream.write_all(head.as_bytes()).await
}

/// Keeps silent until the client closes the connection.
async fn until_closed(stream: &mut BufReader<TcpStream>) -> io::Result<()> {
    stream.read_u8().await.map(drop)
}

impl WaitFormat {
    /// Writes a wait, rounded up, so that a client that honours it is never early.
    fn write(self, wait: Duration) -> String {
        match self {
            Self::Seconds => wait.as_secs_f64().ceil().to_string(),
            Self::Fraction => format!("{:.3}", (wait.as_secs_f64() * 1e3).ceil() / 1e3),
            Self::Date => {
                let almost_a_second = Duration::from_nanos(999_999_999);
                httpdate::fmt_http_date(SystemTime::now() + wait + almost_a_second)
            }
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
