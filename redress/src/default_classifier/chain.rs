use std::error::Error;
use std::io;
use std::sync::Arc;

use crate::classify::{downcast, find};
use crate::shielded::shielded;

/// More links than any sane chain has; a chain that leads back to itself ends here.
const MAX_LINKS: usize = 64;

/// Walks an error, then what is behind it, outermost first.
///
/// Unlike [`Error::source`] alone this visits the error inside a custom [`io::Error`] too, which
/// `source` skips, and looks through shared errors.
pub(super) fn chain<'a>(
    error: &'a (dyn Error + 'static),
) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(shared(error)), |error| next(*error).map(shared)).take(MAX_LINKS)
}

fn next<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a (dyn Error + 'static)> {
    let inner = find::<io::Error>(error).and_then(io::Error::get_ref);
    match inner {
        Some(inner) => Some(inner),
        // It is foreign code: a failed attempt must not become a panic.
        None => shielded(None, || error.source()),
    }
}

/// `Arc<dyn Error>` is itself an error, whose `source` passes over the one that it holds.
fn shared<'a>(error: &'a (dyn Error + 'static)) -> &'a (dyn Error + 'static) {
    if let Some(inner) = downcast::<Arc<dyn Error + Send + Sync>>(error) {
        return &**inner;
    }
    if let Some(inner) = downcast::<Arc<dyn Error + Send>>(error) {
        return &**inner;
    }
    match downcast::<Arc<dyn Error>>(error) {
        Some(inner) => &**inner,
        None => error,
    }
}
