//! What the operation and the arguments do not allow each other.

use super::parse::Operation;
use crate::config::Config;
use crate::config::scope::Scope;
use crate::diagnostics::Diagnostics;

/// Checks the operation against the arguments.
pub(super) fn validate(
    operation: Option<&Operation>,
    config: &Config,
    diagnostics: &mut Diagnostics,
) {
    Scope::default().check(config, diagnostics);
    if let (Some(Operation::Closure(_)), Some(timeout)) = (operation, &config.attempt_timeout) {
        diagnostics.error(
            &timeout.key,
            "`attempt_timeout` needs an `async` block: a thread that is inside of an attempt cannot be interrupted",
            "make the operation `async { ... }`; bound the whole call with `deadline`; or set a timeout on the client that the operation uses",
        );
    }
}
