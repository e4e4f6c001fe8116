//! Every shape of an async function; each future is `Send`.
use std::io::{Error, ErrorKind};
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use redress::retry;
use tokio::task::yield_now;

use super::{assert_send, until};

struct Client {
    calls: u32,
    seen: AtomicU32,
}

fn client() -> Client {
    Client {
        calls: 0,
        seen: AtomicU32::new(0),
    }
}

trait Source {
    fn read(&mut self) -> impl Future<Output = Result<u32, Error>> + Send;
}

impl Source for Client {
    #[retry(strategy = instant())]
    async fn read(&mut self) -> Result<u32, Error> {
        yield_now().await;
        until(3, &mut self.calls)
    }
}

impl Client {
    #[retry(strategy = instant())]
    async fn shared(&self) -> Result<&AtomicU32, Error> {
        yield_now().await;
        if self.seen.fetch_add(1, Relaxed) < 2 {
            return Err(ErrorKind::ConnectionReset.into());
        }
        Ok(&self.seen)
    }

    #[retry(strategy = instant())]
    async fn mutable(&mut self, log: &mut Vec<u32>) -> Result<u32, Error> {
        yield_now().await;
        log.push(self.calls);
        until(3, &mut self.calls)
    }

    #[retry(strategy = instant())]
    async fn owned(mut self) -> Result<u32, Error> {
        yield_now().await;
        until(3, &mut self.calls)
    }

    #[retry(strategy = instant())]
    async fn associated(calls: &mut u32) -> Result<Self, Error> {
        until(2, calls)?;
        Ok(client())
    }
}

#[tokio::test]
async fn async_receivers() {
    let mut one = client();
    assert_eq!(assert_send(one.shared()).await.unwrap().load(Relaxed), 3);
    let mut log = vec![];
    assert_eq!(assert_send(one.mutable(&mut log)).await.unwrap(), 3);
    assert_eq!(log, [0, 1, 2]);
    assert_eq!(assert_send(client().owned()).await.unwrap(), 3);
    assert_eq!(assert_send(client().read()).await.unwrap(), 3);
    assert_eq!(
        assert_send(Client::associated(&mut 0)).await.unwrap().calls,
        0
    );
}

#[retry(strategy = instant())]
async fn generic<T: ToString + Send, const N: usize>(
    value: T,
    calls: &mut u32,
) -> Result<String, Error> {
    yield_now().await;
    until(3, calls)?;
    Ok(value.to_string() + &N.to_string())
}

#[retry(strategy = instant())]
async fn opaque(
    word: impl AsRef<str> + Send + Sync,
    calls: &mut u32,
) -> Result<impl Fn() -> usize, Error> {
    yield_now().await;
    until(3, calls)?;
    let n = word.as_ref().len();
    Ok(move || n)
}

#[tokio::test]
async fn async_generics_and_opaque_types() {
    assert_eq!(assert_send(generic::<_, 4>(3, &mut 0)).await.unwrap(), "34");
    assert_eq!(assert_send(opaque("abc", &mut 0)).await.unwrap()(), 3);
}

#[retry(strategy = instant())]
async fn patterns<'a>(
    (a, mut b): (u32, u32),
    text: &'a str,
    calls: &mut u32,
) -> Result<(&'a str, u32), Error> {
    b += 1;
    until(3, calls)?;
    Ok((text, a + b))
}

#[tokio::test]
async fn async_patterns_and_lifetimes() {
    assert_eq!(patterns((1, 2), "t", &mut 0).await.unwrap(), ("t", 6));
}

/// # Safety
/// None is needed.
#[allow(unsafe_code)]
#[retry(strategy = instant())]
async unsafe fn dangerous(calls: &mut u32) -> Result<u32, Error> {
    until(3, calls)
}

#[tokio::test]
#[allow(unsafe_code)]
async fn async_unsafe_functions() {
    // SAFETY: the function has no requirements.
    let mut calls = 0;
    let future = unsafe { dangerous(&mut calls) };
    assert_eq!(future.await.unwrap(), 3);
}

#[retry(strategy = instant())]
async fn inner_blocks(calls: &mut u32) -> Result<u32, Error> {
    let inner = async {
        if *calls > 100 {
            return 1;
        }
        2
    };
    let two = inner.await;
    until(3, calls)?;
    Ok(two)
}

#[tokio::test]
async fn async_blocks_in_the_body() {
    assert_eq!(assert_send(inner_blocks(&mut 0)).await.unwrap(), 2);
}

#[retry(strategy = instant(), max_attempts = 2)]
async fn recursive(depth: u32, calls: &AtomicU32) -> Result<(), Error> {
    calls.fetch_add(1, Relaxed);
    if depth == 0 {
        return Err(ErrorKind::TimedOut.into());
    }
    Box::pin(recursive(depth - 1, calls)).await
}

#[tokio::test]
async fn async_recursion() {
    let calls = AtomicU32::new(0);
    recursive(2, &calls).await.unwrap_err();
    assert_eq!(calls.load(Relaxed), 14);
}

async fn consume(text: String, calls: &mut u32) -> Result<usize, Error> {
    until(3, calls)?;
    Ok(text.len())
}

#[retry(strategy = instant(), clone(text))]
async fn cloned(text: String, calls: &mut u32) -> Result<usize, Error> {
    consume(text, calls).await
}

#[tokio::test]
async fn async_cloned_arguments() {
    let mut calls = 0;
    assert_eq!(
        assert_send(cloned("four".to_owned(), &mut calls))
            .await
            .unwrap(),
        4
    );
    assert_eq!(calls, 3);
}

#[retry(strategy = instant(), attempt_timeout = 10ms, max_attempts = 2)]
async fn hangs(calls: &mut u32) -> Result<(), Error> {
    *calls += 1;
    std::future::pending::<()>().await;
    Ok(())
}

#[tokio::test]
async fn hung_attempts_are_cut_off() {
    let mut calls = 0;
    let error = assert_send(hangs(&mut calls)).await.unwrap_err();
    assert_eq!((calls, error.kind()), (2, ErrorKind::TimedOut));
}
