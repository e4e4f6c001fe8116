//! What a subscriber of `tracing` gets to see of calls.

mod ends;
mod events;
mod recorder;
mod spans;
