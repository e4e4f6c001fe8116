//! Budgets: they bound retries across calls and policies.
//!
//! [`Budget`] is the start; a policy takes one by
//! [`PolicyBuilder::budget`](crate::PolicyBuilder::budget).

mod funded;
mod handle;
mod in_flight;
#[cfg(redress_loom)]
#[cfg(test)]
mod loom;
mod registry;
mod rolling;
mod settings;
mod state;
#[cfg(test)]
mod tests;
mod token;

pub use handle::Budget;
pub use registry::named;
#[cfg(feature = "config")]
pub(crate) use settings::BudgetSetup;
pub use settings::{BudgetKind, BudgetSettings};
pub(crate) use state::BudgetTicket;
pub(crate) use token::BudgetHold;
pub use token::{BudgetCall, BudgetToken};
