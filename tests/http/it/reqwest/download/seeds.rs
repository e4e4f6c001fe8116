//! A server that does everything wrong that can be seen.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex};

use futures_util::StreamExt as _;
use redress::Policy;
use redress::contrib::reqwest_0_13::RetryExt as _;
use redress::strategies::instant;

use super::super::client;
use super::{Answer, drain, fin, raw};
use crate::support::h1::{Seen, Server, answer};

const SEEDS: u64 = 2000;

/// Steele and others' splitmix64.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        (self.next() % end.max(1) as u64) as usize
    }
}

/// The versions of a seed's file. They differ in each byte, so that any splice shows.
fn file(seed: u64, version: u8) -> Vec<u8> {
    let mut random = Random(seed);
    let length = match random.below(20) {
        0 => 0,
        1 => 1,
        _ => random.below(6000),
    };
    let bytes = (0..length).map(|_| random.next().to_le_bytes()[0]);
    bytes.map(|byte| byte.wrapping_add(version)).collect()
}

/// How the server names the version of a seed's file.
#[derive(Clone, Copy, PartialEq)]
enum Named {
    Strong,
    Weak,
    OldDate,
    FreshDate,
    Nothing,
}

fn name(named: Named, version: u8) -> String {
    match named {
        Named::Strong => format!("etag: \"v{version}\"\r\n"),
        Named::Weak => format!("etag: W/\"v{version}\"\r\n"),
        Named::OldDate => format!(
            "last-modified: Sun, 06 Nov 1994 08:0{version}:00 GMT\r\ndate: Mon, 07 Nov 1994 08:00:00 GMT\r\n"
        ),
        Named::FreshDate => format!(
            "last-modified: Sun, 06 Nov 1994 08:0{version}:00 GMT\r\ndate: Sun, 06 Nov 1994 08:0{version}:01 GMT\r\n"
        ),
        Named::Nothing => String::new(),
    }
}

/// A body as one that arrives and is cut, or not.
fn deliver(random: &mut Random, status: u16, headers: &str, body: &[u8], framing: usize) -> Answer {
    let (headers, body) = match framing {
        0 => {
            let length = body.len();
            (
                format!("{headers}content-length: {length}\r\n"),
                body.to_vec(),
            )
        }
        1 => {
            let mut chunks = Vec::new();
            for chunk in body.chunks(700) {
                chunks.extend(format!("{:x}\r\n", chunk.len()).bytes());
                chunks.extend(chunk);
                chunks.extend(b"\r\n");
            }
            chunks.extend(b"0\r\n\r\n");
            (format!("{headers}transfer-encoding: chunked\r\n"), chunks)
        }
        _ => (format!("{headers}connection: close\r\n"), body.to_vec()),
    };
    let mut bytes = raw(status, &headers, &body);
    let head = bytes.len() - body.len();
    match random.below(10) {
        // Complete; what has neither a length nor chunks needs the end of the connection.
        0..3 if framing == 2 => Answer::Fin(bytes),
        0..3 => Answer::Write(bytes),
        // Cut somewhere, perhaps in the head or behind the last byte.
        3 => {
            bytes.truncate(random.below(bytes.len() + 1));
            Answer::Fin(bytes)
        }
        4 => {
            bytes.truncate(head + random.below(body.len() + 1));
            Answer::Reset(bytes)
        }
        5 if random.below(4) == 0 => {
            bytes.truncate(head + random.below(body.len() + 1));
            Answer::Hang(bytes)
        }
        _ => {
            bytes.truncate(head + random.below(body.len() + 1));
            Answer::Fin(bytes)
        }
    }
}

