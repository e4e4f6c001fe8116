//! Functions that return a future without being `async`.
use std::io::Error;
use std::pin::Pin;

use redress::retry;

use super::{assert_send, until};

type Boxed<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

#[retry(strategy = instant())]
fn boxed<'a>(
    calls: &'a mut u32,
    add: u32,
) -> Pin<Box<dyn Future<Output = Result<u32, Error>> + Send + 'a>> {
    Box::pin(async move {
        tokio::task::yield_now().await;
        let n = until(3, calls)?;
        Ok(n + add)
    })
}

#[retry(strategy = instant())]
fn opaque(calls: &mut u32, text: String) -> impl Future<Output = Result<usize, Error>> + Send {
    async move {
        until(3, calls)?;
        Ok(text.len())
    }
}

async fn step(calls: &std::cell::Cell<u32>) -> Result<u32, Error> {
    let mut n = calls.get();
    let result = until(3, &mut n);
    calls.set(n);
    result
}

#[retry(strategy = instant())]
fn delegating(calls: &std::cell::Cell<u32>) -> impl Future<Output = Result<u32, Error>> {
    let shared = calls;
    step(shared)
}

#[retry(strategy = instant())]
fn delegating_boxed<'a>(
    calls: &'a std::cell::Cell<u32>,
) -> Pin<Box<dyn Future<Output = Result<u32, Error>> + 'a>> {
    Box::pin(step(calls))
}

fn alias(calls: &mut u32) -> Boxed<'_, Result<u32, Error>> {
    boxed(calls, 1)
}

#[tokio::test]
async fn futures_are_retried() {
    let mut calls = 0;
    assert_eq!(assert_send(boxed(&mut calls, 4)).await.unwrap(), 7);
    assert_eq!(calls, 3);
    calls = 0;
    assert_eq!(
        assert_send(opaque(&mut calls, "abc".to_owned()))
            .await
            .unwrap(),
        3
    );
    assert_eq!(calls, 3);
    assert_eq!(delegating(&std::cell::Cell::new(0)).await.unwrap(), 3);
    assert_eq!(delegating_boxed(&std::cell::Cell::new(0)).await.unwrap(), 3);
    assert_eq!(alias(&mut 0).await.unwrap(), 4);
}

#[retry]
fn opaque_after_a_statement() -> impl Future<Output = Result<u64, Error>> + Send {
    let path = "Cargo.toml";
    async move {
        let found = std::fs::metadata(path)?;
        Ok(found.len())
    }
}

#[tokio::test]
async fn a_future_may_be_made_after_a_statement() {
    assert!(opaque_after_a_statement().await.unwrap() > 0);
}
