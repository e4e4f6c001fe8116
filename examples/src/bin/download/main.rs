//! A large file from a server that loses connections: what is it worth to go on where one was cut?
//!
//! ```console
//! $ cargo run -p redress-examples --features download --bin download
//! ```
//!
//! The same file is fetched twice under the same policy: by retries, each of which begins at the first byte,
//! and by a download, which asks for the rest. In the end the file changes in the middle of a download, which
//! is an error and no mixture of two files. The program fails if any of this is otherwise.

#![allow(clippy::print_stdout, reason = "it is an example")]

mod server;

use std::error::Error;
use std::process::ExitCode;

use redress::Policy;
use redress::contrib::reqwest_0_13::{Discontinued, Discontinuity, RetryExt as _};
use redress::strategies::equal_jitter;
use tokio::fs::File;
use tokio::io::AsyncWriteExt as _;

use server::{LENGTH, Server};

type AnyError = Box<dyn Error + Send + Sync>;

/// Fetches all of the file in each attempt.
async fn by_retries(
    http: &reqwest::Client,
    policy: &Policy,
    url: &str,
) -> Result<Vec<u8>, AnyError> {
    Ok(http.get(url).retry(policy).bytes().await?.into())
}

/// Goes on where it was, and writes the file as it comes.
async fn by_download(
    http: &reqwest::Client,
    policy: &Policy,
    url: &str,
) -> Result<Vec<u8>, AnyError> {
    let path = std::env::temp_dir().join(format!("redress-download-{}", std::process::id()));
    let mut download = http.get(url).retry(policy).download();
    let mut file = File::create(&path).await?;
    let copied = tokio::io::copy(&mut download, &mut file).await;
    file.flush().await?;
    let bytes = tokio::fs::read(&path).await;
    tokio::fs::remove_file(&path).await?;
    copied?;
    Ok(bytes?)
}

async fn run() -> Result<(), AnyError> {
    let http = reqwest::Client::builder().no_proxy().build()?;
    let policy = Policy::builder()
        .strategy(equal_jitter(0.05).base(0.01))
        .max_attempts(6)
        .build()?;

    println!("a file of {LENGTH} bytes");
    for (name, downloads) in [("retries", false), ("download", true)] {
        let server = Server::start().await?;
        let fetched = if downloads {
            by_download(&http, &policy, &server.url()).await
        } else {
            by_retries(&http, &policy, &server.url()).await
        };
        let (requests, sent) = server.traffic();
        let end = match &fetched {
            Ok(_) => "complete".to_owned(),
            Err(error) => error.to_string(),
        };
        let share = sent * 100 / LENGTH;
        println!("{name:<9} {requests:>3} requests, {share:>4}% of the file sent: {end}");
        if downloads != fetched.is_ok_and(|bytes| bytes == server::file(0)) {
            return Err(format!("by {name} it should have ended otherwise").into());
        }
    }

    let server = Server::start().await?;
    let mut download = http.get(server.url()).retry(&policy).download();
    download.chunk().await?;
    server.change_the_file();
    let error = loop {
        match download.chunk().await {
            Ok(Some(_)) => {}
            Ok(None) => return Err("two files were joined".into()),
            Err(error) => break error,
        }
    };
    println!("a file that changes: {error:#}");
    let why = error
        .source_ref()
        .and_then(|failure| failure.discontinued());
    match why.map(Discontinued::reason) {
        Some(Discontinuity::Changed) => Ok(()),
        _ => Err(error.into()),
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("download: {error:#}");
            ExitCode::FAILURE
        }
    }
}
