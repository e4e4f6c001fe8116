//! What a subscriber of `tracing` gets to see of calls.

mod events;
mod recorder;
mod spans;
