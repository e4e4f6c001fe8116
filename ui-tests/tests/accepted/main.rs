//! Programs that compile, and do what they say: each counts its attempts.
#![allow(
    missing_docs,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::indexing_slicing
)]

mod arguments;
mod beside;
mod classification;
mod futures;
mod hooks;
mod hygiene;
mod lints;
mod nested;
mod results;
mod shapes_async;
mod shapes_sync;

use std::io::{Error, ErrorKind};

/// Fails until the `good`-th call.
fn until(good: u32, calls: &mut u32) -> Result<u32, Error> {
    *calls += 1;
    if *calls < good {
        Err(ErrorKind::ConnectionReset.into())
    } else {
        Ok(*calls)
    }
}

fn assert_send<T: Send>(value: T) -> T {
    value
}
