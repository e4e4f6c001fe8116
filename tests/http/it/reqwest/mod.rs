//! `reqwest` under policies.

mod blocking;
mod bodies;
mod connections;
mod cost;
mod download;
mod dropped;
mod h2;
mod hosts;
mod rule;

use redress::Policy;
use redress::strategies::{instant, retry_after_or};
use reqwest::Client;

fn client() -> Client {
    let builder = Client::builder().no_proxy().retry(reqwest::retry::never());
    builder.build().unwrap()
}

/// Three attempts, which wait only if a server asks for it.
fn policy() -> Policy {
    let strategy = retry_after_or(instant()).jitter(0);
    Policy::builder()
        .strategy(strategy)
        .max_attempts(3)
        .build()
        .unwrap()
}
