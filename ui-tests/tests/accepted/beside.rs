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

/// Counts the spans and the events of the functions below.
#[derive(Default)]
struct Counted {
    spans: std::sync::atomic::AtomicU32,
    events: std::sync::atomic::AtomicU32,
}

impl tracing::Subscriber for &'static Counted {
    fn enabled(&self, _: &tracing::Metadata<'_>) -> bool {
        true
    }
    fn new_span(&self, _: &tracing::span::Attributes<'_>) -> tracing::span::Id {
        self.spans
            .fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        tracing::span::Id::from_u64(1)
    }
    fn record(&self, _: &tracing::span::Id, _: &tracing::span::Record<'_>) {}
    fn record_follows_from(&self, _: &tracing::span::Id, _: &tracing::span::Id) {}
    fn event(&self, _: &tracing::Event<'_>) {
        self.events
            .fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    }
    fn enter(&self, _: &tracing::span::Id) {}
    fn exit(&self, _: &tracing::span::Id) {}
}

macro_rules! traced {
    ($($above:ident $below:ident $asynchronous:ident ($($arguments:tt)*);)*) => {$(
        #[tracing::instrument($($arguments)*)]
        #[retry(strategy = instant(), max_attempts = 3)]
        fn $above(text: String, calls: &mut u32) -> Result<usize, Error> {
            until(5, calls)?;
            Ok(text.len())
        }

        #[retry(strategy = instant(), max_attempts = 3)]
        #[tracing::instrument($($arguments)*)]
        fn $below(text: String, calls: &mut u32) -> Result<usize, Error> {
            until(5, calls)?;
            Ok(text.len())
        }

        #[tracing::instrument($($arguments)*)]
        #[retry(strategy = instant(), max_attempts = 3)]
        async fn $asynchronous(text: String, calls: &mut u32) -> Result<usize, Error> {
            until(5, calls)?;
            Ok(text.len())
        }
    )*};
}

traced! {
    above below asynchronous (skip_all);
    above_err below_err asynchronous_err (skip_all, err);
    above_ret below_ret asynchronous_ret (skip_all, ret);
    above_both below_both asynchronous_both (skip_all, err, ret);
}

#[tokio::test]
async fn instrument_sees_a_call_once_whether_it_is_sync_or_async() {
    macro_rules! seen {
        ($call:expr) => {{
            let counted: &'static Counted = Box::leak(Box::default());
            let mut calls = 0;
            let guard = tracing::subscriber::set_default(counted);
            $call("abc".to_owned(), &mut calls);
            drop(guard);
            assert_eq!(calls, 3);
            (
                counted.spans.load(std::sync::atomic::Ordering::Relaxed),
                counted.events.load(std::sync::atomic::Ordering::Relaxed),
            )
        }};
    }
    macro_rules! all {
        ($($above:ident $below:ident $asynchronous:ident $expected:expr;)*) => {$(
            assert_eq!(seen!(|text, calls| $above(text, calls).unwrap_err()), $expected);
            assert_eq!(seen!(|text, calls| $below(text, calls).unwrap_err()), $expected);
            let wait = |text, calls: &mut u32| {
                let mut future = std::pin::pin!($asynchronous(text, calls));
                let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
                assert!(future.as_mut().poll(&mut cx).is_ready());
            };
            assert_eq!(seen!(wait), $expected);
        )*};
    }
    all! {
        above below asynchronous (1, 0);
        above_err below_err asynchronous_err (1, 1);
        above_ret below_ret asynchronous_ret (1, 1);
        above_both below_both asynchronous_both (1, 1);
    }
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
