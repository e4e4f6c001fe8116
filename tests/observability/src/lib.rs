//! What the tests of exporters and the program that they watch have in common.

pub mod endpoint;
pub mod outage;
