//! Integrations with other crates: one module and one feature for each of them.
//!
//! A feature and its module are named with the version of the crate that they speak to, as `http-1`
//! and `http_1`. So a new major version of that crate is a new feature here and no breaking release,
//! and both versions can be on at once in one program.
//!
//! With a feature on, the [`DefaultClassifier`](crate::DefaultClassifier) knows the errors of its
//! crate wherever they are in a chain, and they classify themselves: they are `Classify`, the trait. A
//! feature that any crate of a program switches on does so for all of it.
//!
//! Those of logs, traces and metrics are [observers](crate::Observer), of one policy or, by
//! [`observe::set_default`](crate::observe::set_default), of the whole program.
//! Those of metrics record the same metrics under the same names:
//! `redress/observability/metrics.tsv` lists them, and dashboards and alerts for them are beside it.

// The rule of this folder: an integration uses the public API of this crate and what this file
// names, nothing else, so that the core can change without looking here. Integrations that send requests
// also use `policy/ruled.rs` and `policy/layered.rs`, which are made for them, and `defaults.rs`. The core in turn names no
// type of another crate: the rules of the default classifier, which stand above, ask `classify_link`.
//
// A new integration is a folder, and one line in each of these lists:
// - the module and, if its crate has errors, `LINKS` below; if it records metrics, the features of
//   `shared_metrics`, which knows what to record;
// - `[features]` and `[dependencies]` in `Cargo.toml`;
// - the table of integrations in `README.md`.
// `.ci/run` reads the features from `Cargo.toml`, and docs.rs labels what stands behind `cfg`.

#[cfg(feature = "anyhow-1")]
pub mod anyhow_1;
#[cfg(feature = "apalis-1")]
pub mod apalis_1;
#[cfg(feature = "aws-smithy-1")]
pub mod aws_smithy_1;
#[cfg(feature = "axum-0_8")]
pub mod axum_0_8;
#[cfg(feature = "cadence-1")]
pub mod cadence_1;
#[cfg(any(feature = "futures-core-0_3", feature = "reqwest-0_13"))]
mod feed;
#[cfg(feature = "futures-core-0_3")]
pub mod futures_core_0_3;
#[cfg(feature = "h2-0_4")]
pub mod h2_0_4;
#[cfg(feature = "http-1")]
pub mod http_1;
#[cfg(feature = "http-body-1")]
pub mod http_body_1;
#[cfg(feature = "hyper-1")]
pub mod hyper_1;
#[cfg(feature = "hyper-util-0_1")]
pub mod hyper_util_0_1;
#[cfg(any(feature = "http-body-1", feature = "reqwest-0_13"))]
mod kept_body;
#[cfg(any(feature = "log-0_4", feature = "sentry-0_48", feature = "tracing-0_1"))]
pub mod lines;
#[cfg(feature = "log-0_4")]
pub mod log_0_4;
#[cfg(feature = "metrics-0_24")]
pub mod metrics_0_24;
#[cfg(feature = "opentelemetry-0_33")]
pub mod opentelemetry_0_33;
#[cfg(feature = "prometheus-0_14")]
pub mod prometheus_0_14;
#[cfg(feature = "prometheus-client-0_26")]
pub mod prometheus_client_0_26;
#[cfg(feature = "redis-1")]
pub mod redis_1;
#[cfg(feature = "reqwest-0_13")]
pub mod reqwest_0_13;
#[cfg(feature = "sentry-0_48")]
pub mod sentry_0_48;
#[cfg(any(
    feature = "cadence-1",
    feature = "metrics-0_24",
    feature = "opentelemetry-0_33",
    feature = "prometheus-0_14",
    feature = "prometheus-client-0_26"
))]
#[allow(dead_code, unused_imports, reason = "each of them uses its part")]
mod shared_metrics;
#[cfg(any(feature = "opentelemetry-0_33", feature = "tracing-0_1"))]
mod span_end;
#[cfg(feature = "sqlx-0_8")]
pub mod sqlx_0_8;
#[cfg(feature = "sqlx-0_9")]
pub mod sqlx_0_9;
#[cfg(feature = "tokio-postgres-0_7")]
pub mod tokio_postgres_0_7;
#[cfg(feature = "tonic-0_14")]
pub mod tonic_0_14;
#[cfg(feature = "tower-service-0_3")]
pub mod tower_service_0_3;
#[cfg(feature = "tracing-0_1")]
pub mod tracing_0_1;
#[cfg(any(
    feature = "sqlx-0_8",
    feature = "sqlx-0_9",
    feature = "tokio-postgres-0_7"
))]
pub mod transaction;
#[cfg(any(feature = "hyper-1", feature = "ureq-3"))]
mod transport;
#[cfg(feature = "ureq-3")]
pub mod ureq_3;

use std::error::Error;

use crate::classify::Classification;
#[cfg(any(
    feature = "apalis-1",
    feature = "h2-0_4",
    feature = "http-1",
    feature = "hyper-1",
    feature = "redis-1",
    feature = "ureq-3"
))]
use crate::classify::says_itself;
#[cfg(any(feature = "h2-0_4", feature = "hyper-1", feature = "ureq-3"))]
use crate::classify::{Classify, ErrorClass};

/// Classifies one link of a chain if it is an error that the integration knows.
type ClassifyLink = fn(&(dyn Error + 'static)) -> Option<Classification>;

/// The integrations whose crates have errors.
const LINKS: &[ClassifyLink] = &[
    #[cfg(feature = "h2-0_4")]
    h2_0_4::classify_link,
    #[cfg(feature = "http-1")]
    http_1::classify_link,
    #[cfg(feature = "hyper-1")]
    hyper_1::classify_link,
    #[cfg(feature = "hyper-util-0_1")]
    hyper_util_0_1::classify_link,
    #[cfg(feature = "reqwest-0_13")]
    reqwest_0_13::classify_link,
    #[cfg(feature = "tonic-0_14")]
    tonic_0_14::classify_link,
    #[cfg(feature = "ureq-3")]
    ureq_3::classify_link,
    #[cfg(any(
        feature = "sqlx-0_8",
        feature = "sqlx-0_9",
        feature = "tokio-postgres-0_7"
    ))]
    transaction::classify_link,
    #[cfg(feature = "tokio-postgres-0_7")]
    tokio_postgres_0_7::classify_link,
    #[cfg(feature = "sqlx-0_9")]
    sqlx_0_9::classify_link,
    #[cfg(feature = "sqlx-0_8")]
    sqlx_0_8::classify_link,
    #[cfg(feature = "redis-1")]
    redis_1::classify_link,
    #[cfg(feature = "aws-smithy-1")]
    aws_smithy_1::classify_link,
    #[cfg(feature = "apalis-1")]
    apalis_1::classify_link,
];

/// Asks a link that is an `E` what it means, unless it does not know. Then what is behind it may.
#[cfg(any(feature = "h2-0_4", feature = "hyper-1", feature = "ureq-3"))]
fn says_something<E: Classify + Error + 'static>(
    link: &(dyn Error + 'static),
) -> Option<Classification> {
    says_itself::<E>(link).filter(|said| *said != Classification::new(ErrorClass::Unknown))
}

/// Classifies a link of a chain that is an error of one of the crates whose features are on.
pub(crate) fn classify_link(link: &(dyn Error + 'static)) -> Option<Classification> {
    LINKS.iter().find_map(|classify| classify(link))
}
