//! What the errors of HTTP clients have in common: the causes behind them.

use std::error::Error;
use std::io;

use crate::classify::{Classification, ErrorClass, find, io_error_kind};

/// More links than any sane chain has; a chain that leads back to itself ends here.
const MAX_LINKS: usize = 64;

/// Walks what stands behind an error, nearest first. The error inside a custom [`io::Error`], which
/// [`Error::source`] skips, is one of the links.
pub(super) fn behind<'a>(
    error: &'a (dyn Error + 'static),
) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(next(error), |link| next(*link)).take(MAX_LINKS)
}

fn next<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a (dyn Error + 'static)> {
    let inner = find::<io::Error>(error).and_then(io::Error::get_ref);
    match inner {
        Some(inner) => Some(inner),
        None => error.source(),
    }
}

/// Classifies an I/O error by its kind, if the kind says anything.
pub(super) fn by_kind(error: &io::Error) -> Option<Classification> {
    let class = io_error_kind(error.kind());
    (class != ErrorClass::Unknown).then(|| class.into())
}

/// Classifies by the first cause that is an error of hyper, h2 or the system.
pub(super) fn by_cause(error: &(dyn Error + 'static)) -> Option<Classification> {
    behind(error).find_map(|link| of_library(link).or_else(|| by_kind(find::<io::Error>(link)?)))
}

fn of_library(link: &(dyn Error + 'static)) -> Option<Classification> {
    #[cfg(feature = "hyper-1")]
    if let Some(said) = super::hyper_1::classify_link(link) {
        return Some(said);
    }
    #[cfg(feature = "h2-0_4")]
    if let Some(said) = super::h2_0_4::classify_link(link) {
        return Some(said);
    }
    let _ = link;
    None
}

/// Returns what a cause means once an answer has begun: the request was seen, whatever is said of its stream.
#[cfg(feature = "hyper-1")]
pub(super) fn answered(said: &Classification) -> Classification {
    Classification::new(said.class()).retry_after(said.retry_after_hint())
}

/// Classifies a connection that was not made, so that nothing was sent: by what stopped it.
#[cfg(any(feature = "hyper-util-0_1", feature = "tonic-0_14"))]
pub(super) fn not_connected(error: &(dyn Error + 'static)) -> Classification {
    let mut class = ErrorClass::Unknown;
    for link in behind(error) {
        if let Some(error) = find::<io::Error>(link) {
            // How a TLS library says that it does not trust the certificate.
            if error.kind() == io::ErrorKind::InvalidData {
                class = ErrorClass::Permanent;
                break;
            }
            class = ErrorClass::Transient;
        } else if of_library(link).is_some() {
            // The handshake of the protocol failed.
            class = ErrorClass::Transient;
        }
    }
    Classification::new(class).unsent()
}
