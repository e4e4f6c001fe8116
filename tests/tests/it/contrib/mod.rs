//! The integrations with other crates, one file for each feature.

mod http_1;
