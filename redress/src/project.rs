//! Pages about the project, beside the crate's own: how fast it is, how it is built, what has changed.

/// Benchmarks: redress beside the crates that people use now, and what each of those does not do.
#[doc = include_str!("../BENCHMARKS.md")]
pub mod benchmarks {}

/// Architecture: which module does what, and where something new belongs.
#[doc = include_str!("../ARCHITECTURE.md")]
pub mod architecture {}

/// Changelog: what each release has changed.
///
/// [Unreleased]: #unreleased
#[doc = ""]
#[doc = include_str!("../CHANGELOG.md")]
pub mod changelog {}
