//! `#[derive(Classify)]`.
