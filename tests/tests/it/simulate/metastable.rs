//! Alvaro et al., "Formal Analysis of Metastable Failures in Software Systems", arXiv 2510.03551, 2025:
//! one server whose times are exponential, a queue, clients that give up and try again, and a load that
//! is 2.5 times as high for a while. Whether the bad state outlives it depends on the queue, the
//! timeout, the retries and the load.
//!
//! The defaults of their tool: 8 requests a second, 10 that the server can do, a queue for 100, 3 s, 3
//! retries, and 20 requests a second for 200 s. In time they are a tenth here, and a hundred times the
//! rates, so that chance matters less.

use redress::simulate::{Spread, World, simulate};
use redress::strategies::instant;
use redress::{ErrorClass, Policy};

/// A case: what differs from the defaults of the tool.
#[derive(Clone, Copy)]
struct Case {
    rate: f64,
    queue: u32,
    timeout: f64,
    retries: u32,
}

const CASE: Case = Case {
    rate: 8.0,
    queue: 100,
    timeout: 3.0,
    retries: 3,
};

/// Tells whether the bad state ends with its cause.
fn recovers(case: Case) -> bool {
    const SCALE: f64 = 10.0;
    let world = World::builder("metastable")
        .rates([
            (0, case.rate * SCALE),
            (20, case.rate * SCALE),
            (20, 20.0 * SCALE),
            (40, 20.0 * SCALE),
            (40, case.rate * SCALE),
        ])
        .workers(1)
        .service(Spread::exponential(0.1 / SCALE))
        .queue(case.queue)
        .refusal(ErrorClass::Transient, None)
        .healthy_from(40)
        .duration(160)
        .build();
    let policy = Policy::builder()
        .strategy(instant())
        .max_attempts(case.retries + 1)
        .no_deadline()
        .attempt_timeout(case.timeout / SCALE)
        .build();
    let report = simulate(&policy.unwrap(), world.unwrap());
    let recovered = report.runs().iter().filter(|run| run.recovered().is_some());
    let recovered = recovered.count();
    assert!(recovered == 0 || recovered == 3, "on the boundary");
    recovered == 3
}

#[test]
fn the_defaults_of_the_paper_are_metastable() {
    assert!(!recovers(CASE));
}

#[test]
fn with_a_queue_that_is_shorter_than_the_timeout_it_recovers() {
    // 20 requests take 2 s, 100 take 10 s.
    assert!(recovers(Case { queue: 20, ..CASE }));
    assert!(!recovers(Case { queue: 60, ..CASE }));
}

#[test]
fn with_a_timeout_that_is_longer_than_the_queue_it_recovers() {
    assert!(recovers(Case {
        timeout: 15.0,
        ..CASE
    }));
    assert!(!recovers(Case {
        timeout: 5.0,
        ..CASE
    }));
}

#[test]
fn with_retries_that_the_server_can_serve_it_recovers() {
    // 2 x 4 requests a second are below 10, 4 x 4 are above.
    assert!(recovers(Case {
        rate: 4.0,
        retries: 1,
        ..CASE
    }));
    assert!(!recovers(Case {
        rate: 4.0,
        retries: 3,
        ..CASE
    }));
    assert!(recovers(Case { rate: 2.0, ..CASE }));
}
