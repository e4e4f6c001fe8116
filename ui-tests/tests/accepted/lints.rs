//! Expansions are clean under every lint that a user may deny.
#![deny(
    warnings,
    clippy::pedantic,
    clippy::nursery,
    clippy::cargo,
    missing_docs,
    unused,
    let_underscore_drop
)]
#![deny(
    rust_2018_idioms,
    unused_qualifications,
    single_use_lifetimes,
    trivial_casts,
    unreachable_pub
)]
#![deny(
    clippy::shadow_unrelated,
    clippy::as_conversions,
    clippy::indexing_slicing,
    clippy::unwrap_used
)]
#![deny(
    clippy::absolute_paths,
    clippy::missing_inline_in_public_items,
    clippy::implicit_return
)]
#![allow(clippy::implicit_return, clippy::cargo)]

use std::io::Error;
use std::time::Duration;

use redress::{ErrorClass, Policy, retry};

use super::until;

const LIMIT: u32 = 3;
const LONG: Duration = Duration::from_secs(9);

#[retry]
fn bare(calls: &mut u32) -> Result<u32, Error> {
    until(1, calls)
}

#[retry(
    strategy = equal_jitter(base = 1us, max = LONG),
    strategies(rate_limit = retry_after_or(fixed(1ms))),
    max_attempts = LIMIT,
    per_class_max_attempts(transient = LIMIT),
    deadline = LONG,
    operation = format!("{name}!"),
    on_event = |event| assert!(event.attempt() > 0),
    on_attempt_start = |_| (),
    on_attempt_end = |_| (),
    before_sleep = |_, _| (),
    abort_if = || false,
    clone(text),
)]
async fn everything(name: &str, text: String, calls: &mut u32) -> Result<(u32, String), Error> {
    let n = until(2, calls)?;
    Ok((n, text))
}

#[retry(strategy = instant(), attempt_timeout = 1s, classifier = |_: &Error| ErrorClass::Transient, result_classifier = |n| (*n > 9).then_some(ErrorClass::Transient))]
async fn limited(calls: &mut u32) -> Result<u32, Error> {
    until(2, calls)
}

#[retry(policy = policy)]
fn by_policy(policy: &Policy, calls: &mut u32) -> Result<(), Error> {
    until(1, calls)?;
    Ok(())
}

#[retry]
async fn unit(calls: &mut u32) -> Result<(), Error> {
    until(1, calls).map(drop)
}

#[tokio::test]
async fn nothing_to_complain_about() -> Result<(), Error> {
    bare(&mut 0)?;
    everything("a", String::new(), &mut 0).await?;
    limited(&mut 0).await?;
    by_policy(&Policy::new(), &mut 0)?;
    unit(&mut 0).await
}

#[allow(dead_code)]
mod never_called {
    use std::future::ready;
    use std::process::exit;

    use redress::classify::{PermanentError, ServerError};
    use redress::retry_block;

    use super::{Error, retry};

    #[retry]
    fn unfinished() -> Result<u32, Error> {
        todo!()
    }

    #[retry]
    async fn endless() -> Result<u32, Error> {
        loop {
            ready(()).await;
        }
    }

    #[retry]
    fn exits(code: i32) -> Result<u32, Error> {
        println!("{code}");
        exit(code)
    }

    #[retry(strategy = instant())]
    async fn exits_later(code: i32) -> Result<u32, Error> {
        ready(()).await;
        exit(code)
    }

    #[retry(knows(PermanentError, ServerError))]
    async fn knows(path: &str) -> Result<String, Error> {
        ready(Ok(path.to_owned())).await
    }

    struct Pool(Option<&'static mut u32>);

    impl Pool {
        const fn get_mut(&mut self) -> Option<&'static mut u32> {
            self.0.take()
        }
    }

    #[retry]
    fn lent(from: &mut Pool) -> Result<&mut u32, Error> {
        from.get_mut().ok_or_else(|| Error::other("empty"))
    }

    fn exits_in_a_block(code: i32) -> Result<u32, Error> {
        retry_block!(<u32, Error> || exit(code))
    }

    #[rustfmt::skip]
    #[retry(attempt_timeout = 1s)]
    async fn short() -> Result<u32, Error> { ready(Ok(1)).await }
}
