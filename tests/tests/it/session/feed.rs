//! A feed over TCP whose server is a process of its own, and is killed with SIGKILL again and again: no
//! item is lost, and none comes twice.

use std::io::{BufRead as _, BufReader, Error, ErrorKind, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::pin::pin;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use futures_util::stream::{Stream, StreamExt as _, unfold};
use redress::testing::VirtualClock;
use redress::{Policy, StopReason, strategies};
use tokio::io::AsyncBufReadExt as _;

use super::pass;

const KILLS: usize = 20;
const BETWEEN: u32 = 200;
const ITEMS: u32 = BETWEEN * (KILLS as u32 + 1);
const PORT: &str = "REDRESS_TEST_FEED_PORT";

/// Sends the numbers after the one that a client asks for, one in a fifth of a millisecond.
#[test]
#[ignore = "the server of the test below, which starts it as a process"]
fn server() {
    let Ok(port) = std::env::var(PORT) else {
        return;
    };
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port.parse().unwrap())).unwrap();
    for client in listener.incoming() {
        std::thread::spawn(|| serve(client?));
    }
}

fn serve(client: TcpStream) -> std::io::Result<()> {
    let mut asked = String::new();
    BufReader::new(&client).read_line(&mut asked)?;
    let from: u32 = asked.trim().parse().unwrap();
    for number in from + 1..=ITEMS {
        writeln!(&client, "{number}")?;
        std::thread::sleep(Duration::from_micros(200));
    }
    // It has no more to say, and stays.
    std::thread::park();
    Ok(())
}

/// The server's process, which does not outlive the test.
struct Server(Child);

impl Server {
    fn start(port: u16) -> Self {
        let server = Command::new(std::env::current_exe().unwrap())
            .args(["session::feed::server", "--exact", "--ignored"])
            .env(PORT, port.to_string())
            .stdout(Stdio::null())
            .spawn();
        Self(server.unwrap())
    }

    fn kill(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Asks for what comes after `last`. A line without its end is none: the server was cut off in it.
async fn subscribe(port: u16, last: u32) -> Result<impl Stream<Item = Result<u32, Error>>, Error> {
    let mut socket = tokio::net::TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await?;
    tokio::io::AsyncWriteExt::write_all(&mut socket, format!("{last}\n").as_bytes()).await?;
    let lines = tokio::io::BufReader::new(socket);
    Ok(unfold(lines, |mut lines| async {
        let mut line = String::new();
        let item = match lines.read_line(&mut line).await {
            Ok(_) if line.ends_with('\n') => line
                .trim()
                .parse()
                .map_err(|_| Error::from(ErrorKind::InvalidData)),
            Ok(_) => Err(ErrorKind::UnexpectedEof.into()),
            Err(error) => Err(error),
        };
        Some((item, lines))
    }))
}

#[tokio::test]
async fn no_item_of_a_feed_whose_server_is_killed_twenty_times_is_lost_or_doubled() {
    let port = {
        let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        free.local_addr().unwrap().port()
    };
    let policy = Policy::sessions()
        .strategy(strategies::equal_jitter(0.05).base(0.01))
        .unlimited_restarts()
        .build()
        .unwrap();
    let (mut server, mut kills, mut connects) = (Server::start(port), 0, 0);
    let connect = |last| {
        connects += 1;
        subscribe(port, last)
    };
    let mut got = Vec::new();
    {
        let mut feed = pin!(policy.stream(0, |number| *number, connect));
        while got.last() != Some(&ITEMS) {
            got.push(feed.next().await.unwrap().unwrap());
            if kills < KILLS && got.len() == (kills + 1) * BETWEEN as usize {
                server.kill();
                kills += 1;
                server = Server::start(port);
            }
        }
    }
    assert_eq!(kills, KILLS);
    assert!(connects > kills, "{connects}");
    assert!(got.iter().copied().eq(1..=ITEMS));
}

/// Numbers after the one that is asked for, three for each connect, one a second.
fn three(
    clock: &VirtualClock,
    last: u32,
    end: Option<ErrorKind>,
) -> impl Stream<Item = Result<u32, Error>> {
    unfold(last, move |before| {
        let clock = clock.clone();
        async move {
            pass(&clock, 1.0).await;
            let item = if before < last + 3 {
                Ok(before + 1)
            } else {
                Err(end?.into())
            };
            Some((item, before + 1))
        }
    })
}

#[tokio::test]
async fn a_stream_ends_with_one_error_that_says_why() {
    let clock = VirtualClock::new();
    let policy = Policy::sessions().clock(clock.clone()).build().unwrap();
    let mut ends = [
        None,
        Some(ErrorKind::ConnectionReset),
        Some(ErrorKind::PermissionDenied),
    ]
    .into_iter();
    let connect = |last: Option<u32>| {
        let end = ends.next().unwrap();
        let clock = &clock;
        async move { Ok(three(clock, last.unwrap_or(100), end)) }
    };
    let mut feed = pin!(policy.stream(None, |number| Some(*number), connect));
    for expected in 101..=109 {
        assert_eq!(feed.next().await.unwrap().unwrap(), expected);
    }
    let error = feed.next().await.unwrap().unwrap_err();
    assert_eq!(error.stop_reason(), StopReason::NonRetryableClass);
    assert!(feed.next().await.is_none());
    assert!(feed.next().await.is_none());
}

#[tokio::test]
async fn a_slow_consumer_is_no_stall_and_a_silent_server_is_one() {
    let clock = VirtualClock::new();
    let policy = Policy::sessions()
        .stall_timeout(5)
        .max_attempts(2)
        .clock(clock.clone())
        .build()
        .unwrap();
    let mut connects = 0;
    let connect = |last| {
        connects += 1;
        let (clock, silent) = (clock.clone(), connects > 1);
        async move {
            if silent {
                return Ok(futures_util::stream::pending().left_stream());
            }
            let items: Vec<_> = three(&clock, last, Some(ErrorKind::ConnectionReset))
                .take(4)
                .collect()
                .await;
            Ok::<_, Error>(futures_util::stream::iter(items).right_stream())
        }
    };
    let mut feed = pin!(policy.stream(0, |number| *number, connect));
    for expected in 1..=3 {
        assert_eq!(feed.next().await.unwrap().unwrap(), expected);
        pass(&clock, 1000.0).await;
    }
    let (next, ()) = tokio::join!(feed.next(), pass(&clock, 60.0));
    let error = next.unwrap().unwrap_err();
    assert_eq!(error.stop_reason(), StopReason::MaxAttemptsGlobal);
    assert_eq!(error.cause(), Some(redress::Cause::Stalled));
}

#[tokio::test]
async fn a_stream_that_is_dropped_or_waits_in_vain_loses_nothing() {
    let clock = VirtualClock::new();
    let policy = Policy::sessions().clock(clock.clone()).build().unwrap();
    let connect = |last| {
        let clock = &clock;
        async move { Ok(three(clock, last, None)) }
    };
    let mut feed = pin!(policy.stream(0, |number| *number, connect));
    for expected in 1..=7 {
        // Polled and dropped several times before the item comes.
        let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
        let item = loop {
            if let std::task::Poll::Ready(item) = pin!(feed.next()).poll(&mut cx) {
                break item;
            }
        };
        assert_eq!(item.unwrap().unwrap(), expected);
    }
}
