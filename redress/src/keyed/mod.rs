//! One breaker, budget or gate for each key: host, tenant, account. Feature `keyed`.
//!
//! [`Keyed`] is the start.

mod builder;
mod each;
mod handle;
mod hasher;
mod map;

pub use builder::KeyedBuilder;
pub use each::Each;
pub use handle::KeyedHandle;
pub use hasher::{KeyHasher, KeyState};
pub use map::Keyed;
