//! `retry!`: an operation that borrows from its surroundings.
use std::io::{Error, ErrorKind};

use redress::block::retry;
use redress::{ErrorClass, Policy, strategies};

use super::{assert_send, until};

#[test]
fn a_closure_borrows_mutably() {
    let mut calls = 0;
    assert_eq!(
        retry!(strategy = instant(), || until(3, &mut calls)).unwrap(),
        3
    );
    assert_eq!(calls, 3);
}

#[test]
fn every_delimiter() -> Result<(), Error> {
    let mut calls = 0;
    retry!(strategy = instant(), || until(2, &mut calls))?;
    retry![strategy = instant(), || until(4, &mut calls)]?;
    let six = retry! { strategy = instant(), || until(6, &mut calls) }?;
    assert_eq!(six, 6);
    Ok(())
}

#[test]
fn types_where_a_question_mark_leaves_them_open() -> Result<(), Error> {
    let mut calls = 0;
    let text = retry!(<Error> strategy = instant(), || {
        let n = until(3, &mut calls)?;
        Ok(n.to_string())
    })?;
    let number = retry!(<u32, Error> strategy = instant(), || Ok(text.len().try_into().map_err(Error::other)?))?;
    assert_eq!((text.as_str(), number), ("3", 1));
    Ok(())
}

#[test]
fn nothing_but_an_operation() {
    let moved = String::from("a");
    let length = retry!(move || Ok::<_, Error>(moved.len())).unwrap();
    assert_eq!(length, 1);
}

#[tokio::test]
async fn an_async_block_borrows_mutably_and_is_send() {
    let mut calls = 0;
    let future = retry!(strategy = instant(), max_attempts = 4, async {
        tokio::task::yield_now().await;
        until(3, &mut calls)
    });
    assert_eq!(assert_send(future).await.unwrap(), 3);
    assert_eq!(calls, 3);
}

#[tokio::test]
async fn a_moving_block_can_be_spawned() {
    let mut calls = 0;
    let task = tokio::spawn(retry!(<Error> strategy = instant(), async move {
        let n = until(3, &mut calls)?;
        tokio::task::yield_now().await;
        Ok(n + calls)
    }));
    assert_eq!(task.await.unwrap().unwrap(), 6);
}

#[tokio::test]
async fn a_block_with_a_timeout_and_a_clone() {
    let (mut calls, text) = (0, String::from("abc"));
    let got = retry!(<Error> strategy = instant(), attempt_timeout = 20ms, max_attempts = 2, clone(text), async {
        calls += 1;
        if calls == 1 {
            std::future::pending::<()>().await;
        }
        Ok(text.into_bytes())
    })
    .await;
    assert_eq!((got.unwrap().len(), calls, text.len()), (3, 2, 3));
}

#[test]
fn a_policy_and_hooks() {
    let policy = Policy::builder()
        .strategy(strategies::instant())
        .max_attempts(5)
        .build()
        .unwrap();
    let (mut calls, events) = (0, std::cell::Cell::new(0));
    let error = retry!(
        policy = policy,
        operation = "block",
        on_event = |event| {
            assert_eq!(event.operation(), Some("block"));
            events.set(events.get() + 1);
        },
        abort_if = || false,
        || until(9, &mut calls)
    )
    .unwrap_err();
    assert_eq!(
        (error.kind(), calls, events.get()),
        (ErrorKind::ConnectionReset, 5, 5)
    );
}

#[test]
fn values_without_a_result() {
    let mut calls = 0;
    let last = retry!(
        strategy = instant(),
        result_classifier = |n: &u32| (*n < 3).then_some(ErrorClass::Transient),
        || {
            calls += 1;
            calls
        }
    );
    assert_eq!(last, 3);
}

#[test]
fn blocks_inside_of_blocks() -> Result<(), Error> {
    let (mut outer, mut inner) = (0, 0);
    let got = retry!(strategy = instant(), max_attempts = 3, || {
        outer += 1;
        retry!(strategy = instant(), max_attempts = 2, || until(
            5, &mut inner
        ))
    })?;
    assert_eq!((got, outer, inner), (5, 3, 5));
    Ok(())
}

struct Client {
    calls: u32,
}

impl Client {
    async fn fetch(&mut self) -> Result<u32, Error> {
        retry!(strategy = instant(), async { until(3, &mut self.calls) }).await
    }
}

#[tokio::test]
async fn in_a_method() {
    assert_eq!(assert_send(Client { calls: 0 }.fetch()).await.unwrap(), 3);
}

mod beside_the_attribute {
    use redress::{block, retry};

    use super::{Error, until};

    #[retry(strategy = instant(), max_attempts = 3)]
    fn outer(calls: &mut u32) -> Result<u32, Error> {
        block::retry!(strategy = instant(), max_attempts = 2, || until(5, calls))
    }

    #[test]
    fn the_block_and_the_attribute_have_one_name() {
        assert_eq!(outer(&mut 0).unwrap(), 5);
    }
}

#[test]
fn the_block_has_a_name_beside_the_attribute_s() {
    let mut calls = 0;
    let three = redress::retry_block!(strategy = instant(), || until(3, &mut calls));
    assert_eq!(three.unwrap(), 3);
}
