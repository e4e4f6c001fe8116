//! Integrations with other crates: one module and one feature for each of them.
//!
//! A feature and its module are named with the version of the crate that they speak to, as `http-1`
//! and `http_1`. So a new major version of that crate is a new feature here and no breaking release,
//! and both versions can be on at once in one program.
//!
//! With a feature on, the [`DefaultClassifier`](crate::DefaultClassifier) knows the errors of its
//! crate wherever they are in a chain, and they implement [`Classify`](crate::Classify) themselves.

// The rule of this folder: an integration uses the public API of this crate and what this file
// names, nothing else, so that the core can change without looking here. The core in turn names no
// type of another crate: the rules of the default classifier, which stand above, ask `classify_link`.
//
// A new integration is a folder, and one line in each of these lists:
// - the module and, if its crate has errors, `LINKS` below;
// - `[features]` and `[dependencies]` in `Cargo.toml`;
// - the table of integrations in `README.md`.
// `.ci/run` reads the features from `Cargo.toml`, and docs.rs labels what stands behind `cfg`.

#[cfg(feature = "anyhow-1")]
pub mod anyhow_1;
#[cfg(feature = "http-1")]
pub mod http_1;

use std::error::Error;

use crate::classify::Classification;
#[cfg(feature = "http-1")]
use crate::classify::says_itself;

/// Classifies one link of a chain if it is an error that the integration knows.
type ClassifyLink = fn(&(dyn Error + 'static)) -> Option<Classification>;

/// The integrations whose crates have errors.
const LINKS: &[ClassifyLink] = &[
    #[cfg(feature = "http-1")]
    http_1::classify_link,
];

/// Classifies a link of a chain that is an error of one of the crates whose features are on.
pub(crate) fn classify_link(link: &(dyn Error + 'static)) -> Option<Classification> {
    LINKS.iter().find_map(|classify| classify(link))
}