/// Answers the `n`th request for a seed's file.
fn script(seen: &Seen, seed: u64, n: u64) -> Answer {
    let mut of_seed = Random(seed ^ 0xfeed);
    let named = match of_seed.below(12) {
        0 => Named::Weak,
        1 => Named::Nothing,
        2 => Named::FreshDate,
        3 | 4 => Named::OldDate,
        _ => Named::Strong,
    };
    let framing = [0, 0, 0, 1, 2][of_seed.below(5)];
    // Half of the servers only cut, and are busy; the others do anything.
    let hostile = of_seed.below(2) == 0;
    let changes_at = if hostile {
        1 + of_seed.below(8) as u64
    } else {
        u64::MAX
    };
    let version = u8::from(n >= changes_at);
    let random = &mut Random(seed.wrapping_mul(31).wrapping_add(n));
    let file_now = file(seed, version);
    let whole =
        |random: &mut Random| deliver(random, 200, &name(named, version), &file_now, framing);
    if random.below(8) == 0 {
        return answer([503, 429, 500][random.below(3)], "", b"busy");
    }
    let Some(range) = seen.header("range") else {
        return match random.below(20) {
            0 if hostile => answer(
                200,
                &(name(named, version) + "content-encoding: gzip\r\n"),
                &file_now,
            ),
            1 if hostile => answer(206, &name(named, version), &file_now),
            _ => whole(random),
        };
    };
    let from: usize = range
        .strip_prefix("bytes=")
        .unwrap()
        .trim_end_matches('-')
        .parse()
        .unwrap();
    let if_range = seen.header("if-range").unwrap();
    let total = file_now.len();
    let odd = if hostile { random.below(24) } else { 24 };
    // A good server sends the whole if the version is another one.
    if !name(named, version).contains(if_range) && odd > 12 {
        return whole(random);
    }
    if from >= total && odd > 12 {
        return answer(416, &format!("content-range: bytes */{total}\r\n"), b"");
    }
    let part = |random: &mut Random,
                first: usize,
                end: usize,
                total: usize,
                headers: &str,
                framing: usize| {
        let (first, end) = (first.min(file_now.len()), end.min(file_now.len()));
        let body = &file_now[first..end.max(first)];
        let range = format!(
            "{headers}content-range: bytes {first}-{}/{total}\r\n",
            end.saturating_sub(1)
        );
        deliver(random, 206, &range, body, framing)
    };
    let same = name(named, version);
    let framing = random.below(2);
    match odd {
        0 => answer(200, &same, &file_now),
        1 => part(
            random,
            from.saturating_sub(1 + from / 3),
            total,
            total,
            &same,
            framing,
        ),
        2 => part(random, from + 1, total, total, &same, framing),
        3 => part(random, from, total, total + 1, &same, framing),
        4 => part(random, from, total, total, "", framing),
        5 => part(random, from, total, total, &name(named, 7), framing),
        6 => part(
            random,
            from,
            total,
            total,
            &format!("{same}content-encoding: br\r\n"),
            framing,
        ),
        7 => {
            let kind = "content-type: multipart/byteranges; boundary=x\r\n";
            part(
                random,
                from,
                total,
                total,
                &format!("{same}{kind}"),
                framing,
            )
        }
        8 => deliver(random, 206, &same, &file_now[from.min(total)..], framing),
        // The range says less than what comes, or more.
        9 => {
            let range = format!("{same}content-range: bytes {from}-{from}/{total}\r\n");
            deliver(random, 206, &range, &file_now[from.min(total)..], framing)
        }
        10 => {
            let range = format!("{same}content-range: bytes {from}-{}/*\r\n", total + 3);
            deliver(random, 206, &range, &file_now[from.min(total)..], framing)
        }
        11 => answer(
            416,
            &format!("content-range: bytes */{}\r\n", total / 2),
            b"",
        ),
        12 => fin(200, &(name(named, 9) + "content-length: 3\r\n"), b"no"),
        // Less than was asked for.
        13..16 => {
            let end = from + 1 + random.below(total - from);
            part(random, from, end, total, &same, framing)
        }
        _ => part(random, from, total, total, &same, framing),
    }
}

/// What became of the downloads.
#[derive(Debug, Default)]
struct Tally {
    complete: usize,
    resumed: usize,
    resumptions: u32,
    errors: BTreeMap<String, usize>,
    corrupted: Vec<u64>,
}

async fn download(
    http: &reqwest::Client,
    policy: &Policy,
    server: &Server,
    seed: u64,
    tally: &Mutex<Tally>,
) {
    let mut download = http
        .get(server.url(&format!("/{seed}")))
        .retry(policy)
        .download();
    let (bytes, error) = drain(&mut download).await;
    let versions = [file(seed, 0), file(seed, 1)];
    let mut tally = tally.lock().unwrap();
    tally.resumptions += download.resumed();
    assert_eq!(download.position(), bytes.len() as u64);
    match error {
        None => {
            tally.complete += 1;
            tally.resumed += usize::from(download.resumed() > 0);
            if !versions.contains(&bytes) {
                tally.corrupted.push(seed);
            }
        }
        Some(error) => {
            let failure = error.source_ref();
            if failure.is_none_or(|failure| failure.discontinued().is_none()) {
                println!("{seed}: {error:#}");
            }
            let why = match failure.and_then(|failure| failure.discontinued()) {
                Some(why) => format!("{:?}", why.reason()),
                None => failure.map_or_else(
                    || error.stop_reason().to_string(),
                    |it| match it.status() {
                        Some(status) => status.to_string(),
                        None => "transport".to_owned(),
                    },
                ),
            };
            *tally.errors.entry(why).or_default() += 1;
            // What was yielded before is right as well.
            if !versions.iter().any(|version| version.starts_with(&bytes)) {
                tally.corrupted.push(seed);
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_thousand_downloads_from_a_hostile_server_none_is_corrupted() {
    let counts: Arc<Mutex<HashMap<u64, u64>>> = Arc::default();
    let server = Server::new(move |seen, _| {
        let path = seen.line().split(' ').nth(1).unwrap();
        let seed = path[1..].parse().unwrap();
        let n = {
            let mut counts = counts.lock().unwrap();
            let n = counts.entry(seed).or_default();
            *n += 1;
            *n
        };
        script(seen, seed, n)
    });
    let policy = Policy::builder()
        .strategy(instant())
        .max_attempts(20)
        .unlimited_unknown_attempts()
        .no_deadline()
        .stall_timeout(0.2)
        .build()
        .unwrap();
    let (http, tally) = (client(), Mutex::default());
    futures_util::stream::iter(0..SEEDS)
        .for_each_concurrent(32, |seed| download(&http, &policy, &server, seed, &tally))
        .await;
    let tally = tally.into_inner().unwrap();
    let failed: usize = tally.errors.values().sum();
    println!(
        "{SEEDS} downloads, {} requests: {} complete, of which {} were resumed; {failed} errors; \
         {} resumptions; {} corrupted\n{:?}",
        server.requests(),
        tally.complete,
        tally.resumed,
        tally.resumptions,
        tally.corrupted.len(),
        tally.errors,
    );
    assert_eq!(tally.corrupted, [0_u64; 0]);
    assert_eq!(tally.complete + failed, SEEDS as usize);
    // It was hostile, and not in vain.
    assert!(tally.resumed > 400 && failed > 400, "{tally:?}");
    for reason in [
        "Changed",
        "Encoded",
        "EndUnknown",
        "NoValidator",
        "TooLong",
        "WholeAgain",
        "WrongRange",
    ] {
        assert!(tally.errors.contains_key(reason), "{reason}: {tally:?}");
    }
}
