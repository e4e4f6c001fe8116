//! Programs that compile and behave as documented: each counts its attempts.
#![allow(
    missing_docs,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::indexing_slicing
)]
// The shapes are written as users write them, not as a lint would have them.
#![allow(
    clippy::boxed_local,
    clippy::manual_async_fn,
    clippy::manual_unwrap_or,
    clippy::multiple_bound_locations,
    clippy::needless_question_mark,
    clippy::non_minimal_cfg,
    clippy::toplevel_ref_arg
)]

mod abort;
mod arguments;
mod beside;
mod blocks;
mod borrows;
mod callers;
mod classification;
mod derive;
mod from_macros;
mod futures;
mod hooks;
mod hygiene;
mod lints;
mod moves;
mod nested;
mod policies;
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
