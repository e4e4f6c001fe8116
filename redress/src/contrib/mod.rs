//! Integrations of other crates, one folder and one feature for each of them.

use std::error::Error;

use crate::classify::Classification;

/// Classifies a link of a chain that is an error of one of the crates whose features are on.
pub(crate) fn classify_link(link: &(dyn Error + 'static)) -> Option<Classification> {
    let _ = link;
    None
}
