//! Checks the operation against the arguments, and makes a model of both.

use super::parse::{Block, Operation, Types};
use crate::config::scope::Scope;
use crate::config::{self, Config};
use crate::crate_name;
use crate::diagnostics::Diagnostics;

/// An operation and arguments that fit it. Only validation makes one, and any one expands.
pub(super) struct BlockModel {
    types: Types,
    operation: Operation,
    config: Config,
}

/// The mistakes in a block.
pub(super) struct Rejected {
    pub(super) diagnostics: Diagnostics,
    /// The operation, if it could be read.
    pub(super) operation: Option<Operation>,
}

impl BlockModel {
    /// Checks the arguments, the operation, and both against each other.
    ///
    /// # Errors
    ///
    /// Returns all mistakes, including those that `diagnostics` already has.
    pub(super) fn validate(block: Block, mut diagnostics: Diagnostics) -> Result<Self, Rejected> {
        let Block {
            types,
            arguments,
            operation,
        } = block;
        let config = config::read(arguments, &mut diagnostics);
        let example = |name: &str| format!("retry_block!(crate = {name}, ...)");
        crate_name::check(config.krate.as_ref(), example, &mut diagnostics);
        config::check(&config, &mut diagnostics);
        check(operation.as_ref(), &config, &mut diagnostics);
        match operation {
            Some(operation) if diagnostics.is_empty() => Ok(Self {
                types,
                operation,
                config,
            }),
            operation => Err(Rejected {
                diagnostics,
                operation,
            }),
        }
    }

    /// Returns the types that the caller names, the operation, and the arguments.
    pub(super) fn into_parts(self) -> (Types, Operation, Config) {
        (self.types, self.operation, self.config)
    }
}

fn check(operation: Option<&Operation>, config: &Config, diagnostics: &mut Diagnostics) {
    Scope::default().check(config, diagnostics);
    if let (Some(Operation::Closure(_)), Some(timeout)) = (operation, config.limited_attempts()) {
        diagnostics.error(
            timeout,
            "`attempt_timeout` needs an `async` block: a thread that runs an attempt cannot be interrupted",
            "make the operation `async { ... }`; bound the whole call with `deadline`; or set a timeout on the client that the operation uses",
        );
    }
}
