//! Sessions: what an attempt says while it runs, and what its call makes of it.
//!
//! A session is an attempt of the same loop. Its own side is the handle [`Session`], which writes to
//! two atomics, [`Beat`]; the other side is [`SessionWatch`], through which the loop looks at them
//! whenever the attempt waits. What follows from a look is decided by `engine::Session`, which is pure.

mod beat;
mod handle;
mod watch;

use beat::Beat;
pub use handle::{Expect, Expecting, Session};
pub(crate) use watch::SessionWatch;

#[cfg(all(test, redress_loom))]
mod models;
