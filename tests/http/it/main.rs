//! Integrations with HTTP and RPC libraries, on real sockets.

mod classify;
mod deadline;
mod examples;
mod grpc;
mod http_body;
mod kinds;
mod reqwest;
mod support;
mod tower;
mod undone;
mod ureq;
