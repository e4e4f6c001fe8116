//! Functions and blocks that another macro writes, whose parts come in groups without delimiters.

use std::io::{self, Error};
use std::time::Duration;

use redress::{retry, retry_block};

use super::until;

macro_rules! define {
    ($vis:vis $name:ident($($pattern:pat => $argument:ty),*) -> $ret:ty $body:block) => {
        #[retry(strategy = instant())]
        $vis fn $name($($pattern: $argument),*) -> $ret $body
    };
    (async $name:ident($($argument:ident: $ty:ty),*) -> $ret:ty $body:block) => {
        #[retry(strategy = instant())]
        async fn $name($($argument: $ty),*) -> $ret $body
    };
}

define!(pub(crate) plain(calls => &mut u32) -> io::Result<u32> {
    let n = until(3, calls)?;
    Ok(n)
});
define!(patterned((calls, _) => (&mut u32, u32)) -> Result<u32, Error> { until(3, calls) });
define!(async awaiting(calls: &mut u32) -> io::Result<u32> {
    let n = async { until(3, calls) }.await?;
    Ok(n)
});

macro_rules! settings {
    ($($name:ident $attempts:expr, $time:expr, $delay:literal, $operation:literal, $hook:expr, $closure:expr;)*) => {$(
        #[retry(
            strategy = fixed($delay),
            max_attempts = $attempts,
            deadline = $time,
            operation = $operation,
            on_event = $hook,
            classifier = $closure,
        )]
        fn $name(calls: &mut u32) -> io::Result<u32> {
            until(3, calls)
        }
    )*};
}

settings! {
    literals 3, 30s, 1ms, "literals", |event| assert_eq!(event.operation(), Some("literals")),
        |_: &Error| redress::ErrorClass::Transient;
    expressions 1 + 2, Duration::from_secs(30), 0.001, "expressions", |_| {},
        |_| redress::ErrorClass::Transient;
    lifted none, none, 1ms, "lifted", |_| {}, |_| redress::ErrorClass::Transient;
}

macro_rules! item {
    ($item:item) => {
        #[retry(strategy = instant())]
        $item
    };
}

item! {
    fn whole(calls: &mut u32) -> io::Result<u32> {
        Ok(until(3, calls)?)
    }
}

macro_rules! blocks {
    ($calls:ident, $error:ty, $body:block) => {
        (
            retry_block!(<$error> strategy = instant(), || $body),
            retry_block!(<u32, $error> strategy = instant(), async $body),
        )
    };
}

macro_rules! operations {
    ($sync:expr, $future:expr) => {
        (
            retry_block!(strategy = instant(), $sync),
            retry_block!(<Error> strategy = instant(), $future),
        )
    };
}

#[tokio::test]
async fn groups_without_delimiters_are_read() {
    assert_eq!(plain(&mut 0).unwrap(), 3);
    assert_eq!(patterned((&mut 0, 1)).unwrap(), 3);
    assert_eq!(awaiting(&mut 0).await.unwrap(), 3);
    assert_eq!(literals(&mut 0).unwrap(), 3);
    assert_eq!(expressions(&mut 0).unwrap(), 3);
    assert_eq!(lifted(&mut 0).unwrap(), 3);
    assert_eq!(whole(&mut 0).unwrap(), 3);
    let calls = std::cell::Cell::new(0);
    let step = || {
        let mut n = calls.get();
        let result = until(3, &mut n);
        calls.set(n);
        result
    };
    let (sync, future) = blocks!(calls, Error, {
        let n = step()?;
        Ok(n)
    });
    assert_eq!(sync.unwrap(), 3);
    calls.set(0);
    assert_eq!(future.await.unwrap(), 3);
    calls.set(0);
    let (sync, future) = operations!(|| step(), async { Ok(step()?) });
    assert_eq!(sync.unwrap(), 3);
    calls.set(0);
    assert_eq!(future.await.unwrap(), 3);
}
