//! Observers, and what a call shows them: its start and end, its attempts, its events; timelines.

mod attempt;
mod call;
mod call_observer;
mod call_result;
mod default;
mod event;
mod event_name;
mod interest;
mod observer;
mod observers;
mod scope;
pub(crate) mod text;
mod timeline;
mod tuples;

pub use attempt::{AttemptEnd, AttemptStart, AttemptStatus};
pub use call::{CallEnd, CallStart};
pub use call_observer::CallObserver;
pub use call_result::CallResult;
pub use default::{DefaultIsSet, set_default};
pub use event::Event;
pub use event_name::EventName;
pub use interest::Interest;
pub use observer::Observer;
pub(crate) use observer::{OnAttemptEnd, OnAttemptStart};
pub(crate) use observers::{Audience, Observers};
pub(crate) use scope::{AttemptScope, in_call_scope, in_scope};
pub use timeline::{Timeline, TimelineEvent};
