//! Observers, and what a call shows them: events, attempts, timelines.

mod attempt;
mod event;
mod observer;
mod timeline;

pub use attempt::{AttemptEnd, AttemptStart, AttemptStatus};
pub use event::{Event, EventName};
pub use observer::Observer;
pub(crate) use observer::{Observers, OnAttemptEnd, OnAttemptStart};
pub use timeline::{Timeline, TimelineEvent};
