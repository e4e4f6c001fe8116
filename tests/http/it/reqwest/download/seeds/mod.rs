//! Downloads from a server that does everything wrong that can be seen.

mod script;
mod wire;

use std::collections::{BTreeMap, HashMap};
use std::sync::Mutex;

use futures_util::StreamExt as _;
use redress::Policy;
use redress::contrib::reqwest_0_13::RetryExt as _;
use redress::strategies::instant;
use reqwest::Client;

use super::super::client;
use super::drain;
use crate::support::{h1, h2};
use script::{Random, file, script};

/// What became of the downloads.
#[derive(Debug, Default)]
struct Tally {
    complete: usize,
    resumed: usize,
    resumptions: u32,
    errors: BTreeMap<String, usize>,
    corrupted: Vec<u64>,
}

async fn download(http: &Client, policy: &Policy, url: &str, seed: u64, tally: &Mutex<Tally>) {
    let mut download = http.get(format!("{url}{seed}")).retry(policy).download();
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

/// Answers each request for a seed's file in its turn.
fn answers() -> impl Fn(&str, Option<(&str, &str)>) -> (script::Reply, Random) + Send + Sync {
    let counts: Mutex<HashMap<u64, u64>> = Mutex::default();
    move |path, range| {
        let seed = path[1..].parse().unwrap();
        let n = {
            let mut counts = counts.lock().unwrap();
            let n = counts.entry(seed).or_default();
            *n += 1;
            *n
        };
        (script(range, seed, n), Random(seed ^ n << 32))
    }
}

async fn download_all(seeds: u64, http: &Client, url: &str) -> Tally {
    let policy = Policy::builder()
        .strategy(instant())
        .max_attempts(20)
        .unlimited_unknown_attempts()
        .no_deadline()
        .stall_timeout(0.2)
        .build()
        .unwrap();
    let tally = Mutex::default();
    futures_util::stream::iter(0..seeds)
        .for_each_concurrent(32, |seed| download(http, &policy, url, seed, &tally))
        .await;
    let tally = tally.into_inner().unwrap();
    let failed: usize = tally.errors.values().sum();
    println!(
        "{seeds} downloads: {} complete, of which {} were resumed; {failed} errors; {} resumptions; \
         {} corrupted\n{:?}",
        tally.complete,
        tally.resumed,
        tally.resumptions,
        tally.corrupted.len(),
        tally.errors,
    );
    assert_eq!(tally.corrupted, [0_u64; 0]);
    assert_eq!(tally.complete + failed, seeds as usize);
    // It was hostile, and not in vain.
    let fifth = seeds as usize / 5;
    assert!(tally.resumed > fifth && failed > fifth, "{tally:?}");
    tally
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_thousand_downloads_from_a_hostile_server_none_is_corrupted() {
    let answers = answers();
    let server = h1::Server::new(move |seen, _| {
        let path = seen.line().split(' ').nth(1).unwrap();
        let range = seen.header("range").zip(seen.header("if-range"));
        wire::h1(&answers(path, range).0)
    });
    let tally = download_all(2000, &client(), &server.url("/")).await;
    println!("{} requests", server.requests());
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

/// On connections that the downloads share.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_five_hundred_downloads_over_http_2_none_is_corrupted() {
    let answers = answers();
    let server = h2::Server::with_heads(move |seen| {
        let range = seen.header("range").zip(seen.header("if-range"));
        let (reply, mut random) = answers(seen.header(":path").unwrap(), range);
        wire::h2(&reply, seen.stream, &mut random)
    });
    let http = super::super::h2::client();
    super::h2::know_the_end(&http).await;
    let tally = download_all(500, &http, &server.url("/")).await;
    println!(
        "{} requests on {} connections",
        server.requests(),
        server.connections()
    );
    for reason in [
        "Changed",
        "Encoded",
        "NoValidator",
        "WholeAgain",
        "WrongRange",
    ] {
        assert!(tally.errors.contains_key(reason), "{reason}: {tally:?}");
    }
}
