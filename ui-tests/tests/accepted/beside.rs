//! Functions with other attributes, both above and below `#[retry]`.
use std::io::Error;

use async_trait::async_trait;
use redress::{Policy, retry, strategies};

use super::{assert_send, until};

struct Client {
    calls: u32,
    policy: Policy,
}

fn client() -> Client {
    let policy = Policy::builder()
        .strategy(strategies::instant())
        .build()
        .unwrap();
    Client { calls: 0, policy }
}

#[async_trait]
trait Fetch {
    async fn fetch(&mut self, path: String, (a, b): (u32, u32)) -> Result<String, Error>;
    async fn shared(&self, calls: &mut u32) -> Result<u32, Error>;
    #[retry(strategy = instant())]
    async fn provided(&self, calls: &mut u32) -> Result<u32, Error> {
        until(3, calls)
    }
}

#[async_trait]
impl Fetch for Client {
    #[retry(strategy = instant())]
    async fn fetch(&mut self, path: String, (a, b): (u32, u32)) -> Result<String, Error> {
        tokio::task::yield_now().await;
        let n = until(3, &mut self.calls)?;
        Ok(format!("{path}{n}{a}{b}"))
    }

    #[retry(policy = self.policy)]
    async fn shared(&self, calls: &mut u32) -> Result<u32, Error> {
        until(3, calls)
    }
}

#[tokio::test]
async fn under_async_trait() {
    assert_eq!(
        assert_send(client().fetch("/".to_owned(), (1, 2)))
            .await
            .unwrap(),
        "/312"
    );
    assert_eq!(client().shared(&mut 0).await.unwrap(), 3);
    assert_eq!(client().provided(&mut 0).await.unwrap(), 3);
}

#[tracing::instrument(skip_all)]
#[retry(strategy = instant())]
async fn traced_above(text: String, calls: &mut u32) -> Result<usize, Error> {
    until(3, calls)?;
    Ok(text.len())
}

#[tracing::instrument(skip_all, err)]
#[retry(strategy = instant())]
async fn traced_above_with_err(text: String, calls: &mut u32) -> Result<usize, Error> {
    until(3, calls)?;
    Ok(text.len())
}

#[retry(strategy = instant())]
#[tracing::instrument(skip_all, err)]
async fn traced_below(text: String, calls: &mut u32) -> Result<usize, Error> {
    until(3, calls)?;
    Ok(text.len())
}

#[tracing::instrument(skip_all)]
#[retry(strategy = instant())]
fn traced_sync(text: String, calls: &mut u32) -> Result<usize, Error> {
    until(3, calls)?;
    Ok(text.len())
}

#[tokio::test]
async fn beside_instrument() {
    let text = || "abc".to_owned();
    let mut calls = [0; 4];
    assert_eq!(
        assert_send(traced_above(text(), &mut calls[0]))
            .await
            .unwrap(),
        3
    );
    assert_eq!(
        assert_send(traced_above_with_err(text(), &mut calls[1]))
            .await
            .unwrap(),
        3
    );
    assert_eq!(
        assert_send(traced_below(text(), &mut calls[2]))
            .await
            .unwrap(),
        3
    );
    assert_eq!(traced_sync(text(), &mut calls[3]).unwrap(), 3);
    assert_eq!(calls, [3; 4]);
}

static TESTED: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);

fn flaky_test() -> Result<(), Error> {
    let n = TESTED.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    if n.is_multiple_of(2) {
        Err(std::io::ErrorKind::TimedOut.into())
    } else {
        Ok(())
    }
}

#[retry(strategy = instant())]
#[tokio::test]
async fn above_tokio_test() -> Result<(), Error> {
    flaky_test()
}

#[tokio::test]
#[retry(strategy = instant())]
async fn below_tokio_test() -> Result<(), Error> {
    flaky_test()
}

#[test]
#[retry(strategy = instant())]
fn below_test() -> Result<(), Error> {
    flaky_test()
}

#[cfg(test)]
#[inline]
#[must_use = "it counts"]
#[retry(strategy = instant())]
#[doc(hidden)]
fn attributes(#[allow(unused)] unused: u8, calls: &mut u32) -> Result<u32, Error> {
    until(3, calls)
}

#[cfg(any())]
#[retry(nonsense)]
fn absent() -> Nothing {}

#[test]
fn beside_plain_attributes() {
    assert_eq!(attributes(0, &mut 0).unwrap(), 3);
}
